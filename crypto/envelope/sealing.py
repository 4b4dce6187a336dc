"""Makes an envelope. Payload key and ephemeral key are made inside one call and die with it."""

import hashlib
from collections.abc import Iterator, Sequence

import msgpack
from nacl.bindings import crypto_scalarmult_base

from crypto import padding, xwing
from crypto.envelope.header import box, commitment, derived_key, identifier, recipient_nonce
from crypto.envelope.packets import packet_nonce, signed_text
from crypto.keys import SealingPublic, SigningSeed
from crypto.labels import (
    ENVELOPE_LIMIT,
    FORMAT_NAME,
    FORMAT_VERSION,
    PIECE_SIZE,
    RECIPIENT_LIMIT,
    SENDER_NONCE,
    SIGNCRYPTION_MODE,
)
from crypto.randomness import SYSTEM, Source, _shuffled


def seal(plaintext: bytes, sender: SigningSeed, recipients: Sequence[SealingPublic]) -> bytes:
    """`plaintext`, padded and signed, for 1 to 64 recipients; about 1.2 kB for each.

    Raises ValueError: no recipient, too many, or an envelope over 64 MiB. Raises WeakKey for a recipient whose key
    was made without SealingPublic.load() and is weak.
    """
    return _seal(plaintext, sender, recipients, SYSTEM)


def _seal(plaintext: bytes, sender: SigningSeed, recipients: Sequence[SealingPublic], source: Source) -> bytes:
    if not 1 <= len(recipients) <= RECIPIENT_LIMIT:
        raise ValueError(f"{len(recipients)} recipients: 1 to {RECIPIENT_LIMIT} can be sealed to")
    sealed = _assemble(padding.pad(plaintext), sender, recipients, source)
    if len(sealed) > ENVELOPE_LIMIT:
        raise ValueError(f"an envelope of {len(sealed)} bytes is over {ENVELOPE_LIMIT}")
    return sealed


def _assemble(padded: bytes, sender: SigningSeed, recipients: Sequence[SealingPublic], source: Source) -> bytes:
    payload_key = source.take(32)
    header = msgpack.packb(_header(payload_key, sender.public().raw, recipients, source))
    digest = hashlib.sha512(header).digest()
    packets = _packets(padded, payload_key, digest, sender)
    return b"".join((msgpack.packb(header), *packets))


def _header(
    payload_key: bytes, sender_public: bytes, recipients: Sequence[SealingPublic], source: Source
) -> list[object]:
    # The ephemeral secret is not kept: there is no classical recipient to use it for.
    ephemeral = crypto_scalarmult_base(source.take(32))
    shuffled = _shuffled(recipients, source)
    entries = [_entry(index, to, payload_key, ephemeral, source) for index, to in enumerate(shuffled)]
    sender_box = box(payload_key, SENDER_NONCE, sender_public)
    version = list(FORMAT_VERSION)
    return [
        FORMAT_NAME, version, SIGNCRYPTION_MODE, ephemeral, sender_box, entries, commitment(payload_key),
    ]  # fmt: skip


def _entry(index: int, to: SealingPublic, payload_key: bytes, ephemeral: bytes, source: Source) -> list[bytes]:
    shared, ciphertext = xwing._encapsulate(to.raw, source)
    key = derived_key(shared, ciphertext, to.raw, ephemeral)
    return [identifier(shared, ciphertext), box(key, recipient_nonce(index), payload_key), ciphertext]


def _packets(padded: bytes, payload_key: bytes, digest: bytes, sender: SigningSeed) -> Iterator[bytes]:
    starts = range(0, max(len(padded), 1), PIECE_SIZE)
    for number, start in enumerate(starts):
        piece = padded[start : start + PIECE_SIZE]
        yield _packet(number, piece, start + PIECE_SIZE >= len(padded), payload_key, digest, sender)


def _packet(number: int, piece: bytes, final: bool, payload_key: bytes, digest: bytes, sender: SigningSeed) -> bytes:
    nonce = packet_nonce(digest, number, final)
    signature = sender.sign(signed_text(digest, nonce, final, piece))
    packed: bytes = msgpack.packb([box(payload_key, nonce, signature + piece), final])
    return packed
