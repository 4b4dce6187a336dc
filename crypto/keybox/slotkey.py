"""What opens a slot: one type for each thing that an owner can have, and the slot key that comes of it."""

from dataclasses import dataclass
from typing import Self, TypeAlias, assert_never

from crypto.code import Code
from crypto.encoding import Json, b64u, hkdf
from crypto.labels import CREDENTIAL_LIMIT, DEVICE_WRAP, PASSKEY_WRAP, PRF_OUTPUT
from crypto.password import Master
from crypto.randomness import SYSTEM


@dataclass(frozen=True)
class PasswordKey:
    """A stretched password. Its slot names the parameters that it was stretched with."""

    master: Master


@dataclass(frozen=True)
class LetterKey:
    """The code of an enrolment letter; with `second`, the two codes that came two ways: neither opens alone."""

    code: Code
    second: Code | None = None


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


@dataclass(frozen=True, repr=False)
class PasskeyKey:
    """A passkey: `credential` is its id (1 to 1023 bytes), `output` what its PRF gave for PRF_INPUT (32 bytes)."""

    credential: bytes
    output: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.credential) <= CREDENTIAL_LIMIT or len(self.output) != PRF_OUTPUT:
            raise ValueError(f"a passkey has an id of 1 to {CREDENTIAL_LIMIT} bytes and an output of {PRF_OUTPUT}")

    def __repr__(self) -> str:
        return "PasskeyKey(...)"


SlotKey: TypeAlias = PasswordKey | LetterKey | RecoveryKey | DeviceKey | PasskeyKey


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
        case PasskeyKey():
            return "passkey"
        case _:
            assert_never(key)


def slot_kdf(key: SlotKey) -> Json:
    """What a slot says of how its key is made: no secret."""
    match key:
        case PasswordKey(master):
            return master.kdf.to_json()
        case LetterKey(second=Code()):
            return {"name": "codes"}
        case LetterKey() | RecoveryKey():
            return {"name": "code"}
        case DeviceKey():
            return {"name": "key"}
        case PasskeyKey(credential):
            return {"credential": b64u(credential), "name": "prf"}
        case _:
            assert_never(key)


def slot_key(key: SlotKey, account: str) -> bytes:
    """The 32 bytes that wrap the box key."""
    match key:
        case PasswordKey(master):
            return master.wrap_key(account)
        case LetterKey(code, second):
            return code.letter_wrap(account, second)
        case RecoveryKey(code):
            return code.recovery_wrap(account)
        case DeviceKey(raw):
            return hkdf(raw, account.encode(), DEVICE_WRAP)
        case PasskeyKey(_, output):
            return hkdf(output, account.encode(), PASSKEY_WRAP)
        case _:
            assert_never(key)
