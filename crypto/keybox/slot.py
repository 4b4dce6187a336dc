"""Slots: the box key, wrapped under each thing that its owner, or a delegate, can open it with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from crypto import aead
from crypto.encoding import Json, b64u, canonical, integer, members, text, unb64u
from crypto.errors import CannotOpen
from crypto.keybox.slotkey import SlotKey, slot_kdf, slot_key, slot_type
from crypto.keys import _random_id, is_account
from crypto.labels import CREDENTIAL_LIMIT, SLOT
from crypto.password import PasswordKdf
from crypto.randomness import Source

_MEMBERS = frozenset({"id", "kdf", "since", "type", "wrapped"})
_PASSKEY = frozenset({"credential", "name"})
_DELEGATE = frozenset({"account", "key", "name"})
_WRAPPED = aead.NONCE + 32 + aead.OVERHEAD
_KEY_ID = re.compile(r"k[a-z2-7]{25}[aeimquy4]")
_ITEM = "keybox/1"


@dataclass(frozen=True)
class Slot:
    """As the relay holds it. `since` is the box version at which it was made; `wrapped` 72 bytes or an envelope."""

    id: str
    kdf: Json
    since: int
    type: str
    wrapped: bytes

    @property
    def delegate(self) -> str | None:
        """The account that may open it, of a delegate's slot."""
        return self._said("delegate", "account")

    @property
    def credential(self) -> bytes | None:
        """The id of the passkey that opens it, of a passkey's slot."""
        said = self._said("passkey", "credential")
        return None if said is None else unb64u(said)

    def bound(self, account: str) -> list[Json]:
        """What the wrapping binds besides the box key: [account, type, id, since, kdf]."""
        return [account, self.type, self.id, self.since, self.kdf]

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
        kind, since = text(found["type"]), integer(found["since"])
        _check_kdf(kind, found["kdf"])
        if since < 1:
            raise CannotOpen(_ITEM)
        length = None if kind == "delegate" else _WRAPPED
        return cls(text(found["id"]), found["kdf"], since, kind, unb64u(text(found["wrapped"]), length))

    def _said(self, kind: str, member: str) -> str | None:
        if self.type != kind or not isinstance(self.kdf, Mapping):
            return None
        return text(self.kdf[member])


def unwrap(slot: Slot, key: SlotKey, account: str) -> bytes:
    """The box key (32 bytes). Raises CannotOpen."""
    return aead.unseal(slot_key(key, account), slot.wrapped, _additional(slot, account), "keybox/2")


def _wrap(box_key: bytes, key: SlotKey, account: str, since: int, source: Source) -> Slot:
    bare = Slot(_random_id(source), slot_kdf(key), since, slot_type(key), b"")
    wrapped = aead._seal(slot_key(key, account), box_key, _additional(bare, account), source)
    return replace(bare, wrapped=wrapped)


def _additional(slot: Slot, account: str) -> bytes:
    return SLOT + b"\x00" + canonical(slot.bound(account))


def _check_kdf(kind: str, kdf: Json) -> None:
    match kind:
        case "password":
            PasswordKdf.from_json(kdf)
        case "letter" if kdf in ({"name": "code"}, {"name": "codes"}):
            pass
        case "recovery" if kdf == {"name": "code"}:
            pass
        case "device" if kdf == {"name": "key"}:
            pass
        case "passkey":
            _check_passkey(members(kdf, _PASSKEY))
        case "delegate":
            _check_delegate(members(kdf, _DELEGATE))
        case _:
            raise CannotOpen(_ITEM)


def _check_passkey(kdf: Mapping[str, Json]) -> None:
    if kdf["name"] != "prf" or not 1 <= len(unb64u(text(kdf["credential"]))) <= CREDENTIAL_LIMIT:
        raise CannotOpen(_ITEM)


def _check_delegate(kdf: Mapping[str, Json]) -> None:
    spelled = is_account(text(kdf["account"])) and _KEY_ID.fullmatch(text(kdf["key"])) is not None
    if kdf["name"] != "sealed" or not spelled:
        raise CannotOpen(_ITEM)
