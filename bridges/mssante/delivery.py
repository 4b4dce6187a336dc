"""A mail that an operator handed over, to letters at the relay: parse, check, translate, seal, journal, submit.

Laws: it returns only when every recipient's letter is durable; the same mail again is the same letters; plaintext is in
memory alone.
"""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from structlog.typing import FilteringBoundLogger

from bridges.mail.parsed import ParsedMail
from bridges.mail.refusal import CannotRead
from bridges.mail.translate import incoming, threads
from bridges.mail.workers import WorkerDied, Workers
from bridges.mssante import keylog, outbox, receipts, rules
from bridges.mssante.contacts import Contacts
from bridges.mssante.database import Database
from bridges.mssante.journal import Conversation, Place
from bridges.mssante.keyfile import GatewayKeys
from bridges.mssante.metrics import METRICS
from bridges.mssante.ports import RelayClient, RelayMailbox
from bridges.mssante.returned import Returned
from bridges.mssante.rules import NotTaken
from bridges.mssante.shares import Shares
from bridges.mssante.submissions import Submissions, comes_back
from clients.content.part import Part
from clients.sdk import Distrusted, Draft, Enclosed, Prepared
from clients.sdk.files import ENCLOSED_BYTES, ENCLOSED_FILES
from crypto.encoding import b64u, canonical
from messaging.wire.errors import Refusal

NOBODY = "<>"  # the null sender: of reports alone


@dataclass(frozen=True)
class Recipient:
    """A patient that RCPT named: the address in small letters, and the account that it is of."""

    address: str
    account: str


@dataclass(frozen=True)
class Handover:
    """What the SMTP session proved of a mail: its sender, its patients, and which domains its peer may speak for."""

    mail_from: str
    recipients: tuple[Recipient, ...]
    may_speak_for: Callable[[str], bool]
    peer: Hashable = ""


# Tells a sender which recipients were refused: mailbox, sender, Message-ID, hash of the mail, answers by address.
Report: TypeAlias = Callable[[RelayMailbox, str, str | None, str, Mapping[str, str]], Awaitable[None]]


