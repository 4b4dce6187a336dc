"""The SQLite store: one writer thread with group commit, readers on connections of their own.

Laws: the writer takes all waiting work and runs it in one transaction; all are answered after its commit. A Refusal
comes before any write and needs no rollback. Any other error, or a Refusal after a write, rolls the batch back and
runs its works one by one, so that nobody pays for a neighbour. WAL with synchronous=FULL; only the writer checkpoints.
"""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, LifoQueue, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from messaging.relay.ports import Transaction
from messaging.store.migrate import migrate
from messaging.store.transaction import SqlTransaction
from messaging.wire.errors import Refusal

T = TypeVar("T")
BATCH = 256  # works in one commit
READERS = 5  # four reading threads and the loop's own
_LOCK_WAIT = 10.0  # seconds that another process (the operator's command) may hold the write lock


@dataclass
class Work:
    """One request's work and where its outcome goes."""

    run: Callable[[Transaction], Any]
    done: "Future[Any]" = field(default_factory=Future)
    outcome: Any = None
    refusal: Refusal | None = None


class SqliteStore:
    """See messaging.relay.ports.Store."""

    def __init__(self, path: Path, *, checkpoints: bool = True) -> None:
        migrate(path)
        self._path = path
        self._writer = connect(path, checkpoints=checkpoints)
        _assert_durable(self._writer)
        self._waiting: SimpleQueue[Work | None] = SimpleQueue()
        self._readers: LifoQueue[sqlite3.Connection] = LifoQueue()
        for _ in range(READERS):
            self._readers.put(connect(path, checkpoints=False))
        self._thread = Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def submit(self, work: Callable[[Transaction], T]) -> "Future[T]":
        """As write(), without waiting. The future's callbacks run on the writer thread, after the commit."""
        item = Work(work)
        self._waiting.put(item)
        return item.done

    def read(self, work: Callable[[Transaction], T]) -> T:
        with self._reading() as connection:
            connection.execute("BEGIN")
            try:
                return work(SqlTransaction(connection))
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Finish what waits, then close. Work that comes later is never answered."""
        self._waiting.put(None)
        self._thread.join()
        while True:
            try:
                self._readers.get_nowait().close()
            except Empty:
                break
        self._writer.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = self._readers.get()
        try:
            yield connection
        finally:
            self._readers.put(connection)

    def _serve(self) -> None:
        more = True
        while more:
            batch, more = self._take()
            if batch:
                self._commit(batch)

    def _take(self) -> tuple[list[Work], bool]:
        batch: list[Work] = []
        item = self._waiting.get()
        while item is not None:
            batch.append(item)
            if len(batch) == BATCH:
                return batch, True
            try:
                item = self._waiting.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[Work]) -> None:
        try:
            self._run(batch)
        except Exception as error:  # noqa: BLE001 - whatever it was, it goes to whoever asked, and the writer lives on
            self._rollback()
            if len(batch) == 1:
                batch[0].done.set_exception(error)
                return
            for item in batch:
                self._commit([item])
            return
        for item in batch:
            _answer(item)

    def _run(self, batch: list[Work]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        transaction = SqlTransaction(self._writer)
        for item in batch:
            before, item.refusal = transaction.writes, None
            try:
                item.outcome = item.run(transaction)
            except Refusal as refusal:
                if transaction.writes != before:
                    raise
                item.refusal = refusal
        self._writer.execute("COMMIT" if transaction.writes else "ROLLBACK")

    def _rollback(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")


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
    # Two connections that checkpoint at once may corrupt SQLite 3.7.0 to 3.51.2: only the writer does.
    connection.execute(f"PRAGMA wal_autocheckpoint={4000 if checkpoints else 0}")
    return connection


def _assert_durable(connection: sqlite3.Connection) -> None:
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (journal, synchronous) != ("wal", 2):
        raise RuntimeError(f"the database is not durable: journal {journal}, synchronous {synchronous}")


def _answer(item: Work) -> None:
    if item.refusal is not None:
        item.done.set_exception(item.refusal)
    else:
        item.done.set_result(item.outcome)
