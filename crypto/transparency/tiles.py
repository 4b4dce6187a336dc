"""How the log is read over HTTP: tiles of hashes and bundles of entries (C2SP tlog-tiles)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from crypto.errors import BadStatement
from crypto.labels import ENTRY_LIMIT, JSON_INTEGER, TILE_WIDTH
from crypto.transparency.tree import Nodes

Level: TypeAlias = int | Literal["entries"]

BUNDLE_LIMIT: Final = TILE_WIDTH * (2 + ENTRY_LIMIT)
"""Bytes of the longest bundle."""

_BUNDLE = "transparency/1"
_LEVELS = 64
_HEIGHT = 8  # levels of the tree in one level of tiles
_PATH = re.compile(r"tile/(entries|[1-9]?[0-9])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True)
class Tile:
    """Which tile: its level, its number there, and how many hashes or entries of it (1 to 256; 256 is all)."""

    level: Level
    number: int
    width: int = TILE_WIDTH


def tile_path(level: Level, number: int, width: int = TILE_WIDTH) -> str:
    """The path below the log's address, such as `tile/0/x001/234.p/5`. Raises ValueError for no tile."""
    if (level != "entries" and not 0 <= level < _LEVELS) or number < 0 or not 0 < width <= TILE_WIDTH:
        raise ValueError("no such tile")
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < TILE_WIDTH else "")


def parse_tile_path(path: str) -> Tile | None:
    """Which tile the path below the log's address means; None for any other spelling, and for what is no tile."""
    found = _PATH.fullmatch(path) if path.isascii() else None
    if found is None:
        return None
    level: Level = "entries" if found[1] == "entries" else int(found[1])
    number, width = int(found[2].replace("x", "").replace("/", "")), int(found[3] or TILE_WIDTH)
    fits = (level == "entries" or level < _LEVELS) and number <= JSON_INTEGER and width <= TILE_WIDTH
    return Tile(level, number, width) if fits and tile_path(level, number, width) == path else None


def is_there(tile: Tile, size: int) -> bool:
    """Whether a tree of `size` entries has as many in this tile."""
    level = 0 if tile.level == "entries" else tile.level
    return tile.number * TILE_WIDTH + tile.width <= size >> _HEIGHT * level


def encode_tile(level: int, number: int, width: int, nodes: Nodes) -> bytes:
    """The hashes of a tile: `width` times 32 bytes."""
    first = number * TILE_WIDTH
    return b"".join(nodes(_HEIGHT * level, first + place) for place in range(width))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries, each with its length in two bytes before it."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(raw: bytes) -> list[bytes]:
    """1 to 256 entries, each of 1 to 4096 bytes; what they say is not read. Raises BadStatement."""
    entries: list[bytes] = []
    place = 0
    while place < len(raw) and len(entries) < TILE_WIDTH:
        start = place + 2
        place = start + int.from_bytes(raw[place:start], "big")
        # A length that is cut off leaves `place` past the end, as one that says too much does.
        if not start < place <= len(raw) or place - start > ENTRY_LIMIT:
            raise BadStatement(_BUNDLE)
        entries.append(raw[start:place])
    if place != len(raw) or not entries:
        raise BadStatement(_BUNDLE)
    return entries
