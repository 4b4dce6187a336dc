"""Letters and people of the tests: made in memory, sealed for real."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clients.content.letter import Letter, LetterRecipient, Sender, to_bytes
from clients.session.incoming import Known, Reader
from clients.session.keyring import Chain, chain
from crypto.encoding import b64u, utc
from crypto.envelope import seal
from crypto.keys import KeyPairs, SigningSeed, account_id, random_id
from crypto.transparency.statement import Announcement, Statement, make_statement
from messaging.wire.types import PublicKey, SealedMessage

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
STATION = SigningSeed(bytes(range(32)))


@dataclass(frozen=True)
class Person:
    """An account with all its keys, oldest first."""

    account: str
    pairs: tuple[KeyPairs, ...]
    wires: tuple[PublicKey, ...]

    @classmethod
    def new(cls) -> "Person":
        return cls(account_id(), (), ()).rotated()

    def rotated(self, at: datetime = NOW) -> "Person":
        """The same with newer keys, announced by the keys before at that time."""
        new, signer = KeyPairs.generate(), self.pairs[-1] if self.pairs else None
        previous = self.statements()[-1] if self.pairs else None
        box = 1 if previous is None else previous.box + 1
        announced = make_statement(
            self.account, new.public(), (signer or new).signing, at, box=box, previous=previous,
            by=STATION if previous is None else None,
        )  # fmt: skip
        return Person(self.account, (*self.pairs, new), (*self.wires, wire(self.account, new, announced)))

    def statements(self) -> list[Statement]:
        return [known.statement for known in self.chain]

    @property
    def chain(self) -> Chain:
        return chain(self.account, self.wires)

    def reader(self) -> Reader:
        seeds = [pair.sealing for pair in reversed(self.pairs)]
        return Reader(self.account, seeds, self.chain)

    def recipient(self) -> LetterRecipient:
        return LetterRecipient(self.account, self.chain[-1].statement_hash)


def usurped(person: Person) -> Person:
    """What a hostile relay shows: a key of its own first, then the person's first key as if that had announced it."""
    account, theirs = person.account, KeyPairs.generate()
    first = wire(account, theirs, make_statement(account, theirs.public(), theirs.signing, NOW, box=1, by=STATION))
    before = chain(account, [first])[0].statement
    announced = make_statement(account, person.pairs[0].public(), theirs.signing, NOW, box=2, previous=before)
    return Person(account, (theirs, person.pairs[0]), (first, wire(account, person.pairs[0], announced)))


def author(person: Person, key_id: str) -> Sender:
    """The header's sender, under a key of one's choice."""
    return Sender(person.account, key_id, "Dr Claire MARTIN", "dr@cabinet.example")


def wire(account: str, pair: KeyPairs, announced: Announcement) -> PublicKey:
    """A PublicKey as the relay shows it, but for its place in the log."""
    public = pair.public()
    return PublicKey(
        id=public.key_id, account=account, sealing_key=b64u(public.sealing.raw), signing_key=b64u(public.signing.raw),
        statement=b64u(announced.statement), signature=b64u(announced.signature), created_at=utc(NOW), revoked_at=None,
        index=0, voucher=None if announced.voucher is None else b64u(announced.voucher), inclusion=None,
    )  # fmt: skip


def letter(sender: Person, readers: list[Person], **changed: Any) -> Letter:
    """A letter from `sender` to `readers`."""
    values: dict[str, Any] = {
        "message": random_id(), "thread": random_id(), "sent": NOW,
        "sender": Sender(sender.account, sender.chain[-1].key_id, "Dr Claire MARTIN", "dr@cabinet.example"),
        "recipients": tuple(sorted(reader.recipient() for reader in readers)),
        "counter": 1, "previous": None, "subject": "Sujet", "text": "Texte",
    }  # fmt: skip
    return Letter(**values | changed)


def sealed(written: Letter | bytes, sender: Person, readers: list[Person]) -> bytes:
    """The envelope."""
    raw = to_bytes(written) if isinstance(written, Letter) else written
    return seal(raw, sender.pairs[-1].signing, [reader.chain[-1].keys.sealing for reader in readers])


def message(written: Letter, **changed: Any) -> SealedMessage:
    """What the relay says of the letter."""
    values: dict[str, Any] = {
        "id": "m" + "a" * 26, "client_id": written.message, "box": "in", "received_at": utc(NOW), "size": 1,
        "sealed": None, "sealed_blob_id": None, "blob_ids": [], "from_": written.sender.account, "deliveries": [],
    }  # fmt: skip
    return SealedMessage(**values | changed)


def known(sender: Person, **changed: Any) -> Known:
    """A reader who knows the sender's keys and nothing else."""
    values: dict[str, Any] = {"chain": sender.chain, "pins": {}, "seen": {}}
    return Known(**values | changed)
