"""What the gateway must not forget. Nothing readable is in it: sealed bytes, ids, domains, times.

Laws: one thread and one connection write; what waits together is committed together, and is answered after that, and
durably (engines.py); a database of a newer version is refused; one gateway at a time uses a folder.
"""

import asyncio
import contextlib
import fcntl
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
)  # fmt: skip

from bridges.mssante.engines import Away, Postgres, Sqlite, Transactions, Unusable, check_durable
from bridges.mssante.files import write_durably

T = TypeVar("T")
__all__ = ["Away", "Unusable"]
Work = Callable[[Connection], Any]
VERSION: Final = 1
BATCH: Final = 64  # works in one commit
METADATA: Final = MetaData()

META: Final = Table("meta", METADATA, Column("name", String, primary_key=True), Column("value", String, nullable=False))
SUBMISSIONS: Final = Table(
    "submissions", METADATA,
    Column("letter", String, primary_key=True),  # letter id: a keyed hash of what was handed over
    Column("account", String, nullable=False),
    Column("thread", String, nullable=False),
    Column("peer", String, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("previous", LargeBinary),
    Column("prepared", LargeBinary),  # sealed; empty once the relay has it
    Column("state", String, nullable=False),  # ready | done
    Column("at", Float, nullable=False),
)  # fmt: skip
CHAINS: Final = Table(
    "chains", METADATA,
    Column("account", String, primary_key=True),
    Column("thread", String, primary_key=True),
    Column("peer", String, primary_key=True),
    Column("counter", Integer, nullable=False),
    Column("letter_hash", LargeBinary, nullable=False),
)  # fmt: skip
OUTBOX: Final = Table(
    "outbox", METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("item", String, nullable=False),  # the relay's message id
    Column("domain", String, nullable=False, index=True),
    Column("sealed", LargeBinary),  # mail and addresses, sealed; empty once it left
    Column("state", String, nullable=False, index=True),  # waiting | sent | given-up | quarantined
    Column("attempts", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("delay_told", Integer, nullable=False),
    Column("at", Float, nullable=False),
    UniqueConstraint("account", "item"),
)  # fmt: skip
MADE: Final = Table(  # letters that became mail: kept for ever, so that none is mailed twice
    "made", METADATA,
    Column("account", String, primary_key=True),
    Column("author", String, primary_key=True),  # the patient's account
    Column("letter", String, primary_key=True, index=True),
    Column("thread", String, nullable=False),
)  # fmt: skip
CURSORS: Final = Table(
    "cursors", METADATA, Column("account", String, primary_key=True), Column("state", String, nullable=False)
)
CLOSINGS: Final = Table(  # contacts that a letter of the gateway itself may have opened
    "closings", METADATA, Column("account", String, primary_key=True), Column("peer", String, primary_key=True)
)


@dataclass(frozen=True)
class _Asked:
    """`done` is None for work that nobody waits for: it does not begin a commit of its own."""

    work: Work
    done: "asyncio.Future[Any] | None"

    def settle(self, outcome: Any, error: Exception | None) -> None:
        """On the loop."""
        if self.done is None or self.done.done():
            return
        if error is None:
            self.done.set_result(outcome)
        else:
            self.done.set_exception(error)


class Database:
    """Runs functions of a connection, one after another, off the loop. They touch the connection and nothing else: when
    one of a commit fails, all of it is undone and each runs again in a transaction of its own."""

    def __init__(self, folder: Path, *, url: str = "", beside: bool = False) -> None:
        """`url`: a PostgreSQL that other gateways use as well; without it, gateway.db in the folder. `beside`: one that
        runs has it too, whose rows are only read, or made for it. Raises Unusable."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = None if beside else _lock(folder / "gateway.lock")
        self.shared = bool(url)
        self._engine: Transactions = Postgres(url, _instance(folder)) if url else Sqlite(folder / "gateway.db")
        self._waiting: SimpleQueue[_Asked | None] = SimpleQueue()
        self._riders: list[_Asked] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._serve, name="gateway-db", daemon=True)
        self._thread.start()

    async def start(self) -> None:
        """Makes or checks the schema. Raises Unusable."""
        await self.run(_prepare)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns; its changes are durable then. Raises Away, where the database is another process."""
        self._loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = self._loop.create_future()
        self._board(_Asked(work, done))
        return await done

    def ride(self, work: Work) -> None:
        """Do this in the commit of whatever is run next, before it, or when the database closes. What fails is lost:
        it is for marks that a start makes anew."""
        self._riders.append(_Asked(work, None))

    async def close(self) -> None:
        """After what was started."""
        self._board(None)
        await asyncio.to_thread(self._thread.join)
        if self._lock is not None:
            self._lock.close()

    def _board(self, asked: _Asked | None) -> None:
        riders, self._riders = self._riders, []
        for each in (*riders, asked):
            self._waiting.put(each)

    def _serve(self) -> None:
        more = True
        while more:
            batch, more = self._take()
            if batch:
                self._commit(batch)
        self._engine.close()

    def _take(self) -> tuple[list[_Asked], bool]:
        batch: list[_Asked] = []
        asked = self._waiting.get()
        while asked is not None:
            batch.append(asked)
            try:
                # A rider waits for the work behind it, which is already on its way.
                asked = self._waiting.get(block=asked.done is None) if len(batch) < BATCH else None
            except Empty:
                return batch, True
            if asked is None and len(batch) >= BATCH:
                return batch, True
        return batch, False

    def _commit(self, batch: list[_Asked]) -> None:
        try:
            outcomes = self._engine.transact(lambda connection: [asked.work(connection) for asked in batch])
        except Away as error:
            self._answer(batch, [None] * len(batch), error)
        except Exception as error:  # noqa: BLE001 - whatever it was, it goes to whoever asked, and the thread lives on
            if len(batch) > 1:
                for asked in batch:
                    self._commit([asked])
                return
            self._answer(batch, [None], error)
        else:
            self._answer(batch, outcomes, None)

    def _answer(self, batch: list[_Asked], outcomes: list[Any], error: Exception | None) -> None:
        def settle() -> None:
            for asked, outcome in zip(batch, outcomes, strict=True):
                asked.settle(outcome, error)

        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(settle)


def _lock(path: Path) -> Any:
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Unusable(f"another gateway uses {path.parent}") from None
    return file


def _instance(folder: Path) -> str:
    """The lasting name of the gateway that has this folder, by which it knows its own leases after a restart."""
    file = folder / "instance"
    if not file.exists():
        write_durably(file, secrets.token_hex(8).encode())
    return file.read_text().strip()


def _prepare(connection: Connection) -> None:
    check_durable(connection)
    METADATA.create_all(connection)
    found = connection.execute(select(META.c.value).where(META.c.name == "version")).scalar()
    if found is None:
        connection.execute(insert(META).values(name="version", value=str(VERSION)))
    elif int(found) != VERSION:
        raise Unusable(f"the database is of version {found}, this program knows {VERSION}")
