"""Eight writers and four readers of one account, at a real relay over real sockets: each letter once, in order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.live.nursery import Nursery, nursery
from tests.live.practice import Practice, check
from tests.postgres import Cluster

pytestmark = pytest.mark.live
WRITERS, PAGES = 8, (1, 3, 50, 500)  # a reader for each size of its pages


@pytest.fixture
def relays() -> Iterator[Nursery]:
    with nursery() as made:
        yield made


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with postgres.running() as started:
        yield started


async def _again_and_again(work: Callable[[], Awaitable[object]], over: asyncio.Event) -> None:
    while not over.is_set():
        await work()


async def _write_and_read(practice: Practice, seconds: float) -> None:
    writers = practice.senders(*["inline"] * WRITERS)
    readers = [practice.reader(page) for page in PAGES]
    own = practice.written()  # of the account into which all eight write, by its own copies
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)  # the length of the test, and nothing that it waits for
    await asyncio.gather(
        *(_again_and_again(one.send, over) for one in writers),
        *(_again_and_again(one.catch_up, over) for one in [*readers, own]),
    )
    met = [len(one.seen) for one in readers]
    for one in [*readers, own]:
        await one.catch_up()
        check(one, writers)
    assert {tuple(one.ids) for one in readers} == {tuple(readers[0].ids)}
    assert sorted(own.ids) == sorted(id_ for one in writers for id_ in one.acknowledged)
    assert min(len(one.acknowledged) for one in writers) > 10
    assert max(met) > len(readers[0].seen) // 2  # they read while it was written


async def test_every_reader_sees_every_letter_once_and_in_order(relays: Nursery, tmp_path: Path) -> None:
    relay = relays.relay(tmp_path)
    relay.start()
    await _write_and_read(await Practice.open(relay), 60)


async def test_on_postgresql_too(relays: Nursery, cluster: Cluster, tmp_path: Path) -> None:
    relay = relays.relay(tmp_path, f'[store]\ndatabase = "{cluster.url()}"\n')
    relay.start()
    await _write_and_read(await Practice.open(relay), 20)
