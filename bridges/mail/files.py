"""File names and media types from outside, within the limits of docs/spec/attachment.md. Pure."""

import mimetypes
import re
import unicodedata
from typing import Final

from bridges.mail import limits
from bridges.mail.parsed import ParsedFile

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_EXTENSIONS: Final = {"message/rfc822": ".eml", "message/delivery-status": ".txt", "text/calendar": ".ics"}
UNKNOWN_TYPE: Final = "application/octet-stream"


def file(name: str, type_: str, data: bytes, position: int) -> ParsedFile:
    """A file under a name and type that a letter can hold; `position` names those without a name."""
    kind = media_type(type_)
    return ParsedFile(clean_name(name) or f"file-{position}{_extension(kind)}", kind, data)


def media_type(text: str) -> str:
    """In small letters, without parameters; unknown shapes become application/octet-stream."""
    kind = text.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) and len(kind) <= 127 else UNKNOWN_TYPE


def clean_name(name: str) -> str:
    """The last component, without control or direction characters, at most 255 characters; may be empty."""
    composed = unicodedata.normalize("NFC", name)
    last = re.split(r"[/\\]", composed)[-1]
    cleaned = _FORBIDDEN.sub("", last).strip().strip(".")
    return cleaned if len(cleaned) <= limits.NAME else _shortened(cleaned)


def _shortened(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 16:
        return name[: limits.NAME]
    return stem[: limits.NAME - len(suffix) - 1] + "." + suffix


def _extension(kind: str) -> str:
    return _EXTENSIONS.get(kind) or mimetypes.guess_extension(kind) or ".bin"
