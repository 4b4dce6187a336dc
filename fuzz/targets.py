"""THE TABLE of parsers: what takes bytes that somebody else made. A new parser is one line here."""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from clients.content import cda, ical, markup, xdm, xdm_metadata
from clients.content.kinds import part_from_json
from clients.content.letter import NotALetter
from clients.content.letter import from_bytes as letter_from_bytes
from clients.content.shape import WrongShape
from crypto.attachment import Attachment, open_chunk
from crypto.code import parse_code
from crypto.encoding import moment, parse_canonical, unb64u
from crypto.envelope import open_sealed
from crypto.envelope.header import parse_header
from crypto.errors import CryptoError
from crypto.keybox import BoxContent, DeviceKey, open_as_delegate, open_box, read_slots
from crypto.keys import SealingPublic, SigningPublic
from crypto.padding import unpad
from crypto.pairing import open_grant, open_hello
from crypto.transparency.checkpoint import parse_checkpoint_text
from crypto.transparency.entry import parse_entry
from crypto.transparency.note import NoteKey, parse_note
from crypto.transparency.policy import parse_policy, verify_checkpoint, verify_cosignatures
from crypto.transparency.proof import verify_consistency, verify_inclusion
from crypto.transparency.statement import read_statement
from crypto.transparency.tiles import decode_bundle, parse_tile_path
from fuzz import papers, seeds
from messaging.wire.codec import decode_request
from messaging.wire.errors import Refusal


@dataclass(frozen=True)
class Target:
    """`run` takes any bytes and raises nothing but `refuses`; `seeds` are good inputs to begin with."""

    run: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    refuses: tuple[type[Exception], ...] = (CryptoError,)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _proven(data: bytes) -> None:
    """Index, size and the hashes of a proof, from the bytes."""
    index, size, hashes = data[:1], data[1:2], [data[at : at + 32] for at in range(2, len(data), 32)]
    root = hashes[-1] if hashes else bytes(32)
    with contextlib.suppress(CryptoError):
        verify_inclusion(bytes(32), int.from_bytes(index, "big"), int.from_bytes(size, "big"), hashes, root)
    verify_consistency(int.from_bytes(index, "big"), int.from_bytes(size, "big"), hashes, bytes(32), root)


def _held(data: bytes) -> object:
    """A box that somebody else's keys open, when its newest signer is the reader."""
    return open_as_delegate(data, seeds.ACCOUNT, [seeds.reader().sealing], [seeds.reader().signing.public()])


TARGETS: Final[dict[str, Target]] = {
    "canonical": Target(parse_canonical, seeds.canonical_texts),
    "b64u": Target(lambda data: unb64u(_text(data)), lambda: (b"AAAA", b"-_8")),
    "time": Target(lambda data: moment(_text(data)), lambda: (b"2026-02-28T23:59:59.123456Z",)),
    "envelope": Target(lambda data: open_sealed(data, [seeds.reader().sealing]), seeds.envelopes),
    "envelope-header": Target(parse_header, seeds.headers),
    "padding": Target(unpad, seeds.padded),
    "signing-key": Target(SigningPublic.load, seeds.signing_keys),
    "sealing-key": Target(SealingPublic.load, seeds.sealing_keys),
    "attachment-chunk": Target(lambda data: open_chunk(seeds.attachment(), 0, data), seeds.chunks),
    "attachment-reference": Target(lambda data: Attachment.from_json(parse_canonical(data)), seeds.references),
    "keybox-slots": Target(read_slots, seeds.boxes),
    "keybox": Target(lambda data: open_box(data, seeds.ACCOUNT, DeviceKey(bytes(32))), seeds.boxes),
    "keybox-delegate": Target(_held, seeds.held_boxes),
    "keybox-content": Target(lambda data: BoxContent.from_json(parse_canonical(data)), seeds.contents),
    "code": Target(lambda data: parse_code(_text(data)), seeds.codes),
    "statement": Target(read_statement, seeds.statements),
    "entry": Target(parse_entry, seeds.entries),
    "note": Target(parse_note, seeds.notes),
    "checkpoint": Target(lambda data: verify_checkpoint(data, seeds.policy(), seeds.NOW), seeds.notes),
    "checkpoint-text": Target(parse_checkpoint_text, seeds.checkpoint_texts),
    "cosignatures": Target(
        lambda data: verify_cosignatures(data, seeds.checkpoint(), seeds.witness_keys()), seeds.cosignatures
    ),
    "vkey": Target(lambda data: NoteKey.parse(_text(data)), seeds.vkeys),
    "policy": Target(parse_policy, seeds.policies),
    "proof": Target(_proven, lambda: (bytes(32), b"\x07\x09" + bytes(96))),
    "bundle": Target(decode_bundle, seeds.bundles),
    "tile-path": Target(lambda data: parse_tile_path(_text(data)), lambda: (b"tile/0/x001/234.p/5",)),
    "pairing-hello": Target(lambda data: open_hello(data, seeds.pairing()), seeds.hellos),
    "pairing-grant": Target(lambda data: open_grant(data, seeds.pairing(), seeds.hello()), seeds.grants),
    "letter": Target(letter_from_bytes, seeds.letters, (NotALetter,)),
    "part": Target(lambda data: part_from_json(parse_canonical(data)), seeds.parts, (CryptoError, WrongShape)),
    "cda": Target(cda.header, papers.documents, (ValueError,)),
    "cda-restrictions": Target(cda.restrictions, papers.documents, (ValueError,)),
    "icalendar": Target(ical.read, papers.calendars, (ValueError,)),
    "markup": Target(lambda data: markup.reduce(data.decode("utf-8", "replace")), papers.markups, ()),
    "xdm": Target(lambda data: xdm.read(data, papers.LIMITS), papers.archives, (ValueError,)),
    "xdm-metadata": Target(xdm_metadata.from_xml, papers.metadata, (ValueError,)),
    "request": Target(decode_request, seeds.requests, (Refusal,)),
}
