"""One type for each key, and identifiers.

A secret never prints itself; a public key from outside goes through load().
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from crypto import xwing
from crypto.encoding import b64u, base32
from crypto.errors import CannotOpen, WeakKey
from crypto.labels import KEY_ID
from crypto.randomness import SYSTEM, Source

_ACCOUNT = re.compile(r"a[a-z2-7]{25}[aeimquy4]")  # the last letter holds three bits and two zeros
_SIGNATURE = 64


@dataclass(frozen=True)
class SigningPublic:
    """An Ed25519 public key, 32 bytes."""

    raw: bytes

    @classmethod
    def load(cls, raw: bytes) -> Self:
        """A key from outside. Raises WeakKey: not canonical, not on the curve, of small or mixed order."""
        if len(raw) != 32 or not crypto_core_ed25519_is_valid_point(raw):
            raise WeakKey("transparency/4")
        return cls(raw)

    def verify(self, message: bytes, signature: bytes, item: str = "signature") -> None:
        """Raises CannotOpen(item) unless `signature` (64 bytes) is this key's over `message`."""
        if len(signature) != _SIGNATURE:
            raise CannotOpen(item)
        try:
            crypto_sign_open(signature + message, self.raw)
        except BadSignatureError as error:
            raise CannotOpen(item) from error


@dataclass(frozen=True, repr=False)
class SigningSeed:
    """An Ed25519 secret key as its 32-byte seed."""

    raw: bytes

    def __post_init__(self) -> None:
        _require_seed(self.raw)

    def __repr__(self) -> str:
        return "SigningSeed(...)"

    @classmethod
    def generate(cls) -> Self:
        """A fresh one, of the system's randomness."""
        return cls._generate(SYSTEM)

    @classmethod
    def _generate(cls, source: Source) -> Self:
        return cls(source.take(32))

    def public(self) -> SigningPublic:
        """The key that verifies."""
        return SigningPublic(self._pair[0])

    def sign(self, message: bytes) -> bytes:
        """64 bytes (RFC 8032)."""
        return crypto_sign(message, self._pair[1])[:_SIGNATURE]

    # Made once: who holds a seed asks for its halves at every letter. It lives as long as the seed that it is made of.
    @cached_property
    def _pair(self) -> tuple[bytes, bytes]:
        return crypto_sign_seed_keypair(self.raw)


@dataclass(frozen=True)
class SealingPublic:
    """An X-Wing public key, 1216 bytes."""

    raw: bytes

    @classmethod
    def load(cls, raw: bytes) -> Self:
        """A key from outside. Raises WeakKey (docs/spec/envelope.md, X-Wing)."""
        xwing.check_public(raw)
        return cls(raw)


@dataclass(frozen=True, repr=False)
class SealingSeed:
    """An X-Wing secret key as its 32-byte seed."""

    raw: bytes

    def __post_init__(self) -> None:
        _require_seed(self.raw)

    def __repr__(self) -> str:
        return "SealingSeed(...)"

    @classmethod
    def generate(cls) -> Self:
        """A fresh one, of the system's randomness."""
        return cls._generate(SYSTEM)

    @classmethod
    def _generate(cls, source: Source) -> Self:
        return cls(source.take(32))

    def public(self) -> SealingPublic:
        """The key that others seal to."""
        return self._public

    @cached_property  # expanding the seed costs more than sealing a letter to the key
    def _public(self) -> SealingPublic:
        return SealingPublic(xwing.public_key(self.raw))


@dataclass(frozen=True)
class PublicKeys:
    """What others know of one person: a signing key and a sealing key."""

    signing: SigningPublic
    sealing: SealingPublic

    @classmethod
    def load(cls, signing: bytes, sealing: bytes) -> Self:
        """Two keys from outside. Raises WeakKey."""
        return cls(SigningPublic.load(signing), SealingPublic.load(sealing))

    @property
    def key_id(self) -> str:
        """`k` and 26 letters, computed: a key id that came from outside is compared with this."""
        digest = hashlib.sha256(KEY_ID + self.signing.raw + self.sealing.raw).digest()
        return "k" + base32(digest[:16])


@dataclass(frozen=True)
class KeyPairs:
    """What one person holds: both seeds."""

    signing: SigningSeed
    sealing: SealingSeed

    @classmethod
    def generate(cls) -> Self:
        """Fresh ones, of the system's randomness."""
        return cls._generate(SYSTEM)

    @classmethod
    def _generate(cls, source: Source) -> Self:
        return cls(SigningSeed._generate(source), SealingSeed._generate(source))

    def public(self) -> PublicKeys:
        """The public halves."""
        return PublicKeys(self.signing.public(), self.sealing.public())


def account_id() -> str:
    """A new account: `a` and 26 letters."""
    return _account_id(SYSTEM)


def _account_id(source: Source) -> str:
    return "a" + base32(source.take(16))


def is_account(text: str) -> bool:
    """Whether `text` is spelled like an account."""
    return _ACCOUNT.fullmatch(text) is not None


def random_id() -> str:
    """A new letter, thread, attachment or slot id: b64u of 16 random bytes, 22 characters."""
    return _random_id(SYSTEM)


def _random_id(source: Source) -> str:
    return b64u(source.take(16))


def blob_id(stored: bytes) -> str:
    """`b` and the 64 small hexadecimal digits of SHA-256."""
    return "b" + hashlib.sha256(stored).hexdigest()


def _require_seed(raw: bytes) -> None:
    if len(raw) != 32:
        raise ValueError("a seed has 32 bytes")
