"""The header packet as values: its parsing, and the key schedule that sealer and opener share."""

import hashlib
import hmac
from dataclasses import dataclass

from nacl.bindings import crypto_secretbox_easy, crypto_secretbox_open_easy
from nacl.exceptions import CryptoError as SodiumError

from crypto.encoding import u64be
from crypto.envelope.reader import Reader
from crypto.errors import CannotOpen
from crypto.labels import (
    DERIVED_KEY,
    FORMAT_NAME,
    FORMAT_VERSION,
    HEADER_LIMIT,
    PAYLOAD_COMMITMENT,
    RECIPIENT_IDENTIFIER,
    RECIPIENT_KEY,
    RECIPIENT_LIMIT,
    RECIPIENT_NONCE,
    SIGNCRYPTION_MODE,
    XWING_CIPHERTEXT,
)


@dataclass(frozen=True)
class Recipient:
    """One entry: identifier (32), payload key box (48), X-Wing ciphertext (1120)."""

    identifier: bytes
    key_box: bytes
    ciphertext: bytes


@dataclass(frozen=True)
class Header:
    """What a header says. `digest` is SHA-512 of its bytes as received."""

    digest: bytes
    ephemeral: bytes
    sender_box: bytes
    recipients: tuple[Recipient, ...]
    commitment: bytes


def parse_header(raw: bytes) -> Header:
    """Raises CannotOpen."""
    if len(raw) > HEADER_LIMIT:
        raise CannotOpen("envelope/2")
    reader = Reader(raw)
    _exactly(reader.array(), 7, "envelope/2")
    _parse_format(reader)
    ephemeral = _sized(reader, 32, "envelope/2")
    sender_box = _sized(reader, 48, "envelope/2")
    recipients = _parse_recipients(reader)
    commitment = _sized(reader, 32, "envelope/2")
    if not reader.at_end:
        raise CannotOpen("envelope/2")
    return Header(hashlib.sha512(raw).digest(), ephemeral, sender_box, recipients, commitment)


def commitment(payload_key: bytes) -> bytes:
    """32 bytes that bind a header to one payload key."""
    return hashlib.sha256(PAYLOAD_COMMITMENT + payload_key).digest()


def identifier(shared: bytes, ciphertext: bytes) -> bytes:
    """What tells a reader, and nobody else, that an entry is theirs."""
    return hmac.digest(RECIPIENT_IDENTIFIER, shared + ciphertext, "sha512")[:32]


def derived_key(shared: bytes, ciphertext: bytes, public: bytes, ephemeral: bytes) -> bytes:
    """The key of one recipient's payload key box."""
    key = hmac.digest(RECIPIENT_KEY, shared + ciphertext + public, "sha512")[:32]
    return symmetric_key(key, ephemeral)


def symmetric_key(key: bytes, ephemeral: bytes) -> bytes:
    """What Saltpack derives from a symmetric recipient's key (saltpack_signcryption_v2, recipient pairs)."""
    return hmac.digest(DERIVED_KEY, ephemeral + key, "sha512")[:32]


def recipient_nonce(index: int) -> bytes:
    """Fixed by the entry's place: its key is used for nothing else."""
    return RECIPIENT_NONCE + u64be(index)


def box(key: bytes, nonce: bytes, data: bytes) -> bytes:
    """secretbox (XSalsa20-Poly1305): 16 bytes more."""
    return crypto_secretbox_easy(data, nonce, key)


def unbox(key: bytes, nonce: bytes, sealed: bytes, item: str) -> bytes:
    """Raises CannotOpen(item)."""
    if len(sealed) < 16:
        raise CannotOpen(item)
    try:
        return crypto_secretbox_open_easy(sealed, nonce, key)
    except SodiumError as error:
        raise CannotOpen(item) from error


def _parse_format(reader: Reader) -> None:
    if reader.text() != FORMAT_NAME.encode("ascii"):
        raise CannotOpen("envelope/1")
    _exactly(reader.array(), 2, "envelope/1")
    if (reader.unsigned(), reader.unsigned()) != FORMAT_VERSION or reader.unsigned() != SIGNCRYPTION_MODE:
        raise CannotOpen("envelope/1")


def _parse_recipients(reader: Reader) -> tuple[Recipient, ...]:
    count = reader.array()
    if not 1 <= count <= RECIPIENT_LIMIT:
        raise CannotOpen("envelope/3")
    return tuple(_parse_recipient(reader) for _ in range(count))


def _parse_recipient(reader: Reader) -> Recipient:
    _exactly(reader.array(), 3, "envelope/4")
    return Recipient(
        _sized(reader, 32, "envelope/4"),
        _sized(reader, 48, "envelope/4"),
        _sized(reader, XWING_CIPHERTEXT, "envelope/4"),
    )


def _sized(reader: Reader, length: int, item: str) -> bytes:
    value = reader.binary()
    _exactly(len(value), length, item)
    return value


def _exactly(found: int, wanted: int, item: str) -> None:
    if found != wanted:
        raise CannotOpen(item)
