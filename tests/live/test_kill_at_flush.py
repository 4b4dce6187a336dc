"""SIGKILL at each of the first sixty flushes: a ledger of what was acknowledged against what a reader is told.

One data folder lives through all of them: each kill falls on what the kills before have left, and what was not
acknowledged is sent again as it was.
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.live import faults
from tests.live.nursery import Grown, Nursery, nursery
from tests.live.practice import Practice, check
from tests.live.sending import GONE, LogIns, Sender

pytestmark = pytest.mark.live
KILLS = 60
UPLOAD_KILLS = 16  # a new file flushes itself and up to three folders


@pytest.fixture(scope="module")
def relays() -> Iterator[Nursery]:
    if reason := faults.missing():
        pytest.skip(reason)
    with nursery() as made:
        yield made


async def until_gone(work: Callable[[], Awaitable[object]]) -> None:
    """Again and again."""
    with suppress(*GONE):
        while True:
            await work()


async def killed_while(relay: Grown, flush: int, *works: Callable[[], Awaitable[object]]) -> None:
    """All at once, until the relay was killed at that flush; then it runs again."""
    with faults.fault(relay.pid, faults.FLUSHES, f"signal=SIGKILL:when={flush}"):
        await asyncio.gather(*map(until_gone, works))
    assert relay.has_ended(20)
    relay.start()


@pytest.mark.parametrize("first", [1, 2])
async def test_letters_and_log_ins_outlive_a_kill_at_each_flush(first: int, relays: Nursery, tmp_path: Path) -> None:
    relay = relays.relay(tmp_path)
    relay.start()
    practice = await Practice.open(relay)
    senders, log_ins = practice.senders("inline", "inline", "file", "blob"), LogIns(practice.visitor)
    reader = practice.reader()
    for flush in range(first, KILLS + 1, 2):
        await killed_while(relay, flush, *(one.send for one in senders), log_ins.send)
        await log_ins.check()
        await reader.catch_up()
    for one in senders:
        await one.send()  # the last one, whose acknowledgement the kill may have taken
        await one.check_blobs()
    await reader.catch_up()
    check(reader, senders)
    written = practice.written()
    await written.catch_up()
    assert sorted(written.ids) == sorted(id_ for one in senders for id_ in one.acknowledged)
    assert len(reader.seen) > KILLS
    assert sum(one.again for one in senders) > 0  # some were kept though nobody heard so: the retry met them


async def test_files_outlive_a_kill_at_each_flush_of_an_upload(relays: Nursery, tmp_path: Path) -> None:
    relay = relays.relay(tmp_path)
    relay.start()
    practice = await Practice.open(relay)
    senders = practice.senders(*["file"] * 6)

    async def upload(sender: Sender) -> None:
        await sender.upload(os.urandom(3000))

    for flush in range(1, UPLOAD_KILLS + 1):
        await killed_while(relay, flush, *(partial(upload, one) for one in senders))
        assert list((relay.data / "blobs" / "arriving").iterdir()) == []
    for one in senders:
        await one.check_blobs()
    assert sum(len(one.blobs) for one in senders) > UPLOAD_KILLS
    for path in (relay.data / "blobs").glob("??/??/b*"):
        assert path.name == "b" + hashlib.sha256(path.read_bytes()).hexdigest()
