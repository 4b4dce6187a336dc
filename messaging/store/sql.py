"""The SQLite store: one writer thread with group commit, readers on connections of their own.

Laws: those of batches.py. A disk that is full or fails is a Refusal `serverUnavailable`, and the writer goes on. WAL
with synchronous=FULL; only the writer checkpoints.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, ClassVar, TypeVar

from messaging.relay.ports import Transaction
from messaging.store.batches import Foreseen, Tell, Work, Writer, answer_all, nothing, run_all
from messaging.store.migrate import migrate
from messaging.store.transaction import SqlTransaction

T = TypeVar("T")
READERS = 5  # four reading threads and the loop's own
_LOCK_WAIT = 10.0  # seconds that another process (the operator's command) may hold the write lock


class SqliteStore:
    """See messaging.relay.ports.Store. `tell` is called on the writer's thread after each commit: once a batch, so
    that a loop is woken once for all of it.
    """

    def __init__(self, path: Path, *, checkpoints: bool = True, tell: Tell = answer_all) -> None:
        migrate(path)
        self._readers: LifoQueue[sqlite3.Connection] = LifoQueue()
        for _ in range(READERS):
            self._readers.put(_reader(path))
        self._writing = _SqliteWriter(partial(connect, path, checkpoints=checkpoints), tell)
        self._writing.begin()

    @property
    def _writer(self) -> sqlite3.Connection:
        return self._writing.connection

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self._writing.write(work)

    def submit(
        self,
        work: Callable[[Transaction], Any],
        answer: Callable[[Work], None],
        foreseen: Foreseen = nothing,  # noqa: ARG002 - a question is no journey here
    ) -> None:
        """As write(), without waiting: `answer` is called after the commit, where `tell` says."""
        self._writing.submit(work, answer)

    def read(self, work: Callable[[Transaction], T]) -> T:
        with self._reading() as connection:
            connection.execute("BEGIN")
            try:
                return work(SqlTransaction(connection))
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Finish what waits, then close. Work that comes later is never answered."""
        self._writing.end()
        while True:
            try:
                self._readers.get_nowait().close()
            except Empty:
                break
        self._writing.connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = self._readers.get()
        try:
            yield connection
        finally:
            self._readers.put(connection)


class _SqliteWriter(Writer):
    """See messaging.store.batches.Writer."""

    refuses_together: ClassVar[bool] = False

    def __init__(self, open_: Callable[[], sqlite3.Connection], tell: Tell) -> None:
        super().__init__(tell)
        self._open = open_
        self.connection = open_()
        _assert_durable(self.connection)

    def run(self, batch: list[Work]) -> None:
        """In one transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        transaction = SqlTransaction(self.connection)
        run_all(batch, transaction)
        self.connection.execute("COMMIT" if transaction.writes else "ROLLBACK")

    def rollback(self) -> None:
        """Whatever of it is there still."""
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except sqlite3.Error:
            # A connection that cannot go back is given up: the next one sees what was committed, and no more.
            self.connection.close()
            self.connection = self._open()

    def is_away(self, error: Exception) -> bool:
        """Full, failing or locked for too long."""
        return isinstance(error, sqlite3.OperationalError)


def connect(path: Path, *, checkpoints: bool) -> sqlite3.Connection:
    """A connection as this store uses it; transactions are begun by hand."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=_LOCK_WAIT
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA cache_size={-32768 if checkpoints else -8192}")  # KiB
    connection.execute("PRAGMA temp_store=MEMORY")
    # What was erased is overwritten in the file as well. Debian's build does so by itself, others do not.
    connection.execute("PRAGMA secure_delete=ON")
    # Two connections that checkpoint at once may corrupt SQLite 3.7.0 to 3.51.2: only the writer does.
    connection.execute(f"PRAGMA wal_autocheckpoint={4000 if checkpoints else 0}")
    return connection


def _reader(path: Path) -> sqlite3.Connection:
    connection = connect(path, checkpoints=False)
    # A write on a reader would fight the writer for its lock, and be rolled back: it is an error at once.
    connection.execute("PRAGMA query_only=ON")
    return connection


def _assert_durable(connection: sqlite3.Connection) -> None:
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (journal, synchronous) != ("wal", 2):
        raise RuntimeError(f"the database is not durable: journal {journal}, synchronous {synchronous}")
