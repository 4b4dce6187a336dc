"""Small things that a person's clients keep at the relay, under names that mean nothing to it. Pure.

docs/spec/keybox.md, "Sealed state". A state opens under its own name and version alone; whoever loads one refuses a
version below the highest it saw.
"""

import hmac
from typing import Final

from crypto import aead
from crypto.encoding import b64u, hkdf, u64be
from crypto.keybox import BoxKey
from crypto.randomness import SYSTEM

LABELS: Final = ("drafts", "passkeys", "people", "profile", "read")  # docs/spec/content.md
_NAME: Final = b"pli state name v1"
_STATE: Final = b"pli state v1"


def device_label(device: str) -> str:
    """The label of a device's name; its version is always 1."""
    return f"device {device}"


def state_name(box_key: BoxKey, label: str) -> str:
    """43 characters."""
    return b64u(hmac.digest(hkdf(box_key.raw, b"", _NAME), label.encode(), "sha256"))


def seal_state(box_key: BoxKey, label: str, version: int, content: bytes) -> bytes:
    """`version` is the one that the relay will hold it under."""
    nonce = SYSTEM.take(aead.NONCE)
    return nonce + aead.encrypt(hkdf(box_key.raw, b"", _STATE), nonce, content, _bound(box_key, label, version))


def open_state(box_key: BoxKey, label: str, version: int, sealed: bytes) -> bytes:
    """Raises CannotOpen: changed, of another name, or of another version."""
    return aead.unseal(hkdf(box_key.raw, b"", _STATE), sealed, _bound(box_key, label, version), "state")


def _bound(box_key: BoxKey, label: str, version: int) -> bytes:
    return _STATE + b"\x00" + state_name(box_key, label).encode() + u64be(version)
