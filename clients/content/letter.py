"""The letter: what is sealed. Its canonical bytes and back (docs/spec/content.md).

Laws: from_bytes(to_bytes(letter)) == letter; bytes that are not a letter raise NotALetter and nothing else.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, TypeVar

from clients.content import shape
from clients.content.kinds import part_from_json
from clients.content.part import Part
from crypto.attachment import Attachment
from crypto.encoding import Json, b64u, canonical, parse_canonical
from crypto.errors import NotCanonical
from crypto.keys import is_account

T = TypeVar("T")

SUBJECT_LIMIT: Final = 255  # characters
TEXT_LIMIT: Final = 1 << 20  # bytes of UTF-8, of the text and of the html
PARTS_LIMIT: Final = 64
REFERENCES_LIMIT: Final = 50
RECIPIENTS_LIMIT: Final = 64
_KEY_ID = re.compile(r"k[a-z2-7]{26}")
_LETTER = frozenset({
    "checkpoint", "counter", "html", "inReplyTo", "mail", "message", "parts", "previous", "recipients", "sender",
    "sent", "subject", "text", "thread", "v",
})  # fmt: skip
_MAIL = frozenset({"from", "inReplyTo", "messageId", "references", "to"})
_ASKED = "receiptWanted"  # stands in `mail` only where it is so
_SENDER = frozenset({"account", "address", "key", "name"})
_RECIPIENT = frozenset({"account", "statement"})
_SEEN = frozenset({"root", "signature", "size"})

NotALetterReason: TypeAlias = Literal["notCanonical", "unknownMembers"]


class NotALetter(ValueError):
    """Bytes that are no letter; `reason` is the one of docs/spec/content.md."""

    def __init__(self, reason: NotALetterReason) -> None:
        super().__init__(reason)
        self.reason: NotALetterReason = reason


@dataclass(frozen=True)
class Sender:
    """Who says to have written: account, key id, the name and mail address to show."""

    account: str
    key: str
    name: str
    address: str


@dataclass(frozen=True, order=True)
class LetterRecipient:
    """One reader, with the hash (32 bytes) of the key statement that the letter was sealed to."""

    account: str
    statement: bytes


@dataclass(frozen=True)
class Mail:
    """What a bridge needs to keep the thread whole in ordinary mail. Message ids with their angle brackets.

    `receipt_wanted`: its author asked to be told that it was read (RFC 8098). Only its reader may answer that.
    """

    from_: str
    to: str
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    receipt_wanted: bool = False


@dataclass(frozen=True)
class LogSeen:
    """The newest checkpoint of the key log that the sender verified: how many entries, and the tree's root (32).

    `signature` (64) is the log's own Ed25519 signature of it: without a right one it says nothing.
    """

    size: int
    root: bytes
    signature: bytes


@dataclass(frozen=True)
class Letter:
    """`counter` counts this sender's letters in the thread from 1; `previous` is the hash of the one before."""

    message: str
    thread: str
    sent: datetime
    sender: Sender
    recipients: tuple[LetterRecipient, ...]
    counter: int
    previous: bytes | None
    subject: str
    text: str
    html: str | None = None
    parts: tuple[Part, ...] = ()
    in_reply_to: str | None = None
    mail: Mail | None = None
    checkpoint: LogSeen | None = None

    def attachments(self) -> tuple[Attachment, ...]:
        """Of all parts, in order."""
        return tuple(found for part in self.parts for found in part.attachments())


def to_bytes(letter: Letter) -> bytes:
    """The canonical bytes. Raises NotALetter when the values are outside the limits of the specification."""
    raw = canonical(_to_json(letter))
    from_bytes(raw)
    return raw


def from_bytes(raw: bytes) -> Letter:
    """The letter in `raw`. Raises NotALetter."""
    try:
        value = parse_canonical(raw)
    except NotCanonical as error:
        raise NotALetter("notCanonical") from error
    try:
        return _from_json(value)
    except ValueError as error:
        raise NotALetter("unknownMembers") from error


def letter_hash(raw: bytes) -> bytes:
    """SHA-256 of a letter's canonical bytes: what the next letter's `previous` says."""
    return hashlib.sha256(raw).digest()


def _to_json(letter: Letter) -> dict[str, Json]:
    return {
        "checkpoint": None if letter.checkpoint is None else _seen_to_json(letter.checkpoint),
        "counter": letter.counter,
        "html": letter.html,
        "inReplyTo": letter.in_reply_to,
        "mail": None if letter.mail is None else _mail_to_json(letter.mail),
        "message": letter.message,
        "parts": [part.to_json() for part in letter.parts],
        "previous": None if letter.previous is None else b64u(letter.previous),
        "recipients": [{"account": to.account, "statement": b64u(to.statement)} for to in letter.recipients],
        "sender": {
            "account": letter.sender.account,
            "address": letter.sender.address,
            "key": letter.sender.key,
            "name": letter.sender.name,
        },
        "sent": shape.spell(letter.sent),
        "subject": letter.subject,
        "text": letter.text,
        "thread": letter.thread,
        "v": 1,
    }


