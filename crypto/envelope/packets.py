"""Payload packets: nonce and signed text of each, the same for sealer and opener."""

import hashlib

from crypto.encoding import u64be
from crypto.labels import PACKET_SIGNATURE


def packet_nonce(header_digest: bytes, number: int, final: bool) -> bytes:
    """24 bytes. Counted, because the payload key lives for one message; the lowest bit of byte 15 says `final`."""
    flagged = (header_digest[15] & 0xFE) | final
    return header_digest[:15] + bytes([flagged]) + u64be(number)


def signed_text(header_digest: bytes, nonce: bytes, final: bool, piece: bytes) -> bytes:
    """What the sender's Ed25519 key signs for one packet."""
    flag = b"\x01" if final else b"\x00"
    return PACKET_SIGNATURE + b"\x00" + header_digest + nonce + flag + hashlib.sha512(piece).digest()
