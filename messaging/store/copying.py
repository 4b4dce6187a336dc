"""A database copied whole, at one moment, while it is in use: SQLite to SQLite, and PostgreSQL to SQLite and back.

Laws: the copy is one snapshot; nobody who writes waits for it. A SQLite file is the one form of a copy, so that what
was taken from either kind of database can be given to either.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from messaging.store.link import Where
from messaging.store.migrate import migrate
from messaging.store.schema import METADATA, TABLES

Step = Callable[[int, int], None]  # (done, of how many), in any unit
_PAGES: Final = 2_000
_ROWS: Final = 2_000


class NotEmpty(Exception):
    """There is something where a copy should go."""


def from_sqlite(path: Path, to: Path, step: Step) -> None:
    """Copy the database at `path` into a new file. Raises sqlite3.Error, OSError."""
    with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, isolation_level=None)) as source:
        source.execute("PRAGMA wal_autocheckpoint=0")
        source.execute("BEGIN")
        # A transaction that reads: without it each write of the relay would make the copy begin again.
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(_new(to)) as copy:
            source.backup(copy, pages=_PAGES, progress=lambda _, left, total: step(total - left, total))
            _settle(copy)


def from_postgres(where: Where, to: Path, step: Step) -> None:
    """Copy the database into a new SQLite file of the same schema. Raises as asyncpg, sqlite3 and the disk do."""
    migrate(to)
    with closing(sqlite3.connect(to, isolation_level=None)) as copy:
        copy.execute("BEGIN")
        asyncio.run(_fetch(where, copy, step))
        copy.execute("COMMIT")
        _settle(copy)


def into_postgres(path: Path, where: Where, step: Step) -> None:
    """Fill an empty database, at this version's schema, from a SQLite copy at the same: all of it or nothing.

    Raises NotEmpty, and as from_postgres().
    """
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
        asyncio.run(_fill(copy, where, step))


def check_empty(where: Where) -> None:
    """Raises NotEmpty where somebody has an account."""
    asyncio.run(_check_empty(where))


def flush(path: Path) -> None:
    """A file or a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _new(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600, exist_ok=False)
    return sqlite3.connect(path, isolation_level=None)


def _settle(copy: sqlite3.Connection) -> None:
    copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    if (said := copy.execute("PRAGMA quick_check(1)").fetchone()) != ("ok",):
        raise sqlite3.DatabaseError(f"the copy is not whole: {said[0]}")


async def _fetch(where: Where, copy: sqlite3.Connection, step: Step) -> None:
    connection = await where.connect(read_only=True, patient=True)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for number, table in enumerate(METADATA.sorted_tables):
                names = [column.name for column in table.columns]
                into = f'INSERT INTO "{table.name}" ({_listed(names)}) VALUES ({", ".join("?" * len(names))})'  # noqa: S608 - names of our own schema
                copy.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - as above
                rows: list[Any] = []
                cursor = connection.cursor(f'SELECT {_listed(names)} FROM "{table.name}"', prefetch=_ROWS)  # noqa: S608 - as above
                async for row in cursor:
                    rows.append(tuple(row))
                    if len(rows) == _ROWS:
                        copy.executemany(into, rows)
                        rows.clear()
                copy.executemany(into, rows)
                step(number + 1, len(TABLES))
    finally:
        await connection.close()


async def _check_empty(where: Where) -> None:
    connection = await where.connect(read_only=True)
    try:
        await _require_empty(connection)
    finally:
        await connection.close()


async def _require_empty(connection: Any) -> None:
    if await connection.fetchval('SELECT EXISTS (SELECT FROM "accounts")'):
        raise NotEmpty("the database has accounts: restore into an empty one")


async def _fill(copy: sqlite3.Connection, where: Where, step: Step) -> None:
    connection = await where.connect(patient=True)
    try:
        async with connection.transaction():
            await connection.execute('LOCK TABLE "accounts" IN ACCESS EXCLUSIVE MODE')
            await _require_empty(connection)
            for number, table in enumerate(METADATA.sorted_tables):
                names = [column.name for column in table.columns]
                await connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - names of our own schema
                await connection.copy_records_to_table(
                    table.name, columns=names, records=_rows(copy, table.name, names)
                )
                step(number + 1, len(TABLES))
            await connection.execute(
                "SELECT setval(pg_get_serial_sequence('bodies', 'number'), greatest(max(number), 1)) FROM bodies"
            )
    finally:
        await connection.close()


def _rows(copy: sqlite3.Connection, table: str, names: list[str]) -> Iterator[tuple[Any, ...]]:
    yield from copy.execute(f'SELECT {_listed(names)} FROM "{table}"')  # noqa: S608 - names of our own schema


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
