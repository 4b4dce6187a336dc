"""SIGKILL at every flush of the gateway's database, mail in and mail out: nothing acknowledged is lost, no letter is
doubled, and what an operator may get twice (it was cut off before its 250 was heard) is the same bytes."""

import multiprocessing
from itertools import count
from pathlib import Path

import pytest

from tests.bridges.fakes import FakeRelay
from tests.live import faults
from tests.live.gateway_disk import MAILS, Disk, carry, counted, name

pytestmark = pytest.mark.live
SECONDS = 60
MOST = 80  # flushes of one run; more would be a loop


def _carried(folder: Path, what: str = "") -> bool:
    """Whether a run came to its end; `what` happens to its flushes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.live.gateway_disk"])
    mine, theirs = context.Pipe()
    process = context.Process(target=carry, args=(str(folder), theirs))
    process.start()
    assert process.pid is not None
    try:
        if what:
            with faults.fault(process.pid, faults.FLUSHES, what):
                mine.send("go")
                process.join(SECONDS)
        else:
            mine.send("go")
            process.join(SECONDS)
    finally:
        process.kill()
        process.join()
    return process.exitcode == 0


def _letters(relay: FakeRelay) -> dict[str, int]:
    return {letter.message: letter.counter for letter in relay.letters()}


def _check(disk: Disk) -> None:
    at_relay = _letters(disk.fake())
    assert set(disk.lines("acknowledged")) <= at_relay.keys()
    assert all(len(digests) == 1 for digests in counted(disk.lines("operator")).values())


def test_killed_at_every_flush_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    if reason := faults.missing():
        pytest.skip(reason)
    kills = 0
    for flush in count(1):
        folder = tmp_path / str(flush)
        folder.mkdir()
        disk = Disk(folder)
        ended = _carried(folder, f"signal=SIGKILL:when={flush}")
        _check(disk)
        if not ended:
            kills += 1
            assert _carried(folder)
            _check(disk)
        wanted_in = {name("in", number): number + 1 for number in range(MAILS)}
        assert _letters(disk.fake()) == wanted_in
        sent = disk.lines("operator")
        assert counted(sent).keys() == {name("out", number) for number in range(MAILS)}
        assert len(sent) <= MAILS + (0 if ended else 1)
        if ended:
            break
        assert flush < MOST
    assert kills >= 2 * MAILS
