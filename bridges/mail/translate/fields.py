"""Header fields of mail that leaves: made here, stored and written as they are. Python's header objects are not used,
because they decode encoded words that somebody wrote into a text, and write what those hide (CR LF among it).

Laws: a field is printable ASCII; a text that is more, or that looks like an encoded word, is RFC 2047 base64 words or
an RFC 2231 parameter; a mail whose head is not exactly the fields that were set does not leave.
"""

import base64
import re
from collections import Counter
from collections.abc import Iterator
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from bridges.mail import headers, limits

LINE: Final = 78
_WORD_BYTES: Final = 45  # an encoded word is at most 75 characters
_SEGMENT: Final = 60  # characters of one continuation of a parameter
_REGISTRY: Final[Any] = HeaderRegistry()
_IDS: Final = frozenset({"message-id", "in-reply-to", "references"})
_NOT_PRINTED = re.compile(r"[^\x20-\x7e]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


class BadField(ValueError):
    """A field that may not leave. Holds no content."""


class RawPolicy(EmailPolicy):
    """RFC 5322 lines of fields that are stored as the text they are."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, str]:
        """Raises BadField: not printable ASCII, or no field's name."""
        text = str(value)
        if not _NAME.fullmatch(name) or _NOT_PRINTED.search(text):
            raise BadField(f"a {name[:20]!r} field that may not leave")
        return name, text

    def header_fetch_parse(self, name: str, value: Any) -> Any:  # noqa: ARG002 - the policy's name for it
        """As it is stored: parsing a field at each look at it was a sixth of what a mail costs."""
        return value

    def header_max_count(self, name: str) -> int | None:
        """How many fields of this name a mail may have; None: any number."""
        return _most(name.lower())

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Folded at its spaces alone; message ids stand one on a line."""
        width = 0 if name.lower() in _IDS else LINE
        lines = [f"{name}:"]
        for word in str(value).split(" "):
            if len(lines[-1]) + 1 + len(word) > width and lines[-1].strip() not in ("", f"{name}:"):
                lines.append("")
            lines[-1] += f" {word}"
        return (self.linesep.join(lines) + self.linesep).encode("ascii")


@lru_cache(maxsize=256)
def _most(name: str) -> int | None:
    # Python's registry makes a class for each question.
    most: int | None = _REGISTRY[name].max_count
    return most


POLICY: Final = RawPolicy(linesep="\r\n", max_line_length=LINE)


def text(value: str, limit: int = limits.SUBJECT) -> str:
    """An unstructured field's text (RFC 2047 where it must be)."""
    plain = headers.line(value, limit)
    return plain if _is_plain(plain) else _words(plain)


def printable(value: str, limit: int = 200) -> str:
    """What is left of a value that has no encoded form."""
    return _NOT_PRINTED.sub("", headers.line(value)).replace("=?", "= ?")[:limit].strip()


def address(name: str, spec: str) -> str:
    """`name <spec>`. Raises BadField: an address that no header may hold."""
    if not headers.is_address(spec):
        raise BadField("an address that no header may hold")
    plain = headers.line(name, limits.SUBJECT)
    if not plain:
        return f"<{spec}>"
    if not _is_plain(plain):
        return f"{_words(plain)} <{spec}>"
    if _ATOMS.fullmatch(plain):
        return f"{plain} <{spec}>"
    quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{spec}>'


def file_name(name: str) -> str:
    """The `filename` parameter or parameters of a Content-Disposition (RFC 2183, 2231)."""
    plain = headers.line(name, limits.NAME) or "file"
    if _is_plain(plain) and not re.search(r'["\\]', plain):
        return f'filename="{plain}"'
    segments = list(_segments(plain))
    if len(segments) == 1:
        return f"filename*=utf-8''{segments[0]}"
    first, *rest = segments
    return "; ".join(
        (f"filename*0*=utf-8''{first}", *(f"filename*{number}*={segment}" for number, segment in enumerate(rest, 1)))
    )


def checked(mail: EmailMessage) -> bytes:
    """The mail's bytes. Raises BadField when their head holds anything but the fields that were set."""
    raw = mail.as_bytes(policy=POLICY)
    head, end, _ = raw.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    names = Counter(line.partition(b":")[0].decode("ascii", "replace").lower() for line in lines)
    if not end or names != Counter(name.lower() for name in mail) or re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", head):
        raise BadField("the head of the mail is not what was set")
    return raw


def _is_plain(value: str) -> bool:
    return "=?" not in value and _NOT_PRINTED.search(value) is None


def _words(value: str) -> str:
    return " ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in _chunks(value))


def _chunks(value: str) -> Iterator[bytes]:
    # Whole characters in each word: a reader may not join them before decoding (RFC 2047, 5).
    chunk = b""
    for character in value.encode("utf-8", "replace").decode("utf-8"):
        encoded = character.encode()
        if len(chunk) + len(encoded) > _WORD_BYTES:
            yield chunk
            chunk = b""
        chunk += encoded
    yield chunk


def _segments(value: str) -> Iterator[str]:
    segment = ""
    for character in value:
        encoded = quote(character.encode("utf-8", "replace"), safe="")
        if len(segment) + len(encoded) > _SEGMENT:
            yield segment
            segment = ""
        segment += encoded
    yield segment