class Delivery:
    """`mailboxes` by address in small letters."""

    def __init__(
        self, workers: Workers, client: RelayClient, mailboxes: Mapping[str, RelayMailbox], submissions: Submissions,
        contacts: Contacts, returned: Returned, database: Database, keys: GatewayKeys, hostname: str, report: Report,
        log: FilteringBoundLogger,
    ) -> None:  # fmt: skip
        self._workers, self._client, self._mailboxes, self._submissions = workers, client, mailboxes, submissions
        self._contacts, self._returned, self._database = contacts, returned, database
        self._keys, self._hostname, self._report, self._log = keys, hostname, report, log
        self._parsing = Shares(workers.size, 1)

    async def deliver(self, raw: bytes, handover: Handover) -> None:
        """Every recipient has the mail when it returns. Raises NotTaken."""
        mail = await self._parsed(raw, handover.peer)
        try:
            if handover.mail_from == NOBODY:
                rules.check_report(mail)
                await self._returned.take(mail, [recipient.account for recipient in handover.recipients])
                return
            rules.check_mail(mail, handover.may_speak_for, len(handover.recipients))
            author = rules.author(mail, self._mailboxes, handover.may_speak_for)
            mailbox = self._mailboxes[author.address.lower()]
            await self._post_all(_Taken(mail, mailbox, handover, hashlib.sha256(raw).digest()))
        except Refusal as refusal:
            raise _told(refusal) from None
        except Distrusted as distrusted:
            keylog.tell(self._log, distrusted)
            raise rules.distrusted(distrusted.reason) from None
        except ValueError:  # a letter or a file outside the limits of docs/spec that mail allows
            raise NotTaken(
                554, "5.6.0", "The message has a form that cannot be delivered to patients", "noLetter"
            ) from None

    async def _parsed(self, raw: bytes, peer: Hashable) -> ParsedMail:
        try:
            async with self._parsing.hold(peer):
                return await self._workers.parse(raw)
        except CannotRead as refusal:
            code = 552 if refusal.status == "5.3.4" else 554
            words = refusal.reason[:1].upper() + refusal.reason[1:]
            raise NotTaken(code, refusal.status, words, "cannotRead") from None
        except WorkerDied:
            raise rules.unavailable("workerDied") from None

    async def _post_all(self, taken: "_Taken") -> None:
        try:
            plan = incoming.plan(taken.mail)
        except incoming.TooManyParts as error:
            raise NotTaken(554, "5.6.0", str(error)[:1].upper() + str(error)[1:], "tooManyParts") from None
        parts = _Parts(plan, taken.mailbox)
        refused: dict[Recipient, Refusal] = {}
        for recipient in taken.handover.recipients:
            try:
                await self._one(taken, recipient, parts)
            except Refusal as refusal:
                if comes_back(refusal):
                    raise  # the sender hands the mail over again; who has it by then gets no second letter
                refused[recipient] = refusal
        if len(refused) == len(taken.handover.recipients):
            raise _told(next(iter(refused.values())))
        if refused:
            # One answer for all recipients is all that SMTP has here: those who were refused are reported by mail.
            answers = {recipient.address: _told(refusal).line for recipient, refusal in refused.items()}
            await self._report(
                taken.mailbox, taken.handover.mail_from, taken.mail.message_id, b64u(taken.digest), answers
            )

    async def _one(self, taken: "_Taken", recipient: Recipient, parts: "_Parts") -> None:
        account, peer = taken.mailbox.account, recipient.account
        if taken.mail.flags.automatic:
            async with self._contacts.as_they_are(account, peer):
                await self._post(taken, recipient, parts)
        else:
            await self._post(taken, recipient, parts)
            self._contacts.opened(account, peer)
        if taken.mail.flags.final:
            # After the letter, which tells the patient; repeated with the mail when something stops in between.
            await self._client.close_contact(account, peer)
            self._log.info("contact.closed", account=account, peer=peer)

    async def _post(self, taken: "_Taken", recipient: Recipient, parts: "_Parts") -> None:
        thread = await self._thread(taken, recipient)
        letter = self._letter_id(taken, recipient)
        conversation = Conversation(taken.mailbox.account, thread, recipient.account)

        asks = incoming.wants_receipt(taken.mail, taken.handover.mail_from, taken.mailbox.address)

        async def prepare(place: Place) -> Prepared:
            await taken.mailbox.check([recipient.account])  # before a file of it leaves, sealed or not
            if asks:
                await self._want_receipt(taken, recipient, letter)
            files, enclosed = await parts.sealed()
            draft = Draft(
                subject=incoming.shown_subject(taken.mail.subject),
                text=taken.mail.text,
                html=taken.mail.html,
                parts=files,
                thread=thread,
                message=letter,
                in_reply_to=threads.answered(taken.mail, self._hostname, thread),
                mail=incoming.thread_facts(taken.mail, taken.mailbox.address, recipient.address, receipt_wanted=asks),
                counter=place.counter,
                previous=place.previous,
            )
            return await taken.mailbox.prepare(draft, [recipient.account], enclosed)

        begins = not asks and parts.small and not threads.answers(taken.mail)
        await self._submissions.post(letter, conversation, taken.mailbox, prepare, begins=begins)
        METRICS.letters_in.inc()
        self._log.info("letter.submitted", account=taken.mailbox.account, peer=recipient.account, letter=letter)

    async def _want_receipt(self, taken: "_Taken", recipient: Recipient, letter: str) -> None:
        mail = receipts.name(self._keys.letters, taken.mail.message_id or "")
        asked, now = receipts.Asked(taken.mailbox.account, recipient.account, letter, mail), time.time()
        await self._database.run(lambda c: receipts.want(c, asked, now))

    async def _thread(self, taken: "_Taken", recipient: Recipient) -> str:
        mail, mailbox, known = taken.mail, taken.mailbox, frozenset[str]()
        if named := threads.own_threads(mail, self._hostname):
            account = mailbox.account
            known = await self._database.run(lambda c: outbox.known_threads(c, account, recipient.account, named))
        return threads.thread_of(mail, mailbox.address, self._hostname, self._keys.threads, known)

    def _letter_id(self, taken: "_Taken", recipient: Recipient) -> str:
        named = canonical([taken.handover.mail_from, taken.mail.message_id, recipient.address, b64u(taken.digest)])
        return b64u(hmac.digest(self._keys.letters, named, "sha256")[:16])


@dataclass(frozen=True)
class _Taken:
    mail: ParsedMail
    mailbox: RelayMailbox
    handover: Handover
    digest: bytes


class _Parts:
    """The mail's files, sealed when a letter needs them, anew for each patient's letter: what the relay sees of two
    letters then has nothing in common. Small ones go to the relay, and into the journal, with their letter."""

    def __init__(self, plan: incoming.Plan, mailbox: RelayMailbox) -> None:
        self._plan, self._mailbox = plan, mailbox

    async def sealed(self) -> tuple[tuple[Part, ...], tuple[Enclosed, ...]]:
        """The letter's parts; and what of them the relay does not have yet."""
        if self.small:
            enclosed = tuple(self._mailbox.enclose(file.name, file.type, file.data) for file in self._plan.files)
            return self._plan.parts([each.file for each in enclosed]), enclosed
        files = [await self._mailbox.attach(file.name, file.type, file.data) for file in self._plan.files]
        return self._plan.parts(files), ()

    @property
    def small(self) -> bool:
        """Whether nothing of them leaves before the letter does."""
        files = self._plan.files
        return len(files) <= ENCLOSED_FILES and sum(len(file.data) for file in files) <= ENCLOSED_BYTES


def _told(refusal: Refusal) -> NotTaken:
    if comes_back(refusal):
        return rules.unavailable(refusal.name)
    match refusal.name:
        case "recipientNotFound":
            return rules.closed_recipient()
        case "recipientRefuses":
            return NotTaken(550, "5.7.1", "The patient does not take messages from this sender", refusal.name)
        case "tooLarge":
            return NotTaken(552, "5.3.4", "The message is too large for the patient's mailbox", refusal.name)
        case _:
            return rules.unavailable(refusal.name)
