"""Event streams: how soon a send is told while 500 are open, and what 10,000 idle ones take, plain and with TLS."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.crowd import Member, join
from bench.house import House, port_of, resident, send_to
from bench.load import drive, request
from bench.row import Row, at_most, percentile
from demo import pki
from messaging.store.sql import SqliteStore
from tests.relays import RunningRelay, start_relay_process

GROUP = "relay"
OPEN = 500
IDLE = 10_000
_PROCESSES = 2  # that hold the idle ones: their memory is not the relay's
_MEASURED = 600  # sends whose events are timed


async def told(house: House, rate: float) -> list[Row]:
    """From a send's first byte to its event on the reader's stream, while others send at half of `rate`."""
    store = SqliteStore(house.relay.data / "relay.db", checkpoints=False)
    try:
        people = join(store, OPEN)
    finally:
        store.close()
    async with AsyncExitStack() as stack:
        readers = [(one, await _stream(house.port, one.token, stack)) for one in people]
        # The load goes to every other one: an event that is timed is no other's.
        load = asyncio.create_task(_paced(house, people[1::2], rate / 2))
        took = await _timed(house, readers[::2])
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
    workload = f"send -> event, {OPEN} open streams, at half load ({rate / 2:,.0f}/s)"
    return [
        at_most(GROUP, f"{workload}, p50", median(took) * 1e3, "ms", 10),
        at_most(GROUP, f"{workload}, p99", percentile(took, 0.99) * 1e3, "ms", 50),
    ]


def idle(folder: Path) -> list[Row]:
    """Resident memory of the relay that each idle stream adds, in KiB."""
    return [_idle(folder / "plain", tls=False), _idle(folder / "tls", tls=True)]


async def _stream(port: int, token: str, stack: AsyncExitStack) -> asyncio.StreamReader:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stack.callback(writer.close)
    writer.write(asked(token))
    await reader.readuntil(b": hello")
    return reader


def asked(token: str) -> bytes:
    """The request for a stream that hears everything."""
    return (
        "GET /jmap/events?types=*&closeafter=no&ping=900 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
    ).encode()


async def _timed(house: House, readers: Sequence[tuple[Member, asyncio.StreamReader]]) -> list[float]:
    sending = await asyncio.open_connection("127.0.0.1", house.port)
    took = []
    for number in range(_MEASURED):
        member, stream = readers[number % len(readers)]
        raw = send_to(house, [(member.account, member.key_id)])
        began = perf_counter()
        answered = asyncio.create_task(request(*sending, raw))
        async with asyncio.timeout(30):
            await stream.readuntil(b"StateChange")
        took.append(perf_counter() - began)
        await answered
    sending[1].close()
    return took


async def _paced(house: House, people: Sequence[Member], rate: float) -> None:
    # Sixteen at once, a part of a second's sends every 20 ms: the load neither bunches nor waits for answers.
    number = 0
    until = perf_counter()
    due = max(1, round(rate / 50))
    while True:
        part = [people[(number + n * 7) % len(people)] for n in range(due)]
        number += due
        raw = [send_to(house, [(one.account, one.key_id)]) for one in part]
        await drive("127.0.0.1", house.port, raw, min(16, due))
        until += 0.02
        await asyncio.sleep(max(0.0, until - perf_counter()))


def _idle(folder: Path, *, tls: bool) -> Row:
    relay = _start(folder, tls=tls)
    try:
        store = SqliteStore(relay.data / "relay.db", checkpoints=False)
        people = join(store, IDLE)
        store.close()
        with _holding(port_of(relay), [one.token for one in people[:100]], tls=tls):
            before = resident(relay)  # what the first streams take is not theirs alone: code, pools, caches
            with _holding(port_of(relay), [one.token for one in people[100:]], tls=tls):
                each = (resident(relay) - before) * 1024 / (IDLE - 100)
    finally:
        relay.stop()
    workload = f"memory of each of {IDLE:,} idle streams, {'TLS' if tls else 'plain'}"
    return at_most(GROUP, workload, each, "KiB", 32 if tls else 8)


@contextmanager
def _holding(port: int, tokens: Sequence[str], *, tls: bool) -> Iterator[None]:
    """Streams in processes of their own, all open."""
    words = [sys.executable, "-m", "bench.holding", str(port), "tls" if tls else "plain"]
    holders = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(_PROCESSES)
    ]
    try:
        for number, holder in enumerate(holders):
            assert holder.stdin is not None
            holder.stdin.write("\n".join(tokens[number::_PROCESSES]) + "\n\n")
            holder.stdin.flush()
        for holder in holders:
            assert holder.stdout is not None
            if holder.stdout.readline() != "open\n":
                raise RuntimeError("the streams did not open")
        yield
    finally:
        for holder in holders:
            assert holder.stdin is not None
            holder.stdin.close()
            holder.wait(60)


def _start(folder: Path, *, tls: bool) -> RunningRelay:
    if not tls:
        return start_relay_process(folder)
    now = datetime.now(UTC)
    authority = pki.make_authority(now)
    name = pki.organisation_name("localhost", "BENCH", "33333333300033")
    files = pki.write(pki.issue(authority, name, ["localhost"], now), authority, folder, "relay")
    return start_relay_process(folder, settings=f'tls_certificate = "{files.certificate}"\ntls_key = "{files.key}"\n')
