"""What is read of a log: checkpoint, policy, entries and tiles (C2SP tlog-tiles), through a source of bytes.

Laws: nothing longer than it may be is kept; bundles are read whole where they can be, several at once; order is kept.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Final, Protocol

from clients.log.edge import Bundle, Tile
from clients.log.violation import Violated
from crypto.errors import BadStatement
from crypto.labels import NOTE_LIMIT, POLICY_LIMIT, TILE_WIDTH
from crypto.transparency.tiles import BUNDLE_LIMIT, Level, decode_bundle, tile_path

_HASH: Final = 32
_TILE_BYTES: Final = TILE_WIDTH * _HASH
_AHEAD: Final = 4  # bundles asked for at once


class LogUnreachable(Exception):
    """The log did not answer, or not whole: a fault of networks and machines, not of the log's truth."""


class Source(Protocol):
    """Where the bytes come from."""

    async def get(self, path: str, limit: int) -> bytes | None:
        """The body at `path` below the log's address; None when there is none (404, 410).

        Raises LogUnreachable; Violated `oversized` for more than `limit` bytes.
        """
        ...


class LogReader:
    """One log, as one source shows it. Every method raises LogUnreachable, and Violated for garbage."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def checkpoint(self) -> bytes:
        """The newest published one: a signed note, not checked."""
        return _there(await self._source.get("checkpoint", NOTE_LIMIT))

    async def policy(self) -> bytes:
        """The policy that the log names, not checked."""
        return _there(await self._source.get("policy", POLICY_LIMIT))

    async def entries(self, start: int, size: int) -> AsyncGenerator[Bundle]:
        """The entries from number `start` on of a log of `size` entries, not checked."""
        waiting: deque[asyncio.Task[Bundle]] = deque()
        numbers = iter(range(start // TILE_WIDTH, -(-size // TILE_WIDTH)))
        try:
            for number in numbers:
                waiting.append(asyncio.create_task(self._bundle(number, start, size)))
                if len(waiting) == _AHEAD:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def tile(self, level: int, number: int, width: int) -> Tile:
        """The first `width` hashes of a tile, not checked. Raises Violated `tile` when there are not so many."""
        raw = await self._part(level, number, width, _TILE_BYTES)
        if len(raw) not in (width * _HASH, _TILE_BYTES):
            raise Violated("tile", number * TILE_WIDTH ** (level + 1))
        return Tile(level, number, tuple(raw[at : at + _HASH] for at in range(0, width * _HASH, _HASH)))

    async def compare(self, tile: Tile) -> None:
        """Raises Violated `tile` when the log shows other hashes than these."""
        if await self.tile(tile.level, tile.number, len(tile.hashes)) != tile:
            raise Violated("tile", tile.number * TILE_WIDTH ** (tile.level + 1))

    async def _bundle(self, number: int, start: int, size: int) -> Bundle:
        first = number * TILE_WIDTH
        width = min(TILE_WIDTH, size - first)
        raw = await self._part("entries", number, width, BUNDLE_LIMIT)
        try:
            entries = decode_bundle(raw)
        except BadStatement:
            raise Violated("bundle", first) from None
        # The complete bundle may have come in place of a partial one that is gone.
        if len(entries) not in (width, TILE_WIDTH):
            raise Violated("bundle", first)
        skipped = max(start - first, 0)
        return Bundle(first + skipped, tuple(entries[skipped:width]))

    async def _part(self, level: Level, number: int, width: int, limit: int) -> bytes:
        raw = await self._source.get(tile_path(level, number, width), limit)
        if raw is None and width < TILE_WIDTH:
            # A log may drop a partial tile once the complete one is there (C2SP tlog-tiles, partial tiles).
            raw = await self._source.get(tile_path(level, number), limit)
        if raw is None:
            raise Violated("missing", number * TILE_WIDTH)
        return raw


def _there(found: bytes | None) -> bytes:
    if found is None:
        # Not a lie about a tree: an address that is no log's, or a relay that has not published yet.
        raise LogUnreachable("there is no log at this address")
    return found
