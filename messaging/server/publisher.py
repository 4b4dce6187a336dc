"""Publishes the key log: shows each checkpoint to the witnesses, and publishes it when enough of them cosigned.

Laws: one checkpoint at a time is being cosigned, so that cosignatures meet; a witness that is slow or dead delays no
other, and is asked again, later and later. Nothing is signed before each witness has been asked once, or has kept
silent for a while: one that knows a larger log shows that this database is not the newest.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from crypto.transparency.checkpoint import Checkpoint, parse_checkpoint_text, with_lines
from crypto.transparency.note import parse_note
from crypto.transparency.policy import has_quorum, verify_cosignatures
from messaging.relay.logasking import AskConsistency, AskHead, Publish, SignAgain
from messaging.relay.moments import SECOND
from messaging.relay.records import LogHead
from messaging.relay.turn import Caller
from messaging.server import loghead
from messaging.server.loghead import HELP, LogLost
from messaging.server.service import Service
from messaging.server.witnesses import Asker, Conflict, Place, WitnessFailed
from messaging.wire import limits

_TRIES: Final = 4  # of one push: a witness says once or twice where it is
_FRESH: Final = 60 * SECOND  # at the start, a checkpoint younger than that is not signed anew


@dataclass(frozen=True)
class Pace:
    """Seconds: until silent witnesses are not waited for at the start; between two looks at the log; until a checkpoint
    that lacks its quorum gives way to a newer one; before a failed witness is asked again, at first and at most.
    """

    first: float = 5.0
    look: float = 60.0
    patience: float = 15.0
    again: float = 1.0
    again_most: float = 60.0


@dataclass
class _Candidate:
    """A checkpoint that is being cosigned, and what came for it, by address."""

    note: bytes
    checkpoint: Checkpoint
    since: float
    lines: dict[str, bytes] = field(default_factory=dict)
    published: bool = False


@dataclass
class _Pushing:
    """One witness: the size that it is known to have cosigned, and the note it did last."""

    place: Place
    known: int
    done: bytes = b""
    failures: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)
    met: asyncio.Event = field(default_factory=asyncio.Event)


class Publisher:
    """Of one running relay. `lost` is done, with LogLost, when the relay must stop."""

    def __init__(self, service: Service, places: Sequence[Place], asker: Asker, pace: Pace | None = None) -> None:
        self._service = service
        self._asker = asker
        self._pace = pace or Pace()
        self._witnesses = [_Pushing(place, service.progress.published) for place in places]
        self._candidate: _Candidate | None = None
        self._head: LogHead | None = None
        self._written = b""
        self._tasks: list[asyncio.Task[None]] = []
        self._log = structlog.get_logger()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        service.house.gate.open = not self._witnesses

    def begin(self) -> None:
        """Start. On the loop."""
        works = [self._follow(), self._open(), *(self._push_for_ever(one) for one in self._witnesses)]
        self._tasks = [asyncio.create_task(work) for work in works]

    async def close(self) -> None:
        """Stop; what was not published yet is so after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.lost.cancel()
        await self._tell(self._write(await self._ask(AskHead())))

    async def _open(self) -> None:
        if self._witnesses:
            meetings = [asyncio.create_task(one.met.wait()) for one in self._witnesses]
            _, silent = await asyncio.wait(meetings, timeout=self._pace.first)
            for task in silent:
                task.cancel()
        if not self.lost.done():
            self._service.house.gate.open = True
            await self._tell(self._ask(SignAgain(_FRESH)))
            self._service.progress.grown()

    async def _follow(self) -> None:
        while not self.lost.done():
            await self._tell(self._look())
            await self._service.progress.growth(self._wait())

    async def _look(self) -> None:
        head: LogHead = await self._ask(AskHead())
        if self._service.house.gate.open and self._service.now() - head.signed >= limits.RESIGN_SECONDS * SECOND:
            head = await self._ask(SignAgain(limits.RESIGN_SECONDS * SECOND))
        self._head = head
        self._count(head)
        await self._write(head)
        self._propose(head)

    async def _write(self, head: LogHead) -> None:
        if head.note != self._written:
            await asyncio.to_thread(loghead.write, self._service.config.data, head)
            self._written = head.note

    def _propose(self, head: LogHead) -> None:
        before, now = self._candidate, asyncio.get_running_loop().time()
        if before is not None and before.note == head.note:
            return
        if before is None or before.published or now - before.since >= self._pace.patience:
            checkpoint = parse_checkpoint_text(parse_note(head.note).text)
            alone = self._service.house.policy.quorum is None
            self._candidate = _Candidate(head.note, checkpoint, now, published=alone)
            for one in self._witnesses:
                one.called.set()

    def _wait(self) -> float:
        behind = self._candidate is not None and self._head is not None and self._candidate.note != self._head.note
        return self._pace.patience if behind else self._pace.look

    async def _push_for_ever(self, one: _Pushing) -> None:
        while not self.lost.done():
            await one.called.wait()
            one.called.clear()
            candidate = self._candidate
            if candidate is None or candidate.note == one.done:
                continue
            try:
                lines = await self._push(one, candidate)
                one.done, one.failures = candidate.note, 0
                await self._collect(one, candidate, lines)
            except Exception as error:  # noqa: BLE001 - whatever a witness does, it is told, counted and asked again
                await self._failed(one, error)
            finally:
                one.met.set()

    async def _push(self, one: _Pushing, candidate: _Candidate) -> bytes:
        for _ in range(_TRIES):
            size = candidate.checkpoint.size
            old = min(one.known, size)
            proof: list[bytes] = await self._ask(AskConsistency(old, size))
            answer = await self._asker.add_checkpoint(one.place, old, proof, candidate.note)
            if not isinstance(answer, Conflict):
                lines = verify_cosignatures(answer, candidate.checkpoint, one.place.keys)
                one.known = size
                return lines
            if answer.size > size:
                await self._ahead(one, answer.size)
            one.known = answer.size
        raise WitnessFailed("named one size after another")

    async def _ahead(self, one: _Pushing, size: int) -> None:
        head: LogHead = await self._ask(AskHead())
        if size > head.size and not self._service.house.gate.open:
            lost = LogLost(f"the key log has {head.size} entries, but witness {one.place.name} cosigned {size}: {HELP}")
            if not self.lost.done():
                self.lost.set_exception(lost)
        raise WitnessFailed("has cosigned a larger log than this one")

    async def _collect(self, one: _Pushing, candidate: _Candidate, lines: bytes) -> None:
        if candidate is not self._candidate:
            return
        candidate.lines[one.place.url] = lines
        note = with_lines(candidate.note, b"".join(candidate.lines.values()))
        if not has_quorum(note, self._service.house.policy):
            return
        head: LogHead = await self._ask(Publish(note))
        candidate.published = head.published >= candidate.checkpoint.size
        self._count(head)
        self._service.progress.publish(head.published)
        self._service.progress.grown()

    async def _failed(self, one: _Pushing, error: Exception) -> None:
        one.met.set()
        one.failures += 1
        self._service.metrics.witness_failures.labels(one.place.name).inc()
        why = str(error) if isinstance(error, WitnessFailed) else type(error).__name__
        self._log.warning("a witness did not cosign", witness=one.place.name, cause=why, failures=one.failures)
        delay = min(self._pace.again * 2 ** min(one.failures - 1, 16), self._pace.again_most)
        await asyncio.sleep(delay * random.uniform(0.75, 1.25))  # noqa: S311 - so that relays do not ask in step
        one.called.set()

    async def _tell(self, work: Any) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - a full disk is told and tried again; the relay goes on
            self._log.error("the key log was not looked after", cause=type(error).__name__)

    def _count(self, head: LogHead) -> None:
        self._service.metrics.log_size.set(head.size)
        self._service.metrics.log_published.set(head.published)

    async def _ask(self, asking: Any) -> Any:
        return await self._service.ask(asking, Caller())
