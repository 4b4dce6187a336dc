"""attachment.json: references, and chunks that are there, changed, moved or missing."""

import hashlib
import io
from collections.abc import Iterator, Mapping

from crypto import aead
from crypto.attachment import Attachment, AttachmentSealer
from crypto.attachment.stream import additional, chunk_nonce
from crypto.encoding import Json, b64u
from crypto.keys import blob_id
from crypto.labels import ATTACHMENT_LIMIT, ATTACHMENT_PIECE
from crypto.padding import padme
from crypto.randomness import Source
from tests.vectors.material import Case, as_bytes, drawn, flipped, repeated

ABOUT = "Files sealed in chunks (docs/spec/attachment.md)"

KEY, ID = drawn("attachment key", 32), drawn("attachment id", 16)
_SIZES = (0, 1, 2, 9, 1000, 65537, ATTACHMENT_PIECE - 1, ATTACHMENT_PIECE, ATTACHMENT_PIECE + 1, 2 * ATTACHMENT_PIECE)
_SMALL = b"%PDF-1.7 un petit fichier, long de quelques octets"
_FULL = repeated(b"a", ATTACHMENT_PIECE)


def opened_chunk(spelled: Json) -> bytes:
    """A `Chunk` of the README."""
    match spelled:
        case {"key": str(key), "id": str(named), "index": int(index), "last": bool(last), "piece": piece}:
            nonce = chunk_nonce(index, last)
            return aead.encrypt(bytes.fromhex(key), nonce, as_bytes(piece), additional(bytes.fromhex(named)))
        case _:
            return as_bytes(spelled)


def sealed_file(key: bytes, named: bytes, plaintext: bytes, name: str, media: str) -> tuple[Attachment, list[bytes]]:
    """Sealed through the private seam under this key and id."""
    given = iter((key, named))
    seam = Source(lambda _: next(given), lambda _: (b"", b""))
    sealer = AttachmentSealer._from_source(io.BytesIO(plaintext), len(plaintext), seam)
    chunks = list(sealer)
    return sealer.reference(name, media), chunks


def cases() -> Iterator[Case]:
    """Every case."""
    for size in _SIZES:
        yield _seals(size)
    yield from _good()
    yield from _bad_chunks()
    yield from _bad_lengths()
    yield from _bad_references()


def _seals(size: int) -> Case:
    text = repeated(b"a", size)
    reference, _ = sealed_file(KEY, ID, as_bytes(text), "ordonnance.pdf", "application/pdf")
    return {
        "name": f"seal {size} bytes", "op": "seal", "key": KEY.hex(), "id": ID.hex(), "plaintext": text,
        "file": "ordonnance.pdf", "type": "application/pdf", "expect": reference.to_json(),
    }  # fmt: skip


def _good() -> Iterator[Case]:
    for size in (0, 1, 9, 1000):
        text = b"a" * size
        reference, chunks = sealed_file(KEY, ID, text, "Résultats d'analyse 🩺.pdf", "application/pdf")
        yield _opens(f"open {size} bytes", reference, [chunk.hex() for chunk in chunks], text.hex())
    reference, _ = sealed_file(KEY, ID, b"a" * (ATTACHMENT_PIECE + 9), "scan", "image/vnd.x+y")
    parts = [_chunk(0, False, _FULL), _chunk(1, True, ["61" * 9, "00" * (padme(9) - 9)])]
    yield _opens("open two chunks", reference, parts, [_FULL, "61" * 9])


def _bad_chunks() -> Iterator[Case]:
    _, chunks = sealed_file(KEY, ID, _SMALL, "a", "a/b")
    good = chunks[0]
    padded = (_SMALL + bytes(padme(len(_SMALL)) - len(_SMALL))).hex()
    changed: list[tuple[str, str, Json]] = [
        ("one bit changed", "1", flipped(good, 77).hex()),
        ("one bit of the tag changed", "1", flipped(good, -3).hex()),
        ("cut by one byte", "1", good[:-1].hex()),
        ("one byte longer", "1", good.hex() + "00"),
        ("an empty chunk", "1", ""),
        ("15 bytes", "1", "00" * 15),
        ("the chunk of another place", "1", _chunk(1, True, padded)),
        ("a chunk that is not flagged last", "1", _chunk(0, False, padded)),
        ("a chunk of another attachment id", "1", _chunk(0, True, padded, named=bytes(16))),
        ("a chunk under another key", "1", _chunk(0, True, padded, key=bytes(32))),
    ]
    for name, item, chunk in changed:
        yield _refused(name, _small_reference([chunk]), [chunk], item)
    swapped = _small_reference([good.hex()])
    yield _refused("a blob that is not the one that was asked for", swapped, [flipped(good, 1).hex()], "6")
    yield _refused("a blob with a byte after it", swapped, [good.hex() + "00"], "6")
    yield _refused("an empty blob", swapped, [""], "6")
    first, second, last = _chunk(0, False, _FULL), _chunk(1, False, _FULL), _chunk(2, True, "61")
    size = 2 * ATTACHMENT_PIECE + 1
    yield _refused("two chunks swapped", _reference([second, first, last], size), [second, first, last], "1")
    yield _refused("a chunk repeated", _reference([first, first, last], size), [first, first, last], "1")
    ended = _chunk(1, True, _FULL)
    yield _refused("the last flag too early", _reference([first, ended, last], size), [first, ended, last], "1")
    shorter = _reference([first, second], 2 * ATTACHMENT_PIECE)
    yield _refused("a chunk dropped at the end, and the size with it", shorter, [first, second], "1")


