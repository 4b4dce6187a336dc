"""Secrets that clients hold and the relay only hashes, and ids that nobody can guess."""

import hashlib
import secrets

from crypto.encoding import b64u, base32


def token() -> str:
    """256 random bits as b64u."""
    return b64u(secrets.token_bytes(32))


def hashed(text: str) -> bytes:
    """What is kept of a token. One hash is enough: a token is not a password, it cannot be guessed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def message_id() -> str:
    """`m` and 26 letters."""
    return "m" + base32(secrets.token_bytes(16))


def device_id() -> str:
    """`d` and 26 letters."""
    return "d" + base32(secrets.token_bytes(16))
