"""What is inside a key box: the seeds, old and new, and what the client remembers of others."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from crypto.encoding import Json, array, b64u, integer, members, moment, text, unb64u, utc
from crypto.errors import CannotOpen
from crypto.keys import KeyPairs, SealingSeed, SigningSeed, is_account
from crypto.labels import KEYS_DUE

_MEMBERS = frozenset({"created", "lastCheckpoint", "pins", "previous", "signing", "slots", "xwing"})
_PREVIOUS = frozenset({"from", "id", "signing", "to", "xwing"})
_CHECKPOINT = frozenset({"policy", "root", "size"})
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
class LastCheckpoint:
    """The newest checkpoint that this account's clients verified: `policy` and `root` 32 bytes, `size` from 1.

    `policy` is the hash of the text that says whose signatures it needs (docs/spec/transparency.md).
    """

    policy: bytes
    root: bytes
    size: int

    def to_json(self) -> dict[str, Json]:
        """As inside the content."""
        return {"policy": b64u(self.policy), "root": b64u(self.root), "size": self.size}

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        """Raises NotCanonical, CannotOpen."""
        found = members(raw, _CHECKPOINT)
        size = integer(found["size"])
        if size < 1:
            raise CannotOpen(_ITEM)
        return cls(unb64u(text(found["policy"]), 32), unb64u(text(found["root"]), 32), size)


@dataclass(frozen=True)
class BoxContent:
    """`created` is when `keys` were made; `pins` maps accounts to the statements (hash, b64u) seen last."""

    keys: KeyPairs
    created: str
    previous: tuple[PreviousKeys, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    last_checkpoint: LastCheckpoint | None = None

    @classmethod
    def first(cls, keys: KeyPairs, now: datetime) -> Self:
        """The content of a new account."""
        return cls(keys, utc(now))

    def is_due(self, now: datetime) -> bool:
        """Whether the keys are older than 365 days: who opens the box then makes new ones."""
        return now - datetime.fromisoformat(self.created) > timedelta(days=KEYS_DUE)

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
            "lastCheckpoint": None if self.last_checkpoint is None else self.last_checkpoint.to_json(),
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
        checkpoint = found["lastCheckpoint"]
        content = cls(
            keys=_keys(found),
            created=moment(found["created"]),
            previous=tuple(PreviousKeys.from_json(old) for old in array(found["previous"])),
            pins=_pins(found["pins"]),
            last_checkpoint=None if checkpoint is None else LastCheckpoint.from_json(checkpoint),
        )
        return content, [text(slot) for slot in array(found["slots"])]


def _keys(found: Mapping[str, Json]) -> KeyPairs:
    signing, sealing = unb64u(text(found["signing"]), 32), unb64u(text(found["xwing"]), 32)
    return KeyPairs(SigningSeed(signing), SealingSeed(sealing))


def _pins(raw: Json) -> dict[str, str]:
    if not isinstance(raw, dict) or not all(is_account(account) for account in raw):
        raise CannotOpen(_ITEM)
    return {account: _hash(pinned) for account, pinned in raw.items()}


def _hash(raw: Json) -> str:
    spelled = text(raw)
    unb64u(spelled, 32)
    return spelled
