"""What the makers of vectors share: counted randomness for the private seam, and the spelling of bytes."""

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

from crypto.encoding import Json
from crypto.keys import KeyPairs, SealingSeed, SigningSeed
from crypto.randomness import Source
from tests.vectors import mlkem

Case: TypeAlias = Mapping[str, Json]


def drawn(label: str, length: int) -> bytes:
    """The same bytes each time."""
    return hashlib.shake_256(b"pli vectors" + label.encode()).digest(length)


def source(label: str) -> Source:
    """A Source that gives the same bytes each time."""
    count = iter(range(1_000_000))

    def take(length: int) -> bytes:
        return drawn(f"{label} {next(count)}", length)

    return Source(take, lambda public: mlkem.encapsulate(public, take(32)))


def signing(label: str) -> SigningSeed:
    """A person's signing seed."""
    return SigningSeed(drawn(f"signing {label}", 32))


def sealing(label: str) -> SealingSeed:
    """A person's sealing seed."""
    return SealingSeed(drawn(f"sealing {label}", 32))


def pairs(label: str) -> KeyPairs:
    """Both seeds of a person."""
    return KeyPairs(signing(label), sealing(label))


def as_bytes(spelled: Json) -> bytes:
    """`Bytes` of the README: hexadecimal, {"repeat", "times"}, or an array of these."""
    match spelled:
        case str():
            return bytes.fromhex(spelled)
        case {"repeat": str(unit), "times": int(times)}:
            return bytes.fromhex(unit) * times
        case list():
            return b"".join(as_bytes(part) for part in spelled)
        case _:
            raise ValueError("not Bytes")


def repeated(unit: bytes, times: int) -> Json:
    """The short spelling of long bytes."""
    return {"repeat": unit.hex(), "times": times}


def flipped(raw: bytes, bit: int) -> bytes:
    """`raw` with one bit changed; negative counts from the end."""
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
