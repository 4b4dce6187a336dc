"""The PostgreSQL store: one writer at a time among all relays of the database, readers on connections of their own.

Laws: those of batches.py. A batch begins with a lock that every relay's batches take, and ends with a commit that is on
the disk: change numbers, the key log and the access log have no gap and no fork whoever wrote. All waits are bounded;
where the database is away, what was asked is refused with `serverUnavailable`, and the next batch opens a connection.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from queue import Empty, LifoQueue
from secrets import token_hex
from time import monotonic, time
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy.ext.asyncio import create_async_engine

from messaging.relay.ports import Transaction
from messaging.store import news
from messaging.store.batches import (
    Foreseen,
    Tell,
    Work,
    Writer,
    answer_all,
    nothing,
    only_read,
    run_all,
    unavailable,
)
from messaging.store.link import ANSWER_SECONDS, Link, Where, is_away, on_a_loop
from messaging.store.migrate import upgrade
from messaging.store.news import Heard
from messaging.store.remembered import Remembered
from messaging.store.writebehind import PostgresTransaction
from messaging.wire.errors import Refusal

T = TypeVar("T")
READERS: Final = 4
LOOP_SECONDS: Final = 0.5  # that a loop's own thread stands still for a read, at most
WAIT_SECONDS: Final = 10.0  # that a work waits for its batch
REST_SECONDS: Final = 1.0  # after a read that found nobody, before the next one tries
_SWEEP_SECONDS: Final = 60.0
_HEARD_MOST: Final = 1_000
_LOCK: Final = 0x706C69_01  # of a batch: "pli", 1
_MIGRATION_LOCK: Final = 0x706C69_02
_BEGIN: Final = f"BEGIN; SELECT pg_advisory_xact_lock({_LOCK}); " + news.SELECT_WRITER


class NotDurable(Exception):
    """The server may lose what it has acknowledged."""


class PostgresStore:
    """See messaging.relay.ports.Store. `tell` is called on the writer's thread after each commit, once a batch."""

    def __init__(self, where: Where, *, tell: Tell = answer_all) -> None:
        """Raises NewerSchema, OlderKeys, NotDurable, and what connecting raises."""
        migrate(where)
        self.source = token_hex(8)
        self._writing = _PostgresWriter(where, tell, self.source)
        self._links: LifoQueue[Link] = LifoQueue()
        for _ in range(READERS):
            self._links.put(Link(where, read_only=True))
        self._quick = Link(where, read_only=True)
        self._quick_thread = ThreadPoolExecutor(1, thread_name_prefix="quick")
        self._rest_until = 0.0
        self.loop_seconds = LOOP_SECONDS  # a relay that starts has nobody else to serve yet, and waits longer
        self._writing.begin()

    @property
    def notifying(self) -> bool:
        """Whether commits wake those that listen to news.CHANNEL. Off where something faster does."""
        return self._writing.notifying

    @notifying.setter
    def notifying(self, whether: bool) -> None:
        self._writing.notifying = whether

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self._writing.write(work)

    def submit(
        self, work: Callable[[Transaction], Any], answer: Callable[[Work], None], foreseen: Foreseen = nothing
    ) -> None:
        """As write(), without waiting: `answer` is called after the commit, where `tell` says."""
        self._writing.submit(work, answer, foreseen)

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self._bounded(lambda link: _snapshot(link, work))

    def news_after(self, number: int) -> list[Heard]:
        """What was told after a number, oldest first, a bounded number at a time. Raises Refusal."""
        return self._bounded(lambda link: [news.heard(*row) for row in link.fetch(news.AFTER, (number, _HEARD_MOST))])

    def last_news(self) -> int:
        """The newest number. Raises Refusal."""
        return self._bounded(lambda link: int(link.fetch(news.LAST)[0][0]))

    def close(self) -> None:
        """Finish what waits, then close. Work that comes later is never answered."""
        with ThreadPoolExecutor(1) as pool:  # the caller's own thread may have a loop that runs
            pool.submit(self._close).result()

    def _close(self) -> None:
        self._writing.end()
        self._writing.link.close()
        while True:
            try:
                self._links.get_nowait().close()
            except Empty:
                break
        self._quick_thread.shutdown()
        self._quick.close()

    def _bounded(self, use: Callable[[Link], T]) -> T:
        if monotonic() < self._rest_until:
            raise Refusal("serverUnavailable", members={"retryAfter": 2})
        try:
            return self._on_loop(use) if on_a_loop() else self._in_thread(use)
        except Exception as error:
            if not is_away(error):
                raise
            # Whoever comes next does not wait for the same again.
            self._rest_until = monotonic() + REST_SECONDS
            raise unavailable(error, _PostgresWriter.retry_seconds) from error

    def _in_thread(self, use: Callable[[Link], T]) -> T:
        with self._link() as link:
            return _used(link, use)

    def _on_loop(self, use: Callable[[Link], T]) -> T:
        # A loop cannot run inside another one. What comes too late is not waited for; its thread finishes it alone.
        asked = self._quick_thread.submit(_used, self._quick, use)
        try:
            return asked.result(self.loop_seconds)
        except TimeoutError:
            asked.cancel()
            raise

    @contextmanager
    def _link(self) -> Iterator[Link]:
        try:
            link = self._links.get(timeout=ANSWER_SECONDS)
        except Empty as error:
            raise TimeoutError from error
        try:
            yield link
        finally:
            self._links.put(link)


