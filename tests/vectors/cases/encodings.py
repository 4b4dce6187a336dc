"""encodings.json."""

from collections.abc import Iterator

from crypto.encoding import Json, b64u, base32, canonical, hkdf, u64be
from crypto.keys import blob_id
from crypto.labels import MLKEM_PUBLIC
from tests.vectors.material import Case, as_bytes, drawn, pairs, repeated

ABOUT = (
    "base64url, base 32, canonical JSON, HKDF, times, identifiers and public keys from outside (docs/spec/encodings.md)"
)

# RFC 5869, appendix A.1 and A.3, first 32 bytes of the output
_HKDF = [
    ("RFC 5869, A.1", "0b" * 22, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9"),
    ("RFC 5869, A.3: no salt, no info", "0b" * 22, "", ""),
]
_JSON: list[tuple[str, Json]] = [
    ("nothing", None),
    ("a truth", True),
    ("zero", 0),
    ("the largest integer", 2**53 - 1),
    ("the smallest integer", -(2**53) + 1),
    ("an empty text", ""),
    ("an empty object", {}),
    ("an empty array", []),
    ("keys in another order", {"b": 1, "a": 2, "A": 3, "": 4, "aa": 5}),
    ("controls are escaped in the short form where there is one", "\x00\x01\b\t\n\v\f\r\x1f\x7f"),
    ("quotation mark, backslash and slash", '"\\/'),
    ("text beyond ASCII is not escaped", "Éléonore \u2028 \u2029 \ufeff ſ 漢 🩺"),
    ("keys are sorted by UTF-16 code units", {"\ufb33": 1, "🩺": 2, "é": 3, "e": 4, "\u20ac": 5, "\r": 6, "1": 7}),
    ("a key that is special in JavaScript", {"__proto__": {"a": 1}, "constructor": 1, "toString": []}),
    ("keys that look like numbers", {"10": 1, "9": 2, "1": 3, "01": 4}),
]
_NOT_JSON = {
    "nothing at all": b"",
    "white space": b'{"a": 1}',
    "white space at the end": b"1\n",
    "another key order": b'{"b":1,"a":2}',
    "a key twice": b'{"a":1,"a":1}',
    "a fraction": b"1.5",
    "an integer spelled as a fraction": b"1.0",
    "an exponent": b"1e2",
    "minus zero": b"-0",
    "a leading zero": b"01",
    "an integer over 2^53-1": b"9007199254740992",
    "an integer below -2^53+1": b"-9007199254740992",
    "a very long integer": b"9" * 400,
    "not a number": b"NaN",
    "infinity": b"Infinity",
    "an escape that is not needed": b'"\\u0061"',
    "an escape in capitals": b'"\\u001F"',
    "a long escape where there is a short one": b'"\\u000a"',
    "an escaped slash": b'"\\/"',
    "a lone surrogate, escaped": b'"\\ud800"',
    "a lone surrogate, encoded": b'"\xed\xa0\x80"',
    "a lone surrogate in a key": b'{"\\udc00":1}',
    "bytes that are not UTF-8": b'"\xff"',
    "an overlong form": b'"\xc0\xaf"',
    "a byte order mark": b"\xef\xbb\xbf1",
    "a control character": b'"\x01"',
    "a comment": b"1/**/",
    "a comma too many": b"[1,]",
    "two values": b"1 1",
    "an end that is missing": b'{"a":1',
    "33 arrays inside one another": b"[" * 33 + b"]" * 33,
    "100000 arrays inside one another, no end": b"[" * 100_000,
    "keys sorted by code points, not by code units": canonical({"\ufb33": 1}).replace(b"}", ',"🩺":2}'.encode()),
}
_NOT_B64U = {
    "padding": "AA==",
    "the other alphabet, plus": "+A",
    "the other alphabet, slash": "/A",
    "white space": "A A",
    "a line end": "AA\n",
    "one character too many": "AAAAA",
    "trailing bits, one byte": "AB",
    "trailing bits, two bytes": "AAB",
    "a letter beyond ASCII": "éA",
    "one character": "A",
    "trailing bits, 32 bytes": "A" * 42 + "B",
    "percent encoding": "AA%3D%3D",
}
_TIMES = ["2026-11-23T15:06:55Z", "2026-11-23T15:06:55.123Z", "2024-02-29T00:00:00.000001Z"]
_NOT_TIMES = {
    "no zone": "2026-11-23T15:06:55",
    "an offset": "2026-11-23T15:06:55+00:00",
    "small letters": "2026-11-23t15:06:55z",
    "a space": "2026-11-23 15:06:55Z",
    "no seconds": "2026-11-23T15:06Z",
    "a 30th of February": "2026-02-30T00:00:00Z",
    "a 29th of February of a common year": "2026-02-29T00:00:00Z",
    "hour 24": "2026-11-23T24:00:00Z",
    "second 60": "2026-12-31T23:59:60Z",
    "seven digits": "2026-11-23T15:06:55.1234567Z",
    "a comma": "2026-11-23T15:06:55,1Z",
    "other digits": "２026-11-23T15:06:55Z",
    "a line end": "2026-11-23T15:06:55Z\n",
}
_P = 2**255 - 19
# A point of order 8, and the encodings of small order (RFC 8032; cr.yp.to/ecdh.html for X25519).
_EDWARDS_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
_NOT_SIGNING = {
    "all zero": bytes(32).hex(),
    "the neutral point": "01" + "00" * 31,
    "a point of order 2": (_P - 1).to_bytes(32, "little").hex(),
    "a point of order 8": _EDWARDS_8,
    "the neutral point, not canonical": (_P + 1).to_bytes(32, "little").hex(),
    "all bits set": "ff" * 32,
    "not on the curve": "02" + "00" * 31,
    "31 bytes": "66" * 31,
    "a good point plus the point of order 2": "",
}
SMALL_X = {
    "zero": 0,
    "one": 1,
    "p - 1": _P - 1,
    "p": _P,
    "p + 1": _P + 1,
    "zero with bit 255": 1 << 255,
    "order 8, first": 325606250916557431795983626356110631294008115727848805560023387167927233504,
    "order 8, second": 39382357235489614581723060781553021112529911719440698176882885853963445705823,
}


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _texts()
    yield from _json()
    yield from _identifiers()
    yield from _signing_keys()
    yield from _sealing_keys()


def mixed_order(public: bytes) -> bytes:
    """A point outside the prime-order group: `public` plus the point of order 2, which is (x, y) -> (-x, -y)."""
    y = int.from_bytes(public, "little") & ((1 << 255) - 1)
    sign = public[31] >> 7
    return ((_P - y) | ((1 - sign) << 255)).to_bytes(32, "little")


def _texts() -> Iterator[Case]:
    for length in (0, 1, 2, 3, 16, 32):
        raw = drawn("b64u", length)
        yield {"name": f"b64u of {length} bytes", "op": "b64u", "bytes": raw.hex(), "expect": b64u(raw)}
        yield {"name": f"base 32 of {length} bytes", "op": "base32", "bytes": raw.hex(), "expect": base32(raw)}
    yield {"name": "b64u uses - and _", "op": "b64u", "bytes": "fbff", "expect": b64u(b"\xfb\xff")}
    for name, text in _NOT_B64U.items():
        yield {"name": f"b64u: {name}", "op": "b64u", "text": text, "refusal": "encodings/b64u"}
    for wanted in (31, 33):
        yield {
            "name": f"b64u: 32 bytes where {wanted} are wanted",
            "op": "b64u", "text": b64u(bytes(32)), "length": wanted, "refusal": "encodings/b64u",
        }  # fmt: skip
    for number in (0, 255, 2**32, 2**53 - 1):
        yield {"name": f"u64be({number})", "op": "u64be", "number": number, "expect": u64be(number).hex()}
    for name, key, salt, info in _HKDF:
        out = hkdf(*map(bytes.fromhex, (key, salt, info))).hex()
        yield {"name": name, "op": "hkdf", "key": key, "salt": salt, "info": info, "expect": out}
    for text in _TIMES:
        yield {"name": f"the time {text}", "op": "time", "text": text, "expect": text}
    for name, text in _NOT_TIMES.items():
        yield {"name": f"time: {name}", "op": "time", "text": text, "refusal": "encodings/time"}


def _json() -> Iterator[Case]:
    deep: Json = []
    for _ in range(31):
        deep = [deep]
    for name, value in [*_JSON, ("32 arrays inside one another", deep)]:
        yield {"name": f"json: {name}", "op": "json", "value": value, "expect": canonical(value).hex()}
    for name, raw in _NOT_JSON.items():
        if len(raw) < 1000:
            yield {"name": f"json: {name}", "op": "json", "raw": raw.hex(), "refusal": "encodings/json"}


def _identifiers() -> Iterator[Case]:
    keys = pairs("anne").public()
    yield {
        "name": "a key id", "op": "key-id", "signing": keys.signing.raw.hex(), "sealing": keys.sealing.raw.hex(),
        "expect": keys.key_id,
    }  # fmt: skip
    for spelled in ("", "616263", repeated(b"a", 5_000_000)):
        blob = as_bytes(spelled)
        yield {"name": f"a blob id, {len(blob)} bytes", "op": "blob-id", "bytes": spelled, "expect": blob_id(blob)}


def _signing_keys() -> Iterator[Case]:
    good = pairs("anne").public().signing.raw
    yield {"name": "a good signing key", "op": "load-signing", "raw": good.hex(), "expect": good.hex()}
    for name, raw in _NOT_SIGNING.items():
        spelled = raw or mixed_order(good).hex()
        yield {"name": f"signing key: {name}", "op": "load-signing", "raw": spelled, "refusal": "transparency/4"}


def _sealing_keys() -> Iterator[Case]:
    good = pairs("anne").public().sealing.raw
    kem, point = good[:MLKEM_PUBLIC], good[MLKEM_PUBLIC:]
    yield {"name": "a good sealing key", "op": "load-sealing", "raw": good.hex(), "expect": good.hex()}
    weak = {f"X25519 part {name}": kem + u.to_bytes(32, "little") for name, u in SMALL_X.items()}
    weak["first coefficient is the modulus"] = (3329).to_bytes(2, "little") + kem[2:] + point
    weak["last coefficient is 4095"] = kem[:1150] + bytes([kem[1150] | 0xF0, 0xFF]) + kem[1152:] + point
    weak["one byte short"] = good[:-1]
    weak["one byte long"] = good + b"\x00"
    for name, raw in weak.items():
        yield {"name": f"sealing key: {name}", "op": "load-sealing", "raw": raw.hex(), "refusal": "transparency/4"}
