"""Puts delivery reports to senders into the outbox."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bridges.mail.report import Subject, report
from bridges.mssante import outbox, rules
from bridges.mssante.database import Database
from bridges.mssante.outbox import Outbound
from bridges.mssante.ports import RelayMailbox


class Reports:
    """`lifetime` in seconds. A report's own failure is reported to nobody."""

    def __init__(
        self, database: Database, key: bytes, hostname: str, lifetime: float, clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self._database, self._key, self._hostname, self._lifetime = database, key, hostname, lifetime
        self._clock, self._wake = clock, wake

    async def refused(
        self, mailbox: RelayMailbox, sender: str, message_id: str | None, name: str, answers: Mapping[str, str]
    ) -> None:
        """Durable when it returns; the same mail is reported once."""
        now, domain = self._clock(), rules.domain_of(sender)
        mail = report(Subject(sender, message_id, name), answers, self._hostname, datetime.fromtimestamp(now, UTC))
        outbound = Outbound(f"MAILER-DAEMON@{self._hostname}", sender, mail, "", "", "", "", notice=True)
        item = f"report-{name}"
        sealed = outbox.seal(self._key, mailbox.account, item, outbound)
        await self._database.run(lambda c: outbox.put(c, mailbox.account, item, domain, sealed, now, self._lifetime))
        self._wake()
