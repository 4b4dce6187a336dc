"""What the makers of keybox.json and pairing.json share: one account, its secrets, boxes good and forged."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from crypto import aead
from crypto.code import Code, _new_code, format_code, parse_code
from crypto.encoding import Json, b64u, canonical, hkdf, u64be
from crypto.keybox import (
    BoxContent,
    BoxKey,
    DeviceKey,
    LetterKey,
    NewSlot,
    PasskeyKey,
    PasswordKdf,
    PasswordKey,
    RecoveryKey,
    Slot,
    SlotKey,
    open_box,
    stretch,
)
from crypto.keybox.box import _new_box
from crypto.labels import CONTENT
from tests.vectors.material import Case, drawn, pairs, source

ACCOUNT, OTHER = "a" + "b" * 25 + "a", "a" + "c" * 25 + "a"
NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
KDF = PasswordKdf(drawn("salt", 16), memory=19456, passes=2)  # the floor: fast enough for every test run
PASSWORD = "Éléonore, 3 pommes"
CODE, RECOVERY, SECOND = (_new_code(source(label)) for label in ("code", "recovery", "second code"))
DEVICE = DeviceKey(drawn("device", 32))
PASSKEY = PasskeyKey(drawn("credential", 20), drawn("prf output", 32))
FIRST_CONTENT = BoxContent.first(pairs("anne"), NOW)

Edit: TypeAlias = Callable[[dict[str, Any]], object]


def box_of(keys: Sequence[NewSlot], content: BoxContent = FIRST_CONTENT, version: int = 1) -> bytes:
    """A good box."""
    return _new_box(ACCOUNT, content, keys, version, source("box"))[0]


def by_hand(
    box_key: BoxKey,
    slots: Iterable[Slot],
    content: BoxContent = FIRST_CONTENT,
    edit: Edit | None = None,
    tail: bytes = b"",
) -> str:
    """A box of version 1 as somebody makes it who holds the box key and no rule: `edit` changes what is inside."""
    ordered = sorted(slots, key=lambda slot: slot.id)
    inner = json.loads(canonical(content.to_json([slot.id for slot in ordered])))
    if edit is not None:
        edit(inner)
    ad = CONTENT + b"\x00" + ACCOUNT.encode() + u64be(1)
    sealed = aead._seal(hkdf(box_key.raw, b"", CONTENT), canonical(inner) + tail, ad, source("resealed content"))
    made: Json = {"content": b64u(sealed), "slots": [slot.to_json() for slot in ordered], "v": 1, "version": 1}
    return canonical(made).decode()


def opens(name: str, box: bytes, key: Mapping[str, str], **more: Json) -> Case:
    """A box that opens with `key`."""
    found = open_box(box, ACCOUNT, slot_key_of(key))
    content = found.content.to_json([slot.id for slot in found.slots])
    expect: Json = {"version": found.version, "content": content}
    return {"name": name, "op": "open", "box": box.decode(), "account": ACCOUNT, "key": key, **more, "expect": expect}


def refused(name: str, box: str, item: str, key: Mapping[str, str] | None = None) -> Case:
    """A box that does not."""
    with_key = key or letter(CODE)
    return {"name": name, "op": "open", "box": box, "account": ACCOUNT, "key": with_key, "refusal": item}


def slot_key_of(key: Mapping[str, str]) -> SlotKey:
    """What the `key` of a case stands for."""
    match key["type"]:
        case "password":
            return PasswordKey(stretch(key["password"], KDF))
        case "letter":
            return LetterKey(parse_code(key["code"]), parse_code(key["second"]) if "second" in key else None)
        case "recovery":
            return RecoveryKey(parse_code(key["code"]))
        case "passkey":
            return PasskeyKey(bytes.fromhex(key["credential"]), bytes.fromhex(key["output"]))
        case _:
            return DeviceKey(bytes.fromhex(key["key"]))


def letter(code: Code, second: Code | None = None) -> Mapping[str, str]:
    """The key of a letter, or of one with two codes."""
    key = {"type": "letter", "code": format_code(code)}
    return key if second is None else {**key, "second": format_code(second)}


def recovery(code: Code) -> Mapping[str, str]:
    """The key of a recovery sheet."""
    return {"type": "recovery", "code": format_code(code)}


def password(typed: str = PASSWORD) -> Mapping[str, str]:
    """The key of a password, stretched with KDF."""
    return {"type": "password", "password": typed}


def device() -> Mapping[str, str]:
    """The key of a device."""
    return {"type": "device", "key": DEVICE.raw.hex()}


def passkey(key: PasskeyKey = PASSKEY) -> Mapping[str, str]:
    """The key of a passkey."""
    return {"type": "passkey", "credential": key.credential.hex(), "output": key.output.hex()}


def edited(box: bytes, edit: Edit) -> str:
    """The box with what the relay can see changed."""
    made = json.loads(box)
    edit(made)
    return canonical(made).decode()


def in_order(box: str) -> str:
    """The box with its slots sorted again."""
    return edited(box.encode(), lambda made: made["slots"].sort(key=lambda slot: slot["id"]))


def slot_of(box: dict[str, Any], slot_type: str) -> dict[str, Any]:
    """The first slot of a type."""
    return next(slot for slot in box["slots"] if slot["type"] == slot_type)


def flip(holder: dict[str, Any], member: str) -> None:
    """Change a text in its middle."""
    text: str = holder[member]
    middle = len(text) // 2
    holder[member] = text[:middle] + ("B" if text[middle] == "A" else "A") + text[middle + 1 :]
