"""Letters of patients to ordinary mail in the outbox: reads each mailbox's news, proves the author, renders, seals.

Laws: the cursor moves only when every mail before it is durable, and a letter that is mail already makes no second;
a letter that cannot be read or made mail is counted, told to its author where one is proven, and skipped, never a stop
for those behind it; the From of a mail is an address that the relay says is the author's. Where the database was lost,
letters from before its new start are not mailed: they may have been, and nobody knows.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from sqlalchemy import Connection
from structlog.typing import FilteringBoundLogger

from bridges.mail import limits
from bridges.mail.copies.copyist import Copyist
from bridges.mail.disposition import Displayed, disposition
from bridges.mail.translate import outgoing as translate
from bridges.mail.translate.fields import BadField
from bridges.mail.translate.outgoing import Envelope, NoMail
from bridges.mssante import keylog, outbox, receipts, rules
from bridges.mssante.database import Database
from bridges.mssante.directory import Directory
from bridges.mssante.keyfile import GatewayKeys
from bridges.mssante.metrics import METRICS
from bridges.mssante.notices import Notices, TooLarge
from bridges.mssante.outbox import Mark, Outbound
from bridges.mssante.ports import RelayClient, RelayMailbox
from bridges.mssante.rules import NotTaken
from bridges.mssante.submissions import comes_back
from clients.content.letter import Letter
from clients.sdk import Arrived, Distrusted, News, Unreadable
from crypto.attachment import Attachment
from crypto.errors import CannotOpen
from messaging.wire.errors import Refusal

GATHER_SECONDS: Final = 0.2  # mail that comes in makes hints as well: what comes meanwhile is read with one request
MARKS_SECONDS: Final = 30 * 86400.0  # how long rows of mails that left are kept
AGAIN: Final = "again."  # before a cursor: the mailbox is being read from the beginning, its marks say what is mail
TOGETHER: Final = 16  # letters made mails at once, with at most limits.MAIL_TOTAL bytes of files
INLINE_BYTES: Final = 128 * 1024  # a letter with its files that is written on the loop
_TOO_LARGE: Final = "tooLarge"
_NO_RECEIPT: Final = "noReceipt"
_UNTOLD: Final = frozenset({"replayed", _NO_RECEIPT})  # the letter itself was taken, or is nobody's


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


@dataclass(frozen=True)
class _Made:
    item: str
    sealed: bytes
    mark: Mark
    asked: receipts.Asked | None = None  # it goes only where this is true


@dataclass(frozen=True)
class _Refused:
    reason: str


class Outgoing:
    """`wake` is called when there is mail to send; without `copyist`, documents leave without made copies."""

    def __init__(
        self, database: Database, keys: GatewayKeys, directory: Directory, notices: Notices, style: Style,
        log: FilteringBoundLogger, clock: Callable[[], float], wake: Callable[[], None],
        copyist: Copyist | None = None,
    ) -> None:  # fmt: skip
        self._copyist = copyist
        self._database, self._keys, self._directory, self._notices = database, keys, directory, notices
        self._style, self._log, self._clock, self._wake = style, log, clock, wake
        self._busy: dict[str, asyncio.Lock] = {}

    async def run(self, client: RelayClient, mailboxes: Mapping[str, RelayMailbox]) -> None:
        """Collects at each change and hint; `mailboxes` by account. Ends only when it is cancelled."""
        hinted: dict[str, RelayMailbox] = dict(mailboxes)
        some = asyncio.Event()
        some.set()
        async with asyncio.TaskGroup() as group:
            collecting = group.create_task(self._collect_hinted(hinted, some))
            async for changed in client.watch():
                hinted |= {account: mailboxes[account] for account in changed or mailboxes if account in mailboxes}
                some.set()
            collecting.cancel()

    async def _collect_hinted(self, hinted: dict[str, RelayMailbox], some: asyncio.Event) -> None:
        while await some.wait():
            some.clear()
            touched = list(hinted.values())
            hinted.clear()
            await asyncio.gather(*(self.collect(mailbox) for mailbox in touched))
            await asyncio.sleep(GATHER_SECONDS)

    async def collect(self, mailbox: RelayMailbox) -> None:
        """All that is new in a mailbox. What the relay cannot give now stays for the next time."""
        async with self._busy.setdefault(mailbox.account, asyncio.Lock()):
            try:
                while await self._page(mailbox):
                    pass
            except Distrusted as distrusted:  # of the whole log: no sender is believed, and no letter passed over
                keylog.tell(self._log, distrusted)
                self._log.warning("outgoing.postponed", account=mailbox.account, reason=distrusted.reason)
            except (Refusal, NotTaken) as refusal:
                self._log.warning("outgoing.postponed", account=mailbox.account, reason=str(refusal.args[0]))
            except Exception as error:  # noqa: BLE001 - one mailbox's trouble must not stop the others' mail
                self._log.error("outgoing.mailbox_failed", account=mailbox.account, error=type(error).__name__)

    async def begin(self, mailboxes: Iterable[RelayMailbox]) -> None:
        """Before mail is taken: mailboxes that the database does not know are read from here on. Raises Refusal."""
        for mailbox in mailboxes:
            account = mailbox.account
            if await self._database.run(partial(outbox.cursor, account=account)) is None:
                state, now = await mailbox.state(), self._clock()
                await self._database.run(partial(outbox.begin, account=account, state=state, now=now))
                self._log.warning("outgoing.begun", account=account)

    async def _page(self, mailbox: RelayMailbox) -> bool:
        cursor, start = await self._database.run(
            lambda c: (outbox.cursor(c, mailbox.account), outbox.start(c, mailbox.account))
        )
        news, again = await self._news(mailbox, cursor)
        letters = [item for item in news.items if isinstance(item, Arrived)]
        keylog.tell_letters(self._log, mailbox.account, letters)
        arrived = [(item.letter.sender.account, item.letter.message) for item in letters]
        mailed = await self._database.run(lambda c: outbox.known(c, mailbox.account, arrived))
        to_mail: list[Arrived] = []
        for item in news.items:
            if again and item.received_at.timestamp() < start:
                continue
            match item:
                case Arrived(letter=letter) if (letter.sender.account, letter.message) not in mailed:
                    to_mail.append(item)
                case Unreadable():
                    await self._unreadable(mailbox, item)
                case _:
                    pass
        for group in _groups(to_mail):
            await self._letters(mailbox, group)
        reached = f"{AGAIN}{news.state}" if again and news.more else news.state
        if reached != cursor:
            await self._database.run(lambda c: outbox.advance(c, mailbox.account, reached))
        return news.more

    async def _news(self, mailbox: RelayMailbox, cursor: str | None) -> tuple[News, bool]:
        """What follows the cursor, and whether it is part of reading all from the beginning."""
        if cursor is None:
            return await mailbox.news(None, "in"), True
        try:
            return await mailbox.news(cursor.removeprefix(AGAIN), "in"), cursor.startswith(AGAIN)
        except Refusal as refusal:
            if refusal.name != "cannotCalculateChanges":
                raise
            self._log.warning("outgoing.from_the_beginning", account=mailbox.account)
            return await mailbox.news(None, "in"), True

    async def _unreadable(self, mailbox: RelayMailbox, item: Unreadable) -> None:
        self._skipped(mailbox, item.id, item.reason)
        # Only a signature proves an author: the relay's word alone is a trace and no letter to anybody.
        if item.proven and item.reason not in _UNTOLD:
            await self._notices.not_sent(mailbox, item.from_, item.thread, item.letter, "")

    async def _letters(self, mailbox: RelayMailbox, group: Sequence[Arrived]) -> None:
        """Made mails together, queued in their order by one commit: those before one that has to wait are queued."""
        made = await asyncio.gather(*(self._made(mailbox, item) for item in group), return_exceptions=True)
        waiting = next((number for number, outcome in enumerate(made) if isinstance(outcome, BaseException)), len(made))
        await self._queue(mailbox, [outcome for outcome in made[:waiting] if isinstance(outcome, _Made)])
        for item, outcome in zip(group[:waiting], made, strict=False):
            if isinstance(outcome, _Refused):
                await self._refused(mailbox, item, outcome)
        if waiting < len(made):
            raise cast(BaseException, made[waiting])

    async def _made(self, mailbox: RelayMailbox, item: Arrived) -> "_Made | _Refused":
        try:
            outbound = await self._outbound(mailbox, item.letter)
        except NotMail as error:
            return _Refused(error.reason)
        except TooLarge:
            return _Refused(_TOO_LARGE)
        letter = item.letter
        sealed = outbox.seal(self._keys.outbox, mailbox.account, item.id, outbound)
        mark = Mark(letter.sender.account, letter.message, letter.thread)
        return _Made(item.id, sealed, mark, self._asked(mailbox, letter))

    def _asked(self, mailbox: RelayMailbox, letter: Letter) -> receipts.Asked | None:
        said = receipts.said_by(letter)
        if said is None:
            return None
        mail = receipts.name(self._keys.letters, _answered(letter))
        return receipts.Asked(mailbox.account, letter.sender.account, said.of, mail)

    async def _queue(self, mailbox: RelayMailbox, made: Sequence["_Made"]) -> None:
        if not made:
            return
        account, lifetime = mailbox.account, self._style.lifetime
        domain, now = rules.domain_of(mailbox.address), self._clock()

        def put(connection: Connection) -> list[_Made]:
            going = [each for each in made if each.asked is None or receipts.take(connection, each.asked)]
            for each in going:
                outbox.put(connection, account, each.item, domain, each.sealed, now, lifetime, each.mark)
            return going

        going = await self._database.run(put)
        for each in made:
            event = "outgoing.queued" if each in going else "outgoing.receipt_unasked"
            self._log.info(event, account=account, item=each.item, domain=domain)
        self._wake()

    async def _refused(self, mailbox: RelayMailbox, item: Arrived, refused: "_Refused") -> None:
        letter = item.letter
        self._skipped(mailbox, item.id, refused.reason)
        if refused.reason in _UNTOLD:
            return
        if refused.reason == _TOO_LARGE:
            await self._notices.too_large(mailbox, letter)
        else:
            author = letter.sender.account
            await self._notices.not_sent(mailbox, author, letter.thread, letter.message, letter.subject)

    async def _outbound(self, mailbox: RelayMailbox, letter: Letter) -> Outbound:
        await self._prove_author(letter)
        if (said := receipts.said_by(letter)) is not None:
            if said.event != "read":
                raise NotMail(_NO_RECEIPT)
            return self._disposition(mailbox, letter)
        if sum(attachment.size for attachment in letter.attachments()) > limits.MAIL_TOTAL:
            raise TooLarge
        contents = {attachment.id: await self._file(mailbox, attachment) for attachment in letter.attachments()}
        envelope = Envelope(
            letter.sender.address.lower(), mailbox.address, mailbox.name, self._style.hostname, self._style.product
        )
        try:
            mail = await self._with_copies(letter, contents, envelope)
        except (NoMail, ValueError):
            raise NotMail("noForm") from None
        except Exception as error:  # noqa: BLE001 - a letter that breaks the writer must not stop those behind it
            self._log.error("outgoing.writer_failed", account=mailbox.account, error=type(error).__name__)
            raise NotMail("noForm") from None
        if len(mail) > limits.MAIL_RAW:
            raise TooLarge
        return Outbound(
            envelope.sender, mailbox.address, mail, letter.message, letter.thread, letter.sender.account, letter.subject
        )

    def _disposition(self, mailbox: RelayMailbox, letter: Letter) -> Outbound:
        """To the mailbox that the letter came to, from nobody (RFC 8098, 3): its own failure is reported nowhere."""
        reader = letter.sender.address.lower()
        displayed = Displayed(
            letter.message, reader, letter.sender.name, mailbox.address, _answered(letter), letter.sent
        )
        try:
            mail = disposition(displayed, self._style.hostname, self._style.product)
        except BadField:
            raise NotMail(_NO_RECEIPT) from None
        author = letter.sender.account
        return Outbound("", mailbox.address, mail, letter.message, letter.thread, author, "", notice=True)

    async def _with_copies(self, letter: Letter, contents: Mapping[bytes, bytes], envelope: Envelope) -> bytes:
        """Readable copies beside the documents, unless they make the mail too large: they are a help, no content."""
        copies = {} if self._copyist is None else await self._copyist.copies(letter, contents)
        mail = await self._written(letter, contents, envelope, copies)
        return await self._written(letter, contents, envelope, {}) if copies and len(mail) > limits.MAIL_RAW else mail

    async def _written(
        self, letter: Letter, contents: Mapping[bytes, bytes], envelope: Envelope, copies: Mapping[bytes, bytes]
    ) -> bytes:
        write = partial(translate.to_mail, letter, lambda each: contents[each.id], envelope, copies)
        # 25 MB of base64 takes longer than others may wait; of a small mail, changing threads is the longer part.
        size = _size(letter) + sum(map(len, copies.values()))
        return write() if size <= INLINE_BYTES else await asyncio.to_thread(write)

    async def _prove_author(self, letter: Letter) -> None:
        # A letter says its sender's address itself: only the relay's word binds it to the account that signed.
        address = letter.sender.address.lower()
        if rules.domain_of(address) != self._style.patient_domain.lower():
            raise NotMail("foreignAuthor")
        try:
            found = await self._directory.find(address)
        except Distrusted as distrusted:
            if distrusted.of_everybody:
                raise
            keylog.tell(self._log, distrusted)
            raise NotMail("unprovenAuthor") from None
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


def _answered(letter: Letter) -> str:
    return "" if letter.mail is None else letter.mail.in_reply_to or ""


def _groups(items: Sequence[Arrived]) -> Iterator[list[Arrived]]:
    """In their order; what one group holds in memory at once is bounded."""
    group: list[Arrived] = []
    size = 0
    for item in items:
        more = _size(item.letter)
        if group and (len(group) >= TOGETHER or size + more > limits.MAIL_TOTAL):
            yield group
            group, size = [], 0
        group.append(item)
        size += more
    if group:
        yield group


def _size(letter: Letter) -> int:
    """Of its words and files, in bytes or a little less."""
    return len(letter.text) + len(letter.html or "") + sum(attachment.size for attachment in letter.attachments())
