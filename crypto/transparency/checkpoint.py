"""A checkpoint of the log, and those who sign it: the log and witnesses (C2SP tlog-checkpoint, tlog-cosignature).

Whoever holds a signer must sign only what is consistent with all it signed before: nothing here remembers.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from crypto.encoding import hkdf, u64be
from crypto.errors import BadCheckpoint, CannotOpen
from crypto.keys import SigningPublic, SigningSeed
from crypto.labels import (
    COSIGNATURE_LABEL,
    JSON_INTEGER,
    LOG_ED25519,
    LOG_MLDSA,
    SUBTREE_LABEL,
    WITNESS_ED25519,
    WITNESS_MLDSA,
)
from crypto.transparency.note import (
    COSIGNATURE,
    ED25519,
    SUBTREE,
    NoteKey,
    NoteLine,
    base64_bytes,
    base64_text,
    format_note,
    is_key_name,
    parse_lines,
    parse_note,
)

_TEXT = "transparency/6"
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_SECRET = 32
_TIME_SIZE = 8


@dataclass(frozen=True)
class Checkpoint:
    """The log `origin` has `size` entries under `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """What the log signs: three lines."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n".encode()


def parse_checkpoint_text(text: bytes) -> Checkpoint:
    """Exactly origin, size (up to 2**53 - 1, a number that JSON can say) and root. Raises BadCheckpoint."""
    lines = text.decode("utf-8", "replace").split("\n")
    if len(lines) != 4 or lines[3]:
        raise BadCheckpoint(_TEXT)
    origin, size, root = lines[0], lines[1], base64_bytes(lines[2])
    if not is_key_name(origin) or _SIZE.fullmatch(size) is None or root is None or len(root) != 32:
        raise BadCheckpoint(_TEXT)
    found = Checkpoint(origin, int(size), root)
    if found.size > JSON_INTEGER or found.text != text:
        raise BadCheckpoint(_TEXT)
    return found


@dataclass(frozen=True, repr=False)
class LogSigner:
    """The log's own two keys. `keys` are of kind ED25519 and SUBTREE, both named as the origin."""

    keys: tuple[NoteKey, NoteKey]
    _ed25519: SigningSeed
    _mldsa: MLDSA44PrivateKey

    def __repr__(self) -> str:
        return "LogSigner(...)"

    @classmethod
    def from_secret(cls, secret: bytes, origin: str) -> Self:
        """Both keys of one secret (32 bytes). Raises ValueError for another length or no origin."""
        ed25519, mldsa = _seeds(secret, LOG_ED25519, LOG_MLDSA)
        return cls(_keys(origin, ED25519, ed25519, mldsa), ed25519, mldsa)

    @property
    def origin(self) -> str:
        """The first line of its checkpoints."""
        return self.keys[0].name

    def sign(self, checkpoint: Checkpoint, now: datetime) -> bytes:
        """A note with both signatures. Raises ValueError for the checkpoint of another log."""
        if checkpoint.origin != self.origin:
            raise ValueError("another log's checkpoint")
        plain, timed = self.keys
        signed = self._ed25519.sign(checkpoint.text)
        lines = (NoteLine(plain.name, plain.key_id, signed), _subtree_line(timed, self._mldsa, checkpoint, now))
        return format_note(checkpoint.text, lines)


@dataclass(frozen=True, repr=False)
class WitnessSigner:
    """A witness's two keys. `keys` are of kind COSIGNATURE and SUBTREE."""

    keys: tuple[NoteKey, NoteKey]
    _ed25519: SigningSeed
    _mldsa: MLDSA44PrivateKey

    def __repr__(self) -> str:
        return "WitnessSigner(...)"

    @classmethod
    def from_secret(cls, secret: bytes, name: str) -> Self:
        """Both keys of one secret (32 bytes). Raises ValueError for another length or no name for a key."""
        ed25519, mldsa = _seeds(secret, WITNESS_ED25519, WITNESS_MLDSA)
        return cls(_keys(name, COSIGNATURE, ed25519, mldsa), ed25519, mldsa)

    def cosign(self, checkpoint: Checkpoint, now: datetime) -> bytes:
        """Two signature lines, as a witness answers."""
        first, second = self.keys
        time = _seconds(now)
        signed = u64be(time) + self._ed25519.sign(_cosignature_message(time, checkpoint))
        line = NoteLine(first.name, first.key_id, signed)
        return line.raw + _subtree_line(second, self._mldsa, checkpoint, now).raw


def with_lines(note: bytes, lines: bytes) -> bytes:
    """The note with these signature lines as well, none twice. Raises BadCheckpoint when it is not a note any more."""
    parsed = parse_note(note)
    joined = format_note(parsed.text, dict.fromkeys((*parsed.lines, *parse_lines(lines))))
    parse_note(joined)
    return joined


def verified_time(key: NoteKey, line: NoteLine, checkpoint: Checkpoint) -> int | None:
    """When the key signed, in seconds; None for a kind that says no time. Raises CannotOpen for a wrong signature."""
    if key.kind == ED25519:
        SigningPublic(key.public).verify(checkpoint.text, line.signature)
        return None
    stamp, signature = line.signature[:_TIME_SIZE], line.signature[_TIME_SIZE:]
    time = int.from_bytes(stamp, "big")
    if len(stamp) != _TIME_SIZE or time >= 1 << 63:
        raise CannotOpen("signature")
    if key.kind == COSIGNATURE:
        SigningPublic(key.public).verify(_cosignature_message(time, checkpoint), signature)
    else:
        _verify_mldsa(key, signature, _subtree_message(key.name, time, checkpoint))
    return time


def _verify_mldsa(key: NoteKey, signature: bytes, message: bytes) -> None:
    try:
        MLDSA44PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise CannotOpen("signature") from error


def _subtree_line(key: NoteKey, private: MLDSA44PrivateKey, checkpoint: Checkpoint, now: datetime) -> NoteLine:
    time = _seconds(now)
    signature = private.sign(_subtree_message(key.name, time, checkpoint))
    return NoteLine(key.name, key.key_id, u64be(time) + signature)


def _cosignature_message(time: int, checkpoint: Checkpoint) -> bytes:
    return COSIGNATURE_LABEL + f"time {time}\n".encode() + checkpoint.text


def _subtree_message(name: str, time: int, checkpoint: Checkpoint) -> bytes:
    """The whole tree, as a subtree that begins at the first leaf."""
    span = u64be(0) + u64be(checkpoint.size)
    return SUBTREE_LABEL + _opaque(name) + u64be(time) + _opaque(checkpoint.origin) + span + checkpoint.root


def _opaque(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw


def _seconds(now: datetime) -> int:
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return int(now.timestamp())


def _seeds(secret: bytes, ed25519: bytes, mldsa: bytes) -> tuple[SigningSeed, MLDSA44PrivateKey]:
    if len(secret) != _SECRET:
        raise ValueError("a secret has 32 bytes")
    return SigningSeed(hkdf(secret, b"", ed25519)), MLDSA44PrivateKey.from_seed_bytes(hkdf(secret, b"", mldsa))


def _keys(name: str, kind: int, ed25519: SigningSeed, mldsa: MLDSA44PrivateKey) -> tuple[NoteKey, NoteKey]:
    if not is_key_name(name):
        raise ValueError("not the name of a key")
    return NoteKey(name, kind, ed25519.public().raw), NoteKey(name, SUBTREE, mldsa.public_key().public_bytes_raw())
