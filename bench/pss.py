"""What a browser holds and spends: proportional set sizes (proc(5)) of its pages, workers in them, and of the rest."""

import os
import threading
from pathlib import Path
from typing import Final, NamedTuple

TICKS: Final = os.sysconf("SC_CLK_TCK")


class Held(NamedTuple):
    """MiB. `pages`: the renderer processes. `rest`: the main process, which has a page's Blobs, network and others."""

    pages: float
    rest: float


def processes(profile: Path) -> dict[int, bool]:
    """The process ids of the browser that has this profile; true for a renderer's."""
    parents, words = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words[int(folder.name)] = (folder / "cmdline").read_bytes()
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it ended meanwhile
    browser = {pid for pid, line in words.items() if f"--user-data-dir={profile}".encode() in line}
    return {pid: b"--type=renderer" in words[pid] for pid in parents if browser & _line(pid, parents)}


def held(profile: Path) -> Held:
    """What it holds now."""
    sizes = [(_pss(pid) / 1024, page) for pid, page in processes(profile).items()]
    return Held(sum(size for size, page in sizes if page), sum(size for size, page in sizes if not page))


def spent(profile: Path) -> float:
    """Seconds of processor time of all of it, since each process began."""
    return sum(_ticks(pid) for pid in processes(profile)) / TICKS


class Peak:
    """The most that was held while this was open, of either kind, looked at ten times a second."""

    def __init__(self, profile: Path) -> None:
        self._profile, self.most = profile, Held(0.0, 0.0)
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
            now = held(self._profile)
            self.most = Held(max(self.most.pages, now.pages), max(self.most.rest, now.rest))


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


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])  # utime, stime
