"""gateway.db: what the gateway must not forget. Nothing readable is in it: sealed bytes, ids, domains, times.

Laws: one thread and one connection write; WAL with synchronous=FULL; a database of a newer version is refused; one
gateway at a time uses a folder.
"""

import asyncio
import fcntl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    select,
    text,
)  # fmt: skip
from sqlalchemy.pool import StaticPool

T = TypeVar("T")
VERSION: Final = 1
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
    Column("state", String, nullable=False, index=True),  # waiting | sent | given-up
    Column("attempts", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("delay_told", Integer, nullable=False),
    Column("at", Float, nullable=False),
    UniqueConstraint("account", "item"),
)  # fmt: skip
CURSORS: Final = Table(
    "cursors", METADATA, Column("account", String, primary_key=True), Column("state", String, nullable=False)
)


class Unusable(Exception):
    """The database cannot be used; the words are for the operator."""


class Database:
    """Runs functions of a connection, each in one transaction, one after another, off the loop."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(folder / "gateway.lock")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gateway-db")
        self._engine = _engine(folder / "gateway.db")

    async def start(self) -> None:
        """Makes or checks the schema. Raises Unusable."""
        await self.run(_prepare)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns; its changes are durable then. It may run again only if it raised."""
        loop = asyncio.get_running_loop()
        # Shielded: a caller that is cancelled must not leave a half-known commit behind in the thread's order.
        return await asyncio.shield(loop.run_in_executor(self._thread, self._transaction, work))

    async def close(self) -> None:
        """After what was started."""
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()
        self._lock.close()

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)


def _lock(path: Path) -> Any:
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Unusable(f"another gateway uses {path.parent}") from None
    return file


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _prepare(connection: Connection) -> None:
    mode, durable = (connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous"))
    if mode != "wal" or durable != 2:
        raise Unusable("the database does not write durably (WAL, synchronous=FULL)")
    METADATA.create_all(connection)
    found = connection.execute(select(META.c.value).where(META.c.name == "version")).scalar()
    if found is None:
        connection.execute(insert(META).values(name="version", value=str(VERSION)))
    elif int(found) != VERSION:
        raise Unusable(f"the database is of version {found}, this program knows {VERSION}")
