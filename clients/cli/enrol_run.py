"""One run of an enrolment: parts made on all cores, sent, answered for, written as letters, and noted as done.

Laws: nothing is made while the list has a mistake; a part is on disk before the relay hears of it, its letters are
written before it is done, and it is done in one step; what is interrupted anywhere is done again with the same keys and
codes. Memory holds a few parts at a time, however long the list is.
"""

import asyncio
import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from clients.cli import enrol_letters, enrol_parts, enrol_post, people
from clients.cli.enrol_journal import Journal
from clients.cli.enrol_letters import Printing
from clients.cli.enrol_parts import Part, Places
from clients.cli.enrol_pool import Pool
from clients.cli.enrol_post import Submission
from clients.cli.people import Row
from clients.cli.second_codes import SecondCodes
from crypto.keys import SigningSeed
from messaging.wire.errors import Refusal
from messaging.wire.types import EnrolOutcome, EnrolPerson

TOLD: Final = 100  # refusals that are named in the answer; all of them stand in refused.csv
_PATIENCE: Final = (1, 2, 4, 8, 16, 32)  # seconds between tries at a relay that cannot answer now
_SENDING: Final = 2  # requests at once: one is examined while the other is written


class Relay(Protocol):
    """The one thing that a station asks of a relay."""

    async def enrol(self, people: Sequence[EnrolPerson]) -> Sequence[EnrolOutcome]: ...


@dataclass(frozen=True)
class Job:
    """What a run does. `said` is called with (row, account, first code, second or "") of each that is new."""

    csv: Path
    printing: Printing
    station: SigningSeed
    per_file: int
    seconds: SecondCodes | None = None
    server: Submission | None = None
    said: Callable[[Row, str, str, str], None] | None = None


@dataclass
class Counts:
    """What came out. `refused` are the first TOLD of `refusals`."""

    created: int = 0
    unchanged: int = 0
    already: int = 0
    refusals: int = 0
    letters: int = 0
    mails: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.created + self.unchanged + self.already


