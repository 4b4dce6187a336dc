"""What is inside a key box: the seeds, old and new, and what the client remembers of others."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from crypto.encoding import Json, array, b64u, members, moment, text, unb64u, utc
from crypto.errors import CannotOpen
from crypto.keys import KeyPairs, SealingSeed, SigningSeed, is_account

_MEMBERS = frozenset({"created", "lastCheckpoint", "pins", "previous", "signing", "slots", "xwing"})
_PREVIOUS = frozenset({"from", "id", "signing", "to", "xwing"})
_ITEM = "keybox/1"


@dataclass(frozen=True)
class PreviousKeys:
    """Keys that were in use from `since` until `until` (RFC 3339): they still open the archive."""

    keys: KeyPairs
    since: str
    until: str

    def to_json(self) -> dict[str, Json]:
        """As inside the content."""
        return {
            "from": self.since,
            "id": self.keys.public().key_id,
            "signing": b64u(self.keys.signing.raw),
            "to": self.until,
            "xwing": b64u(self.keys.sealing.raw),
        }

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        """Raises NotCanonical, CannotOpen when the key id is not the seeds'."""
        found = members(raw, _PREVIOUS)
        keys = _keys(found)
        if keys.public().key_id != found["id"]:
            raise CannotOpen(_ITEM)
        return cls(keys, moment(found["from"]), moment(found["to"]))


@dataclass(frozen=True)
class BoxContent:
    """`created` is when `keys` were made; `pins` maps accounts to the statements (hash, b64u) seen last."""

    keys: KeyPairs
    created: str
    previous: tuple[PreviousKeys, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    last_checkpoint: Mapping[str, Json] | None = None

    @classmethod
    def first(cls, keys: KeyPairs, now: datetime) -> Self:
        """The content of a new account."""
        return cls(keys, utc(now))

    def rotated(self, keys: KeyPairs, now: datetime) -> Self:
        """The same with new keys; the present ones join `previous`."""
        old = PreviousKeys(self.keys, self.created, utc(now))
        return replace(self, keys=keys, created=utc(now), previous=(*self.previous, old))

    def sealing_seeds(self) -> tuple[SealingSeed, ...]:
        """Every seed that may open a letter, the present one first."""
        return (self.keys.sealing, *(old.keys.sealing for old in reversed(self.previous)))

    def to_json(self, slots: list[str]) -> dict[str, Json]:
        """`slots` are the ids of every slot of the box, sorted."""
        return {
            "created": self.created,
            "lastCheckpoint": self.last_checkpoint,
            "pins": dict(self.pins),
            "previous": [old.to_json() for old in self.previous],
            "signing": b64u(self.keys.signing.raw),
            "slots": slots,
            "xwing": b64u(self.keys.sealing.raw),
        }

    @classmethod
    def from_json(cls, raw: Json) -> tuple[Self, list[str]]:
        """The content, and the slot ids that it names. Raises NotCanonical, CannotOpen."""
        found = members(raw, _MEMBERS)
        content = cls(
            keys=_keys(found),
            created=moment(found["created"]),
            previous=tuple(PreviousKeys.from_json(old) for old in array(found["previous"])),
            pins=_pins(found["pins"]),
            last_checkpoint=_checkpoint(found["lastCheckpoint"]),
        )
        return content, [text(slot) for slot in array(found["slots"])]


def _keys(found: Mapping[str, Json]) -> KeyPairs:
    signing, sealing = unb64u(text(found["signing"]), 32), unb64u(text(found["xwing"]), 32)
    return KeyPairs(SigningSeed(signing), SealingSeed(sealing))


def _pins(raw: Json) -> dict[str, str]:
    if not isinstance(raw, dict) or not all(is_account(account) for account in raw):
        raise CannotOpen(_ITEM)
    return {account: text(key_id) for account, key_id in raw.items()}


def _checkpoint(raw: Json) -> Mapping[str, Json] | None:
    if raw is not None and not isinstance(raw, dict):
        raise CannotOpen(_ITEM)
    return raw
