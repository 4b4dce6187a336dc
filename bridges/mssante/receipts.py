"""Mails whose author asked to be told that they were read, until the patient says so (RFC 8098).

Laws: only a letter that asked is answered, once, and only for the mail that it was; nothing readable is in the rows.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, Float, LargeBinary, String, Table, and_, delete
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well

from bridges.mssante.database import METADATA
from clients.content.letter import Letter
from clients.content.receipt import Receipt

KEPT_SECONDS: Final = 400 * 86400.0  # who has not read a mail in a year tells nobody
_LABEL: Final = b"pli gateway receipt v1\x00"
_WANTED: Final = Table(
    "receipts_wanted", METADATA,
    Column("account", String, primary_key=True),  # the mailbox
    Column("peer", String, primary_key=True),  # the patient
    Column("letter", String, primary_key=True),
    Column("mail", LargeBinary, nullable=False),  # keyed hash of its Message-ID
    Column("at", Float, nullable=False),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One letter of the mailbox `account` to the patient `peer`, and the mail that it was."""

    account: str
    peer: str
    letter: str
    mail: bytes


def name(key: bytes, message_id: str) -> bytes:
    """A mail's Message-ID as the rows have it (16 bytes)."""
    return hmac.digest(key, _LABEL + message_id.encode(), "sha256")[:16]


def said_by(letter: Letter) -> Receipt | None:
    """The receipt, when the letter is that it was read and nothing else."""
    if len(letter.parts) != 1 or letter.text.strip() or letter.html is not None:
        return None
    (part,) = letter.parts
    return part if isinstance(part, Receipt) else None


def want(connection: Connection, asked: Asked, now: float) -> None:
    """Before the letter leaves: it may be read at once."""
    row = {"account": asked.account, "peer": asked.peer, "letter": asked.letter, "mail": asked.mail, "at": now}
    connection.execute(insert(_WANTED).values(row).on_conflict_do_nothing())


def take(connection: Connection, asked: Asked) -> bool:
    """Whether this letter asked and was not answered; it is now, with this transaction."""
    row = and_(
        _WANTED.c.account == asked.account, _WANTED.c.peer == asked.peer, _WANTED.c.letter == asked.letter,
        _WANTED.c.mail == asked.mail,
    )  # fmt: skip
    return bool(connection.execute(delete(_WANTED).where(row)).rowcount)


def purge(connection: Connection, now: float) -> None:
    """Forgets who was never answered."""
    connection.execute(delete(_WANTED).where(_WANTED.c.at < now - KEPT_SECONDS))
