"""XChaCha20-Poly1305-IETF (draft-irtf-cfrg-xchacha-03): with a random nonce in front, or with a counted one."""

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError as SodiumError

from crypto.errors import CannotOpen
from crypto.randomness import Source

NONCE = 24
OVERHEAD = 16


def encrypt(key: bytes, nonce: bytes, data: bytes, ad: bytes) -> bytes:
    """`data` and 16 bytes more. The caller answers for the nonce."""
    return crypto_aead_xchacha20poly1305_ietf_encrypt(data, ad, nonce, key)


def decrypt(key: bytes, nonce: bytes, sealed: bytes, ad: bytes, item: str) -> bytes:
    """What encrypt() was given. Raises CannotOpen(item)."""
    if len(sealed) < OVERHEAD:
        raise CannotOpen(item)
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, ad, nonce, key)
    except SodiumError as error:
        raise CannotOpen(item) from error


def _seal(key: bytes, data: bytes, ad: bytes, source: Source) -> bytes:
    """`seal` of docs/spec/encodings.md: nonce (24) || ciphertext."""
    nonce = source.take(NONCE)
    return nonce + encrypt(key, nonce, data, ad)


def unseal(key: bytes, sealed: bytes, ad: bytes, item: str) -> bytes:
    """What `seal` was given. Raises CannotOpen(item)."""
    return decrypt(key, sealed[:NONCE], sealed[NONCE:], ad, item) if len(sealed) >= NONCE else _too_short(item)


def _too_short(item: str) -> bytes:
    raise CannotOpen(item)
