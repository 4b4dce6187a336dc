"""Both languages against each other: one JSON request a line in, one JSON answer a line out (see the README here)."""

import io
import json
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from crypto.attachment import Attachment, AttachmentSealer, open_bytes
from crypto.code import parse_code
from crypto.envelope import open_sealed, seal
from crypto.errors import CryptoError
from crypto.keybox import (
    BoxContent,
    DeviceKey,
    LetterKey,
    PasswordKdf,
    PasswordKey,
    RecoveryKey,
    SlotKey,
    new_box,
    open_box,
    read_slots,
    stretch,
)
from crypto.keys import KeyPairs, SealingPublic, SealingSeed, SigningPublic, SigningSeed
from crypto.login import sign_login, verify_login
from crypto.transparency.statement import Statement, make_statement, statement_hash, verify_statement
from tests.vectors.material import as_bytes

Request = dict[str, Any]


def seal_envelope(request: Request) -> Request:
    """plaintext, sender, recipients."""
    recipients = [SealingPublic.load(bytes.fromhex(raw)) for raw in request["recipients"]]
    return {"sealed": seal(as_bytes(request["plaintext"]), _signing(request["sender"]), recipients).hex()}


def open_envelope(request: Request) -> Request:
    """sealed, seeds."""
    opened = open_sealed(as_bytes(request["sealed"]), [_sealing(seed) for seed in request["seeds"]])
    return {
        "plaintext": opened.plaintext.hex(),
        "sender": opened.sender.raw.hex(),
        "recipients": opened.recipients,
    }


def seal_attachment(request: Request) -> Request:
    """plaintext, file, type."""
    text = as_bytes(request["plaintext"])
    sealer = AttachmentSealer(io.BytesIO(text), len(text))
    chunks = [chunk.hex() for chunk in sealer]
    return {"attachment": sealer.reference(request["file"], request["type"]).to_json(), "chunks": chunks}


def open_attachment(request: Request) -> Request:
    """attachment, chunks."""
    answers = iter(request["chunks"])
    attachment = Attachment.from_json(request["attachment"])
    return {"plaintext": open_bytes(attachment, lambda _: as_bytes(next(answers))).hex()}


def make_box(request: Request) -> Request:
    """account, content, keys, version."""
    content, _ = BoxContent.from_json({**request["content"], "slots": []})
    keys = [_slot_key(key, partial(_given_kdf, key)) for key in request["keys"]]
    box, _ = new_box(request["account"], content, keys, request.get("version", 1))
    return {"box": box.decode()}


def open_the_box(request: Request) -> Request:
    """box, account, key, minimumVersion."""
    box: bytes = request["box"].encode()
    key = _slot_key(request["key"], lambda: _password_kdf(box))
    opened = open_box(box, request["account"], key, request.get("minimumVersion", 1))
    return {"version": opened.version, "content": opened.content.to_json([slot.id for slot in opened.slots])}


def make_login(request: Request) -> Request:
    """seed and what is signed."""
    return {"signature": sign_login(_signing(request["seed"]), **_said(request)).hex()}


def check_login(request: Request) -> Request:
    """public, signature and what was signed."""
    public = SigningPublic.load(bytes.fromhex(request["public"]))
    verify_login(public, bytes.fromhex(request["signature"]), **_said(request))
    return {"ok": True}


def announce(request: Request) -> Request:
    """account, signingSeed, sealingSeed, time, chain."""
    previous, keys = _verified(request), _pairs(request)
    signer = _pairs(request["chain"][-1]).signing if request["chain"] else keys.signing
    now = datetime.fromisoformat(request["time"])
    statement, signature = make_statement(request["account"], keys.public(), signer, now, previous)
    return {"statement": statement.decode(), "signature": signature.hex()}


def check_statement(request: Request) -> Request:
    """account, chain."""
    found = _verified(request)
    assert found is not None
    return {"hash": statement_hash(found.raw).hex(), "seq": found.seq}


OPERATIONS: dict[str, Callable[[Request], Request]] = {
    "seal-envelope": seal_envelope,
    "open-envelope": open_envelope,
    "seal-attachment": seal_attachment,
    "open-attachment": open_attachment,
    "make-box": make_box,
    "open-box": open_the_box,
    "sign-login": make_login,
    "verify-login": check_login,
    "make-statement": announce,
    "verify-statement": check_statement,
}


def answer(operation: str, request: Request) -> Request:
    """What the operation gives, or the name of the refusal."""
    try:
        return OPERATIONS[operation](request)
    except CryptoError as error:
        return {"error": type(error).__name__, "item": error.item}


def main() -> None:
    """Answer line by line."""
    operation = sys.argv[1]
    for line in sys.stdin:
        if line.strip():
            sys.stdout.write(json.dumps(answer(operation, json.loads(line))) + "\n")
            sys.stdout.flush()


def _signing(seed: str) -> SigningSeed:
    return SigningSeed(bytes.fromhex(seed))


def _sealing(seed: str) -> SealingSeed:
    return SealingSeed(bytes.fromhex(seed))


def _pairs(link: Request) -> KeyPairs:
    return KeyPairs(_signing(link["signingSeed"]), _sealing(link["sealingSeed"]))


def _said(request: Request) -> dict[str, str]:
    return {member: request[member] for member in ("account", "challenge", "method", "origin", "time")}


def _verified(request: Request) -> Statement | None:
    previous: Statement | None = None
    for link in request["chain"]:
        raw, signature = link["statement"].encode(), bytes.fromhex(link["signature"])
        keys = _pairs(link).public()
        previous = verify_statement(raw, signature, keys, previous, account=request["account"])
    return previous


def _slot_key(key: Request, kdf: Callable[[], PasswordKdf]) -> SlotKey:
    match key["type"]:
        case "password":
            return PasswordKey(stretch(key["password"], kdf()))
        case "letter":
            return LetterKey(parse_code(key["code"]))
        case "recovery":
            return RecoveryKey(parse_code(key["code"]))
        case _:
            return DeviceKey(bytes.fromhex(key["key"]))


def _given_kdf(key: Request) -> PasswordKdf:
    return PasswordKdf.from_json(key["kdf"])


def _password_kdf(box: bytes) -> PasswordKdf:
    return next(PasswordKdf.from_json(slot.kdf) for slot in read_slots(box) if slot.type == "password")


if __name__ == "__main__":
    main()
