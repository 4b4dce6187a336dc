"""A long log is believed part by part: each is proven by the checkpoint before it is kept, and a lie never is."""

import pytest

from clients.log import following
from clients.log.edge import Edge, grown
from clients.log.following import Wish, follow
from clients.log.proven import Proven
from clients.log.reading import LogReader, LogUnreachable
from clients.log.store import LogStore
from clients.log.violation import Violated
from crypto.transparency.checkpoint import Checkpoint
from crypto.transparency.tiles import encode_bundle, tile_path
from crypto.transparency.tree import leaf_hash
from tests.clients.key_log import NOW, ORIGIN, KeyLog, fork_of

WISH = Wish(lambda _: None, in_steps=True)


class Hashes:
    """A log of hashes alone, two levels of tiles high: its entries are never read."""

    def __init__(self, size: int) -> None:
        leaves = [leaf_hash(b"%d" % number) for number in range(size)]
        self.edge, self.complete = grown(Edge(), leaves)
        self.tiles = {(tile.level, tile.number): tile for tile in (*self.complete, *self.edge.tiles())}
        self.asked = 0

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(ORIGIN, self.edge.size, self.edge.root)

    async def get(self, path: str, limit: int) -> bytes | None:
        self.asked += 1
        for tile in self.tiles.values():
            if tile_path(tile.level, tile.number, len(tile.hashes)) == path:
                return b"".join(tile.hashes)[:limit]
        return None


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65536, 65537, 66000, 132000])
async def test_every_complete_tile_is_proven(size: int) -> None:
    log = Hashes(size)
    proven = await Proven.of(LogReader(log), log.checkpoint)

    for tile in log.complete:
        if size // 256 ** (tile.level + 1) > 0:
            await proven.check(tile)

    assert log.asked < 12


@pytest.mark.parametrize(("level", "number"), [(0, 3), (0, 511), (1, 1)])
async def test_a_complete_tile_with_another_hash_is_refused(level: int, number: int) -> None:
    log = Hashes(132000)
    proven = await Proven.of(LogReader(log), log.checkpoint)
    honest = log.tiles[level, number]

    with pytest.raises(Violated, match="root"):
        await proven.check(type(honest)(level, number, (bytes(32), *honest.hashes[1:])))


async def test_a_tile_between_root_and_leaves_cannot_lie() -> None:
    log = Hashes(132000)
    honest = log.tiles[1, 0]
    log.tiles[1, 0] = type(honest)(1, 0, (bytes(32), *honest.hashes[1:]))
    proven = await Proven.of(LogReader(log), log.checkpoint)

    with pytest.raises(Violated, match="root"):
        await proven.check(log.tiles[0, 0])


async def test_an_edge_that_is_not_the_checkpoints_is_refused() -> None:
    log = Hashes(300)

    with pytest.raises(Violated, match="root"):
        await Proven.of(LogReader(log), Checkpoint(ORIGIN, 300, bytes(32)))


@pytest.fixture
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STEP", 256)


@pytest.mark.usefixtures("short_steps")
async def test_an_interrupted_reading_goes_on_where_it_was() -> None:
    log, store = KeyLog(), LogStore(None, ORIGIN)
    log.enrol(600)
    log.lies[tile_path("entries", 2, 88)] = b"\xff"
    with pytest.raises(Violated, match="bundle"):
        await follow(LogReader(log), store, log.policy, WISH, NOW)
    halfway = store.head().size
    log.lies.clear()

    assert halfway == 512
    assert await follow(LogReader(log), store, log.policy, WISH, NOW) == 88
    assert store.counts().accounts == 600


@pytest.mark.usefixtures("short_steps")
async def test_a_part_that_is_not_proven_is_not_kept() -> None:
    log, store = KeyLog(), LogStore(None, ORIGIN)
    log.enrol(600)
    log.lies[tile_path("entries", 0)] = encode_bundle(fork_of(log, 100, 256).entries)

    with pytest.raises(Violated, match="root"):
        await follow(LogReader(log), store, log.policy, WISH, NOW)
    assert store.head().size == 0


@pytest.mark.usefixtures("short_steps")
async def test_a_log_that_goes_away_keeps_what_was_proven() -> None:
    log, store = KeyLog(), LogStore(None, ORIGIN)
    log.enrol(600)

    def hear(numbered: following.Numbered) -> None:
        log.down = numbered.index >= 256

    with pytest.raises(LogUnreachable):
        await follow(LogReader(log), store, log.policy, Wish(hear, tiles=True, in_steps=True), NOW)
    assert store.head().size == 256
