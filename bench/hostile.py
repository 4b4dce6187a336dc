"""Hostile input at a relay's port: how long somebody else waits meanwhile, and what it costs in memory and disk.

Attacks and bystander are those of tests/live/attacks.py. The quiet figure is of the same run, on the same connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.house import furnish, port_of
from bench.row import Row, at_most
from messaging.wire import names
from tests.live.attacks import MB, Bystander, Watched, dripping, large, pour, say, session_question, unread
from tests.relays import install_reactor, start_relay_process

GROUP = "hostile"
GOAL = 250  # ms
Attack = Callable[[], Awaitable[object]]


def run() -> Iterator[Row]:
    """The rows of this group, in the order of the table."""
    with TemporaryDirectory() as folder, asyncio.Runner() as runner:
        yield from runner.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    install_reactor()
    relay = start_relay_process(folder)
    try:
        async with AsyncExitStack() as stack:
            house = await furnish(relay, stack)
            bystander = Bystander(house.port, session_question(house.token))
            await bystander.during(_nothing)  # warm
            quiet = await bystander.during(_nothing, 500)
            watched = Watched(relay.process.pid, relay.data)
            rows = [Row(GROUP, "another client's p99, quiet", quiet * 1000, "ms")]
            for name, attack in _attacks(port_of(relay)).items():
                p99 = await bystander.during(attack)
                rows.append(at_most(GROUP, f"another client's p99, during {name}", p99 * 1000, "ms", GOAL))
            rows.append(Row(GROUP, "memory of the relay, most it grew", watched.memory / (1 << 20), "MiB"))
            return [*rows, Row(GROUP, "disk of the relay, grown", watched.disk / (1 << 20), "MiB")]
    finally:
        relay.stop()


async def _nothing() -> None:
    return


def _attacks(port: int) -> dict[str, Attack]:
    flood = ("GET /log/checkpoint HTTP/1.1\r\nHost: relay\r\n" + "X: x\r\n" * 100_000 + "\r\n").encode()
    deep = b"[" * MB
    head = f"POST {names.LOGIN} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nContent-Type: application/json\r\n"
    nested = f"{head}Content-Length: {len(deep)}\r\n\r\n".encode() + deep
    return {
        "8 bodies of 300 MB to an unknown path": lambda: _all(
            pour(port, large("/nowhere", chunked=n % 2 == 0), chunked=n % 2 == 0) for n in range(8)
        ),
        "8 bodies of 300 MB before log-in": lambda: _all(
            pour(port, large(names.API, chunked=n % 2 == 0), chunked=n % 2 == 0) for n in range(8)
        ),
        "32 floods of 100,000 headers": lambda: _all(say(port, flood) for _ in range(32)),
        "32 bodies of deep JSON": lambda: _all(say(port, nested) for _ in range(32)),
        "16 readers who take no answer": lambda: _all(unread(port, 2_000) for _ in range(16)),
        "500 heads that never end": lambda: _drip(port),
    }


async def _all(attacks: Iterator[Awaitable[object]]) -> None:
    await asyncio.gather(*attacks)


async def _drip(port: int) -> None:
    async with dripping(port, [b"GET / HTTP/1.1\r\nX: "] * 500) as writers:
        for _ in range(5):
            for writer in writers:
                writer.write(b"x")
            await asyncio.sleep(0.3)
