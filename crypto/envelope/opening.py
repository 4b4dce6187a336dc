"""Opens an envelope. One error leaves, CannotOpen, whatever went wrong inside: there is no error oracle."""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crypto import padding
from crypto.envelope.header import (
    Header,
    Recipient,
    commitment,
    derived_key,
    identifier,
    parse_header,
    recipient_nonce,
    unbox,
)
from crypto.envelope.packets import packet_nonce, signed_text
from crypto.envelope.reader import Reader
from crypto.errors import CannotOpen, CryptoError, WeakKey
from crypto.keys import SealingSeed, SigningPublic
from crypto.labels import CHUNK_LIMIT, ENVELOPE_LIMIT, PIECE_SIZE, SENDER_NONCE, SIGNATURE_SIZE
from crypto.xwing import SecretKey


@dataclass(frozen=True)
class Opened:
    """A letter's bytes, the key that signed them, and how many recipients the header has (the hidden ones too).

    Whether `sender` is the key of the account that the letter names is for the caller to check.
    """

    plaintext: bytes
    sender: SigningPublic
    recipients: int


def open_sealed(sealed: bytes, seeds: Sequence[SealingSeed]) -> Opened:
    """Open with any of the reader's seeds, the present one first. Raises CannotOpen and nothing else."""
    try:
        return _open(sealed, seeds)
    except CannotOpen:
        raise
    except CryptoError as error:
        raise CannotOpen(error.item) from error


def _open(sealed: bytes, seeds: Sequence[SealingSeed]) -> Opened:
    if len(sealed) > ENVELOPE_LIMIT:
        raise CannotOpen("envelope/19")
    reader = Reader(sealed)
    header = parse_header(_header_bytes(reader))
    payload_key = _payload_key(header, seeds)
    if not hmac.compare_digest(commitment(payload_key), header.commitment):
        raise CannotOpen("envelope/7")
    sender = _sender(header, payload_key)
    padded = b"".join(_pieces(reader, header.digest, payload_key, sender))
    return Opened(padding.unpad(padded), sender, len(header.recipients))


def _header_bytes(reader: Reader) -> bytes:
    try:
        return reader.binary()
    except CannotOpen as error:
        raise CannotOpen("envelope/2") from error


def _payload_key(header: Header, seeds: Sequence[SealingSeed]) -> bytes:
    for seed in seeds:
        secret = SecretKey(seed.raw)
        for index, recipient in enumerate(header.recipients):
            shared = _shared(secret, recipient)
            if shared is not None:
                key = derived_key(shared, recipient.ciphertext, secret.public(), header.ephemeral)
                return unbox(key, recipient_nonce(index), recipient.key_box, "envelope/6")
    raise CannotOpen("envelope/5")


def _shared(secret: SecretKey, recipient: Recipient) -> bytes | None:
    try:
        shared = secret.decapsulate(recipient.ciphertext)
    except CannotOpen:  # an entry that cannot even be tried is somebody else's
        return None
    mine = hmac.compare_digest(identifier(shared, recipient.ciphertext), recipient.identifier)
    return shared if mine else None


def _sender(header: Header, payload_key: bytes) -> SigningPublic:
    raw = unbox(payload_key, SENDER_NONCE, header.sender_box, "envelope/8")
    if raw == bytes(32):
        raise CannotOpen("envelope/8")
    try:
        return SigningPublic.load(raw)
    except WeakKey as error:
        raise CannotOpen("envelope/9") from error


def _pieces(reader: Reader, digest: bytes, payload_key: bytes, sender: SigningPublic) -> Iterator[bytes]:
    number, final = 0, False
    while not final:
        if reader.at_end:
            raise CannotOpen("envelope/15")
        chunk, final = _packet(reader)
        nonce = packet_nonce(digest, number, final)
        opened = unbox(payload_key, nonce, chunk, "envelope/11")
        piece = opened[SIGNATURE_SIZE:]
        sender.verify(signed_text(digest, nonce, final, piece), opened[:SIGNATURE_SIZE], "envelope/10")
        _check_length(len(piece), number, final)
        yield piece
        number += 1
    if not reader.at_end:
        raise CannotOpen("envelope/14")


def _packet(reader: Reader) -> tuple[bytes, bool]:
    if reader.array() != 2:
        raise CannotOpen("envelope/17")
    chunk = reader.binary()
    if len(chunk) > CHUNK_LIMIT:
        raise CannotOpen("envelope/13")
    return chunk, reader.boolean()


def _check_length(length: int, number: int, final: bool) -> None:
    if length == 0 and not (final and number == 0):
        raise CannotOpen("envelope/12")
    if not final and length != PIECE_SIZE:
        raise CannotOpen("envelope/13")
