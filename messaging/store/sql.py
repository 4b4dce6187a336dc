"""The SQLite store: one writer thread with group commit, readers on connections of their own.

Laws: the writer takes all waiting work and runs it in one transaction; all are answered after its commit, together. A
Refusal comes before any write and needs no rollback. Any other error, or a Refusal after a write, rolls the batch back
and runs its works one by one, so that nobody pays for a neighbour. A disk that is full or fails is a Refusal
`serverUnavailable`, and the writer goes on. WAL with synchronous=FULL; only the writer checkpoints.
"""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
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
RETRY_SECONDS = 10  # when to come back after the disk refused
_LOCK_WAIT = 10.0  # seconds that another process (the operator's command) may hold the write lock


@dataclass
class Work:
    """One request's work, and what came of it: an outcome or an error."""

    run: Callable[[Transaction], Any]
    answer: Callable[["Work"], None]
    at_once: bool = False  # on the writer's thread: somebody's thread stands still until then
    outcome: Any = None
    error: Exception | None = None


Tell = Callable[[list[Work]], None]


def answer_all(batch: list[Work]) -> None:
    """Answer each, on the thread that calls."""
    for item in batch:
        item.answer(item)


class SqliteStore:
    """See messaging.relay.ports.Store. `tell` is called on the writer's thread after each commit: once a batch, so
    that a loop is woken once for all of it.
    """

    def __init__(self, path: Path, *, checkpoints: bool = True, tell: Tell = answer_all) -> None:
        migrate(path)
        self._open = partial(connect, path, checkpoints=checkpoints)
        self._tell = tell
        self._writer = self._open()
        _assert_durable(self._writer)
        self._waiting: SimpleQueue[Work | None] = SimpleQueue()
        self._readers: LifoQueue[sqlite3.Connection] = LifoQueue()
        for _ in range(READERS):
            self._readers.put(connect(path, checkpoints=False))
        self._thread = Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[Transaction], T]) -> T:
        done: Future[T] = Future()
        self._waiting.put(Work(work, partial(_settle, done), at_once=True))
        return done.result()

    def submit(self, work: Callable[[Transaction], Any], answer: Callable[[Work], None]) -> None:
        """As write(), without waiting: `answer` is called after the commit, where `tell` says."""
        self._waiting.put(Work(work, answer))

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
            if len(batch) > 1:
                for item in batch:
                    self._commit([item])
                return
            batch[0].error = _as_refusal(error)
        answer_all([item for item in batch if item.at_once])
        self._tell([item for item in batch if not item.at_once])

    def _run(self, batch: list[Work]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        transaction = SqlTransaction(self._writer)
        for item in batch:
            before, item.error = transaction.writes, None
            try:
                item.outcome = item.run(transaction)
            except Refusal as refusal:
                if transaction.writes != before:
                    raise
                item.error = refusal
        self._writer.execute("COMMIT" if transaction.writes else "ROLLBACK")

    def _rollback(self) -> None:
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error:
            # A connection that cannot go back is given up: the next one sees what was committed, and no more.
            self._writer.close()
            self._writer = self._open()


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


def _as_refusal(error: Exception) -> Exception:
    # Full, failing or locked for too long: the request is as good as ever, and may come again.
    if not isinstance(error, sqlite3.OperationalError):
        return error
    refusal = Refusal("serverUnavailable", members={"retryAfter": RETRY_SECONDS})
    refusal.__cause__ = error
    return refusal


def _settle(done: "Future[Any]", item: Work) -> None:
    if item.error is not None:
        done.set_exception(item.error)
    else:
        done.set_result(item.outcome)
