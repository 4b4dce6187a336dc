"""The box: sealed content and slots, in versions that only grow. Values in, values out: storing is the caller's."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from crypto import aead
from crypto.encoding import Json, array, b64u, canonical, hkdf, integer, members, parse_canonical, text, u64be, unb64u
from crypto.errors import CannotOpen, NotCanonical, OlderBox
from crypto.keybox.content import BoxContent
from crypto.keybox.delegate import Delegated, DelegateFor, _wrap_for, check_signer, open_delegate
from crypto.keybox.slot import Slot, _wrap, unwrap
from crypto.keybox.slotkey import SlotKey, slot_type
from crypto.keys import SealingSeed, SigningPublic, SigningSeed
from crypto.labels import BOX_FORMAT, CONTENT
from crypto.randomness import SYSTEM, Source

NewSlot: TypeAlias = SlotKey | DelegateFor

_MEMBERS = frozenset({"content", "slots", "v", "version"})


@dataclass(frozen=True, repr=False)
class BoxKey:
    """32 bytes: opens the content without a slot, while a client runs."""

    raw: bytes

    def __repr__(self) -> str:
        return "BoxKey(...)"


@dataclass(frozen=True)
class OpenedBox:
    """A box whose content and slots agree. The client remembers the highest `version` that it saw."""

    account: str
    content: BoxContent
    box_key: BoxKey
    version: int
    slots: tuple[Slot, ...]

    def ids(self, *types: str) -> frozenset[str]:
        """The ids of the slots of these types: what replace() is to drop."""
        return frozenset(slot.id for slot in self.slots if slot.type in types)


@dataclass(frozen=True)
class _Sealed:
    content: bytes
    slots: tuple[Slot, ...]
    version: int


def new_box(account: str, content: BoxContent, slots: Sequence[NewSlot], version: int = 1) -> tuple[bytes, BoxKey]:
    """A box with a fresh box key and one slot for each of `slots`.

    Raises ValueError without a slot, and for passkeys alone: a lost authenticator would be a lost archive.
    """
    return _new_box(account, content, slots, version, SYSTEM)


def open_box(box: bytes, account: str, key: SlotKey | BoxKey, minimum_version: int = 1) -> OpenedBox:
    """Open with anything that fits a slot, or with the box key itself.

    `minimum_version` is the highest that this client saw, or that the newest key statement names. Raises OlderBox
    below it, WeakKdf before any work is done, CannotOpen for everything else.
    """
    try:
        sealed = _sealed(box, minimum_version)
        return _open(sealed, account, key if isinstance(key, BoxKey) else _unwrap_any(sealed.slots, key, account))
    except NotCanonical as error:
        raise CannotOpen("keybox/1") from error


def open_as_delegate(
    box: bytes, account: str, seeds: Sequence[SealingSeed], signers: Sequence[SigningPublic], minimum_version: int = 1
) -> OpenedBox:
    """Open somebody else's box with one's own sealing seeds, the present one first.

    `signers` are signing keys of `account`'s proven line (docs/spec/transparency.md), of which a caller gives the
    newest; the slot must be by the present one of the content, too. Raises as open_box().
    """
    try:
        sealed = _sealed(box, minimum_version)
        found = _unwrap_delegate(sealed.slots, account, seeds, signers)
        opened = _open(sealed, account, BoxKey(found.box_key))
        check_signer(found, opened.content.keys.signing.public())
        return opened
    except NotCanonical as error:
        raise CannotOpen("keybox/1") from error


def read_slots(box: bytes) -> tuple[Slot, ...]:
    """The slots of a box that is not open yet: a password slot's `kdf` says how to stretch. Nothing in it is proved.

    Raises WeakKdf, CannotOpen.
    """
    try:
        return _parse(box).slots
    except NotCanonical as error:
        raise CannotOpen("keybox/1") from error


def replace(
    opened: OpenedBox, content: BoxContent, *, add: Sequence[NewSlot] = (), drop: Collection[str] = ()
) -> tuple[bytes, BoxKey]:
    """The next version under the same box key: other slots stay as they are. `drop` holds slot ids.

    Whoever could open a dropped slot may still know the box key: after a suspicion, renew(). Raises ValueError when
    a delegate would be left out (renew() ends a delegation) or a slot kept that an old key signed, when a slot to
    drop does not exist, and as new_box().
    """
    return _replace(opened, content, add, drop, SYSTEM)


def renew(opened: OpenedBox, content: BoxContent, slots: Sequence[NewSlot]) -> tuple[bytes, BoxKey]:
    """The next version under a fresh box key, with these slots only: activation, after a suspicion, without a delegate.

    Raises ValueError as new_box().
    """
    return _new_box(opened.account, content, slots, opened.version + 1, SYSTEM)


def _new_box(
    account: str, content: BoxContent, keys: Sequence[NewSlot], version: int, source: Source
) -> tuple[bytes, BoxKey]:
    box_key = BoxKey(source.take(32))
    slots = [_made(box_key, key, account, version, content.keys.signing, source) for key in keys]
    return _assemble(account, content, box_key, slots, version, source), box_key


def _replace(
    opened: OpenedBox, content: BoxContent, add: Sequence[NewSlot], drop: Collection[str], source: Source
) -> tuple[bytes, BoxKey]:
    kept = [slot for slot in opened.slots if slot.id not in drop]
    if len(opened.slots) - len(kept) != len(set(drop)):
        raise ValueError("a slot to drop is not in the box")
    if content.keys != opened.content.keys and any(slot.type == "delegate" for slot in kept):
        raise ValueError("a delegate's slot is made anew with new keys")
    version, signer = opened.version + 1, content.keys.signing
    made = [_made(opened.box_key, key, opened.account, version, signer, source) for key in add]
    slots = [*kept, *made]
    if _delegates(opened.slots) - _delegates(slots):
        raise ValueError("a delegation ends with a new box key")
    return _assemble(opened.account, content, opened.box_key, slots, version, source), opened.box_key


def _delegates(slots: Iterable[Slot]) -> set[str]:
    return {slot.delegate for slot in slots if slot.delegate is not None}


def _made(box_key: BoxKey, key: NewSlot, account: str, since: int, signer: SigningSeed, source: Source) -> Slot:
    if isinstance(key, DelegateFor):
        return _wrap_for(box_key.raw, key, account, since, signer, source)
    return _wrap(box_key.raw, key, account, since, source)


def _assemble(
    account: str, content: BoxContent, box_key: BoxKey, slots: Iterable[Slot], version: int, source: Source
) -> bytes:
    ordered = sorted(slots, key=lambda slot: slot.id)
    if not ordered:
        raise ValueError("a box without a slot could never be opened")
    if _passkeys_alone(ordered):
        raise ValueError("a box that a passkey alone opens would be lost with it")
    inner = canonical(content.to_json([slot.id for slot in ordered]))
    sealed = aead._seal(_content_key(box_key), inner, _additional(account, version), source)
    box: dict[str, Json] = {
        "content": b64u(sealed),
        "slots": [slot.to_json() for slot in ordered],
        "v": BOX_FORMAT,
        "version": version,
    }
    return canonical(box)


def _sealed(box: bytes, minimum_version: int) -> _Sealed:
    sealed = _parse(box)
    if sealed.version < minimum_version:
        raise OlderBox("keybox/6")
    return sealed


def _open(sealed: _Sealed, account: str, box_key: BoxKey) -> OpenedBox:
    ad = _additional(account, sealed.version)
    inner = aead.unseal(_content_key(box_key), sealed.content, ad, "keybox/3")
    content, named = BoxContent.from_json(parse_canonical(inner))
    if named != [slot.id for slot in sealed.slots]:
        raise CannotOpen("keybox/4")
    return OpenedBox(account, content, box_key, sealed.version, sealed.slots)


def _parse(box: bytes) -> _Sealed:
    found = members(parse_canonical(box), _MEMBERS)
    slots = tuple(Slot.from_json(slot) for slot in array(found["slots"]))
    version, ids = integer(found["version"]), [slot.id for slot in slots]
    if integer(found["v"]) != BOX_FORMAT or version < 1 or ids != sorted(set(ids)):
        raise CannotOpen("keybox/1")
    if _passkeys_alone(slots):
        raise CannotOpen("keybox/9")
    return _Sealed(unb64u(text(found["content"])), slots, version)


def _passkeys_alone(slots: Sequence[Slot]) -> bool:
    return {slot.type for slot in slots} == {"passkey"}


def _unwrap_any(slots: Iterable[Slot], key: SlotKey, account: str) -> BoxKey:
    for slot in slots:
        if slot.type == slot_type(key):
            try:
                return BoxKey(unwrap(slot, key, account))
            except CannotOpen:  # another slot of the same type
                continue
    raise CannotOpen("keybox/2")


def _unwrap_delegate(
    slots: Iterable[Slot], account: str, seeds: Sequence[SealingSeed], signers: Sequence[SigningPublic]
) -> Delegated:
    for slot in slots:
        if slot.type == "delegate":
            found = open_delegate(slot, account, seeds, signers)
            if found is not None:
                return found
    raise CannotOpen("keybox/2")


def _content_key(box_key: BoxKey) -> bytes:
    return hkdf(box_key.raw, b"", CONTENT)


def _additional(account: str, version: int) -> bytes:
    return CONTENT + b"\x00" + account.encode() + u64be(version)
