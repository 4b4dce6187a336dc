"""Passwords: Argon2id inside a floor and a ceiling, and the two keys that come of it (docs/spec/keybox.md)."""

import unicodedata
from dataclasses import dataclass
from typing import Self

from nacl.pwhash import argon2id

from crypto.encoding import Json, b64u, hkdf, integer, members, text, unb64u
from crypto.errors import NotCanonical, WeakKdf
from crypto.keys import SigningSeed
from crypto.labels import (
    KDF_LANES,
    KDF_MEMORY,
    KDF_MEMORY_CEILING,
    KDF_MEMORY_FLOOR,
    KDF_PASSES,
    KDF_PASSES_CEILING,
    KDF_PASSES_FLOOR,
    LOGIN,
    PASSWORD_WRAP,
)
from crypto.randomness import SYSTEM, Source

_MEMBERS = frozenset({"lanes", "memory", "name", "passes", "salt"})


@dataclass(frozen=True)
class PasswordKdf:
    """Argon2id v1.3 parameters: `salt` 16 bytes, `memory` in KiB, `passes`, `lanes`."""

    salt: bytes
    memory: int = KDF_MEMORY
    passes: int = KDF_PASSES
    lanes: int = KDF_LANES

    @classmethod
    def fresh(cls) -> Self:
        """What is written today, with a new salt."""
        return cls._fresh(SYSTEM)

    @classmethod
    def _fresh(cls, source: Source) -> Self:
        return cls(source.take(16))

    def check(self) -> None:
        """Raises WeakKdf outside floor and ceiling: a server names these parameters, so it could weaken them."""
        within = (
            len(self.salt) == 16
            and KDF_MEMORY_FLOOR <= self.memory <= KDF_MEMORY_CEILING
            and KDF_PASSES_FLOOR <= self.passes <= KDF_PASSES_CEILING
            and self.lanes == KDF_LANES
        )
        if not within:
            raise WeakKdf("keybox/5")

    def to_json(self) -> dict[str, Json]:
        """As in a slot and in the answer to a challenge."""
        return {
            "lanes": self.lanes,
            "memory": self.memory,
            "name": "argon2id",
            "passes": self.passes,
            "salt": b64u(self.salt),
        }

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        """Raises NotCanonical for another shape, WeakKdf for parameters that check() refuses."""
        found = members(raw, _MEMBERS)
        if found["name"] != "argon2id":
            raise NotCanonical("keybox/1")
        kdf = cls(
            salt=unb64u(text(found["salt"]), 16),
            memory=integer(found["memory"]),
            passes=integer(found["passes"]),
            lanes=integer(found["lanes"]),
        )
        kdf.check()
        return kdf


@dataclass(frozen=True, repr=False)
class Master:
    """What a password and its parameters give: 32 bytes. Neither key says anything about the other."""

    raw: bytes
    kdf: PasswordKdf

    def __repr__(self) -> str:
        return "Master(...)"

    def wrap_key(self, account: str) -> bytes:
        """The slot key, 32 bytes."""
        return hkdf(self.raw, b"", PASSWORD_WRAP + b"\x00" + account.encode())

    def login_seed(self) -> SigningSeed:
        """The log-in key: the relay holds its public half. The salt makes it the account's own."""
        return SigningSeed(hkdf(self.raw, b"", LOGIN))


def stretch(password: str, kdf: PasswordKdf) -> Master:
    """Argon2id over NFC(password): some 64 MiB and a tenth of a second, so not in an event loop.

    Raises WeakKdf before any work is done, NotCanonical for a password that is not text (lone surrogates).
    """
    kdf.check()
    try:
        spelled = unicodedata.normalize("NFC", password).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("encodings/text") from error
    raw = argon2id.kdf(32, spelled, kdf.salt, opslimit=kdf.passes, memlimit=kdf.memory * 1024)
    return Master(raw, kdf)
