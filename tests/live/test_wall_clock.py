"""A wall clock that is stepped two hours back and forth under a relay at work: timers and streams do not notice."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.practice import Practice, check
from tests.live.sending import Sender
from tests.messaging.doors import head
from tests.relays import RunningRelay, start_relay_process

pytestmark = pytest.mark.live
WATCHED = 2.0  # seconds of each setting of the clock


class WallClock:
    """What the relay takes for the wall clock (Debian's faketime); its monotonic one is the machine's."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clock"
        self.step("+0")

    def step(self, by: str) -> None:
        """To so much before or after the machine's."""
        new = self.file.with_suffix(".new")
        new.write_text(by + "\n")
        new.rename(self.file)

    def environment(self) -> dict[str, str]:
        """For the process that believes it. Skips the test where there can be none."""
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        if not found:
            pytest.skip("faketime is not installed: scripts/debian-packages")
        return {
            "LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    return WallClock(tmp_path)


@pytest.fixture
def relay(clock: WallClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningRelay]:
    with monkeypatch.context() as patched:
        for name, value in clock.environment().items():
            patched.setenv(name, value)
        running = start_relay_process(tmp_path / "relay")
    yield running
    running.kill()


class Pings:
    """An open event stream that is pinged each second: when each came, by the machine's clock."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self.at: list[float] = []
        self.begun = asyncio.Event()  # the first has come

    async def listen(self) -> None:
        """Until the relay ends it, which fails."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._practice.visitor.relay.port)
        asked = "GET /jmap/events?types=*&closeafter=no&ping=1 HTTP/1.1\r\nHost: relay\r\n"
        writer.write(f"{asked}Authorization: Bearer {self._practice.token}\r\n\r\n".encode())
        assert (await head(reader))[0] == 200
        try:
            while line := await reader.readline():
                if line.startswith(b"event: ping"):
                    self.at.append(time.monotonic())
                    self.begun.set()
        finally:
            writer.close()
        raise AssertionError("the stream ended")


@dataclass(frozen=True)
class Seen:
    """What happened in some seconds by the machine's clock."""

    seconds: float
    pings: int
    letters: int

    @classmethod
    async def of(cls, pings: Pings, senders: list[Sender]) -> "Seen":
        """Of an open stream and of senders at work, for WATCHED seconds at least."""
        told, sent, began = len(pings.at), sum(len(one.acknowledged) for one in senders), time.monotonic()
        while time.monotonic() < began + WATCHED:
            await asyncio.gather(*(one.send() for one in senders))
        letters = sum(len(one.acknowledged) for one in senders) - sent
        return cls(time.monotonic() - began, len(pings.at) - told, letters)


async def test_a_stepped_wall_clock_freezes_and_fires_no_timer(relay: RunningRelay, clock: WallClock) -> None:
    practice = await Practice.open(relay)
    senders, pings = practice.senders("inline", "file"), Pings(practice)
    listening = asyncio.create_task(pings.listen())
    await pings.begun.wait()
    seen = []
    for by in ("-2h", "+0", "-2h", "+0"):
        clock.step(by)
        seen.append(await Seen.of(pings, senders))
        assert not listening.done(), listening.exception()
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    reader = practice.reader()
    await reader.catch_up()
    check(reader, senders)
    # A frozen timer pings never; one that fires for each second that was stepped over, thousands of times.
    assert all(1 <= one.pings <= one.seconds + 2 for one in seen), seen
    assert all(one.letters >= len(senders) for one in seen), seen
    await _expire(practice, clock)


async def _expire(practice: Practice, clock: WallClock) -> None:
    # What the wall clock does rule ends two hours later, and can be had again.
    clock.step("+2h")
    late = await practice.visitor.ask("GET", "/.well-known/jmap", None, practice.token)
    clock.step("+0")
    again = await practice.visitor.log_in("bridge")
    assert late.status == 401
    assert (await practice.visitor.ask("GET", "/.well-known/jmap", None, again)).status == 200
