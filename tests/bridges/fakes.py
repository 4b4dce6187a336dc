"""Small working fakes: a relay in memory behind the gateway's own ports. A fault may strike at each step."""

import hashlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from clients.content.letter import Letter, LetterRecipient, Sender, from_bytes, letter_hash, to_bytes
from clients.sdk import Arrived, Draft, Enclosed, News, Prepared, Submitted, Unreadable
from clients.sdk.files import enclose
from crypto import aead
from crypto.attachment import Attachment
from crypto.encoding import b64u, base32
from crypto.keys import blob_id, random_id
from messaging.wire.errors import Refusal
from messaging.wire.types import Contact, Resolved

PATIENT = "279035121518989@patient.pli.example"
DOCTOR = "dr.martin@cabinet.mssante.example"
DOMAIN = "cabinet.mssante.example"
HOSTNAME = "gateway.pli.example"
KEY = "k" + "a" * 26
SENT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


def account(name: str) -> str:
    """An account id for a name."""
    return "a" + base32(hashlib.sha256(name.encode()).digest()[:16])


@dataclass
class FakeRelay:
    """Accepted letters by letter id, in order. `faults`: exceptions to raise at a step, once each."""

    people: dict[str, str] = field(default_factory=lambda: {PATIENT: "open"})
    sealed: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[BaseException]] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    files: dict[bytes, bytes] = field(default_factory=dict)
    closed: list[tuple[str, str]] = field(default_factory=list)
    contacts: dict[tuple[str, str], bool] = field(default_factory=dict)  # (professional, patient): may write
    resolved: int = 0
    key: bytes = field(default_factory=lambda: os.urandom(32))

    def step(self, name: str) -> None:
        """Where a fault may strike."""
        waiting = self.faults.get(name, [])
        if waiting:
            raise waiting.pop(0)

    def letters(self) -> list[Letter]:
        """What patients would read."""
        return [from_bytes(aead.unseal(self.key, raw, b"", "fake")) for raw in self.sealed.values()]

    async def resolve(self, account_: str, addresses: Sequence[str]) -> Mapping[str, Resolved]:  # noqa: ARG002 - the port's
        self.step("resolve")
        self.resolved += 1
        return {
            address: Resolved(
                address=address,
                account=account(address),
                salt=b64u(bytes(32)),
                state="open" if state == "open" else "closed",
            )
            for address in addresses
            if (state := self.people.get(address))
        }

    async def contact(self, account_: str, peer: str) -> Contact | None:
        self.step("contact")
        may = self.contacts.get((account_, peer))
        if may is None:
            return None
        return Contact(id=peer, peer=peer, may_write=may, since="2026-11-23T10:00:00Z", blocked=False)

    async def close_contact(self, account_: str, peer: str) -> None:
        self.step("close_contact")
        self.closed.append((account_, peer))
        self.contacts[(account_, peer)] = False

    async def watch(self) -> AsyncIterator[Mapping[str, Mapping[str, str]]]:
        yield {}


@dataclass
class FakeMailbox:
    """A mailbox at the fake relay. "Sealing" is a real cipher under the relay's key: nothing readable is journalled."""

    relay: FakeRelay
    address: str = DOCTOR
    name: str = "Dr Claire MARTIN"
    items: list[Arrived | Unreadable] = field(default_factory=list)

    @property
    def account(self) -> str:
        return account(self.address)

    async def attach(self, name: str, type: str, data: bytes) -> Attachment:  # noqa: A002 - the port's
        self.relay.step("attach")
        made = Attachment(
            (blob_id(os.urandom(8)),), os.urandom(16), bytes(32), name, hashlib.sha256(data).digest(), len(data), type
        )
        self.relay.files[made.id] = data
        return made

    def enclose(self, name: str, type: str, data: bytes) -> Enclosed:  # noqa: A002 - the port's
        self.relay.step("attach")
        made = enclose(name, type, data)
        self.relay.files[made.file.id] = data
        return made

    async def check(self, to: Sequence[str]) -> None:  # noqa: ARG002 - the port's
        self.relay.step("check")

    async def prepare(self, draft: Draft, to: Sequence[str], enclosed: Sequence[Enclosed] = ()) -> Prepared:
        self.relay.step("prepare")
        readers = tuple(LetterRecipient(each, bytes(32)) for each in sorted({*to, self.account}))
        letter = Letter(
            message=draft.message or random_id(), thread=draft.thread or random_id(), sent=SENT,
            sender=Sender(self.account, KEY, self.name, self.address), recipients=readers, counter=draft.counter or 1,
            previous=draft.previous, subject=draft.subject, text=draft.text, html=draft.html, parts=draft.parts,
            in_reply_to=draft.in_reply_to, mail=draft.mail,
        )  # fmt: skip
        raw = to_bytes(letter)
        nonce = os.urandom(aead.NONCE)
        sealed = nonce + aead.encrypt(self.relay.key, nonce, raw, b"")
        blobs = tuple(chunk for file in letter.attachments() for chunk in file.chunks)
        return Prepared(
            letter.message, letter, letter_hash(raw), sealed, blobs, tuple((each.account, KEY) for each in readers),
            tuple(chunk for each in enclosed for chunk in each.chunks),
        )  # fmt: skip

    async def submit(self, prepared: Prepared) -> Submitted:
        self.relay.step("before submit")
        for peer, _ in prepared.to:
            if peer in self.relay.refused:
                raise self.relay.refused[peer]
        before = self.relay.sealed.get(prepared.client_id)
        if before is not None and before != prepared.sealed:
            raise Refusal("invalidProperties", members={"properties": ["clientId"]})
        if before is None:  # every new letter of a professional opens the contact
            self.relay.contacts |= {(self.account, peer): True for peer, _ in prepared.to if peer != self.account}
        self.relay.sealed[prepared.client_id] = prepared.sealed
        self.relay.step("after submit")
        return Submitted("m" + "a" * 26, prepared.client_id, existed=before is not None)

    async def news(self, since: str | None, box: Literal["in", "out"] | None = None) -> News:
        self.relay.step("news")
        begin = int(since or "0")
        page = self.items[begin : begin + 2]
        shown = tuple(item for item in page if box in (None, item.box))
        return News(shown, str(begin + len(page)), begin + len(page) < len(self.items))

    async def state(self) -> str:
        self.relay.step("state")
        return str(len(self.items))

    async def download(self, attachment: Attachment) -> bytes:
        self.relay.step("download")
        return self.relay.files[attachment.id]
