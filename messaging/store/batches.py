"""Group commit: what waits is taken together, run in one transaction, and answered after its commit, together.

Laws: a Refusal comes before any write and needs no rollback. Any other error, or a Refusal after a write, rolls the
batch back and its works are run one by one, so that nobody pays for a neighbour. Where the database itself cannot
(full, failing, away), all are told so, and the writer goes on.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, ClassVar, TypeVar

from messaging.relay.ports import Question, Transaction
from messaging.wire.errors import Refusal

T = TypeVar("T")
Foreseen = Callable[[], Iterable[Question]]
BATCH = 256  # works in one commit
RETRY_SECONDS = 10  # when to come back after the database refused


def nothing() -> Iterable[Question]:
    """Of a work of which nothing is foreseen."""
    return ()


@dataclass
class Work:
    """One request's work, and what came of it: an outcome or an error."""

    run: Callable[[Transaction], Any]
    answer: Callable[["Work"], None]
    at_once: bool = False  # on the writer's thread: somebody's thread stands still until then
    foreseen: Foreseen = nothing
    outcome: Any = None
    error: Exception | None = None
    since: float = field(default_factory=monotonic)


Tell = Callable[[list[Work]], None]


def answer_all(batch: list[Work]) -> None:
    """Answer each, on the thread that calls."""
    for item in batch:
        item.answer(item)


def unavailable(error: Exception, seconds: int = RETRY_SECONDS) -> Refusal:
    """The refusal that says: the request is as good as ever, and may come again in so many seconds."""
    refusal = Refusal("serverUnavailable", members={"retryAfter": seconds})
    refusal.__cause__ = error
    return refusal


class ReaderWrote(RuntimeError):
    """What was to read alone wrote: it would be lost, and on SQLite fight the writer for its lock."""


def only_read(transaction: Transaction) -> None:
    """Raises ReaderWrote."""
    if transaction.writes:
        raise ReaderWrote("a work that reads alone wrote")


def run_all(batch: list[Work], transaction: Transaction) -> None:
    """Run each. Raises what it raised, unless that is a Refusal before any write."""
    for item in batch:
        before, item.error = transaction.writes, None
        try:
            item.outcome = item.run(transaction)
        except Refusal as refusal:
            if transaction.writes != before:
                raise
            item.error = refusal


class Writer(ABC):
    """One thread that writes. What it begins, commits and rolls back is its heirs'."""

    # A disk without room for a batch may have room for its smallest work; a server that is away has it for none.
    refuses_together: ClassVar[bool] = True
    retry_seconds: ClassVar[int] = RETRY_SECONDS

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._waiting: SimpleQueue[Work | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="writer", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        self._thread.start()

    def write(self, work: Callable[[Transaction], T]) -> T:
        """The outcome, after its commit. Raises what the work raised."""
        done: Future[T] = Future()
        self._waiting.put(Work(work, partial(_settle, done), at_once=True))
        return done.result()

    def submit(
        self, work: Callable[[Transaction], Any], answer: Callable[[Work], None], foreseen: Foreseen = nothing
    ) -> None:
        """As write(), without waiting: `answer` is called after the commit, where `tell` says."""
        self._waiting.put(Work(work, answer, foreseen=foreseen))

    def end(self) -> None:
        """Finish what waits. Work that comes later is never answered."""
        self._waiting.put(None)
        self._thread.join()

    @abstractmethod
    def run(self, batch: list[Work]) -> None:
        """Run and commit. Raises whatever kept it from that."""

    @abstractmethod
    def rollback(self) -> None:
        """As if run() had not begun. Never raises."""

    @abstractmethod
    def is_away(self, error: Exception) -> bool:
        """Whether the error is the database's and not the work's: running each alone would not help."""

    def is_late(self, item: Work) -> bool:  # noqa: ARG002 - for heirs
        """Whether it waited too long to be begun at all."""
        return False

    def _serve(self) -> None:
        more = True
        while more:
            batch, more = self._take()
            late = [item for item in batch if self.is_late(item)]
            if late:
                self._refuse(late, TimeoutError())
                batch = [item for item in batch if item.error is None]
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
            self.run(batch)
        except Exception as error:  # noqa: BLE001 - whatever it was, it goes to whoever asked, and the writer lives on
            self.rollback()
            away = self.is_away(error)
            if len(batch) > 1 and not (away and self.refuses_together):
                for item in batch:
                    self._commit([item])
                return
            if away:
                self._refuse(batch, error)
                return
            batch[0].error = error
        self._answer(batch)

    def _refuse(self, batch: list[Work], error: Exception) -> None:
        for item in batch:
            item.error = unavailable(error, self.retry_seconds)
        self._answer(batch)

    def _answer(self, batch: list[Work]) -> None:
        answer_all([item for item in batch if item.at_once])
        self._tell([item for item in batch if not item.at_once])


def _settle(done: "Future[Any]", item: Work) -> None:
    if item.error is not None:
        done.set_exception(item.error)
    else:
        done.set_result(item.outcome)
