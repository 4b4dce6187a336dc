"""Good inputs to begin with, made by our own writers: a mutation of something good reaches deeper than noise."""

import functools
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from crypto.attachment import Attachment, AttachmentSealer
from crypto.code import format_code, new_code
from crypto.encoding import Json, canonical
from crypto.envelope import seal
from crypto.keybox import BoxContent, BoxKey, DelegateFor, DeviceKey, new_box
from crypto.keys import KeyPairs
from crypto.padding import pad
from crypto.pairing import Hello, Pairing, make_grant, make_hello, new_pairing, open_hello
from crypto.transparency.checkpoint import Checkpoint, LogSigner, WitnessSigner, with_lines
from crypto.transparency.entry import encode_entry
from crypto.transparency.note import NoteKey
from crypto.transparency.policy import Policy, parse_policy, solo_policy
from crypto.transparency.statement import Announcement, holder, make_statement, read_statement
from crypto.transparency.tiles import encode_bundle

ACCOUNT: Final = "a" + "b" * 25 + "a"
VECTORS: Final = Path(__file__).parents[1] / "tests" / "vectors"
NOW: Final = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)


@functools.cache
def reader() -> KeyPairs:
    """Whose keys open what is made here."""
    return KeyPairs.generate()


def vectors(name: str) -> list[dict[str, Any]]:
    """The cases of one vector file, good and bad."""
    cases: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text())["cases"]
    return cases


def canonical_texts() -> Iterator[bytes]:
    """JSON of every kind of value."""
    for case in vectors("encodings"):
        if case.get("op") == "json":
            yield bytes.fromhex(case["raw"] if "raw" in case else case["expect"])


def envelopes() -> Iterator[bytes]:
    """Letters sealed to the reader: empty, short, in two packets."""
    for length in (0, 1, 1000, 40_000):
        yield seal(bytes(length), reader().signing, [reader().public().sealing])


def headers() -> Iterator[bytes]:
    """The header's own bytes, without the packet around them: `bin 16`, three bytes of head."""
    for sealed in envelopes():
        length = int.from_bytes(sealed[1:3], "big")
        yield sealed[3 : 3 + length]


def padded() -> Iterator[bytes]:
    """Padded texts."""
    for length in (0, 10, 1023, 20_000):
        yield pad(b"a" * length)


@functools.cache
def _file(text: bytes) -> tuple[Attachment, tuple[bytes, ...]]:
    sealer = AttachmentSealer(io.BytesIO(text), len(text))
    chunks = tuple(sealer)
    return sealer.reference("scan.pdf", "application/pdf"), chunks


def attachment(text: bytes = b"%PDF-1.7") -> Attachment:
    """The reference of a small file."""
    return _file(text)[0]


def chunks(text: bytes = b"%PDF-1.7") -> Iterator[bytes]:
    """Its chunks."""
    yield from _file(text)[1]


def references() -> Iterator[bytes]:
    """References as in a letter."""
    yield canonical(attachment().to_json())


def boxes() -> Iterator[bytes]:
    """Key boxes that the fuzzer's device key opens."""
    content = BoxContent.first(reader(), NOW)
    yield new_box(ACCOUNT, content, [DeviceKey(bytes(32))])[0]
    for case in vectors("keybox"):
        if case.get("op") == "open" and isinstance(case.get("box"), str):
            yield case["box"].encode("utf-8", "surrogateescape")


def held_boxes() -> Iterator[bytes]:
    """Key boxes that the reader opens as a delegate of their own."""
    content = BoxContent.first(reader(), NOW)
    yield new_box(ACCOUNT, content, [DelegateFor(ACCOUNT, reader().public())])[0]
    for case in vectors("keybox"):
        if case.get("op") == "open-delegate":
            yield case["box"].encode("utf-8", "surrogateescape")


def signing_keys() -> Iterator[bytes]:
    """Ed25519 public keys, good and weak."""
    for case in vectors("encodings"):
        if case.get("op") == "load-signing":
            yield bytes.fromhex(case["raw"])


def sealing_keys() -> Iterator[bytes]:
    """X-Wing public keys, good and weak."""
    for case in vectors("encodings"):
        if case.get("op") == "load-sealing":
            yield bytes.fromhex(case["raw"])


def contents() -> Iterator[bytes]:
    """What is inside a box."""
    first = BoxContent.first(reader(), NOW)
    yield canonical(first.to_json(["A" * 22]))
    yield canonical(first.rotated(KeyPairs.generate(), NOW).to_json(["A" * 22]))


def statements() -> Iterator[bytes]:
    """A first statement with everything in it, and the one after it."""
    for announcement in _announcements():
        yield announcement.statement


def entries() -> Iterator[bytes]:
    """The same as leaves of the log."""
    for announcement in _announcements():
        yield encode_entry(announcement)


def bundles() -> Iterator[bytes]:
    """The same as a bundle of the log's tiles."""
    yield encode_bundle(list(entries()))


@functools.cache
def policy() -> Policy:
    """The log below, and one witness that has to sign."""
    witness = "".join(f"witness w{key.kind} {key.vkey}\n" for key in _witness().keys)
    logs = "".join(f"log {key.vkey} https://pli.example/log\n" for key in _log().keys)
    return parse_policy(f"{logs}{witness}group all any w4 w6\nquorum all\n".encode())


def policies() -> Iterator[bytes]:
    """Policies with witnesses and without."""
    yield policy().text
    yield solo_policy(_log())


