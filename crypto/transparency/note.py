"""C2SP signed-note: text, an empty line, signature lines. Says who claims to have signed; verifies nothing."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from crypto.errors import BadCheckpoint, BadPolicy
from crypto.labels import NOTE_LIMIT, NOTE_LINES

ED25519: Final = 1  # over the text of the note
COSIGNATURE: Final = 4  # Ed25519 with a time (tlog-cosignature)
SUBTREE: Final = 6  # ML-DSA-44 with a time (tlog-cosignature)
PUBLIC_SIZES: Final = {ED25519: 32, COSIGNATURE: 32, SUBTREE: 1312}

_NOTE, _VKEY = "transparency/5", "transparency/12"
_NAME_LIMIT = 255  # bytes: what a signed subtree message has room for
_VKEY_LIMIT = 4096  # characters: more than any name with the longest key
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE = re.compile(r"— (\S+) ([A-Za-z0-9+/=]+)")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True)
class NoteKey:
    """A public key under a name. `kind` is ED25519, COSIGNATURE or SUBTREE; `public` has 32, 32 or 1312 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that find its signatures; no proof of anything."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """name+key id+base64, as policies spell it."""
        return f"{self.name}+{self.key_id.hex()}+{base64_text(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """A key as vkey spells it. Raises BadPolicy."""
        if len(vkey) > _VKEY_LIMIT:
            raise BadPolicy(_VKEY)
        name, key_id, coded = (*vkey.split("+", 2), "", "")[:3]
        raw = base64_bytes(coded)
        if not is_key_name(name) or not raw or PUBLIC_SIZES.get(raw[0]) != len(raw) - 1:
            raise BadPolicy(_VKEY)
        key = cls(name, raw[0], raw[1:])
        if _KEY_ID.fullmatch(key_id) is None or key.key_id.hex() != key_id:
            raise BadPolicy(_VKEY)
        return key


@dataclass(frozen=True)
class NoteLine:
    """A signature line: the name and the key id (4 bytes) of the key, and what it signed with it."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def raw(self) -> bytes:
        """The line, with its end."""
        return f"— {self.name} {base64_text(self.key_id + self.signature)}\n".encode()


@dataclass(frozen=True)
class Note:
    """What parse_note() found. `text` ends in a line end."""

    text: bytes
    lines: tuple[NoteLine, ...]


def is_key_name(name: str) -> bool:
    """Whether this may name a key: neither white space nor plus, 1 to 255 bytes."""
    plain = not any(character.isspace() or character < " " or character == "+" for character in name)
    # A lone surrogate has no bytes to sign: "ignore" drops it, and the lengths differ.
    return plain and name.encode("utf-8", "ignore").decode() == name and 0 < len(name.encode()) <= _NAME_LIMIT


def parse_note(raw: bytes) -> Note:
    """The parts of a note of at most 128 KiB and 32 lines. Raises BadCheckpoint."""
    spelled = _decoded(raw)
    text, separator, signatures = spelled.rpartition("\n\n")
    if not separator:
        raise BadCheckpoint(_NOTE)
    return Note(f"{text}\n".encode(), parse_lines(signatures.encode()))


def parse_lines(raw: bytes) -> tuple[NoteLine, ...]:
    """1 to 32 signature lines. Raises BadCheckpoint."""
    spelled = _decoded(raw)
    if not spelled.endswith("\n") or not 0 < spelled.count("\n") <= NOTE_LINES:
        raise BadCheckpoint(_NOTE)
    return tuple(_line(line) for line in spelled[:-1].split("\n"))


def format_note(text: bytes, lines: Iterable[NoteLine]) -> bytes:
    """The bytes of a note; `text` ends in a line end."""
    return text + b"\n" + b"".join(line.raw for line in lines)


def base64_text(raw: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4), as notes spell bytes."""
    return base64.b64encode(raw).decode("ascii")


def base64_bytes(text: str) -> bytes | None:
    """The bytes, or None for any other spelling of them."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64_text(raw) == text else None


def _decoded(raw: bytes) -> str:
    if len(raw) > NOTE_LIMIT:
        raise BadCheckpoint(_NOTE)
    try:
        spelled = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadCheckpoint(_NOTE) from error
    if _CONTROL.search(spelled) is not None:
        raise BadCheckpoint(_NOTE)
    return spelled


def _line(spelled: str) -> NoteLine:
    found = _LINE.fullmatch(spelled)
    raw = None if found is None else base64_bytes(found[2])
    # Four bytes are the key id; a signature of none is none.
    if found is None or raw is None or len(raw) <= 4 or "+" in found[1]:
        raise BadCheckpoint(_NOTE)
    return NoteLine(found[1], raw[:4], raw[4:])