class Run:
    """One run. `advance` is told how many more people were gone through."""

    def __init__(self, job: Job, journal: Journal, pool: Pool, relay: Relay, advance: Callable[[int], object]) -> None:
        self._job, self._journal, self._pool, self._relay, self._advance = job, journal, pool, relay, advance
        seconds = None if job.seconds is None else job.seconds.path
        self._places = Places(folder(job.printing.folder), seconds)
        self._sending, self._at_once = asyncio.Semaphore(_SENDING), asyncio.Semaphore(pool.workers + 2)
        self._refused = job.printing.folder / "refused.csv"
        self._resumed: set[bytes] = set()  # people of parts that an earlier run left: counted once
        self.counts = Counts()

    async def go(self) -> Counts:
        """All of the list, after what an earlier run left unfinished. Raises Stop, Refusal."""
        self._refused.unlink(missing_ok=True)
        if self._job.seconds is not None:
            path = self._job.seconds.path
            self._journal.note_length(path, self._job.seconds.begin(self._journal.length(path)))
        self._places.clear()
        for number in self._places.unfinished():
            if self._journal.is_done(number):
                enrol_parts.forget(self._places, number)
            else:
                self._resumed |= await self._finish(number)
        try:
            async with asyncio.TaskGroup() as group:
                await self._begin_all(group)
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return self.counts

    async def _begin_all(self, group: asyncio.TaskGroup) -> None:
        number = self._journal.last()
        waiting = self._waiting()
        for rows in enrol_parts.in_parts(waiting, self._job.per_file):
            number += 1
            await self._at_once.acquire()
            group.create_task(self._one(number, rows))

    def _waiting(self) -> Any:
        for batch in enrol_parts.in_parts(people.read(self._job.csv), self._job.per_file):
            for row, known in zip(batch, self._journal.known(batch), strict=True):
                if known is None:
                    yield row
                    continue
                if row.person in self._resumed and known == row.digest:
                    continue
                self._advance(1)
                if known == row.digest:
                    self.counts.already += 1
                else:
                    # They have a letter and an account; which of the two spellings is right, nobody here can say.
                    self._refuse(row, "enrolledOtherwise")

    async def _one(self, number: int, rows: list[Row]) -> None:
        try:
            await self._pool.do(enrol_parts.make, self._places, number, rows, datetime.now(UTC), self._job.station)
            await self._finish(number)
        finally:
            self._at_once.release()

    async def _finish(self, number: int) -> set[bytes]:
        part, seconds = enrol_parts.kept(self._places, number)
        async with self._sending:
            outcomes = await self._send([one.person for one in part.made])
        enrolled = frozenset(one.account for one in outcomes if one.outcome != "refused")
        handed = frozenset(await self._hand_over(part, seconds, enrolled))
        letters = await self._pool.do(
            enrol_letters.write, self._places, number, enrolled, handed, self._job.printing
        )  # fmt: skip
        self._done(number, part, seconds, outcomes, enrolled, handed)
        self.counts.mails += len(handed)
        self._count(part, outcomes, letters)
        return {one.row.person for one in part.made}

    async def _send(self, made: Sequence[EnrolPerson]) -> Sequence[EnrolOutcome]:
        for seconds in _PATIENCE:
            try:
                return await self._relay.enrol(made)
            except Refusal as refusal:
                if refusal.name not in ("serverUnavailable", "rateLimit"):
                    raise
                await asyncio.sleep(float(refusal.members.get("retryAfter") or seconds))
        return await self._relay.enrol(made)

    async def _hand_over(self, part: Part, seconds: dict[str, str], enrolled: frozenset[str]) -> set[str]:
        if self._job.printing.mail_folder is not None:
            return {one.person.account for one in part.made if one.row.email and one.person.account in enrolled}
        if self._job.server is None:
            return set()
        already = self._journal.mailed(enrolled)
        mails = enrol_letters.mails_of(part, seconds, enrolled, self._job.printing)
        waiting = [mail for mail in mails if mail[0] not in already]
        if not waiting:
            return already
        sender = self._job.printing.head.mail_from
        refused = await enrol_post.hand_over(self._job.server, waiting, sender, self._journal.note_mailed)
        return already | ({account for account, _, _ in waiting} - refused)

    def _done(
        self,
        number: int,
        part: Part,
        seconds: dict[str, str],
        outcomes: Sequence[EnrolOutcome],
        enrolled: frozenset[str],
        handed: frozenset[str],
    ) -> None:
        grown = None
        if self._job.seconds is not None:
            # Whom no mail reached gets the second code in some other way: the file is for that.
            left = [one for one in part.made if one.person.account in enrolled and one.person.account not in handed]
            codes = [(one.person.account, one.row, seconds[one.person.account]) for one in left]
            grown = (self._job.seconds.path, self._job.seconds.append(codes))
        rows = [one.row for one in part.made if one.person.account in enrolled]
        self._journal.note_done(number, rows, [one.person.account for one in part.made], grown)
        enrol_parts.forget(self._places, number)
        if self._job.said is not None:
            for one in part.made:
                if one.person.account in enrolled:
                    self._job.said(one.row, one.person.account, one.code, seconds.get(one.person.account, ""))
        for one, outcome in zip(part.made, outcomes, strict=True):
            if outcome.outcome == "refused":
                self._refuse(one.row, str(outcome.reason))

    def _count(self, part: Part, outcomes: Sequence[EnrolOutcome], letters: int) -> None:
        self.counts.created += sum(one.outcome == "created" for one in outcomes)
        self.counts.unchanged += sum(one.outcome == "unchanged" for one in outcomes)
        self.counts.letters += letters
        self._advance(len(part.made))

    def _refuse(self, row: Row, reason: str) -> None:
        self.counts.refusals += 1
        if len(self.counts.refused) < TOLD:
            self.counts.refused.append({"login": row.login, "reason": reason})
        descriptor = os.open(self._refused, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow((row.login, reason))


def folder(letters: Path) -> Path:
    """Where the journal and unfinished parts of these letters lie."""
    return letters / "journal"