def _bad_lengths() -> Iterator[Case]:
    short = _chunk(0, False, repeated(b"a", 1000))
    last = _chunk(1, True, "61")
    yield _refused(
        "a short chunk that is not the last", _reference([short, last], ATTACHMENT_PIECE + 1), [short, last], "2"
    )
    size = len(_SMALL)
    padded = _SMALL + bytes(padme(size) - size)
    pieces = {
        ("a last chunk without its padding", "3"): _SMALL,
        ("one zero too many", "3"): padded + b"\x00",
        ("a last chunk of nothing", "3"): b"",
        ("padding that is not zero", "4"): padded[:-1] + b"\x01",
        ("padding with the old mark", "4"): _SMALL + b"\x80" + bytes(padme(size) - size - 1),
        ("another file of the same length", "5"): bytes(size) + bytes(padme(size) - size),
    }
    for (name, item), piece in pieces.items():
        chunk = _chunk(0, True, piece.hex())
        yield _refused(name, _small_reference([chunk]), [chunk], item)
    good = _chunk(0, True, padded.hex())
    yield _refused("a size of one byte less", _small_reference([good], size=size - 1), [good], "4")
    yield _refused("a size of another padded length", _small_reference([good], size=size + 20), [good], "3")
    yield _refused("another hash", _small_reference([good], sha256=b64u(bytes(32))), [good], "5")


def _bad_references() -> Iterator[Case]:
    _, chunks = sealed_file(KEY, ID, _SMALL, "a", "a/b")
    good = _small_reference([chunks[0].hex()])
    blob = blob_id(chunks[0])
    edits: dict[str, Mapping[str, Json]] = {
        "an empty list of chunks": {"chunks": []},
        "two chunks where the size makes one": {"chunks": [blob, blob]},
        "one chunk where the size makes two": {"size": ATTACHMENT_PIECE + 1},
        "257 chunks": {"chunks": [blob] * 257, "size": ATTACHMENT_LIMIT + 1},
        "chunks that are a text": {"chunks": blob},
        "a blob id in capitals": {"chunks": [blob.upper()]},
        "a blob id cut by one digit": {"chunks": [blob[:-1]]},
        "a blob id that is a path": {"chunks": ["../" + blob[3:]]},
        "a negative size": {"size": -1},
        "a size that is a text": {"size": str(len(_SMALL))},
        "a size that is a truth": {"size": True},
        "a size that is nothing": {"size": None},
        "an empty name": {"name": ""},
        "a name of 256 characters": {"name": "é" * 256},
        "a name with a slash": {"name": "a/b"},
        "a name with a backslash": {"name": "a\\b"},
        "a name with a line end": {"name": "a\n"},
        "a name with U+0000": {"name": "a\u0000"},
        "a name with U+007F": {"name": "a\u007f"},
        "a name with U+0085": {"name": "a\u0085"},
        "a name that is a number": {"name": 1},
        "a type without a slash": {"type": "pdf"},
        "a type in capitals": {"type": "Application/pdf"},
        "a type with a parameter": {"type": "text/plain;charset=utf-8"},
        "a type with a line end": {"type": "text/plain\n"},
        "a type with two slashes": {"type": "a/b/c"},
        "an empty subtype": {"type": "text/"},
        "a key of 31 bytes": {"key": b64u(bytes(31))},
        "a key with padding": {"key": b64u(bytes(32)) + "="},
        "an id of 15 bytes": {"id": b64u(bytes(15))},
        "a hash of 33 bytes": {"sha256": b64u(bytes(33))},
        "an unknown member": {"note": ""},
    }
    for name, edit in edits.items():
        yield _refused(f"reference: {name}", {**good, **edit}, [chunks[0].hex()], "7")
    for member in good:
        left = {key: value for key, value in good.items() if key != member}
        yield _refused(f"reference: no {member}", left, [chunks[0].hex()], "7")
    others: dict[str, Json] = {"nothing": None, "an array": [], "a text": "a"}
    for name, value in others.items():
        yield _refused(f"reference: {name}", value, [chunks[0].hex()], "7")


def _opens(name: str, reference: Attachment, chunks: list[Json], plaintext: Json) -> Case:
    expect: Json = {"plaintext": plaintext}
    return {"name": name, "op": "open", "attachment": reference.to_json(), "chunks": chunks, "expect": expect}


def _refused(name: str, reference: Json, chunks: list[Json], item: str) -> Case:
    return {"name": name, "op": "open", "attachment": reference, "chunks": chunks, "refusal": f"attachment/{item}"}


def _chunk(index: int, last: bool, piece: Json, key: bytes = KEY, named: bytes = ID) -> Json:
    return {"key": key.hex(), "id": named.hex(), "index": index, "last": last, "piece": piece}


def _reference(chunks: list[Json], size: int, **edit: Json) -> dict[str, Json]:
    made: dict[str, Json] = {
        "chunks": [blob_id(opened_chunk(chunk)) for chunk in chunks],
        "id": b64u(ID), "key": b64u(KEY), "name": "a", "sha256": b64u(bytes(32)), "size": size, "type": "a/b",
    }  # fmt: skip
    return {**made, **edit}


def _small_reference(chunks: list[Json], **edit: Json) -> dict[str, Json]:
    fitting: dict[str, Json] = {"sha256": b64u(hashlib.sha256(_SMALL).digest())}
    made = _reference(chunks, len(_SMALL))
    return {**made, **fitting, **edit}
