"""What relays on one database tell each other: that there is news. What the news is stands in the database.

Laws: a hint is never the truth and never missed for good: the news is read after each hint, and every few seconds
without one. A bus that is away, frozen or lying costs nothing but that delay. No hint names an account or a person.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

import nats
import structlog
from nats.aio.client import Client

from messaging.store import news
from messaging.store.link import UnsafePassword, Where
from messaging.store.news import Heard, News
from messaging.store.postgres import PostgresStore
from messaging.wire.errors import Refusal

SUBJECT: Final = "pli.news"
_AGAIN_SECONDS: Final = 1.0
_SAY_SECONDS: Final = 2.0
_FORGOTTEN_SECONDS: Final = news.KEPT_SECONDS / 2  # unheard for so long, some may have been swept away


@dataclass(frozen=True, repr=False)
class Nats:
    """Where it is, and the file (0600) that says who we are there; None where nobody asks."""

    servers: tuple[str, ...]
    credentials: str | None = None


class Hearer(Protocol):
    """Who is told what others changed."""

    def hear(self, told: News) -> None: ...
    def missed(self) -> None:
        """Some of it will never be heard."""


class Bus:
    """Of one relay. Only used on the loop's thread."""

    def __init__(
        self,
        store: PostgresStore,
        where: Where,
        hearer: Hearer,
        in_reader: Callable[[Callable[[], Any]], Awaitable[Any]],
        poll: float,
        nats_at: Nats | None,
    ) -> None:
        self._store = store
        self._where = where
        self._hearer = hearer
        self._in_reader = in_reader
        self._poll = poll
        self._nats_at = nats_at
        self._nats: Client | None = None
        self._woken = asyncio.Event()
        self._to_say = asyncio.Event()
        self._number = store.last_news()
        self._heard_at = monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self._log = structlog.get_logger()

    def begin(self) -> None:
        """Start listening."""
        works = [self._follow(), self._listen()]
        if self._nats_at is not None:
            works += [self._join(self._nats_at), self._say_for_ever()]
        self._tasks = [asyncio.create_task(work) for work in works]

    async def close(self) -> None:
        """Stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._nats is not None:
            with suppress(Exception):
                await asyncio.wait_for(self._nats.close(), _SAY_SECONDS)

    def say(self) -> None:
        """This relay has committed news."""
        self._to_say.set()

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._poll)
            self._woken.clear()
            try:
                await self._read()
            except Refusal:
                await asyncio.sleep(_AGAIN_SECONDS)
            except Exception as error:  # noqa: BLE001 - told and tried again; streams of this relay live on the next one
                self._log.error("the news was not read", cause=type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _read(self) -> None:
        if monotonic() - self._heard_at > _FORGOTTEN_SECONDS:
            self._number = await self._in_reader(self._store.last_news)
            self._hearer.missed()
        rows: list[Heard] = await self._in_reader(lambda: self._store.news_after(self._number))
        self._heard_at = monotonic()
        for row in rows:
            self._number = row.number
            if row.source != self._store.source:
                self._hearer.hear(row.news)
        if rows:
            self._woken.set()  # there may be more, and what comes now is read together

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear_database()
            except Exception as error:  # noqa: BLE001 - a hint is lost at worst
                self._log.info("the database is not listened to", cause=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _hear_database(self) -> None:
        over = asyncio.Event()
        connection = await self._where.connect()
        try:
            connection.add_termination_listener(lambda _: over.set())
            await connection.add_listener(news.CHANNEL, self._notified)
            self._woken.set()
            await over.wait()
        finally:
            connection.terminate()

    def _notified(self, _connection: object, _process: int, _channel: str, source: object) -> None:
        if source != self._store.source:
            self._woken.set()

    async def _join(self, at: Nats) -> None:
        while True:
            try:
                _require_own(at)
                self._nats = await nats.connect(
                    list(at.servers), name="pli", no_echo=True, user_credentials=at.credentials, connect_timeout=2,
                    reconnect_time_wait=1, max_reconnect_attempts=-1, ping_interval=5, max_outstanding_pings=2,
                    error_cb=self._failed, disconnected_cb=self._parted, reconnected_cb=self._joined,
                )  # fmt: skip
                await self._nats.subscribe(SUBJECT, cb=self._hinted)
                await self._joined()
                return
            except Exception as error:  # noqa: BLE001 - without it the database's own hints do
                await self._failed(error)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _hinted(self, _: object) -> None:
        self._woken.set()

    async def _joined(self) -> None:
        # Two hints for one thing are one too many; the database's own wait for each other in its commits.
        self._store.notifying = False
        self._woken.set()
        self._log.info("NATS is there")

    async def _parted(self) -> None:
        self._store.notifying = True
        self._log.warning("NATS is away")

    async def _failed(self, error: Exception) -> None:
        self._log.info("NATS failed", cause=type(error).__name__)

    async def _say_for_ever(self) -> None:
        while True:
            await self._to_say.wait()
            self._to_say.clear()
            if self._nats is not None and self._nats.is_connected:
                with suppress(Exception):  # a hint is lost at worst
                    await asyncio.wait_for(self._nats.publish(SUBJECT), _SAY_SECONDS)


def _require_own(at: Nats) -> None:
    if at.credentials is not None and Path(at.credentials).stat().st_mode & 0o077:
        raise UnsafePassword(f"{at.credentials} can be read by others: chmod 600 {at.credentials}")
