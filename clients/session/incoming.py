"""What a reader checks before showing anything (docs/spec/content.md). Pure; each failure is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from clients.content.letter import Letter, NotALetter, from_bytes, letter_hash
from clients.session.keyring import Chain, Distrusted, check_pin, is_stale, written_by
from crypto.envelope import Opened, open_sealed
from crypto.errors import CannotOpen
from crypto.keys import SealingSeed
from messaging.wire.types import SealedMessage

Reason: TypeAlias = Literal[
    "cannotOpen",
    "notCanonical",
    "unknownMembers",
    "notForYou",
    "hiddenRecipient",
    "mislabelled",
    "unknownSenderKey",
    "senderKeyChanged",
    "sealedToOtherKey",
    "replayed",
]


class NotShown(Exception):
    """A letter that is not shown. `reason` is for people and logs; it is never sent to whoever made the bytes.

    `proven`: a key of the account that the relay names as sender signed what was opened. `thread`: as it says itself.
    """

    def __init__(self, reason: Reason, *, proven: bool = False, thread: str | None = None) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.proven, self.thread = proven, thread


@dataclass(frozen=True)
class Reader:
    """Who reads: account, the seeds that may open (the present one first), all own keys as the log shows them."""

    account: str
    seeds: Sequence[SealingSeed] = field(repr=False)
    line: Chain


@dataclass(frozen=True)
class Known:
    """What the reader knows of the sender and of letters before: `seen`: (sender, letter id) -> the letter's hash.

    `complete`: when the reader last had all letters; this one was not among them, whatever the relay says. None where
    that is not known.
    """

    chain: Chain
    pins: Mapping[str, str]
    seen: Mapping[tuple[str, str], bytes]
    complete: datetime | None = None


@dataclass(frozen=True)
class Read:
    """A letter that passed every check, and its hash. `stale_key`: it was sealed to an own key of long ago."""

    letter: Letter
    hash: bytes
    stale_key: bool = False


def read(message: SealedMessage, sealed: bytes, reader: Reader, known: Known) -> Read:
    """The letter in `sealed`. Raises NotShown with the first check that failed."""
    opened = _opened(sealed, reader)
    try:
        return _checked(opened, message, reader, known)
    except NotShown as error:
        proven = any(each.keys.signing == opened.sender for each in known.chain)
        raise NotShown(error.reason, proven=proven, thread=_thread(opened)) from error


def _checked(opened: Opened, message: SealedMessage, reader: Reader, known: Known) -> Read:
    letter = _letter(opened)
    _check_recipients(letter, opened, reader)
    _check_label(message, letter, reader)
    _check_sender(letter, opened, message, known)
    own = next(to for to in letter.recipients if to.account == reader.account)
    if all(known.statement_hash != own.statement for known in reader.line):
        raise NotShown("sealedToOtherKey")
    digest = letter_hash(opened.plaintext)
    if known.seen.get((letter.sender.account, letter.message), digest) != digest:
        raise NotShown("replayed")
    return Read(letter, digest, is_stale(reader.line, own.statement, _came(message, known)))


def _check_label(message: SealedMessage, letter: Letter, reader: Reader) -> None:
    # The relay says in which box a letter lies: a clinician's shown as one's own would be believed as such.
    written_here = letter.sender.account == reader.account
    if (message.from_, message.client_id) != (letter.sender.account, letter.message):
        raise NotShown("mislabelled")
    if (message.box == "out") != written_here:
        raise NotShown("mislabelled")


def _opened(sealed: bytes, reader: Reader) -> Opened:
    try:
        return open_sealed(sealed, reader.seeds)
    except CannotOpen as error:
        raise NotShown("cannotOpen") from error


def _letter(opened: Opened) -> Letter:
    try:
        return from_bytes(opened.plaintext)
    except NotALetter as error:
        raise NotShown(error.reason) from error


def _thread(opened: Opened) -> str | None:
    try:
        return from_bytes(opened.plaintext).thread
    except NotALetter:
        return None


def _check_recipients(letter: Letter, opened: Opened, reader: Reader) -> None:
    if all(to.account != reader.account for to in letter.recipients):
        raise NotShown("notForYou")
    if len(letter.recipients) != opened.recipients:
        raise NotShown("hiddenRecipient")


def _check_sender(letter: Letter, opened: Opened, message: SealedMessage, known: Known) -> None:
    received = _received(message)
    if written_by(known.chain, opened.sender, letter.sender.key, received, _came(message, known)) is None:
        raise NotShown("unknownSenderKey")
    try:
        check_pin(letter.sender.account, known.chain, known.pins)
    except Distrusted as error:
        raise NotShown("senderKeyChanged") from error


def _received(message: SealedMessage) -> datetime:
    return datetime.fromisoformat(message.received_at).astimezone(UTC)


def _came(message: SealedMessage, known: Known) -> datetime:
    # The relay could say an old time of a letter that it shows only now: an old key's would pass for one of then.
    received = _received(message)
    return received if known.complete is None else max(received, known.complete)
