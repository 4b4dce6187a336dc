"""One letter, one direction, in memory: a clinician's mail becomes sealed bytes in a store and mail again at its end.

Every step is the real one; what is missing is only the network, the clock and the disk.
"""

import datetime as dt
import email
import io
import zipfile
from email.message import EmailMessage
from email.policy import default
from typing import Any

import msgspec
import pytest

from bridges.mail.parse import parse
from bridges.mail.parsed import ParsedFile, ParsedMail
from bridges.mail.translate import incoming as from_mail
from bridges.mail.translate.outgoing import Envelope, to_mail
from clients.content.letter import Letter, Sender
from clients.session import outgoing
from clients.session.incoming import Known, NotShown, Reader, read
from clients.session.keylog import KeyLog
from clients.session.keyring import Chain
from clients.session.outgoing import Draft, Place
from crypto.attachment import Attachment, AttachmentSealer, open_bytes
from crypto.encoding import unb64u
from crypto.keys import blob_id
from demo import sample
from demo.sample import Sample
from messaging.relay.relay import KeepUpload
from messaging.store.memory import MemoryStore
from messaging.wire.types import PublicKey, SealedMessage
from tests.messaging.desk import Desk, Person, letter

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


class Trip:
    """A clinician, a patient, a relay's rules over memory, and the blobs that it keeps."""

    def __init__(self) -> None:
        self.desk = Desk(MemoryStore())
        self.doctor, self.patient = self.desk.doctor(), self.desk.patient()
        self.blobs: dict[str, bytes] = {}

    def keys(self, of: Person) -> Chain:
        """What the relay's directory says of somebody, as the other one proves it."""
        found = self.desk.one(self.doctor, "PublicKey/lookup", accounts=[of.account], history=True)
        log = KeyLog(self.desk.house.policy).accept(found["log"]["checkpoint"], None, self.desk.clock.now())
        return log.proven(of.account, [msgspec.convert(key, PublicKey) for key in found["list"]])

    def upload(self, file: ParsedFile) -> Attachment:
        """Seal a file and give its chunks to the relay."""
        sealer = AttachmentSealer(io.BytesIO(file.data), len(file.data))
        for chunk in sealer:
            self.blobs[blob_id(chunk)] = chunk
            self.desk.ask(KeepUpload(self.doctor.account, blob_id(chunk), len(chunk)), self.doctor.caller)
        return sealer.reference(file.name, file.type)

    def send(self, mail: ParsedMail) -> dict[str, Any]:
        """The gateway's part, up to the relay's answer."""
        plan = from_mail.plan(mail)
        parts = plan.parts([self.upload(file) for file in plan.files])
        keys = [self.keys(self.doctor)[-1], self.keys(self.patient)[-1]]
        sender = Sender(self.doctor.account, self.doctor.key, "Dr Claire MARTIN", mail.from_[0].address)
        facts = from_mail.thread_facts(mail, mail.from_[0].address, mail.to[0].address)
        draft = Draft(from_mail.shown_subject(mail.subject), mail.text, mail.html, parts, mail=facts)
        written = outgoing.write(draft, sender, keys, Place(1, None), self.desk.clock.now())
        sealed = outgoing.sealed_for(written, keys, self.doctor.pairs)
        blobs = [chunk for file in written.attachments() for chunk in file.chunks]
        value = letter(self.doctor, self.patient, sealed=sealed.sealed, client_id=written.message, blobIds=blobs)
        return self.desk.send(self.doctor, value)

    def received(self) -> SealedMessage:
        """The patient's newest message, as the relay gives it."""
        found = self.desk.one(self.patient, "SealedMessage/query", position=0, limit=1)["ids"]
        got = self.desk.one(self.patient, "SealedMessage/get", ids=found)["list"][0]
        return msgspec.convert(got, SealedMessage)

    def open(self, message: SealedMessage, sealed: bytes) -> Letter:
        """The patient's part. Raises NotShown."""
        own = self.keys(self.patient)
        reader = Reader(self.patient.account, [self.patient.pairs.sealing], own)
        return read(message, sealed, reader, Known(self.keys(self.doctor), {}, {})).letter


@pytest.fixture
def trip() -> Trip:
    return Trip()


@pytest.fixture
def made() -> Sample:
    return sample.compose(NOW)


def _parsed(made: Sample) -> ParsedMail:
    found = parse(made.raw)
    assert isinstance(found, ParsedMail)
    return found


def _sealed(message: SealedMessage) -> bytes:
    assert message.sealed is not None
    return unb64u(message.sealed)


def test_a_mail_is_a_letter_and_a_mail_again_with_everything_in_it(trip: Trip, made: Sample) -> None:
    trip.send(_parsed(made))
    message = trip.received()
    opened = trip.open(message, _sealed(message))
    files = {file.id: open_bytes(file, trip.blobs.__getitem__) for file in opened.attachments()}
    envelope = Envelope("a@pli.example", "b@cabinet.mssante.example", "B", "gateway.example", "PLI/0")
    mail = email.message_from_bytes(to_mail(opened, lambda file: files[file.id], envelope), policy=default)
    assert made.cda in _documents(mail)
    assert made.pdf in [part.get_payload(decode=True) for part in mail.walk()]
    assert "La glycémie est bonne." in opened.text
    assert made.uid in str([part.to_json() for part in opened.parts])


def test_the_store_holds_none_of_its_words(trip: Trip, made: Sample) -> None:
    trip.send(_parsed(made))
    kept = repr(trip.desk.store.__dict__).encode() + b"".join(trip.blobs.values())
    for word in ("Bonjour", "Tilleuls", "ROSTAND", made.uid, made.words.file_name):
        assert word.encode() not in kept
    assert trip.patient.account.encode() in kept  # the control: what the relay does know is seen


def test_any_changed_bit_of_a_stored_letter_is_refused(trip: Trip, made: Sample) -> None:
    trip.send(_parsed(made))
    message = trip.received()
    sealed = _sealed(message)
    for place in range(0, len(sealed), len(sealed) // 40):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(NotShown):
            trip.open(message, changed)


def _documents(mail: EmailMessage) -> list[bytes]:
    """The XML documents of the mail's archive."""
    raw = next(part for part in mail.iter_attachments() if "zip" in part.get_content_type()).get_payload(decode=True)
    assert isinstance(raw, bytes)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return [archive.read(name) for name in archive.namelist()]
