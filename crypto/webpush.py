"""What is pushed to a browser: encryption for it (RFC 8291, over RFC 8188) and the relay's signature (RFC 8292).

One record, `aes128gcm`. Not of the sealed world: what travels here says nothing but that something changed.
"""

import json
import struct
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto.errors import CannotOpen, WeakKey
from crypto.randomness import SYSTEM

RECORD_SIZE: Final = 4096  # RFC 8291, 4: a push service takes that much
MOST: Final = RECORD_SIZE - 16 - 1 - 86  # bytes of plaintext that fit
_CURVE: Final = ec.SECP256R1()
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-5)
_LAST: Final = b"\x02"  # the delimiter of the last record (RFC 8188, 2)


class VapidKey:
    """The key by which push services know this relay. It never prints itself."""

    def __init__(self, secret: bytes) -> None:
        """From 32 secret bytes: the same key each time. HKDF-SHA-256 to 48 bytes, reduced (FIPS 186-5, A.2.1)."""
        wide = int.from_bytes(HKDF(SHA256(), 48, None, b"pli vapid").derive(secret))
        self._private = ec.derive_private_key(wide % (_ORDER - 1) + 1, _CURVE)
        self.public = raw_public(self._private)

    def __repr__(self) -> str:
        return "VapidKey(...)"

    def authorization(self, audience: str, subject: str, until: datetime) -> str:
        """The Authorization header for an origin (RFC 8292, 3). `subject` is a mailto: or https: address."""
        claims = {"aud": audience, "exp": int(until.timestamp()), "sub": subject}
        signed = f"{_b64u(_json({'typ': 'JWT', 'alg': 'ES256'}))}.{_b64u(_json(claims))}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), ec.ECDSA(SHA256())))
        token = f"{signed}.{_b64u(r.to_bytes(32) + s.to_bytes(32))}"
        return f"vapid t={token}, k={_b64u(self.public)}"


def raw_public(private: ec.EllipticCurvePrivateKey) -> bytes:
    """Its public key as an uncompressed point, 65 bytes."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(plain: bytes, browser: bytes, auth: bytes) -> bytes:
    """The body of a push message for the browser's key (65 bytes) and secret (16).

    Raises WeakKey, ValueError for too long a text.
    """
    return _encrypted(plain, browser, auth, ec.generate_private_key(_CURVE), SYSTEM.take(16))


def _encrypted(
    plain: bytes, browser: bytes, auth: bytes, mine: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:  # fmt: skip
    # The nonce is safe only because key and salt are fresh: tests alone name them.
    if len(plain) > MOST:
        raise ValueError(f"{len(plain)} bytes are over {MOST}")
    key, nonce = _derived(mine, browser, auth, salt, browser + raw_public(mine))
    header = salt + struct.pack(">IB", RECORD_SIZE, 65) + raw_public(mine)
    return header + AESGCM(key).encrypt(nonce, plain + _LAST, None)


def decrypt(body: bytes, private: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """What a browser does with it. Raises CannotOpen."""
    if len(body) < 86 + 17 or body[20] != 65 or struct.unpack(">I", body[16:20])[0] < 18:
        raise CannotOpen
    salt, sender, sealed = body[:16], body[21:86], body[86:]
    try:
        key, nonce = _derived(private, sender, auth, salt, raw_public(private) + sender)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
    except (InvalidTag, WeakKey):
        raise CannotOpen from None
    if padded[-1:] != _LAST:
        raise CannotOpen
    return padded[:-1]


def _derived(
    private: ec.EllipticCurvePrivateKey, other: bytes, auth: bytes, salt: bytes, both: bytes
) -> tuple[bytes, bytes]:  # fmt: skip
    try:
        shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, other))
    except ValueError:
        raise WeakKey from None
    material = HKDF(SHA256(), 32, auth, b"WebPush: info\0" + both).derive(shared)
    key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(material)
    return key, HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(material)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _b64u(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
