"""X-Wing: ML-KEM-768 and X25519 in one KEM (draft-connolly-cfrg-xwing-kem-06; docs/spec/envelope.md).

A secret key is its 32-byte seed. Proved by the draft's known answers.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from nacl.bindings import crypto_scalarmult, crypto_scalarmult_base
from nacl.exceptions import RuntimeError as SodiumError

from crypto.errors import CannotOpen, WeakKey
from crypto.labels import MLKEM_CIPHERTEXT, MLKEM_PUBLIC, XWING_CIPHERTEXT, XWING_LABEL, XWING_PUBLIC, XWING_SEED
from crypto.randomness import SYSTEM, Source

_P = 2**255 - 19
# The u-coordinates of small order on Curve25519 and its twist (RFC 7748, section 6.1; cr.yp.to/ecdh.html).
_SMALL_ORDER = frozenset({
    0,
    1,
    _P - 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
})  # fmt: skip


class SecretKey:
    """One expanded seed, for many decapsulations. Lives no longer than the call that made it."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != XWING_SEED:
            raise ValueError("an X-Wing seed has 32 bytes")
        expanded = hashlib.shake_256(seed).digest(96)
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self._x25519 = expanded[64:]
        self._x25519_public = crypto_scalarmult_base(self._x25519)

    def public(self) -> bytes:
        """1216 bytes."""
        return self._mlkem.public_key().public_bytes_raw() + self._x25519_public

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """The 32-byte shared secret. Raises CannotOpen for a wrong length or a weak X25519 part.

        A ciphertext made for somebody else gives 32 bytes that fit nothing (implicit rejection, FIPS 203).
        """
        if len(ciphertext) != XWING_CIPHERTEXT:
            raise CannotOpen("envelope/4")
        theirs = ciphertext[MLKEM_CIPHERTEXT:]
        try:
            secret_x = crypto_scalarmult(self._x25519, theirs)
        except SodiumError as error:
            raise CannotOpen("envelope/5") from error
        secret_m = self._mlkem.decapsulate(ciphertext[:MLKEM_CIPHERTEXT])
        return _combine(secret_m, secret_x, theirs, self._x25519_public)


def public_key(seed: bytes) -> bytes:
    """The public key (1216 bytes) of a seed (32 bytes)."""
    return SecretKey(seed).public()


def encapsulate(public: bytes) -> tuple[bytes, bytes]:
    """(shared secret 32, ciphertext 1120) for a public key of 1216 bytes. Raises WeakKey."""
    return _encapsulate(public, SYSTEM)


def decapsulate(seed: bytes, ciphertext: bytes) -> bytes:
    """The shared secret (32 bytes). Raises CannotOpen."""
    return SecretKey(seed).decapsulate(ciphertext)


def check_public(public: bytes) -> None:
    """Raises WeakKey: wrong length, coefficients over the modulus (FIPS 203, 7.2), X25519 of small order."""
    if len(public) != XWING_PUBLIC:
        raise WeakKey("transparency/4")
    # Bit 255 is ignored by X25519 (RFC 7748, section 5), so it is ignored here too.
    coordinate = int.from_bytes(public[MLKEM_PUBLIC:], "little") & (2**255 - 1)
    if coordinate % _P in _SMALL_ORDER:
        raise WeakKey("transparency/4")
    try:
        MLKEM768PublicKey.from_public_bytes(public[:MLKEM_PUBLIC])
    except ValueError as error:
        raise WeakKey("transparency/4") from error


def _encapsulate(public: bytes, source: Source) -> tuple[bytes, bytes]:
    theirs = public[MLKEM_PUBLIC:]
    ephemeral = source.take(32)
    try:
        secret_m, ciphertext_m = source.encapsulate(public[:MLKEM_PUBLIC])
        secret_x = crypto_scalarmult(ephemeral, theirs)
    except (ValueError, SodiumError) as error:
        raise WeakKey("transparency/4") from error
    ciphertext_x = crypto_scalarmult_base(ephemeral)
    return _combine(secret_m, secret_x, ciphertext_x, theirs), ciphertext_m + ciphertext_x


def _combine(secret_m: bytes, secret_x: bytes, ciphertext_x: bytes, public_x: bytes) -> bytes:
    return hashlib.sha3_256(secret_m + secret_x + ciphertext_x + public_x + XWING_LABEL).digest()
