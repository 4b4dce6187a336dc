"""A verifier believes a log that keeps the rules and goes on from what it saw, and no other one. In memory."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from clients.log.following import Numbered, Wish, follow, keep_policy, policy_of
from clients.log.reading import LogReader, LogUnreachable
from clients.log.store import LogStore
from clients.log.violation import Violated
from crypto.transparency.checkpoint import WitnessSigner, with_lines
from crypto.transparency.policy import parse_policy
from crypto.transparency.tiles import encode_bundle, tile_path
from tests.clients.key_log import NOW, ORIGIN, KeyLog, fork_of

WITNESS = WitnessSigner.from_secret(b"w" * 32, "witness.example/w1")


class Reading:
    """A verifier with a memory."""

    def __init__(self) -> None:
        self.store = LogStore(None, ORIGIN)
        self.heard: list[Numbered] = []

    async def read(self, log: KeyLog, *, tiles: bool = True) -> int:
        """How many entries were new."""
        return await follow(LogReader(log), self.store, log.policy, Wish(self.heard.append, tiles), NOW)

    async def fails(self, log: KeyLog) -> str:
        """The rule that was broken; nothing was kept."""
        before = self.store.head()
        with pytest.raises(Violated) as raised:
            await self.read(log)
        assert self.store.head() == before
        return raised.value.rule


def _log(count: int) -> KeyLog:
    log = KeyLog()
    log.enrol(count)
    return log


async def test_a_whole_log_is_read_with_all_its_tiles() -> None:
    reading, log = Reading(), _log(600)

    assert await reading.read(log) == 600
    assert [numbered.index for numbered in reading.heard] == list(range(600))
    assert {path for path in log.asked if path.startswith("tile") and "entries" not in path} == {
        tile_path(0, 0), tile_path(0, 1), tile_path(0, 2, 88), tile_path(1, 0, 2),
    }  # fmt: skip


async def test_the_second_reading_begins_where_the_first_ended() -> None:
    reading, log = Reading(), _log(300)
    await reading.read(log)
    log.enrol(10)
    log.asked.clear()

    assert await reading.read(log) == 10
    assert tile_path("entries", 0) not in log.asked


async def test_nothing_new_is_nothing_wrong() -> None:
    reading, log = Reading(), _log(3)
    await reading.read(log)

    assert await reading.read(log) == 0


async def test_what_is_not_published_yet_is_not_read() -> None:
    reading, log = Reading(), _log(5)
    log.size = 3

    assert await reading.read(log) == 3


async def test_a_log_that_shrank_is_noticed() -> None:
    reading, log = Reading(), _log(5)
    await reading.read(log)
    log.size = 4

    assert await reading.fails(log) == "shrunk"


async def test_another_tree_of_the_same_size_is_noticed() -> None:
    reading, log = Reading(), _log(5)
    await reading.read(log)

    assert await reading.fails(fork_of(log, 3, 5)) == "forked"


async def test_a_fork_that_grew_is_noticed() -> None:
    reading, log = Reading(), _log(5)
    await reading.read(log)

    assert await reading.fails(fork_of(log, 3, 9)) == "root"


async def test_a_rewritten_entry_is_noticed() -> None:
    reading, log = Reading(), _log(5)
    await reading.read(log)
    log.entries[1] = fork_of(log, 1, 2).entries[1]
    log.enrol(1)

    assert await reading.fails(log) == "root"


async def test_a_lie_of_one_day_is_still_known_the_next() -> None:
    reading, log = Reading(), _log(5)
    await reading.read(log)
    await reading.fails(fork_of(log, 3, 9))
    log.enrol(1)

    assert await reading.read(log) == 1


def _stale(log: KeyLog) -> None:
    log.now = NOW - timedelta(hours=25)


def _ahead(log: KeyLog) -> None:
    log.now = NOW + timedelta(minutes=11)


def _unsigned(log: KeyLog) -> None:
    log.lies["checkpoint"] = b"".join(log.note().splitlines(keepends=True)[:-1])


def _noise(log: KeyLog) -> None:
    log.lies["checkpoint"] = b"noise"


def _unwitnessed(log: KeyLog) -> None:
    log.policy_text = _witnessed(log)


def _tile(log: KeyLog) -> None:
    log.lies[tile_path(0, 0, 5)] = bytes(5 * 32)


def _long_tile(log: KeyLog) -> None:
    log.lies[tile_path(0, 0, 5)] = (log.served(tile_path(0, 0, 5)) or b"") + bytes(32)


def _no_tile(log: KeyLog) -> None:
    log.lies[tile_path(0, 0, 5)] = None


def _other_entries(log: KeyLog) -> None:
    log.lies[tile_path("entries", 0, 5)] = encode_bundle(fork_of(log, 2, 5).entries)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (_stale, "transparency/9"),
        (_ahead, "transparency/9"),
        (_unsigned, "transparency/7"),
        (_noise, "transparency/5"),
        (_unwitnessed, "transparency/8"),
        (_tile, "tile"),
        (_long_tile, "tile"),
        (_no_tile, "missing"),
        (_other_entries, "root"),
    ],
)
async def test_a_log_that_lies_is_named(broken: Callable[[KeyLog], None], rule: str) -> None:
    log = _log(5)
    broken(log)

    assert await Reading().fails(log) == rule


def _witnessed(log: KeyLog) -> bytes:
    return log.policy.text.replace(b"quorum none", f"witness w {WITNESS.keys[1].vkey}\nquorum w".encode())


async def test_a_witnessed_log_is_believed() -> None:
    log = _log(5)
    log.policy_text = _witnessed(log)
    log.lies["checkpoint"] = with_lines(log.note(), WITNESS.cosign(log.checkpoint(), NOW))

    assert await Reading().read(log) == 5


async def test_the_first_policy_stays() -> None:
    log, store = _log(1), LogStore(None, ORIGIN)
    keep_policy(store, await policy_of(LogReader(log)))
    keep_policy(store, log.policy)

    with pytest.raises(Violated, match="policyChanged"):
        keep_policy(store, parse_policy(_witnessed(log)))


async def test_a_policy_that_is_none_is_named() -> None:
    log = _log(1)
    log.lies["policy"] = b"quorum none\n"

    with pytest.raises(Violated, match="transparency/12"):
        await policy_of(LogReader(log))


async def test_an_address_without_a_log_is_no_lie() -> None:
    log = _log(1)
    log.lies["checkpoint"] = None

    with pytest.raises(LogUnreachable):
        await Reading().read(log)


async def test_every_violation_has_words() -> None:
    log = _log(2)
    log.entries.append(b"noise")

    with pytest.raises(Violated) as raised:
        await Reading().read(log)

    assert raised.value.index == 2
    assert raised.value.words.startswith("Entry 2: ")
