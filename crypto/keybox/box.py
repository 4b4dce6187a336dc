"""The box: sealed content and slots, in versions that only grow. Values in, values out: storing is the caller's."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from crypto import aead
from crypto.encoding import Json, array, b64u, canonical, hkdf, integer, members, parse_canonical, text, u64be, unb64u
from crypto.errors import CannotOpen, NotCanonical, OlderBox
from crypto.keybox.content import BoxContent
from crypto.keybox.slot import Slot, SlotKey, _wrap, slot_type, unwrap
from crypto.labels import BOX_FORMAT, CONTENT
from crypto.randomness import SYSTEM, Source

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


@dataclass(frozen=True)
class _Sealed:
    content: bytes
    slots: tuple[Slot, ...]
    version: int


def new_box(account: str, content: BoxContent, slots: Sequence[SlotKey], version: int = 1) -> tuple[bytes, BoxKey]:
    """A box with a fresh box key and one slot for each of `slots`. Raises ValueError without a slot."""
    return _new_box(account, content, slots, version, SYSTEM)


def open_box(box: bytes, account: str, key: SlotKey | BoxKey, minimum_version: int = 1) -> OpenedBox:
    """Open with anything that fits a slot, or with the box key itself.

    Raises OlderBox below `minimum_version` (the highest that this client saw), WeakKdf before any work is done,
    CannotOpen for everything else.
    """
    try:
        return _open(box, account, key, minimum_version)
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
    opened: OpenedBox, content: BoxContent, *, add: Sequence[SlotKey] = (), drop: Collection[str] = ()
) -> tuple[bytes, BoxKey]:
    """The next version under the same box key: other slots stay as they are. `drop` holds slot ids.

    Whoever could open a dropped slot may still know the box key: after a suspicion, renew(). Raises ValueError when
    no slot would be left or a dropped one does not exist.
    """
    return _replace(opened, content, add, drop, SYSTEM)


def renew(opened: OpenedBox, content: BoxContent, slots: Sequence[SlotKey]) -> tuple[bytes, BoxKey]:
    """The next version under a fresh box key, with these slots only: activation, and after a suspicion."""
    return _new_box(opened.account, content, slots, opened.version + 1, SYSTEM)


def _new_box(
    account: str, content: BoxContent, keys: Sequence[SlotKey], version: int, source: Source
) -> tuple[bytes, BoxKey]:
    box_key = BoxKey(source.take(32))
    slots = [_wrap(box_key.raw, key, account, version, source) for key in keys]
    return _assemble(account, content, box_key, slots, version, source), box_key


def _replace(
    opened: OpenedBox, content: BoxContent, add: Sequence[SlotKey], drop: Collection[str], source: Source
) -> tuple[bytes, BoxKey]:
    kept = [slot for slot in opened.slots if slot.id not in drop]
    if len(opened.slots) - len(kept) != len(set(drop)):
        raise ValueError("a slot to drop is not in the box")
    version = opened.version + 1
    made = [_wrap(opened.box_key.raw, key, opened.account, version, source) for key in add]
    return _assemble(opened.account, content, opened.box_key, [*kept, *made], version, source), opened.box_key


def _assemble(
    account: str, content: BoxContent, box_key: BoxKey, slots: Iterable[Slot], version: int, source: Source
) -> bytes:
    ordered = sorted(slots, key=lambda slot: slot.id)
    if not ordered:
        raise ValueError("a box without a slot could never be opened")
    inner = canonical(content.to_json([slot.id for slot in ordered]))
    sealed = aead._seal(_content_key(box_key), inner, _additional(account, version), source)
    box: dict[str, Json] = {
        "content": b64u(sealed),
        "slots": [slot.to_json() for slot in ordered],
        "v": BOX_FORMAT,
        "version": version,
    }
    return canonical(box)


def _open(box: bytes, account: str, key: SlotKey | BoxKey, minimum_version: int) -> OpenedBox:
    sealed = _parse(box)
    if sealed.version < minimum_version:
        raise OlderBox("keybox/6")
    box_key = key if isinstance(key, BoxKey) else _unwrap_any(sealed.slots, key, account)
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
    return _Sealed(unb64u(text(found["content"])), slots, version)


def _unwrap_any(slots: Iterable[Slot], key: SlotKey, account: str) -> BoxKey:
    for slot in slots:
        if slot.type == slot_type(key):
            try:
                return BoxKey(unwrap(slot, key, account))
            except CannotOpen:  # another slot of the same type
                continue
    raise CannotOpen("keybox/2")


def _content_key(box_key: BoxKey) -> bytes:
    return hkdf(box_key.raw, b"", CONTENT)


def _additional(account: str, version: int) -> bytes:
    return CONTENT + b"\x00" + account.encode() + u64be(version)
