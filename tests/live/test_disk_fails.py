"""A disk that fails or is full under a running relay, by the real system calls: told so, nothing acknowledged lost."""

import asyncio
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.live import faults
from tests.live.nursery import Grown, Nursery, nursery
from tests.live.practice import Practice, check
from tests.live.sending import LogIns, NotTaken, Sender

pytestmark = pytest.mark.live
SECONDS = 3.0  # for which the disk is bad
SMALL = 6 << 20  # bytes of the disk that fills


@pytest.fixture(scope="module")
def relays() -> Iterator[Nursery]:
    with nursery() as made:
        yield made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(words, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _enlarge(folder: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={4 * SMALL}", str(folder)], check=True)


Works = list[Callable[[], Awaitable[object]]]


async def _through(works: Works, seconds: float) -> Counter[tuple[int, str | None]]:
    """How often what was refused; each work goes on where it was."""
    said: Counter[tuple[int, str | None]] = Counter()
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)

    async def one(work: Callable[[], Awaitable[object]]) -> None:
        while not over.is_set():
            try:
                await work()
            except NotTaken as refused:
                said[refused.answer.status, refused.answer.headers.get("retry-after")] += 1
                await asyncio.sleep(0.02)  # not as long as it is told to: that would be one try in all

    await asyncio.gather(*map(one, works))
    return said


async def _check_all(relay: Grown, practice: Practice, senders: list[Sender]) -> None:
    """Before a restart and after it."""
    for _ in range(2):
        reader = practice.reader()
        await reader.catch_up()
        check(reader, senders)
        for one in senders:
            await one.check_blobs()
        relay.end()
        relay.start()


@pytest.mark.parametrize(
    ("calls", "what"),
    [
        (faults.FLUSHES, "error=EIO:when=2+3"),
        (faults.FLUSHES, "error=EIO:when=3"),
        ("pwrite64", "error=EIO:when=9+4"),
        ("pwrite64", "error=ENOSPC:when=30+13"),
        ("pwrite64", "error=ENOSPC:when=1+"),
    ],
)
async def test_a_disk_that_fails_costs_nothing_that_was_acknowledged(
    calls: str, what: str, relays: Nursery, tmp_path: Path
) -> None:
    if reason := faults.missing():
        pytest.skip(reason)
    relay = relays.relay(tmp_path)
    relay.start()
    practice = await Practice.open(relay)
    senders, log_ins = practice.senders("inline", "inline", "file", "blob"), LogIns(practice.visitor)
    works: Works = [*(one.send for one in senders), log_ins.send]
    with faults.fault(relay.pid, calls, what):
        said = await _through(works, SECONDS)
    assert said
    assert set(said) == {(503, "10")}
    assert not relay.has_ended(0)

    for work in works:  # the disk is good again: the same letters go through, and nobody started anything
        await work()
    await log_ins.check()
    await _check_all(relay, practice, senders)


async def test_a_disk_that_is_full_is_said_and_is_used_again_when_there_is_room(
    relays: Nursery, small_disk: Path
) -> None:
    relay = relays.relay(small_disk)
    relay.start()
    practice = await Practice.open(relay)
    senders = practice.senders("inline", "file", "blob")

    async def fill() -> None:
        await senders[1].upload(os.urandom(300_000))

    said: Counter[tuple[int, str | None]] = Counter()
    while not said:
        said += await _through([*(one.send for one in senders), fill], 0.5)
    assert set(said) == {(503, "10")}
    assert await practice.reader().catch_up() == sum(len(one.acknowledged) for one in senders)  # reading goes on

    await asyncio.to_thread(_enlarge, small_disk)
    for one in senders:
        await one.send()
    await _check_all(relay, practice, senders)
