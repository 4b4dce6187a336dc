"""What a send, a sync and a log-in take with few accounts and with many, with a short mailbox and with a long one.

Two relays at once, asked in turn, so that whatever else the machine does meets both.
"""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.crowd import Member, join, write_letters
from bench.house import House, call, furnish, log_in, send_to
from bench.load import request
from bench.row import Row, at_most
from messaging.store.sql import SqliteStore
from tests.relays import start_relay_process

GROUP = "relay"
FEW = 1_000
MANY = 100_000
ALL = 1_000_000  # with --full
ROUNDS = 150
_MOST_TIMES = 1.3
_SYNC = 500  # letters, all that one answer carries


@dataclass(frozen=True)
class _Place:
    """A relay with so many accounts, one of whose mailboxes holds so many letters."""

    house: House
    member: Member
    count: int
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter]

    async def ask(self, raw: bytes) -> bytes:
        return await request(*self.connection, raw)

    async def send(self) -> None:
        answer = await self.ask(send_to(self.house, [(self.member.account, self.member.key_id)]))
        if b'"notCreated":null' not in answer:
            raise RuntimeError(f"not sent: {answer[:400]!r}")

    async def sync(self) -> None:
        """The newest twenty letters, as a client that comes back."""
        await self.ask(_sync(self.house, self.member, self.count - 20))

    async def log_in(self) -> None:
        await log_in(self.house.relay.origin, self.house.bridge)


async def sync_row(house: House) -> Row:
    """Five hundred letters of 2 kB in one round trip."""
    store = SqliteStore(house.relay.data / "relay.db", checkpoints=False)
    (member,) = join(store, 1)
    store.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1 << 22)
    for _ in range(_SYNC // 50):
        await request(reader, writer, send_to(house, [(member.account, member.key_id)] * 50))
    took = []
    for _ in range(15):
        began = perf_counter()
        answer = await request(reader, writer, _sync(house, member, 0))
        took.append(perf_counter() - began)
    writer.close()
    if answer.count(b'"sealed"') != _SYNC:
        raise RuntimeError(f"not {_SYNC} letters: {answer[:200]!r}")
    return at_most(GROUP, f"sync of {_SYNC} letters in one round trip", median(took) * 1e3, "ms", 80)


async def rows(folder: Path, *, full: bool) -> list[Row]:
    """Medians with many, against those with few."""
    many = ALL if full else MANY
    async with AsyncExitStack() as stack:
        made = [await _furnished(folder / str(count), count, stack) for count in (FEW, many)]
        few, lots = [await _opened(*one, stack) for one in made]  # at the end: an idle connection is closed
        acts: list[tuple[str, Callable[[_Place], Awaitable[None]]]] = [
            ("send", _Place.send), ("sync", _Place.sync), ("log-in", _Place.log_in),
        ]  # fmt: skip
        return [await _compared(name, act, few, lots) for name, act in acts]


async def _compared(name: str, act: Callable[[_Place], Awaitable[None]], few: _Place, lots: _Place) -> Row:
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS):
        for into, place in zip(took, (few, lots), strict=True):
            began = perf_counter()
            await act(place)
            if number >= ROUNDS // 10:
                into.append(perf_counter() - began)
    before, after = (median(one) * 1e3 for one in took)
    workload = f"{name} with {lots.count:,} accounts and letters in the mailbox"
    ratio = after / before
    peer = f"with {few.count:,}"
    return Row(GROUP, workload, after, "ms", peer, before, ratio, f"<= {_MOST_TIMES}x", ratio <= _MOST_TIMES)


async def _furnished(folder: Path, count: int, stack: AsyncExitStack) -> tuple[House, Member, int]:
    relay = start_relay_process(folder)
    stack.callback(relay.stop)
    house = await furnish(relay, stack)
    store = SqliteStore(relay.data / "relay.db", checkpoints=False)
    member = join(store, count)[count // 2]
    write_letters(store, member, house.sender, count)
    store.close()
    _settle(relay.data / "relay.db")
    return house, member, count


def _settle(database: Path) -> None:
    """What grew within a minute becomes what grew over years: its journal of gigabytes is where it belongs, on the
    disk. Otherwise the first sends would pay for it."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.sync()


async def _opened(house: House, member: Member, count: int, stack: AsyncExitStack) -> _Place:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1 << 22)
    stack.callback(writer.close)
    return _Place(house, member, count, (reader, writer))


def _sync(house: House, member: Member, since: int) -> bytes:
    """Changes, and what they name, in one request (RFC 8620, 3.7)."""
    asked = {"accountId": member.account, "sinceState": str(since), "maxChanges": _SYNC}
    named = {"resultOf": "0", "name": "SealedMessage/changes", "path": "/created"}
    return call(
        house, member.token, ("SealedMessage/changes", asked),
        ("SealedMessage/get", {"accountId": member.account, "#ids": named}),
    )  # fmt: skip
