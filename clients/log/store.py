"""What an auditor knows of one log, on disk: the edge of its tree and the newest key of each account.

Laws: lines, edge and size change in one transaction, durable when it ends (WAL, synchronous FULL); what was seen is
never forgotten; one process a folder; a folder belongs to one log.
"""

import fcntl
import sqlite3
from pathlib import Path
from typing import Any, Final

from clients.log.edge import Edge
from clients.log.head import Counts, Head
from crypto.transparency.audit import Line

VERSION: Final = 1
EVIDENCE_MOST: Final = 100
_CACHE_KIB: Final = 64 * 1024
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS settled (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS head (
    one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL, edge BLOB NOT NULL,
    suspected INTEGER NOT NULL, note BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS lines (
    account TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, signing BLOB NOT NULL, box INTEGER NOT NULL,
    time TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owners (signing BLOB PRIMARY KEY, account TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evidence (number INTEGER PRIMARY KEY, rule TEXT NOT NULL, note BLOB NOT NULL UNIQUE);
"""


class Unusable(Exception):
    """The folder cannot be used; the words are for whoever runs this."""


class LogStore:
    """A crypto.transparency.audit.Ledger on SQLite. Any thread, one at a time; `folder` None keeps all in memory."""

    def __init__(self, folder: Path | None, origin: str) -> None:
        """Raises Unusable."""
        self._lock = None if folder is None else _locked(folder)
        path = ":memory:" if folder is None else str(folder / "log.db")
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(durable=folder is not None)
            self._settle("origin", origin, "this folder belongs to another log")
        except sqlite3.DatabaseError as error:
            self.close()
            raise Unusable(f"the database of {folder} cannot be read: {error}") from None
        except Unusable:
            self.close()
            raise

    def close(self) -> None:
        """Undo what was not committed."""
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    def begin(self) -> Head:
        """Start the one transaction of an audit, and say where it starts from."""
        self._connection.execute("BEGIN IMMEDIATE")
        return self.head()

    def commit(self, head: Head) -> None:
        """End it with a new head: durable when this returns."""
        self._connection.execute(
            "REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?)",
            (head.size, head.edge.root, head.edge.encode(), head.suspected, head.note),
        )
        self._connection.execute("COMMIT")

    def undo(self) -> None:
        """End it as if it had not begun."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def head(self) -> Head:
        """The newest one. Raises Unusable when it does not fit itself: a damaged database."""
        row = self._connection.execute("SELECT size, root, edge, suspected, note FROM head").fetchone()
        if row is None:
            return Head()
        size, root, raw, suspected, note = row
        try:
            edge = Edge.decode(raw)
        except ValueError:
            edge = Edge()
        if edge.size != size or edge.root != root:
            raise Unusable("the database is damaged: its tree does not have its root")
        return Head(edge, suspected, note)

    def counts(self) -> Counts:
        """Of the whole log up to the head."""
        head = self.head()
        (accounts,) = self._connection.execute("SELECT count(*) FROM lines").fetchone()
        return Counts(head.size, accounts, head.suspected)

    def remember(self, name: str, value: str) -> str:
        """What was remembered under this name first: `value`, if nothing was."""
        self._connection.execute("INSERT OR IGNORE INTO settled VALUES (?, ?)", (name, value))
        (kept,) = self._connection.execute("SELECT value FROM settled WHERE name = ?", (name,)).fetchone()
        return str(kept)

    def accuse(self, rule: str, note: bytes) -> None:
        """Keep a signed note that breaks a rule: proof of what the log did. The first hundred are kept."""
        (kept,) = self._connection.execute("SELECT count(*) FROM evidence").fetchone()
        if kept < EVIDENCE_MOST:
            self._connection.execute("INSERT OR IGNORE INTO evidence (rule, note) VALUES (?, ?)", (rule, note))

    def evidence(self) -> list[tuple[str, bytes]]:
        """(rule, note) of every accusation, oldest first."""
        return list(self._connection.execute("SELECT rule, note FROM evidence ORDER BY number"))

    # --- crypto.transparency.audit.Ledger, inside begin() and commit() ---

    def newest(self, account: str) -> Line | None:
        """The account's newest key."""
        asked = "SELECT seq, hash, signing, box, time FROM lines WHERE account = ?"
        row = self._connection.execute(asked, (account,)).fetchone()
        return None if row is None else Line(account, *row)

    def owner(self, signing: bytes) -> str | None:
        """The account that has, or had, this signing key."""
        row = self._connection.execute("SELECT account FROM owners WHERE signing = ?", (signing,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, line: Line) -> None:
        """A new newest key."""
        values = (line.account, line.seq, line.hash, line.signing, line.box, line.time)
        self._connection.execute("REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?)", values)
        self._connection.execute("INSERT OR IGNORE INTO owners VALUES (?, ?)", (line.signing, line.account))

    def _prepare(self, *, durable: bool) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", f"cache_size=-{_CACHE_KIB}"):
            self._connection.execute(f"PRAGMA {pragma}")
        mode, level = (self._connection.execute(f"PRAGMA {n}").fetchone()[0] for n in ("journal_mode", "synchronous"))
        if durable and (mode != "wal" or level != 2):
            raise Unusable("the database does not write durably (WAL, synchronous=FULL)")
        self._connection.executescript(_SCHEMA)
        self._settle("version", str(VERSION), f"this program knows version {VERSION} of the database")

    def _settle(self, name: str, value: str, otherwise: str) -> None:
        kept = self.remember(name, value)
        if kept != value:
            raise Unusable(f"{otherwise} ({kept})")


def _locked(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (folder / "lock").open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Unusable(f"another process uses {folder}") from None
    return file
