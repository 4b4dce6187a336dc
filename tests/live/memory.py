"""What a running process holds: its memory and the files that it has open, also those without a name any more."""

import re
from collections.abc import Iterator
from pathlib import Path

_REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r[w-]..\s+\S+\s+\S+\s+\S+\s*(.*)")
_MAPPED_CODE = (".so", "/python", "[vvar]", "[vsyscall]", "[vdso]")


def of(pid: int) -> bytes:
    """All readable memory of the process that is not program code, in one piece."""
    regions = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        return b"".join(_region(memory, start, end) for start, end in _wanted(regions))


def unnamed_files(pid: int) -> Iterator[tuple[str, bytes]]:
    """(name, content) of files that the process holds open although they were deleted."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            name = str(link.readlink())
            if name.endswith("(deleted)") and link.is_file():
                yield name, link.read_bytes()
        except OSError:
            continue


def _wanted(regions: list[str]) -> Iterator[tuple[int, int]]:
    for line in regions:
        found = _REGION.match(line)
        if found and not any(part in found[3] for part in _MAPPED_CODE):
            yield int(found[1], 16), int(found[2], 16)


def _region(memory: object, start: int, end: int) -> bytes:
    try:
        memory.seek(start)  # type: ignore[attr-defined]  # a raw file
        return bytes(memory.read(end - start) or b"")  # type: ignore[attr-defined]  # as above
    except (OSError, OverflowError, ValueError):
        return b""
