"""Finds what stands twice in a list of any length, with memory that does not grow: hashes sorted into files by their
first byte, each of which is small enough to be looked through.

The files have no name and go with the process: a hash of a log-in name is worth hiding too.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Final, Self

_FILES: Final = 256
_HASH, _LINE = 16, 8  # bytes
_IN_MEMORY: Final = 64 * 1024  # bytes of one file before it goes to disk


class Twice:
    """Hashes with the line that each stands in."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        self._files = [self._open.enter_context(_file()) for _ in range(_FILES)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def see(self, hashed: bytes, line: int) -> None:
        """One more, of 16 bytes."""
        self._files[hashed[0]].write(hashed + line.to_bytes(_LINE, "big"))

    def found(self, limit: int) -> list[tuple[int, int]]:
        """(first line, line with the same again), by line, at most `limit`."""
        pairs: set[tuple[int, int]] = set()
        for file in self._files:
            pairs |= set(_pairs(file))
            if len(pairs) >= limit:
                break
        return sorted(pairs, key=lambda pair: pair[1])[:limit]


def _file() -> IO[bytes]:
    return SpooledTemporaryFile(_IN_MEMORY)


def _pairs(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    seen: dict[bytes, bytes] = {}
    file.seek(0)
    while whole := file.read((_HASH + _LINE) * 4096):
        for start in range(0, len(whole), _HASH + _LINE):
            hashed, line = whole[start : start + _HASH], whole[start + _HASH : start + _HASH + _LINE]
            first = seen.setdefault(hashed, line)
            if first is not line:
                yield int.from_bytes(first, "big"), int.from_bytes(line, "big")
