"""What a browser's pages hold: the proportional set size of its renderer processes, workers in them (proc(5))."""

import threading
from pathlib import Path


def renderers(profile: Path) -> list[int]:
    """The process ids of the renderers of the browser that has this profile."""
    parents, words = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words[int(folder.name)] = (folder / "cmdline").read_bytes()
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it ended meanwhile
    browser = {pid for pid, line in words.items() if f"--user-data-dir={profile}".encode() in line}
    return [pid for pid in parents if b"--type=renderer" in words[pid] and browser & _line(pid, parents)]


def held(profile: Path) -> float:
    """MiB of all of them now."""
    return sum(_pss(pid) for pid in renderers(profile)) / 1024


class Peak:
    """The most that they held while this was open, in MiB, looked at ten times a second."""

    def __init__(self, profile: Path) -> None:
        self._profile, self.most = profile, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, held(self._profile))


def _line(pid: int, parents: dict[int, int]) -> set[int]:
    found = set()
    while pid in parents and pid not in found:
        found.add(pid)
        pid = parents[pid]
    return found


def _pss(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(rollup.split("\nPss:")[1].split()[0])
