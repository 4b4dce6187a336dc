"""The hashes of complete tiles, proven by a checkpoint before any entry is read: from the root down, tile by tile.

So a part of a long log can be believed, and kept, before the rest of it was read.
"""

from clients.log.edge import Edge, Tile, complete_hash
from clients.log.reading import LogReader
from clients.log.violation import Violated
from crypto.labels import TILE_WIDTH
from crypto.transparency.checkpoint import Checkpoint


class Proven:
    """One checkpoint's tree. Reads few tiles: one for each 65536 entries, and one a level at the edge."""

    def __init__(self, reader: LogReader, edge: Edge) -> None:
        self._reader, self._edge = reader, edge
        self._read: dict[int, Tile] = {}  # of each level the one that was read last

    @classmethod
    async def of(cls, reader: LogReader, checkpoint: Checkpoint) -> "Proven":
        """Raises Violated `root` when the edge's tiles do not hash to the checkpoint's root, LogUnreachable."""
        rows: list[tuple[bytes, ...]] = []
        while left := checkpoint.size // TILE_WIDTH ** len(rows):
            level, width = len(rows), left % TILE_WIDTH
            rows.append((await reader.tile(level, left // TILE_WIDTH, width)).hashes if width else ())
        edge = Edge(checkpoint.size, tuple(rows))
        if edge.root != checkpoint.root:
            raise Violated("root")
        return cls(reader, edge)

    async def check(self, tile: Tile) -> None:
        """Raises Violated `root` when a complete tile, made of entries, is not that of the checkpoint."""
        if complete_hash(tile.hashes) != await self._hash(tile.level, tile.number):
            raise Violated("root", tile.number * TILE_WIDTH ** (tile.level + 1))

    async def _hash(self, level: int, number: int) -> bytes:
        """What stands for a complete tile, in the tile above."""
        above, place = divmod(number, TILE_WIDTH)
        if above == self._edge.size // TILE_WIDTH ** (level + 2):
            return self._edge.rows[level + 1][place]
        read = self._read.get(level + 1)
        if read is None or read.number != above:
            read = await self._reader.tile(level + 1, above, TILE_WIDTH)
            await self.check(read)
            self._read[level + 1] = read
        return read.hashes[place]
