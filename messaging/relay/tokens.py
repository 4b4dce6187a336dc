"""Secrets that clients hold and the relay only hashes, and ids that nobody can guess."""

import hashlib
import secrets

from crypto.encoding import b64u

_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
_LETTERS = bytes(_ALPHABET[byte & 31] for byte in range(256))
_LAST = bytes(_ALPHABET[(byte & 7) << 2] for byte in range(256))


def token() -> str:
    """256 random bits as b64u."""
    return b64u(secrets.token_bytes(32))


def hashed(text: str) -> bytes:
    """What is kept of a token. One hash is enough: a token is not a password, it cannot be guessed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def message_id() -> str:
    """`m` and 26 letters."""
    return _id("m")


def device_id() -> str:
    """`d` and 26 letters."""
    return _id("d")


def delegation_id() -> str:
    """`g` and 26 letters."""
    return _id("g")


def grant_id() -> str:
    """Of an AppGrant: `h` and 26 letters."""
    return _id("h")


def emergency_id() -> str:
    """Of an EmergencyGrant: `u` and 26 letters."""
    return _id("u")


def subscription_id() -> str:
    """`p` and 26 letters."""
    return _id("p")


def webhook_id() -> str:
    """`w` and 26 letters."""
    return _id("w")


def _id(letter: str) -> str:
    # As base 32 of 16 random bytes spells it: 25 letters of 5 bits and one of 3.
    raw = secrets.token_bytes(26)
    return letter + (raw[:25].translate(_LETTERS) + raw[25:].translate(_LAST)).decode("ascii")
