"""Where the gateway's rows live: one SQLite file of one process, or a PostgreSQL that several gateways share.

Laws: `transact` returns after a durable commit, and works of one database never overlap, whoever asked: on PostgreSQL
each begins with a lock that every gateway's work takes. The statements of the gateway are the same for both.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

T = TypeVar("T")
INSTANCE: Final = "gateway instance"  # in Connection.info: which of several gateways asks; empty: the only one
_LOCK: Final = text("SELECT pg_advisory_xact_lock(1886152194)")  # "pli", 2: the relay's own locks are others
_CONNECT_SECONDS: Final = 5.0
_STATEMENT_SECONDS: Final = 20.0  # bounded: a lock that never comes is an outage, not a silence


class Unusable(Exception):
    """The database cannot be used; the words are for the operator."""


class Away(Exception):
    """The database does not answer now. It is not known whether what was asked is done: the same may be asked again."""


class Transactions(Protocol):
    """One thread uses it."""

    def transact(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, durably. Raises Away, and what `work` raises: then nothing changed."""
        ...

    def close(self) -> None: ...


class Sqlite:
    """A file; the process that has the folder is its only writer."""

    def __init__(self, path: Path) -> None:
        self._engine = _sqlite(path)

    def transact(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        self._engine.dispose()


class Postgres:
    """A database that several gateways share, over asyncpg on a loop of the using thread."""

    def __init__(self, url: str, instance: str) -> None:
        """Raises Unusable: no address of a PostgreSQL database."""
        try:
            named = make_url(url).set(drivername="postgresql+asyncpg")
        except SQLAlchemyError:
            raise Unusable("[gateway] database is no address: postgresql://user@host/name") from None
        settings = {"timeout": _CONNECT_SECONDS, "command_timeout": _STATEMENT_SECONDS}
        self._loop = asyncio.new_event_loop()
        self._engine: AsyncEngine = create_async_engine(
            named, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=settings
        )
        self._instance = instance

    def transact(self, work: Callable[[Connection], T]) -> T:
        try:
            return self._loop.run_until_complete(self._transact(work))
        except DBAPIError as error:
            if error.connection_invalidated or _is_away(error.orig):
                raise Away(type(error.orig).__name__) from None
            raise
        except (OSError, TimeoutError) as error:
            raise Away(type(error).__name__) from None

    def close(self) -> None:
        self._loop.run_until_complete(self._engine.dispose())
        self._loop.close()

    async def _transact(self, work: Callable[[Connection], T]) -> T:
        async with self._engine.begin() as connection:
            await connection.execute(_LOCK)
            return await connection.run_sync(self._named, work)

    def _named(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        connection.info[INSTANCE] = self._instance
        return work(connection)


def instance_of(connection: Connection) -> str:
    """Which of several gateways asks; empty for the only one."""
    return str(connection.info.get(INSTANCE, ""))


def check_durable(connection: Connection) -> None:
    """Raises Unusable: what was committed may be lost."""
    if connection.dialect.name == "sqlite":
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
        if found != ["wal", 2]:
            raise Unusable("the database does not write durably (WAL, synchronous=FULL)")
        return
    found = [connection.execute(text(f"SHOW {name}")).scalar() for name in ("fsync", "full_page_writes")]
    commit = connection.execute(text("SHOW synchronous_commit")).scalar()
    if found != ["on", "on"] or commit == "off":
        raise Unusable("the database does not write durably (fsync, full_page_writes, synchronous_commit)")


def _is_away(error: BaseException | None) -> bool:
    # asyncpg's states: connection exceptions (08), the operator's interventions (57P), too many connections (53).
    state = str(getattr(error, "sqlstate", "") or "")
    return state.startswith(("08", "57P", "53")) or isinstance(error, OSError | TimeoutError)


def _sqlite(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
