"""Slots: the box key, wrapped under each thing that its owner can open it with."""

from dataclasses import dataclass
from typing import Self, TypeAlias, assert_never

from crypto import aead
from crypto.code import Code
from crypto.encoding import Json, b64u, canonical, hkdf, integer, members, text, unb64u
from crypto.errors import CannotOpen
from crypto.keys import _random_id
from crypto.labels import DEVICE_WRAP, SLOT
from crypto.password import Master, PasswordKdf
from crypto.randomness import SYSTEM, Source

_MEMBERS = frozenset({"id", "kdf", "since", "type", "wrapped"})
_WRAPPED = aead.NONCE + 32 + aead.OVERHEAD


@dataclass(frozen=True)
class PasswordKey:
    """A stretched password. Its slot names the parameters that it was stretched with."""

    master: Master


@dataclass(frozen=True)
class LetterKey:
    """The code of an enrolment letter."""

    code: Code


@dataclass(frozen=True)
class RecoveryKey:
    """The code of a recovery sheet."""

    code: Code


@dataclass(frozen=True, repr=False)
class DeviceKey:
    """32 random bytes that a device or a bridge keeps for itself."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise ValueError("a device key has 32 bytes")

    def __repr__(self) -> str:
        return "DeviceKey(...)"

    @classmethod
    def generate(cls) -> Self:
        """A fresh one, of the system's randomness."""
        return cls(SYSTEM.take(32))


SlotKey: TypeAlias = PasswordKey | LetterKey | RecoveryKey | DeviceKey


@dataclass(frozen=True)
class Slot:
    """As the relay holds it. `since` is the box version at which it was made; `wrapped` 72 bytes."""

    id: str
    kdf: Json
    since: int
    type: str
    wrapped: bytes

    def to_json(self) -> dict[str, Json]:
        """As in the box."""
        return {
            "id": self.id,
            "kdf": self.kdf,
            "since": self.since,
            "type": self.type,
            "wrapped": b64u(self.wrapped),
        }

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        """Raises NotCanonical, CannotOpen for another shape, WeakKdf for password parameters outside the limits."""
        found = members(raw, _MEMBERS)
        unb64u(text(found["id"]), 16)
        slot_type, since = text(found["type"]), integer(found["since"])
        _check_kdf(slot_type, found["kdf"])
        if since < 1:
            raise CannotOpen("keybox/1")
        return cls(text(found["id"]), found["kdf"], since, slot_type, unb64u(text(found["wrapped"]), _WRAPPED))


def slot_type(key: SlotKey) -> str:
    """The type of the slots that `key` opens."""
    match key:
        case PasswordKey():
            return "password"
        case LetterKey():
            return "letter"
        case RecoveryKey():
            return "recovery"
        case DeviceKey():
            return "device"
        case _:
            assert_never(key)


def unwrap(slot: Slot, key: SlotKey, account: str) -> bytes:
    """The box key (32 bytes). Raises CannotOpen."""
    return aead.unseal(_wrap_key(key, account), slot.wrapped, _additional(slot, account), "keybox/2")


def _wrap(box_key: bytes, key: SlotKey, account: str, since: int, source: Source) -> Slot:
    bare = Slot(_random_id(source), _kdf(key), since, slot_type(key), b"")
    wrapped = aead._seal(_wrap_key(key, account), box_key, _additional(bare, account), source)
    return Slot(bare.id, bare.kdf, since, bare.type, wrapped)


def _additional(slot: Slot, account: str) -> bytes:
    return SLOT + b"\x00" + canonical([account, slot.type, slot.id, slot.since, slot.kdf])


def _wrap_key(key: SlotKey, account: str) -> bytes:
    match key:
        case PasswordKey(master):
            return master.wrap_key(account)
        case LetterKey(code):
            return code.letter_wrap(account)
        case RecoveryKey(code):
            return code.recovery_wrap(account)
        case DeviceKey(raw):
            return hkdf(raw, account.encode(), DEVICE_WRAP)
        case _:
            assert_never(key)


def _kdf(key: SlotKey) -> Json:
    match key:
        case PasswordKey(master):
            return master.kdf.to_json()
        case LetterKey() | RecoveryKey():
            return {"name": "code"}
        case DeviceKey():
            return {"name": "key"}
        case _:
            assert_never(key)


def _check_kdf(slot_type: str, kdf: Json) -> None:
    match slot_type:
        case "password":
            PasswordKdf.from_json(kdf)
        case "letter" | "recovery" if kdf == {"name": "code"}:
            pass
        case "device" if kdf == {"name": "key"}:
            pass
        case _:
            raise CannotOpen("keybox/1")
