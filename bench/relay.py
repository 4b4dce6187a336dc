"""The relay through its real HTTP door, everything durable; the load generator shares the machine.

On SQLite, then sends on a PostgreSQL of its own, with pgbench and Synapse beside them; streams; what grows with people.
"""

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench import growth, sends, streams
from bench.house import furnish, resident
from bench.row import Row, at_most
from tests import postgres
from tests.relays import install_reactor, start_relay_process

GROUP = "relay"


def run() -> Iterator[Row]:
    """The rows of this group, in the order of the table."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the relay's processes have it from here
    with TemporaryDirectory() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield from runner.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    install_reactor()
    rows = await _on_sqlite(folder / "sqlite")
    if not postgres.missing():
        rows += await sends.on_postgres(folder / "postgres")
    rows += streams.idle(folder / "idle")
    return rows + await growth.rows(folder / "growth", full=bool(os.environ.get("PLI_BENCH_FULL")))


async def _on_sqlite(folder: Path) -> list[Row]:
    relay = start_relay_process(folder)
    try:
        async with AsyncExitStack() as stack:
            rows = [at_most(GROUP, "memory of an idle relay", resident(relay), "MiB", 120)]
            house = await furnish(relay, stack)
            sent = await sends.on_sqlite(house)
            rows += [*sent, *await streams.told(house, sent[1].measured), await growth.sync_row(house)]
            rows.append(Row(GROUP, "memory after all that", resident(relay), "MiB"))
    finally:
        relay.stop()
    return rows