def notes() -> Iterator[bytes]:
    """Checkpoints, cosigned and not."""
    signed = _log().sign(checkpoint(), NOW)
    yield signed
    yield with_lines(signed, _witness().cosign(checkpoint(), NOW))


def checkpoint() -> Checkpoint:
    """What the notes are of."""
    return Checkpoint("pli.example/log", 7, bytes(32))


def checkpoint_texts() -> Iterator[bytes]:
    """What is signed."""
    yield checkpoint().text


def witness_keys() -> tuple[NoteKey, ...]:
    """Both keys of the one witness."""
    return _witness().keys


def cosignatures() -> Iterator[bytes]:
    """A witness's answer."""
    yield _witness().cosign(checkpoint(), NOW)


def vkeys() -> Iterator[bytes]:
    """Keys as policies have them."""
    for key in (*_log().keys, *_witness().keys):
        yield key.vkey.encode()


@functools.cache
def pairing() -> Pairing:
    """The new device's."""
    return new_pairing()


@functools.cache
def hello() -> Hello:
    """What the new device learned before the grant."""
    return open_hello(next(hellos()), pairing())


def hellos() -> Iterator[bytes]:
    """The first envelope of a pairing."""
    yield make_hello(ACCOUNT, reader().signing, pairing().seed.public(), pairing().code)[0]


def grants() -> Iterator[bytes]:
    """The second one."""
    box_key, to = BoxKey(bytes(range(32))), pairing()
    yield make_grant(ACCOUNT, reader().signing, to.seed.public(), to.code, box_key=box_key, login="anne", version=3)


@functools.cache
def _log() -> LogSigner:
    return LogSigner.from_secret(bytes(32), "pli.example/log")


@functools.cache
def _witness() -> WitnessSigner:
    return WitnessSigner.from_secret(bytes(32), "witness.example")


def _announcements() -> Iterator[Announcement]:
    old, new, station = reader(), KeyPairs.generate(), KeyPairs.generate().signing
    holders = [holder(bytes(32), "anne@patient.example")]
    first = make_statement(ACCOUNT, old.public(), old.signing, NOW, box=1, by=station, holders=holders)
    yield first
    before = read_statement(first.statement)
    yield make_statement(ACCOUNT, new.public(), old.signing, NOW, box=2, previous=before, suspected=True)


def codes() -> Iterator[bytes]:
    """Printed codes."""
    yield format_code(new_code()).encode()


def requests() -> Iterator[bytes]:
    """Requests of the protocol."""
    calls = [["SealedMessage/get", {"accountId": ACCOUNT, "ids": None}, "0"]]
    yield json.dumps({"using": ["urn:ietf:params:jmap:core"], "methodCalls": calls}).encode()


def parts() -> Iterator[bytes]:
    """One part of every kind."""
    for raw in _parts():
        yield canonical(raw)


def letters() -> Iterator[bytes]:
    """A letter with everything in it, and one with nothing."""
    yield canonical(_letter([], None, None))
    mail: dict[str, Json] = {
        "from": "dr@cabinet.example", "inReplyTo": "<a@b.example>", "messageId": "<c@b.example>",
        "references": ["<a@b.example>"], "to": "patient@patient.example",
    }  # fmt: skip
    yield canonical(_letter(list(_parts()), mail, "<p>Bonjour</p>"))


def _letter(given: list[Json], mail: Json, html: str | None) -> Json:
    account, hash_ = ACCOUNT, "A" * 43
    return {
        "checkpoint": None, "counter": 1, "html": html, "inReplyTo": None, "mail": mail, "message": "A" * 22,
        "parts": given, "previous": None, "recipients": [{"account": account, "statement": hash_}],
        "sender": {"account": account, "address": "dr@cabinet.example", "key": "k" + "a" * 26, "name": "Dr MARTIN"},
        "sent": "2026-11-23T15:06:55Z", "subject": "Résultats", "text": "Bonjour", "thread": "A" * 22, "v": 1,
    }  # fmt: skip


def _parts() -> Iterator[Json]:
    file: Json = attachment().to_json()
    yield {"file": file, "kind": "file"}
    yield {
        "author": {"name": "Dr MARTIN", "organization": "Cabinet"}, "code": {"code": "11502-2", "label": "CR d'examens",
        "system": "2.16.840.1.113883.6.1"}, "confidentiality": ["N"], "copy": None, "date": "2026-11-23", "file": file,
        "format": "pdf", "id": "1.2.3^4", "kind": "record.document", "patient": None, "replaces": None, "title": "CR",
    }  # fmt: skip
    yield {
        "attendees": [{"address": "p@patient.example", "name": "Anne", "partstat": "NEEDS-ACTION"}], "description": "",
        "end": {"at": "2026-12-01T10:30:00", "zone": "Europe/Paris"}, "kind": "agenda.invitation", "location": "",
        "method": "REQUEST", "organizer": {"address": "dr@cabinet.example", "name": "Dr"}, "recurrence": "FREQ=WEEKLY",
        "sequence": 0, "stamp": "2026-11-23T15:06:55Z", "start": {"at": "2026-12-01T10:00:00", "zone": "Europe/Paris"},
        "summary": "Consultation", "uid": "1@cabinet.example",
    }  # fmt: skip
    yield {"at": "2026-11-23T15:06:55Z", "event": "read", "kind": "receipt", "of": "A" * 22}
