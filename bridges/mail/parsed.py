"""A foreign mail as a plain value: what the parsing worker answers. No I/O, no library objects.

`Json` members are what the content kinds' own `from_json` reads: nothing here knows a kind.
"""

from typing import Any, Literal

import msgspec


class Mailbox(msgspec.Struct, frozen=True):
    """One address, in the spelling of its header, and its display name."""

    address: str
    name: str = ""


class ParsedFile(msgspec.Struct, frozen=True):
    """An attachment. `name` and `type` are within the limits of docs/spec/attachment.md."""

    name: str
    type: str
    data: bytes


class ParsedDocument(msgspec.Struct, frozen=True):
    """A document of an IHE_XDM archive. `described` has the members of a record document except `file` and `copy`."""

    file: ParsedFile
    described: dict[str, Any]


class Flags(msgspec.Struct, frozen=True):
    """What the headers say of the mail's nature."""

    automatic: bool = False  # Auto-Submitted (RFC 3834), or a report
    dsn: bool = False  # RFC 3464
    mdn: bool = False  # RFC 8098
    final: bool = False  # X-MSS-MES: FIN, or a subject of exactly [FIN]
    hops: int = 0  # Received headers


class Report(msgspec.Struct, frozen=True):
    """What a multipart/report says of one mail. `message_ids`: those that it may be about."""

    event: Literal["failed", "delayed", "delivered", "read"]
    message_ids: tuple[str, ...]


class ParsedMail(msgspec.Struct, frozen=True, tag="mail"):
    """Message ids keep their angle brackets; `date` is RFC 3339 in UTC; `html` is reduced to the allow-list."""

    message_id: str | None
    date: str | None
    from_: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    subject: str
    in_reply_to: str | None
    references: tuple[str, ...]
    text: str
    html: str | None
    files: tuple[ParsedFile, ...]
    invitations: tuple[dict[str, Any], ...]
    documents: tuple[ParsedDocument, ...]
    flags: Flags
    restrictions: tuple[str, ...] = ()  # confidentiality codes of CDA documents that lie in it as mere files
    report: Report | None = None
    receipt_to: tuple[Mailbox, ...] = ()  # Disposition-Notification-To (RFC 8098), where we know what it asks


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The mail cannot be taken. `status` is an enhanced status code; `reason` is words for the sender's postmaster."""

    status: str
    reason: str


Answer = ParsedMail | Refused
