"""What operators report on mail that left here (RFC 3464, RFC 8098): told to the patient who wrote, in their thread.

Laws: only a report that names a mail of ours, to the patient whose letter that was, is taken; it is never answered.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from structlog.typing import FilteringBoundLogger

from bridges.mail.parsed import ParsedMail, Report
from bridges.mail.translate import threads
from bridges.mssante import outbox, rules
from bridges.mssante.database import Database
from bridges.mssante.notices import Notices
from bridges.mssante.outbox import Mark
from bridges.mssante.ports import RelayMailbox

_WORDS: Final = {"failed": "sent-back", "delayed": "delayed"}


class Returned:
    """`mailboxes` by account; `clock` gives Unix time."""

    def __init__(
        self, database: Database, notices: Notices, mailboxes: Mapping[str, RelayMailbox], hostname: str,
        log: FilteringBoundLogger, clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._database, self._notices, self._mailboxes = database, notices, mailboxes
        self._hostname, self._log, self._clock = hostname, log, clock

    async def take(self, mail: ParsedMail, patients: Sequence[str]) -> None:
        """The patient knows when it returns. `patients`: accounts that the mail is to. Raises NotTaken, Refusal."""
        if mail.report is None:
            raise rules.not_a_report("noReport")
        for patient in patients:
            mailbox, mark = await self._letter(mail.report, patient)
            await self._tell(mailbox, mark, mail.report)
            self._log.info("report.told", account=mailbox.account, peer=patient, reported=mail.report.event)

    async def _letter(self, report: Report, patient: str) -> tuple[RelayMailbox, Mark]:
        for id_ in report.message_ids:
            named = threads.own_letter(id_, self._hostname)
            if named is None:
                continue
            mark = Mark(patient, *named)
            account = await self._database.run(partial(outbox.mailbox_of, mark=mark))
            if account is not None and account in self._mailboxes:
                return self._mailboxes[account], mark
        raise rules.not_a_report("notOurs")

    async def _tell(self, mailbox: RelayMailbox, mark: Mark, report: Report) -> None:
        match report.event:
            case "failed" | "delayed":
                words = _WORDS[report.event]
                await self._notices.tell(words, mailbox, mark.author, mark.thread, mark.letter, "")
            case "delivered" | "read":
                at = datetime.fromtimestamp(self._clock(), UTC)
                await self._notices.receipt(mailbox, mark.author, mark.thread, mark.letter, report.event, at)
