"""envelope.json: good envelopes, and one of each kind that must be refused, made with the sealer's own parts."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgpack

from crypto import xwing
from crypto.encoding import Json
from crypto.envelope.header import box, commitment, derived_key, identifier, recipient_nonce
from crypto.envelope.packets import packet_nonce, signed_text
from crypto.envelope.sealing import _header, _packet, _seal
from crypto.keys import SealingSeed, SigningSeed
from crypto.labels import PIECE_SIZE, SENDER_NONCE
from crypto.padding import pad
from tests.vectors.cases.encodings import mixed_order
from tests.vectors.material import Case, as_bytes, drawn, flipped, repeated, sealing, signing, source

ABOUT = "Saltpack v2 signcryption with X-Wing recipients (docs/spec/envelope.md)"

ANNE, MARTIN, OLD = sealing("anne"), sealing("martin"), sealing("anne, last year")
SENDER, EVE = signing("martin"), signing("eve")
TEXT = "Bonjour, à demain.".encode()
_KEY = drawn("payload key", 32)
_DUMMY = ["00" * 32, "00" * 48, "00" * 1120]

_Fields = list[object]
_Edit = Callable[[_Fields], object]


@dataclass(frozen=True)
class _Packets:
    """(number, piece, final) of each packet, and who signs."""

    pieces: tuple[tuple[int, bytes, bool], ...] = ((0, pad(TEXT), True),)
    signer: SigningSeed = SENDER

    def made(self, digest: bytes) -> bytes:
        return b"".join(
            _packet(number, piece, final, _KEY, digest, self.signer) for number, piece, final in self.pieces
        )


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _good()
    yield from _bad_headers()
    yield from _bad_recipients()
    yield from _bad_senders()
    yield from _bad_packets()
    yield from _bad_padding()


def _good() -> Iterator[Case]:
    for length in (0, 1, 1000, 1023, 1024, 16384):
        text = repeated(b"a", length)
        sealed = _seal(as_bytes(text), SENDER, [ANNE.public()], source(f"good {length}"))
        yield _opens(f"{length} bytes for one reader", sealed.hex(), [ANNE], text, 1)
    three = [sealing(name).public() for name in ("martin", "anne", "bridge")]
    shared = _seal(TEXT, SENDER, three, source("three")).hex()
    for name in ("martin", "anne", "bridge"):
        yield _opens(f"one of three readers: {name}", shared, [sealing(name)], TEXT.hex(), 3)
    old = _seal(TEXT, SENDER, [OLD.public()], source("old")).hex()
    yield _opens("sealed to a previous key", old, [ANNE, sealing("unused"), OLD], TEXT.hex(), 1)
    twice = _seal(TEXT, SENDER, [ANNE.public(), OLD.public()], source("twice")).hex()
    yield _opens("sealed to the present and a previous key", twice, [ANNE, OLD], TEXT.hex(), 2)
    yield _opens("the 64th of 64 readers", _crowd(63), [ANNE], TEXT.hex(), 64)
    wide = _wide_forms()
    yield _opens("wider MessagePack forms of the same types", wide.hex(), [ANNE], TEXT.hex(), 1)


def _bad_headers() -> Iterator[Case]:
    edits: list[tuple[str, str, _Edit]] = [
        ("another format name", "1", _set(0, "saltpack2")),
        ("an empty format name", "1", _set(0, "")),
        ("version 1", "1", _set(1, [1, 0])),
        ("version 2.1", "1", _set(1, [2, 1])),
        ("a version of three numbers", "1", _set(1, [2, 0, 0])),
        ("mode 0, encryption", "1", _set(2, 0)),
        ("mode 1, attached signature", "1", _set(2, 1)),
        ("mode 4", "1", _set(2, 4)),
        ("six elements", "2", lambda fields: fields.pop()),
        ("eight elements", "2", lambda fields: fields.append(b"")),
        ("an ephemeral key of 31 bytes", "2", _set(3, bytes(31))),
        ("a sender box of 47 bytes", "2", _set(4, bytes(47))),
        ("a commitment of 31 bytes", "2", _set(6, bytes(31))),
        ("no recipients", "3", _set(5, [])),
        ("a format name that is a bin", "17", _set(0, b"saltpack")),
        ("a mode that is a text", "17", _set(2, "3")),
        ("a mode that is negative", "17", _set(2, -3)),
        ("a mode that is a fraction", "17", _set(2, 3.0)),
        ("an ephemeral key that is a text", "17", _set(3, "a" * 32)),
        ("recipients that are nothing", "17", _set(5, None)),
        ("recipients that are a map", "17", _set(5, {})),
        ("a commitment to another payload key", "7", _set(6, commitment(bytes(32)))),
        ("a commitment with one bit changed", "7", lambda fields: fields.append(flipped(_bin(fields.pop()), 0))),
    ]
    for name, item, edit in edits:
        yield _refused(name, _envelope(edit).hex(), item)
    yield _refused("65 recipients", _crowd(64), "3")
    header = _packed_header(_fields())
    packets = _Packets().made(hashlib.sha512(header).digest())
    yield _refused("nothing at all", "", "2")
    yield _refused("a header that is not encoded twice", (header + packets).hex(), "2")
    yield _refused("a header that is a text", b"\xda".hex() + len(header).to_bytes(2, "big").hex() + header.hex(), "2")
    yield _refused("a header with a byte after it", (_outer(header + b"\xc0") + packets).hex(), "2")
    yield _refused("a header that is a map", (_outer(msgpack.packb({})) + packets).hex(), "17")
    yield _refused("a header that ends early", (_outer(header[:-1]) + packets).hex(), "17")
    good = _outer(header) + packets
    over = [b"\xc6\x00\x02\x00\x01".hex() + header.hex(), repeated(b"\x00", 131073 - len(header)), packets.hex()]
    yield _refused("a header of 131073 bytes", over, "2")
    yield _refused("67108865 bytes", [good.hex(), repeated(b"\x00", 67108865 - len(good))], "19")
    yield _refused("a length of 4 GiB that is not there", "c6ffffffff" + "00" * 16, "2")
    yield _refused("a bit of the ephemeral key changed", flipped(good, 8 * 20).hex(), "6")


def _bad_recipients() -> Iterator[Case]:
    edits: list[tuple[str, str, Callable[[list[bytes]], object]]] = [
        ("a recipient of two elements (a classical one)", "4", lambda pair: pair.pop()),
        ("a recipient of four elements", "4", lambda pair: pair.append(b"")),
        ("an identifier of 31 bytes", "4", _set_bytes(0, bytes(31))),
        ("an empty identifier", "4", _set_bytes(0, b"")),
        ("a key box of 47 bytes", "4", _set_bytes(1, bytes(47))),
        ("a ciphertext of 1119 bytes", "4", _set_bytes(2, bytes(1119))),
        ("a ciphertext of 1121 bytes", "4", _set_bytes(2, bytes(1121))),
        ("an identifier with one bit changed", "5", lambda pair: pair.insert(0, flipped(pair.pop(0), 7))),
        ("a ciphertext with one bit changed in its ML-KEM part", "5", lambda pair: pair.append(flipped(pair.pop(), 9))),
        (
            "a ciphertext with one bit changed in its X25519 part",
            "5",
            lambda pair: pair.append(flipped(pair.pop(), -250)),
        ),
        ("a ciphertext whose X25519 part is zero", "5", lambda pair: pair.append(pair.pop()[:1088] + bytes(32))),
        ("a key box with one bit changed", "6", lambda pair: pair.insert(1, flipped(pair.pop(1), 100))),
        ("a key box under the nonce of another place", "6", _set_bytes(1, _entry_at(1)[1])),
        ("a key box that holds another payload key", "7", _set_bytes(1, _entry_at(0, bytes(32))[1])),
    ]
    for name, item, edit in edits:
        yield _refused(name, _envelope(_recipient(edit)).hex(), item)
    classical = _envelope(lambda fields: _entries(fields).append([bytes(32), bytes(48)]))
    yield _refused("a classical recipient beside a good one", classical.hex(), "4")
    good = _envelope(lambda _: None).hex()
    yield {
        "name": "a reader whose letter it is not",
        "sealed": good,
        "seeds": [MARTIN.raw.hex()],
        "refusal": "envelope/5",
    }
    yield {"name": "a reader without seeds", "sealed": good, "seeds": [], "refusal": "envelope/5"}


def _bad_senders() -> Iterator[Case]:
    public = SENDER.public().raw
    keys = {
        ("an anonymous sender, all zero", "8"): bytes(32),
        ("a sender key that is the neutral point", "9"): b"\x01" + bytes(31),
        ("a sender key of order 2", "9"): (2**255 - 20).to_bytes(32, "little"),
        ("a sender key that is not canonical", "9"): (2**255 - 18).to_bytes(32, "little"),
        ("a sender key that is not on the curve", "9"): b"\x02" + bytes(31),
        ("a sender key of mixed order", "9"): mixed_order(public),
    }
    for (name, item), key in keys.items():
        yield _refused(name, _envelope(_set(4, box(_KEY, SENDER_NONCE, key))).hex(), item)
    yield _refused("a sender box with one bit changed", _envelope(_flip(4)).hex(), "8")
    other = _envelope(_set(4, box(_KEY, b"\x00" * 24, public)))
    yield _refused("a sender box under another nonce", other.hex(), "8")
    yield _refused("signed by another key", _envelope(packets=_Packets(signer=EVE).made).hex(), "10")
    forged: list[tuple[str, Callable[[bytes], bytes]]] = [
        ("an all-zero signature with a real sender key", lambda _: bytes(64)),
        ("a signature with one bit changed", lambda digest: flipped(_signature(digest), 3)),
        ("a signature with s not reduced", lambda digest: _unreduced(_signature(digest))),
        ("a signature over another final flag", lambda digest: _signature(digest, final=False)),
        ("a signature over another packet number", lambda digest: _signature(digest, number=1)),
        ("a signature over another text", lambda digest: _signature(digest, piece=pad(b"Non."))),
        ("a signature of another letter, sealed again for this reader", lambda _: _signature(bytes(64))),
        ("a signature of R neutral and s zero", lambda _: b"\x01" + bytes(63)),
    ]
    for name, signature in forged:
        yield _refused(name, _envelope(packets=_signed_by(signature)).hex(), "10")


def _bad_packets() -> Iterator[Case]:
    good = _envelope(lambda _: None)
    header_end = len(good) - len(_Packets().made(bytes(64)))
    header, packets = good[:header_end], good[header_end:]
    cut = {
        ("no packets", "15"): header,
        ("cut in the last byte", "17"): good[:-1],
        ("cut inside the packet", "17"): good[:-500],
        ("cut after the packet's first byte", "17"): good[: header_end + 1],
        ("a byte after the final packet", "14"): good + b"\x00",
        ("the final packet twice", "14"): good + packets,
        ("one bit of the packet changed", "11"): flipped(good, -8 * 300),
        ("one bit of the packet's first bytes changed", "11"): flipped(good, 8 * (header_end + 4)),
        ("the final flag cleared", "11"): good[:-1] + b"\xc2",
        ("a final flag that is a number", "17"): good[:-1] + b"\x01",
        ("a final flag that is nothing", "17"): good[:-1] + b"\xc0",
        ("a packet of three elements", "17"): header + b"\x93" + packets[1:] + b"\xc3",
        ("a packet of one element", "17"): header + b"\x91" + packets[1:-1],
        ("a packet that is a map", "17"): header + b"\x82" + packets[1:],
        ("a chunk that is a text", "17"): header + b"\x92\xda" + packets[2:],
        ("a chunk that is an extension", "17"): header + b"\x92\xc8" + packets[2:],
        ("a chunk length beyond what is there", "17"): header + b"\x92\xc6\xff\xff\xff\xff" + packets[4:],
        ("a chunk of 15 bytes", "11"): header + msgpack.packb([bytes(15), True]),
        ("an empty chunk", "11"): header + msgpack.packb([b"", True]),
    }
    for (name, item), sealed in cut.items():
        yield _refused(name, sealed.hex(), item)
    size, text = PIECE_SIZE + 81, pad(TEXT)
    over = [(header + b"\x92\xc6").hex() + size.to_bytes(4, "big").hex(), repeated(b"\x00", size), "c3"]
    yield _refused("a chunk over 2^20 + 80 bytes", over, "13")
    pieces = {
        ("a text that is cut in two short pieces", "13"): ((0, text[:100], False), (1, text[100:], True)),
        ("an empty packet before the final one", "12"): ((0, b"", False), (1, text, True)),
        ("the first packet is missing", "16"): ((1, text, True),),
        ("packets in another order", "16"): ((1, text, True), (0, text, False)),
        ("no final packet, cut at a packet's end", "13"): ((0, text, False),),
    }
    for (name, item), made in pieces.items():
        yield _refused(name, _envelope(packets=_Packets(made).made).hex(), item)


def _bad_padding() -> Iterator[Case]:
    texts = {
        "an empty text without padding": b"",
        "a text without padding": TEXT,
        "zeros without a mark": bytes(1024),
        "a text and zeros without a mark": TEXT + bytes(1024 - len(TEXT)),
        "filler that is not zero": pad(TEXT)[:-1] + b"\x01",
        "one zero too few": pad(TEXT)[:-1],
        "one zero too many": pad(TEXT) + b"\x00",
        "a larger bucket than needed": pad(TEXT) + bytes(1024),
    }
    for name, text in texts.items():
        yield _refused(f"padding: {name}", _envelope(packets=_Packets(((0, text, True),)).made).hex(), "18")


def _opens(name: str, sealed: Json, seeds: Sequence[SealingSeed], plaintext: Json, recipients: int) -> Case:
    expect: Json = {"plaintext": plaintext, "sender": SENDER.public().raw.hex(), "recipients": recipients}
    return {"name": name, "sealed": sealed, "seeds": [seed.raw.hex() for seed in seeds], "expect": expect}


def _refused(name: str, sealed: Json, item: str) -> Case:
    return {"name": name, "sealed": sealed, "seeds": [ANNE.raw.hex()], "refusal": f"envelope/{item}"}


def _fields() -> _Fields:
    return _header(_KEY, SENDER.public().raw, [ANNE.public()], source("fields"))


def _packed_header(fields: _Fields) -> bytes:
    packed: bytes = msgpack.packb(fields)
    return packed


def _outer(header: bytes) -> bytes:
    packed: bytes = msgpack.packb(header)
    return packed


def _envelope(edit: _Edit = lambda _: None, packets: Callable[[bytes], bytes] = _Packets().made) -> bytes:
    fields = _fields()
    edit(fields)
    header = _packed_header(fields)
    return _outer(header) + packets(hashlib.sha512(header).digest())


def _crowd(others: int) -> Json:
    """The reader after `others` entries that are all zero."""
    dummy = [bytes.fromhex(part) for part in _DUMMY]
    fields = _fields()
    fields[5] = [dummy] * others + [_entry_at(others)]
    header = _packed_header(fields)
    packets = _Packets().made(hashlib.sha512(header).digest())
    unit = _outer_list(dummy)
    before, _, after = (_outer(header) + packets).partition(unit * others)
    return [before.hex(), repeated(unit, others), after.hex()]


def _outer_list(values: list[bytes]) -> bytes:
    packed: bytes = msgpack.packb(values)
    return packed


def _entry_at(index: int, payload_key: bytes = _KEY) -> list[bytes]:
    """The reader's entry, made for another place or another payload key, with the same encapsulation."""
    fields = _fields()
    _, _, ciphertext = _list(_entries(fields)[0])
    shared = xwing.decapsulate(ANNE.raw, _bin(ciphertext))
    key = derived_key(shared, _bin(ciphertext), ANNE.public().raw, _bin(fields[3]))
    return [identifier(shared, _bin(ciphertext)), box(key, recipient_nonce(index), payload_key), _bin(ciphertext)]


