"""Letters of patients to ordinary mail in the outbox: reads each mailbox's news, proves the author, renders, seals.

Laws: the cursor moves only when every mail before it is durable, and a letter that is mail already makes no second;
a letter that cannot be read or made mail is counted and skipped, never a stop for those behind it; the From of a mail
is an address that the relay says is the author's.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from structlog.typing import FilteringBoundLogger

from bridges.mail import limits
from bridges.mail.translate import outgoing as translate
from bridges.mail.translate.outgoing import Envelope, NoMail
from bridges.mssante import outbox, rules
from bridges.mssante.database import Database
from bridges.mssante.directory import Directory
from bridges.mssante.metrics import METRICS
from bridges.mssante.notices import Notices, TooLarge
from bridges.mssante.outbox import Outbound
from bridges.mssante.ports import RelayClient, RelayMailbox
from bridges.mssante.rules import NotTaken
from bridges.mssante.submissions import comes_back
from clients.content.letter import Letter
from clients.sdk import Arrived, News, Unreadable
from crypto.attachment import Attachment
from crypto.errors import CannotOpen
from messaging.wire.errors import Refusal

MARKS_SECONDS: Final = 30 * 86400.0  # how long it is remembered which letters became mail


@dataclass(frozen=True)
class Style:
    """What all mails say of the gateway; `lifetime` in seconds."""

    patient_domain: str
    hostname: str
    product: str
    lifetime: float


class NotMail(Exception):
    """A letter that has no form as mail. `reason` is a word for log and metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Outgoing:
    """`wake` is called when there is mail to send."""

    def __init__(
        self, database: Database, key: bytes, directory: Directory, notices: Notices, style: Style,
        log: FilteringBoundLogger, clock: Callable[[], float], wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self._database, self._key, self._directory, self._notices = database, key, directory, notices
        self._style, self._log, self._clock, self._wake = style, log, clock, wake
        self._busy: dict[str, asyncio.Lock] = {}

    async def run(self, client: RelayClient, mailboxes: Mapping[str, RelayMailbox]) -> None:
        """Collects at each change and hint; `mailboxes` by account. Ends only when it is cancelled."""
        await asyncio.gather(*(self.collect(mailbox) for mailbox in mailboxes.values()))
        async for changed in client.watch():
            touched = [mailboxes[account] for account in changed or mailboxes if account in mailboxes]
            await asyncio.gather(*(self.collect(mailbox) for mailbox in touched))

    async def collect(self, mailbox: RelayMailbox) -> None:
        """All that is new in a mailbox. What the relay cannot give now stays for the next time."""
        async with self._busy.setdefault(mailbox.account, asyncio.Lock()):
            try:
                while await self._page(mailbox):
                    pass
            except (Refusal, NotTaken) as refusal:
                self._log.warning("outgoing.postponed", account=mailbox.account, reason=str(refusal.args[0]))
            except Exception as error:  # noqa: BLE001 - one mailbox's trouble must not stop the others' mail
                self._log.error("outgoing.mailbox_failed", account=mailbox.account, error=type(error).__name__)

    async def _page(self, mailbox: RelayMailbox) -> bool:
        since = await self._database.run(lambda c: outbox.cursor(c, mailbox.account))
        news = await self._news(mailbox, since)
        mailed = await self._database.run(lambda c: outbox.known(c, mailbox.account, [item.id for item in news.items]))
        for item in news.items:
            match item:
                case Arrived(box="in", letter=letter) if item.id not in mailed and self._recent(item, since):
                    await self._letter(mailbox, item.id, letter)
                case Unreadable(reason=reason):
                    self._skipped(mailbox, item.id, reason)
                case _:
                    pass
        if news.state != since:
            await self._database.run(lambda c: outbox.advance(c, mailbox.account, news.state))
        return news.more

    async def _news(self, mailbox: RelayMailbox, since: str | None) -> News:
        try:
            return await mailbox.news(since)
        except Refusal as refusal:
            if since is None or refusal.name != "cannotCalculateChanges":
                raise
            self._log.warning("outgoing.from_the_beginning", account=mailbox.account)
            return await mailbox.news(None)

    def _recent(self, item: Arrived, since: str | None) -> bool:
        # Read from the beginning, a mailbox shows letters whose marks were purged: those became mail long ago.
        return since is not None or item.received_at.timestamp() > self._clock() - MARKS_SECONDS

    async def _letter(self, mailbox: RelayMailbox, item: str, letter: Letter) -> None:
        try:
            outbound = await self._outbound(mailbox, letter)
        except NotMail as error:
            self._skipped(mailbox, item, error.reason)
            return
        except TooLarge:
            self._skipped(mailbox, item, "tooLarge")
            await self._notices.too_large(mailbox, letter)
            return
        sealed = outbox.seal(self._key, mailbox.account, item, outbound)
        domain, now = rules.domain_of(mailbox.address), self._clock()
        await self._database.run(
            lambda c: outbox.put(c, mailbox.account, item, domain, sealed, now, self._style.lifetime)
        )
        self._log.info("outgoing.queued", account=mailbox.account, item=item, domain=domain)
        self._wake()

    async def _outbound(self, mailbox: RelayMailbox, letter: Letter) -> Outbound:
        await self._prove_author(letter)
        if sum(attachment.size for attachment in letter.attachments()) > limits.MAIL_TOTAL:
            raise TooLarge
        contents = {attachment.id: await self._file(mailbox, attachment) for attachment in letter.attachments()}
        envelope = Envelope(
            letter.sender.address.lower(), mailbox.address, mailbox.name, self._style.hostname, self._style.product
        )
        try:
            # Off the loop: 25 MB of base64 takes longer than others may wait.
            mail = await asyncio.to_thread(translate.to_mail, letter, lambda each: contents[each.id], envelope)
        except (NoMail, ValueError):
            raise NotMail("noForm") from None
        if len(mail) > limits.MAIL_RAW:
            raise TooLarge
        return Outbound(
            envelope.sender, mailbox.address, mail, letter.message, letter.thread, letter.sender.account, letter.subject
        )

    async def _prove_author(self, letter: Letter) -> None:
        # A letter says its sender's address itself: only the relay's word binds it to the account that signed.
        address = letter.sender.address.lower()
        if rules.domain_of(address) != self._style.patient_domain.lower():
            raise NotMail("foreignAuthor")
        found = await self._directory.find(address)
        if found is None or found.account != letter.sender.account:
            raise NotMail("unprovenAuthor")

    async def _file(self, mailbox: RelayMailbox, attachment: Attachment) -> bytes:
        try:
            return await mailbox.download(attachment)
        except CannotOpen:
            raise NotMail("cannotOpenFile") from None
        except Refusal as refusal:
            if comes_back(refusal):
                raise
            raise NotMail("missingFile") from None

    def _skipped(self, mailbox: RelayMailbox, item: str, reason: str) -> None:
        METRICS.unreadable.labels(reason).inc()
        self._log.error("outgoing.skipped", account=mailbox.account, item=item, reason=reason)
