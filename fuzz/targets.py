"""THE TABLE of parsers: what takes bytes that somebody else made. A new parser is one line here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from clients.content.kinds import part_from_json
from clients.content.letter import NotALetter
from clients.content.letter import from_bytes as letter_from_bytes
from clients.content.shape import WrongShape
from crypto.attachment import Attachment
from crypto.code import parse_code
from crypto.encoding import moment, parse_canonical, unb64u
from crypto.envelope import open_sealed
from crypto.envelope.header import parse_header
from crypto.errors import CryptoError
from crypto.keybox import BoxContent, DeviceKey, open_box, read_slots
from crypto.padding import unpad
from fuzz import seeds
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


TARGETS: Final[dict[str, Target]] = {
    "canonical": Target(parse_canonical, seeds.canonical_texts),
    "b64u": Target(lambda data: unb64u(_text(data)), lambda: (b"AAAA", b"-_8")),
    "time": Target(lambda data: moment(_text(data)), lambda: (b"2026-02-28T23:59:59.123456Z",)),
    "envelope": Target(lambda data: open_sealed(data, [seeds.reader().sealing]), seeds.envelopes),
    "envelope-header": Target(parse_header, seeds.headers),
    "padding": Target(unpad, seeds.padded),
    "attachment-reference": Target(lambda data: Attachment.from_json(parse_canonical(data)), seeds.references),
    "keybox-slots": Target(read_slots, seeds.boxes),
    "keybox": Target(lambda data: open_box(data, seeds.ACCOUNT, DeviceKey(bytes(32))), seeds.boxes),
    "keybox-content": Target(lambda data: BoxContent.from_json(parse_canonical(data)), seeds.contents),
    "code": Target(lambda data: parse_code(_text(data)), seeds.codes),
    "letter": Target(letter_from_bytes, seeds.letters, (NotALetter,)),
    "part": Target(lambda data: part_from_json(parse_canonical(data)), seeds.parts, (CryptoError, WrongShape)),
    "request": Target(decode_request, seeds.requests, (Refusal,)),
}
