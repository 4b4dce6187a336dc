"""Makes letters and seals them. Pure but for the sealing's own randomness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clients.content import markup
from clients.content.letter import Letter, LetterRecipient, LogSeen, Mail, Sender, letter_hash, to_bytes
from clients.content.part import Part
from clients.session.keyring import Chain, KnownKey
from crypto.envelope import seal
from crypto.keys import KeyPairs, random_id


@dataclass(frozen=True)
class Draft:
    """What somebody wants to send. None: a new thread, a fresh letter id, the mailbox counts."""

    subject: str
    text: str
    html: str | None = None
    parts: tuple[Part, ...] = ()
    thread: str | None = None
    message: str | None = None
    in_reply_to: str | None = None
    mail: Mail | None = None
    counter: int | None = None
    previous: bytes | None = None


@dataclass(frozen=True)
class Place:
    """A letter's place in its thread: this sender's count there, and the hash of their letter before."""

    counter: int
    previous: bytes | None


@dataclass(frozen=True)
class SealedLetter:
    """`to` is sorted by account: (account, key id)."""

    letter: Letter
    hash: bytes
    sealed: bytes
    to: tuple[tuple[str, str], ...]


def write(
    draft: Draft, sender: Sender, keys: Sequence[KnownKey], place: Place, now: datetime, seen: LogSeen | None = None
) -> Letter:
    """The letter for the owners of `keys` (the sender's own among them). Its HTML is reduced.

    `seen` is the newest checkpoint of the key log that the sender verified.
    """
    return Letter(
        message=draft.message or random_id(),
        thread=draft.thread or random_id(),
        sent=now.astimezone(UTC).replace(microsecond=0),
        sender=sender,
        recipients=tuple(sorted(LetterRecipient(known.wire.account, known.statement_hash) for known in keys)),
        counter=place.counter,
        previous=place.previous,
        subject=draft.subject,
        text=draft.text,
        html=None if draft.html is None else markup.reduce(draft.html),
        parts=draft.parts,
        in_reply_to=draft.in_reply_to,
        mail=draft.mail,
        checkpoint=seen,
    )


def sealed_for(letter: Letter, keys: Sequence[KnownKey], sender: KeyPairs) -> SealedLetter:
    """The letter, sealed to `keys`. Raises NotALetter (a ValueError) outside the limits of letters."""
    raw = to_bytes(letter)
    sealed = seal(raw, sender.signing, [known.keys.sealing for known in keys])
    to = tuple(sorted((known.wire.account, known.key_id) for known in keys))
    return SealedLetter(letter, letter_hash(raw), sealed, to)


def current(chains: Mapping[str, Chain], accounts: Sequence[str]) -> tuple[KnownKey, ...]:
    """The newest key of each account, by account."""
    return tuple(chains[account][-1] for account in sorted(accounts))
