"""Header fields of foreign mail as text. Pure; tolerant of the merely odd, never of what could start another header."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

from bridges.mail import limits
from bridges.mail.parsed import Mailbox

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{1,996}>")
_BARE_ID = re.compile(r"[^<>\s,;]{1,996}@[^<>\s,;]{1,255}")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x20\x7f]{1,64}@[A-Za-z0-9.-]{1,253}")
_UNKNOWN: Final = "unknown-8bit"


def value(message: Message, name: str) -> str:
    """The first field of that name as one line of text; empty where there is none."""
    raw = message.get(name)
    return "" if raw is None else line(decoded(raw))


def decoded(raw: object) -> str:
    """Encoded words as text (RFC 2047), bytes as UTF-8 or Latin-1, and no lone surrogate."""
    if isinstance(raw, Header):
        return "".join(_chunk(piece, charset) for piece, charset in decode_header(raw))
    text = str(raw)
    if "=?" not in text:
        return _plain(text)
    try:
        return "".join(_chunk(piece, charset) for piece, charset in decode_header(_plain(text)))
    except (HeaderParseError, ValueError):
        return _plain(text)


def line(text: str, limit: int = 4096) -> str:
    """One line: control and direction characters become a space."""
    return " ".join(_CONTROL.sub(" ", text).split())[:limit].strip()


def message_ids(text: str) -> tuple[str, ...]:
    """All message ids of a field, with their brackets, each once, the last 50."""
    bare = (each for each in _BARE_ID.findall(text) if len(each) <= limits.MESSAGE_ID - 2)
    found = _MESSAGE_ID.findall(text) or [f"<{each}>" for each in bare]
    return tuple(dict.fromkeys(found))[-limits.REFERENCES :]


def mailboxes(message: Message, name: str) -> tuple[Mailbox, ...]:
    """The addresses of all fields of that name that are addresses; the others are left out."""
    pairs = getaddresses([_plain(str(raw)) for raw in message.get_all(name, [])])
    return tuple(
        Mailbox(address.strip(), line(decoded(label), limits.SUBJECT))
        for label, address in pairs
        if is_address(address.strip())
    )


def is_address(text: str) -> bool:
    """Whether it is a plain local@domain that stands safely in a header and in an SMTP command."""
    plain = len(text) <= limits.ADDRESS and text.isascii() and "=?" not in text
    return plain and _ADDRESS.fullmatch(text) is not None


def date(message: Message) -> str | None:
    """The Date field as RFC 3339 in UTC; None when it is missing or no date."""
    try:
        found = parsedate_to_datetime(str(message.get("Date", "")))
        known = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return known.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def instant(text: str) -> datetime:
    """What `date` spelled."""
    return datetime.fromisoformat(text).astimezone(UTC)


def charset_text(raw: bytes, charsets: Iterable[str | None]) -> str:
    """Bytes as text by the first charset that fits, else UTF-8, else Windows-1252 with replacements. Never fails."""
    for name in (*charsets, "utf-8"):
        try:
            return _scalars(raw.decode(_alias(name)))
        except (LookupError, ValueError, TypeError):
            continue
    return _scalars(raw.decode("cp1252", "replace"))


def _alias(name: str | None) -> str:
    return (name or "utf-8").strip().strip("'\"").lower().replace("x-unknown", "utf-8").replace(_UNKNOWN, "utf-8")


def _chunk(piece: str | bytes, charset: str | None) -> str:
    return _plain(piece) if isinstance(piece, str) else charset_text(piece, (charset,))


def _plain(text: str) -> str:
    return charset_text(text.encode("utf-8", "surrogateescape"), ())


def _scalars(text: str) -> str:
    # Codecs such as utf-7 and cesu variants can make lone surrogates: they have no UTF-8 form.
    return text.encode("utf-8", "replace").decode("utf-8")
