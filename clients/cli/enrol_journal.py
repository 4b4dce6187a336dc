"""The journal of an enrolment: who is enrolled, so that an interrupted run goes on and nobody is enrolled twice.

It knows people by hashes, opens nothing, and is as large as the list: SQLite, so that memory does not grow with it.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from clients.cli.failing import Stop
from clients.cli.people import Row

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS people (person BLOB PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mailed (account TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, length INTEGER NOT NULL) WITHOUT ROWID;
"""
_CACHE_KIB: Final = 65_536


class Journal:
    """One SQLite file, 0600. One process at a time. Raises Stop when it is damaged or another one's."""

    def __init__(self, path: Path) -> None:
        path.touch(0o600)
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=True)
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")  # before WAL: then no shared-memory file is made
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            self._db.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            raise Stop(f"{path}: {error}.", "Is another enrolment running in this folder?") from None
        except sqlite3.DatabaseError:
            raise Stop(f"{path} is damaged.", "Choose another folder for the letters, or restore this file.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def known(self, rows: Sequence[Row]) -> list[bytes | None]:
        """The digest that each person was enrolled with; None for somebody new."""
        find = "SELECT digest FROM people WHERE person = ?"
        return [None if (hit := self._db.execute(find, [row.person]).fetchone()) is None else hit[0] for row in rows]

    def last(self) -> int:
        """The highest number of a part that is done; 0 when none is."""
        return int(self._db.execute("SELECT coalesce(max(number), 0) FROM parts").fetchone()[0])

    def is_done(self, number: int) -> bool:
        """Whether all of a part is done: its people are enrolled, its letters written."""
        return self._db.execute("SELECT 1 FROM parts WHERE number = ?", [number]).fetchone() is not None

    def mailed(self, accounts: Iterable[str]) -> set[str]:
        """Those to whom a mail of an unfinished part was handed over."""
        find = "SELECT 1 FROM mailed WHERE account = ?"
        return {account for account in accounts if self._db.execute(find, [account]).fetchone() is not None}

    def note_mailed(self, account: str) -> None:
        """A mail server took the mail: on disk when this returns."""
        self._db.execute("INSERT OR IGNORE INTO mailed VALUES (?)", [account])

    def length(self, path: Path) -> int | None:
        """How long a file was when the last part was done; None for one that no part has written to."""
        hit = self._db.execute("SELECT length FROM files WHERE path = ?", [str(path.resolve())]).fetchone()
        return None if hit is None else int(hit[0])

    def note_length(self, path: Path, length: int) -> None:
        """How long a file is before a part writes to it."""
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", [str(path.resolve()), length])

    def note_done(
        self, number: int, rows: Iterable[Row], accounts: Iterable[str], grown: tuple[Path, int] | None
    ) -> None:
        """All of a part is done, in one step: `rows` are enrolled, nothing of `accounts` is to be mailed any more, and
        a file has `grown` to so many bytes.
        """
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO people VALUES (?, ?)", [(row.person, row.digest) for row in rows])
        self._db.executemany("DELETE FROM mailed WHERE account = ?", [(account,) for account in accounts])
        self._db.execute("INSERT INTO parts VALUES (?)", [number])
        if grown is not None:
            self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", [str(grown[0].resolve()), grown[1]])
        self._db.execute("COMMIT")