class _PostgresWriter(Writer):
    """See messaging.store.batches.Writer."""

    retry_seconds: ClassVar[int] = 2

    def __init__(self, where: Where, tell: Tell, source: str) -> None:
        super().__init__(tell)
        self.link = Link(where)
        self.notifying = True
        self._source = source
        self._swept = monotonic()
        self._remembered = Remembered()

    def run(self, batch: list[Work]) -> None:
        """In one transaction, alone among all relays."""
        mine = self._begin()
        if not mine:
            self._remembered.clear()
        transaction = PostgresTransaction(self.link, self._remembered)
        transaction.foresee(question for item in batch for question in item.foreseen())
        run_all(batch, transaction)
        if not transaction.writes:
            self.link.command("ROLLBACK")
            self._remembered.settle()
            return
        said = news.of(item.outcome for item in batch if item.error is None)
        with_news = [(news.ADD, (_now(), self._source, said))] if said else []
        transaction.flush(also=[*with_news, *([] if mine else [(news.TAKE_OVER, (self._source,))])])
        self._sweep()
        hint = f"NOTIFY {news.CHANNEL}, '{self._source}'; " if said and self.notifying else ""
        self.link.command(hint + "COMMIT")
        self._remembered.settle()

    def rollback(self) -> None:
        """Whatever of it is there still."""
        self._remembered.clear()
        self.link.rollback()

    def is_away(self, error: Exception) -> bool:
        """The server's fault, and not the work's."""
        return is_away(error)

    def is_late(self, item: Work) -> bool:
        """Whoever asked has waited for a server that is away: the answer is due."""
        return monotonic() - item.since > WAIT_SECONDS

    def _begin(self) -> bool:
        """Whether nobody else has written since this one did."""
        text = f"{_BEGIN}'{self._source}'"
        try:
            return self.link.command(text) == "SELECT 1"
        except Exception as error:
            if not is_away(error) or self.link.is_open:
                raise
            # The server was started again since the last batch: nothing has been asked of the new one yet.
            self.link.reset()
            self.link.command(text)
            return False

    def _sweep(self) -> None:
        if monotonic() - self._swept > _SWEEP_SECONDS:
            self._swept = monotonic()
            self.link.fetch(news.SWEEP, (_now() - news.KEPT_SECONDS * 1_000_000,))


def migrate(where: Where) -> None:
    """Upgrade the database; relays that start together do it one after the other. Raises as PostgresStore()."""
    with ThreadPoolExecutor(1) as pool:  # the caller's own thread may have a loop that runs
        pool.submit(asyncio.run, _migrate(where)).result()


async def _migrate(where: Where) -> None:
    connection = await where.connect()
    await _assert_durable(connection)
    await connection.close()
    engine = create_async_engine("postgresql+asyncpg://", async_creator=partial(where.connect, patient=True))
    try:
        async with engine.begin() as opened:
            await opened.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            await opened.run_sync(upgrade, "the database")
            await opened.exec_driver_sql(news.MAKE)
            for text in news.MAKE_WRITER:
                await opened.exec_driver_sql(text)
    finally:
        await engine.dispose()


async def _assert_durable(connection: Any) -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if await connection.fetchval(f"SHOW {name}") == "off":
            raise NotDurable(f"PostgreSQL is set to lose what it acknowledged: {name} is off")
    if await connection.fetchval("SHOW server_encoding") != "UTF8":
        raise NotDurable("the database's encoding is not UTF8")


def _snapshot(link: Link, work: Callable[[Transaction], T]) -> T:
    link.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        transaction = PostgresTransaction(link, Remembered())
        found = work(transaction)
        only_read(transaction)
        return found
    finally:
        link.rollback()


def _used(link: Link, use: Callable[[Link], T]) -> T:
    was_open = link.is_open
    try:
        return use(link)
    except Exception as error:
        if not is_away(error):
            raise
        link.reset()
        if not was_open or isinstance(error, TimeoutError):
            raise
    # The server was started again since the last use: what reads may be asked twice.
    return use(link)


def _now() -> int:
    return int(time() * 1_000_000)
