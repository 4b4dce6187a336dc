"""The key box operations of the command (cli.py) and of keybox.json: a JSON request in, a JSON answer out."""

from collections.abc import Callable
from functools import partial
from typing import Any

from crypto.code import parse_code
from crypto.keybox import (
    BoxContent,
    DelegateFor,
    DeviceKey,
    LetterKey,
    NewSlot,
    OpenedBox,
    PasskeyKey,
    PasswordKdf,
    PasswordKey,
    RecoveryKey,
    SlotKey,
    new_box,
    open_as_delegate,
    open_box,
    read_slots,
    stretch,
)
from crypto.keybox.slotkey import slot_key
from crypto.keys import PublicKeys, SealingSeed, SigningPublic
from crypto.login import passkey_login

Request = dict[str, Any]


def make_box(request: Request) -> Request:
    """account, content, keys, version."""
    content, _ = BoxContent.from_json({**request["content"], "slots": []})
    keys = [_new_slot(key) for key in request["keys"]]
    box, _ = new_box(request["account"], content, keys, request.get("version", 1))
    return {"box": box.decode()}


def open_the_box(request: Request) -> Request:
    """box, account, key, minimumVersion."""
    box: bytes = request["box"].encode()
    key = _slot_key(request["key"], lambda: _password_kdf(box))
    return _shown(open_box(box, request["account"], key, request.get("minimumVersion", 1)))


def open_for_delegate(request: Request) -> Request:
    """box, account, seeds, signers, minimumVersion."""
    seeds = [SealingSeed(bytes.fromhex(seed)) for seed in request["seeds"]]
    signers = [SigningPublic.load(bytes.fromhex(signer)) for signer in request["signers"]]
    box: bytes = request["box"].encode()
    return _shown(open_as_delegate(box, request["account"], seeds, signers, request.get("minimumVersion", 1)))


def passkey_keys(request: Request) -> Request:
    """output, account."""
    output, account = bytes.fromhex(request["output"]), request["account"]
    wrap = slot_key(PasskeyKey(b"any", output), account)
    return {"wrap": wrap.hex(), "loginSeed": passkey_login(output).raw.hex()}


def _shown(opened: OpenedBox) -> Request:
    return {"version": opened.version, "content": opened.content.to_json([slot.id for slot in opened.slots])}


def _new_slot(key: Request) -> NewSlot:
    if key["type"] == "delegate":
        keys = PublicKeys.load(bytes.fromhex(key["signing"]), bytes.fromhex(key["sealing"]))
        return DelegateFor(key["account"], keys)
    return _slot_key(key, partial(_given_kdf, key))


def _slot_key(key: Request, kdf: Callable[[], PasswordKdf]) -> SlotKey:
    match key["type"]:
        case "password":
            return PasswordKey(stretch(key["password"], kdf()))
        case "letter":
            return LetterKey(parse_code(key["code"]), parse_code(key["second"]) if "second" in key else None)
        case "recovery":
            return RecoveryKey(parse_code(key["code"]))
        case "passkey":
            return PasskeyKey(bytes.fromhex(key["credential"]), bytes.fromhex(key["output"]))
        case _:
            return DeviceKey(bytes.fromhex(key["key"]))


def _given_kdf(key: Request) -> PasswordKdf:
    return PasswordKdf.from_json(key["kdf"])


def _password_kdf(box: bytes) -> PasswordKdf:
    return next(PasswordKdf.from_json(slot.kdf) for slot in read_slots(box) if slot.type == "password")
