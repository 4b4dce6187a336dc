"""The right edge of the log's tree: the incomplete tiles, from which every later root and tile follows. Pure.

Whoever keeps an edge needs no old hash again: a root made of it and of new leaves is consistent with all before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crypto.labels import TILE_WIDTH
from crypto.transparency.tree import EMPTY_ROOT, node_hash

_HASH: Final = 32


@dataclass(frozen=True)
class Tile:
    """Hashes beside one another: `hashes[i]` is number `number * 256 + i` of tile level `level`."""

    level: int
    number: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True)
class Bundle:
    """Entries beside one another; `first` is the number of the first one."""

    first: int
    entries: tuple[bytes, ...]


@dataclass(frozen=True)
class Edge:
    """`rows[level]` holds the hashes of the incomplete tile of that level, fewer than 256, oldest first."""

    size: int = 0
    rows: tuple[tuple[bytes, ...], ...] = ()

    @property
    def root(self) -> bytes:
        """32 bytes: the Merkle tree hash (RFC 6962, 2.1)."""
        peaks = [peak for row in reversed(self.rows) for peak in _peaks(row)]
        if not peaks:
            return EMPTY_ROOT
        found = peaks.pop()
        while peaks:
            found = node_hash(peaks.pop(), found)
        return found

    def tiles(self) -> Iterator[Tile]:
        """The incomplete tiles of a log of this size."""
        for level, row in enumerate(self.rows):
            if row:
                yield Tile(level, self.size // TILE_WIDTH ** (level + 1), row)

    def encode(self) -> bytes:
        """For one's own store: of each row its length in one byte, then its hashes."""
        return b"".join(bytes([len(row)]) + b"".join(row) for row in self.rows)

    @classmethod
    def decode(cls, raw: bytes) -> "Edge":
        """What encode() wrote. Raises ValueError."""
        rows: list[tuple[bytes, ...]] = []
        while raw:
            end = 1 + raw[0] * _HASH
            if end > len(raw):
                raise ValueError("an edge is cut")
            rows.append(tuple(raw[at : at + _HASH] for at in range(1, end, _HASH)))
            raw = raw[end:]
        return cls(sum(len(row) * TILE_WIDTH**level for level, row in enumerate(rows)), tuple(rows))


def grown(edge: Edge, leaves: Sequence[bytes]) -> tuple[Edge, list[Tile]]:
    """The edge after these leaf hashes, and the tiles that they completed."""
    rows, complete = [list(row) for row in edge.rows], list[Tile]()
    for size, leaf in enumerate(leaves, edge.size + 1):
        _push(rows, leaf, size, complete)
    return Edge(edge.size + len(leaves), tuple(map(tuple, rows))), complete


def _push(rows: list[list[bytes]], leaf: bytes, size: int, complete: list[Tile]) -> None:
    level, carried = 0, leaf
    while True:
        if level == len(rows):
            rows.append([])
        row = rows[level]
        row.append(carried)
        if len(row) < TILE_WIDTH:
            return
        complete.append(Tile(level, size // TILE_WIDTH ** (level + 1) - 1, tuple(row)))
        level, carried = level + 1, complete_hash(row)
        row.clear()


def _peaks(row: Sequence[bytes]) -> Iterator[bytes]:
    start = 0
    for width in (128, 64, 32, 16, 8, 4, 2, 1):
        if len(row) & width:
            yield complete_hash(row[start : start + width])
            start += width


def complete_hash(hashes: Sequence[bytes]) -> bytes:
    """The root of a complete tree above 2**n hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]
