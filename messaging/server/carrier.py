"""Who empties the queue of notices: takes what is due, hands it to a mailer or a poster, settles it. One for a process.

Any number of processes may: a row that one has taken no other takes (telling.py). What is under way when the relay
stops is waited for a little, and else left to its lease.
"""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, Final

import structlog

from messaging.relay.ports import Transaction
from messaging.relay.records import Notice
from messaging.relay.telling import Job, Letter, Parcel, Result, Settle, Take
from messaging.relay.turn import Caller
from messaging.server.mailing import Mails
from messaging.server.posting import Poster
from messaging.server.service import Service

_LOOK_SECONDS: Final = 1.0  # what is due by the clock alone is looked for that often
_PAUSE_SECONDS: Final = 0.2  # between two looks, however much happens
_FINISH_SECONDS: Final = 5.0
_AT_ONCE: Final = 64
_WAYS: Final = {"email": "email", "test": "email", "code": "email", "push": "push", "verify": "push",
                "webhook": "webhook"}  # fmt: skip


class Carrier:
    """`mailer` or `poster` None: what would go that way is taken and dropped as undeliverable for now."""

    def __init__(self, service: Service, mailer: Mails | None, poster: Poster | None) -> None:
        self._service, self._mailer, self._poster = service, mailer, poster
        self._log = structlog.get_logger()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._chore: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """On the loop."""
        self._chore = asyncio.create_task(self._each())

    async def close(self) -> None:
        """Take no more; wait a little for what is under way."""
        if self._chore is not None:
            self._chore.cancel()
            await asyncio.gather(self._chore, return_exceptions=True)
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=_FINISH_SECONDS)
            for task in late:
                task.cancel()

    async def carry(self) -> int:
        """What is due now, begun; how much. Raises Refusal."""
        if not await self._service.in_reader(lambda: self._service.store.read(self._is_due)):
            return 0
        jobs: list[Job] = await self._service.ask(Take(), Caller())
        letters = [job for job in jobs if isinstance(job, Letter)]
        if letters:
            self._start(self._send(letters))
        for job in jobs:
            if isinstance(job, Parcel):
                self._start(self._post(job))
        return len(jobs)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _is_due(self, tx: Transaction) -> bool:
        return bool(tx.due(Notice, self._service.now()))

    async def _each(self) -> None:
        while True:
            await self._service.stirred(_LOOK_SECONDS)
            try:
                while await self.carry() and len(self._under_way) < _AT_ONCE:
                    pass
            except Exception as error:  # noqa: BLE001 - told and tried again; the relay goes on
                self._log.error("notices were not taken", cause=type(error).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error("a notice was not settled", cause=type(error).__name__)

    async def _send(self, letters: list[Letter]) -> None:
        results: list[Result] = ["again"] * len(letters)
        if self._mailer is not None:
            results = await self._mailer.send(letters)
        for letter, result in zip(letters, results, strict=True):
            await self._settle(letter.row, result, 0)

    async def _post(self, parcel: Parcel) -> None:
        async with self._room:
            said: tuple[Result, int] = ("again", 0) if self._poster is None else await self._poster.post(parcel)
        await self._settle(parcel.row, *said)

    async def _settle(self, row: Notice, result: Result, wait: int) -> None:
        self._service.metrics.notices.labels(_WAYS[row.way], result).inc()
        if result != "done":
            self._log.info("notice", way=row.way, account=row.account, result=result, tries=row.tries)
        jitter = random.random()  # noqa: S311 - no secret: it keeps attempts apart
        await self._service.ask(Settle(row, result, jitter, wait), Caller())
