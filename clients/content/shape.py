"""Reads JSON values of a known shape. Every failure is WrongShape, a ValueError; nothing is converted or forgiven."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from crypto.attachment import Attachment
from crypto.encoding import Json, moment, unb64u
from crypto.errors import CannotOpen, NotCanonical


class WrongShape(ValueError):
    """A value that docs/spec/content.md does not allow here. Holds no content."""


def members(value: Json, names: frozenset[str]) -> Mapping[str, Json]:
    """`value` when it is an object of exactly these members."""
    if not isinstance(value, Mapping) or value.keys() != names:
        raise WrongShape("not an object of exactly the expected members")
    return value


def text(value: Json, limit: int | None = None) -> str:
    """`value` when it is text of at most `limit` characters."""
    if not isinstance(value, str) or (limit is not None and len(value) > limit):
        raise WrongShape("not text, or too long")
    return value


def optional_text(value: Json) -> str | None:
    """Text or null."""
    return None if value is None else text(value)


def integer(value: Json, least: int = 0) -> int:
    """`value` when it is an integer of at least `least`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise WrongShape("not an integer, or too small")
    return value


def array(value: Json, limit: int) -> Sequence[Json]:
    """`value` when it is an array of at most `limit` items."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > limit:
        raise WrongShape("not an array, or too long")
    return value


def octets(value: Json, length: int) -> bytes:
    """The bytes of b64u text, exactly `length` of them."""
    try:
        return unb64u(text(value), length)
    except NotCanonical as error:
        raise WrongShape("not base64url of that length") from error


def identifier(value: Json) -> str:
    """A letter, thread or attachment id: b64u of 16 bytes, as text."""
    octets(value, 16)
    return text(value)


def instant(value: Json) -> datetime:
    """A moment in UTC: RFC 3339 with Z."""
    try:
        return datetime.fromisoformat(moment(value)).astimezone(UTC)
    except NotCanonical as error:
        raise WrongShape("not a time in UTC") from error


def day(value: Json) -> date:
    """YYYY-MM-DD, in that spelling only."""
    spelled = text(value)
    try:
        found = date.fromisoformat(spelled)
    except ValueError as error:
        raise WrongShape("not a date") from error
    if found.isoformat() != spelled:
        raise WrongShape("not a date")
    return found


def attachment(value: Json) -> Attachment:
    """The reference of docs/spec/attachment.md."""
    try:
        return Attachment.from_json(value)
    except CannotOpen as error:
        raise WrongShape("not an attachment") from error


def spell(when: datetime) -> str:
    """RFC 3339 in UTC with Z; a fraction only where there is one. ValueError without a zone."""
    if when.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return when.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