def _wide_forms() -> bytes:
    """Every length in 32 bits, every number in 64."""

    def wide_bin(raw: bytes) -> bytes:
        return b"\xc6" + len(raw).to_bytes(4, "big") + raw

    def wide_array(*parts: bytes) -> bytes:
        return b"\xdd" + len(parts).to_bytes(4, "big") + b"".join(parts)

    def wide_number(number: int) -> bytes:
        return b"\xcf" + number.to_bytes(8, "big")

    _, _, _, ephemeral, sender_box, recipients, committed = _fields()
    entry = wide_array(*(wide_bin(_bin(part)) for part in _list(_list(recipients)[0])))
    header = wide_array(
        b"\xdb\x00\x00\x00\x08saltpack",
        wide_array(wide_number(2), wide_number(0)),
        wide_number(3),
        wide_bin(_bin(ephemeral)),
        wide_bin(_bin(sender_box)),
        wide_array(entry),
        wide_bin(_bin(committed)),
    )
    digest = hashlib.sha512(header).digest()
    chunk, final = msgpack.unpackb(_Packets().made(digest))
    return wide_bin(header) + wide_array(wide_bin(chunk), b"\xc3" if final else b"\xc2")


def _signature(digest: bytes, number: int = 0, final: bool = True, piece: bytes = pad(TEXT)) -> bytes:
    return SENDER.sign(signed_text(digest, packet_nonce(digest, number, final), final, piece))


def _signed_by(signature: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def packets(digest: bytes) -> bytes:
        chunk = box(_KEY, packet_nonce(digest, 0, True), signature(digest) + pad(TEXT))
        packed: bytes = msgpack.packb([chunk, True])
        return packed

    return packets


def _unreduced(signature: bytes) -> bytes:
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    return signature[:32] + s.to_bytes(32, "little")


def _set(index: int, value: object) -> _Edit:
    return lambda fields: fields.__setitem__(index, value)


def _flip(index: int) -> _Edit:
    return lambda fields: fields.__setitem__(index, flipped(_bin(fields[index]), 5))


def _set_bytes(index: int, value: bytes) -> Callable[[list[bytes]], object]:
    return lambda pair: pair.__setitem__(index, value)


def _recipient(edit: Callable[[list[bytes]], object]) -> _Edit:
    return lambda fields: edit(_list(_entries(fields)[0]))


def _entries(fields: _Fields) -> list[object]:
    assert isinstance(fields[5], list)
    return fields[5]


def _list(value: object) -> list[bytes]:
    assert isinstance(value, list)
    return value


def _bin(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value