def _from_json(value: Json) -> Letter:
    found = shape.members(value, _LETTER)
    if found["v"] != 1 or isinstance(found["v"], bool):
        raise shape.WrongShape("not a letter of version 1")
    return Letter(
        message=shape.identifier(found["message"]),
        thread=shape.identifier(found["thread"]),
        sent=shape.instant(found["sent"]),
        sender=_sender(found["sender"]),
        recipients=_recipients(found["recipients"]),
        counter=shape.integer(found["counter"], 1),
        previous=_optional(found["previous"], lambda raw: shape.octets(raw, 32)),
        subject=shape.text(found["subject"], SUBJECT_LIMIT),
        text=_bounded(found["text"]),
        html=_optional(found["html"], _bounded),
        parts=tuple(part_from_json(raw) for raw in shape.array(found["parts"], PARTS_LIMIT)),
        in_reply_to=_optional(found["inReplyTo"], shape.identifier),
        mail=_optional(found["mail"], _mail),
        checkpoint=_optional(found["checkpoint"], _seen),
    )


def _optional(raw: Json, read: Callable[[Json], T]) -> T | None:
    return None if raw is None else read(raw)


def _bounded(raw: Json) -> str:
    found = shape.text(raw)
    if len(found.encode()) > TEXT_LIMIT:
        raise shape.WrongShape("text over its limit")
    return found


def _account(raw: Json) -> str:
    found = shape.text(raw)
    if not is_account(found):
        raise shape.WrongShape("not an account")
    return found


def _key_id(raw: Json) -> str:
    found = shape.text(raw)
    if _KEY_ID.fullmatch(found) is None:
        raise shape.WrongShape("not a key id")
    return found


def _sender(raw: Json) -> Sender:
    found = shape.members(raw, _SENDER)
    return Sender(
        account=_account(found["account"]),
        key=_key_id(found["key"]),
        name=shape.text(found["name"], SUBJECT_LIMIT),
        address=shape.text(found["address"], 254),
    )


def _recipients(raw: Json) -> tuple[LetterRecipient, ...]:
    found = tuple(_recipient(item) for item in shape.array(raw, RECIPIENTS_LIMIT))
    accounts = [to.account for to in found]
    if not found or accounts != sorted(set(accounts)):
        raise shape.WrongShape("recipients are sorted by account, each once")
    return found


def _recipient(raw: Json) -> LetterRecipient:
    found = shape.members(raw, _RECIPIENT)
    return LetterRecipient(_account(found["account"]), shape.octets(found["statement"], 32))


def _seen(raw: Json) -> LogSeen:
    found = shape.members(raw, _SEEN)
    signature = shape.octets(found["signature"], 64)
    return LogSeen(shape.integer(found["size"], 1), shape.octets(found["root"], 32), signature)


def _seen_to_json(seen: LogSeen) -> dict[str, Json]:
    return {"root": b64u(seen.root), "signature": b64u(seen.signature), "size": seen.size}


def _mail(raw: Json) -> Mail:
    asked = isinstance(raw, Mapping) and _ASKED in raw
    found = shape.members(raw, _MAIL | {_ASKED} if asked else _MAIL)
    if asked and found[_ASKED] is not True:
        raise shape.WrongShape("a wish is there, or it is not")
    return Mail(
        from_=shape.text(found["from"], 254),
        to=shape.text(found["to"], 254),
        message_id=_optional(found["messageId"], _message_id),
        in_reply_to=_optional(found["inReplyTo"], _message_id),
        references=tuple(_message_id(item) for item in shape.array(found["references"], REFERENCES_LIMIT)),
        receipt_wanted=asked,
    )


def _message_id(raw: Json) -> str:
    # One line that stands safely in a header: control characters would start a header of their own.
    found = shape.text(raw, 998)
    if len(found) < 3 or found[0] != "<" or found[-1] != ">" or any(c <= " " or c == "\x7f" for c in found):
        raise shape.WrongShape("not a message id")
    return found


def _mail_to_json(mail: Mail) -> dict[str, Json]:
    asked: dict[str, Json] = {_ASKED: True} if mail.receipt_wanted else {}
    return asked | {
        "from": mail.from_,
        "inReplyTo": mail.in_reply_to,
        "messageId": mail.message_id,
        "references": list(mail.references),
        "to": mail.to,
    }
