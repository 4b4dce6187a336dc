"""What the relay must read to tell people something (an address, a push service's URL, a secret), sealed at rest.

The key is under secrets/: whoever has the database alone reads none of it. XChaCha20-Poly1305, bound to its row.
"""

import hmac
from typing import Final

from nacl.exceptions import CryptoError
from nacl.secret import Aead

from messaging.relay.turn import Turn

_SEAL: Final = b"pli notices seal"
_DIGEST: Final = b"pli notices digest"


class CannotRead(Exception):
    """It was sealed by another key, or for another row."""


def seal(turn: Turn, plain: bytes, *row: str) -> bytes:
    """Sealed for the row that these words name."""
    return bytes(Aead(_key(turn, _SEAL)).encrypt(plain, _row(row)))


def unseal(turn: Turn, sealed: bytes, *row: str) -> bytes:
    """What seal() was given. Raises CannotRead."""
    try:
        return Aead(_key(turn, _SEAL)).decrypt(sealed, _row(row))
    except CryptoError:
        raise CannotRead from None


def digest(turn: Turn, *said: str) -> bytes:
    """An HMAC that nobody else can compute: of codes, and for numbers that must be the same each time."""
    return hmac.digest(_key(turn, _DIGEST), _row(said), "sha256")


def _key(turn: Turn, label: bytes) -> bytes:
    return hmac.digest(turn.house.secrets.notices, label, "sha256")


def _row(words: tuple[str, ...]) -> bytes:
    return "\n".join(words).encode()
