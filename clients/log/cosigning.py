"""A witness at work: one checkpoint after another, from request to durable answer.

Laws: the old size is compared, the entries are audited and the new head is kept in one transaction; the answer with
the cosignatures leaves after its commit. A request that is given up by who sent it is finished all the same.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from clients.log import witness
from clients.log.auditing import Audit, Rules, check_root
from clients.log.head import Head
from clients.log.reading import LogReader, LogUnreachable
from clients.log.store import LogStore
from clients.log.trust import check_log_signatures
from clients.log.violation import Violated
from clients.log.witness import Answer, Asked
from crypto.transparency.checkpoint import WitnessSigner, with_lines
from crypto.transparency.policy import Policy

T = TypeVar("T")
WAITING_MOST: Final = 8  # requests that wait for the one at work
RETRY_SECONDS: Final = 30
FINISH_SECONDS: Final = 5.0
# A log that answers each part in time, but for ever, holds the witness for no longer than this.
AUDIT_SECONDS: Final = 3600.0


@dataclass(frozen=True)
class Duty:
    """Whose log, and by which rules. `log` names no witnesses: only the log's own signatures are asked for."""

    log: Policy
    signer: WitnessSigner
    enrollers: frozenset[bytes] | None = None


class Witness:
    """One log's witness."""

    def __init__(self, duty: Duty, reader: LogReader, store: LogStore, clock: Callable[[], datetime]) -> None:
        self._duty, self._reader, self._store, self._clock = duty, reader, store, clock
        # SQLite and the arithmetic of an audit wait on a thread of their own, one after another.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._published = store.head().note
        self._log = structlog.get_logger()
        self._at_work: set[asyncio.Task[Answer]] = set()

    @property
    def origin(self) -> str:
        return self._duty.log.origin

    @property
    def published(self) -> bytes:
        """The newest cosigned checkpoint with the log's and one's own signatures; empty before the first."""
        return self._published

    async def answer(self, body: bytes) -> Answer:
        """What `add-checkpoint` answers. Never raises for anything that a log or a stranger can do."""
        task = asyncio.create_task(self._answer(body))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Finish what is being answered, give up an audit that takes longer, close nothing else."""
        if self._at_work:
            _, late = await asyncio.wait(self._at_work, timeout=FINISH_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._thread.shutdown()

    async def _answer(self, body: bytes) -> Answer:
        asked = witness.read(body)
        if isinstance(asked, Asked):
            answer = self._check_origin(asked) or await self._in_turn(asked)
            self._say(asked, answer)
            return answer
        return asked

    def _check_origin(self, asked: Asked) -> Answer | None:
        if asked.checkpoint.origin != self.origin:
            return witness.refused(404, "origin")
        return check_log_signatures(asked.note, self._duty.log, self._clock())

    async def _in_turn(self, asked: Asked) -> Answer:
        if self._waiting >= WAITING_MOST:
            return _later("busy")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._judged(asked)
        finally:
            self._waiting -= 1

    async def _judged(self, asked: Asked) -> Answer:
        try:
            answer = await self._in_one_transaction(asked)
        except Violated as violation:
            answer = witness.violated(violation)
        except LogUnreachable as unreachable:
            # Nothing was found wrong: the page has no status for it, and 422 would be an accusation.
            return _later(str(unreachable))
        except TimeoutError:
            return _later("the log is too slow to be read")
        if answer.accuses:
            await self._aside(lambda: self._store.accuse(answer.rule, asked.note))
        return answer

    async def _in_one_transaction(self, asked: Asked) -> Answer:
        try:
            kept = await self._aside(self._store.begin)
            refused = witness.judge_size(asked, kept) or witness.judge_proof(asked, kept)
            if refused is not None:
                return refused
            async with asyncio.timeout(AUDIT_SECONDS):
                audit = await self._audit(asked, kept)
            return await self._aside(lambda: self._cosign(asked, audit))
        finally:
            # After a commit there is nothing to undo.
            await self._aside(self._store.undo)

    async def _audit(self, asked: Asked, kept: Head) -> Audit:
        audit = Audit(self._store, kept, Rules(self._clock(), self._duty.enrollers))
        async with aclosing(self._reader.entries(kept.size, asked.checkpoint.size)) as bundles:
            async for bundle in bundles:
                await self._aside(partial(audit.take, bundle))
        check_root(audit.edge, asked.checkpoint)
        return audit

    def _cosign(self, asked: Asked, audit: Audit) -> Answer:
        lines = self._duty.signer.cosign(asked.checkpoint, self._clock())
        head = audit.end(asked.checkpoint, with_lines(asked.note, lines))
        self._store.commit(head)
        # From here on the head is on the disk: only now may the lines be seen.
        self._published = head.note
        return witness.cosigned(lines)

    async def _aside(self, work: Callable[[], T]) -> T:
        # Shielded: a cancelled request must not leave the thread in the midst of a transaction that another one begins.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))

    def _say(self, asked: Asked, answer: Answer) -> None:
        facts: dict[str, Any] = {"status": answer.status, "old": asked.old, "size": asked.checkpoint.size}
        if answer.status == 200:
            self._log.info("cosigned", **facts)
        else:
            self._log.warning("not cosigned", **facts, rule=answer.rule)


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def _later(rule: str) -> Answer:
    return Answer(503, f"{rule}\n".encode(), rule=rule, retry_after=RETRY_SECONDS)
