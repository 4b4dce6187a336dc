"""Both languages against each other: one JSON request a line in, one JSON answer a line out (see the README here)."""

import io
import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from crypto.attachment import Attachment, AttachmentSealer, open_bytes
from crypto.envelope import open_sealed, seal
from crypto.errors import CryptoError
from crypto.keys import KeyPairs, SealingPublic, SealingSeed, SigningPublic, SigningSeed
from crypto.login import sign_login, verify_login
from crypto.transparency.statement import make_statement
from tests.vectors.box_ops import make_box, open_for_delegate, open_the_box
from tests.vectors.material import as_bytes
from tests.vectors.pairing_ops import give_grant, hear_hello, say_hello, take_box, take_grant
from tests.vectors.transparency_ops import statement_line, verified_line

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


def make_login(request: Request) -> Request:
    """seed and what is signed."""
    return {"signature": sign_login(_signing(request["seed"]), **_said(request)).hex()}


def check_login(request: Request) -> Request:
    """public, signature and what was signed."""
    public = SigningPublic.load(bytes.fromhex(request["public"]))
    verify_login(public, bytes.fromhex(request["signature"]), **_said(request))
    return {"ok": True}


def announce(request: Request) -> Request:
    """account, signingSeed, sealingSeed, time, chain, box, bySeed, holders, suspected."""
    previous, keys = verified_line(request), _pairs(request)
    said = make_statement(
        request["account"],
        keys.public(),
        _pairs(request["chain"][-1]).signing if request["chain"] else keys.signing,
        datetime.fromisoformat(request["time"]),
        box=request["box"],
        previous=previous,
        by=None if request["bySeed"] is None else _signing(request["bySeed"]),
        holders=[bytes.fromhex(one) for one in request["holders"]],
        suspected=request["suspected"],
    )
    voucher = None if said.voucher is None else said.voucher.hex()
    return {"statement": said.statement.decode(), "signature": said.signature.hex(), "voucher": voucher}


OPERATIONS: dict[str, Callable[[Request], Request]] = {
    "seal-envelope": seal_envelope,
    "open-envelope": open_envelope,
    "seal-attachment": seal_attachment,
    "open-attachment": open_attachment,
    "make-box": make_box,
    "open-box": open_the_box,
    "open-delegate": open_for_delegate,
    "make-hello": say_hello,
    "open-hello": hear_hello,
    "make-grant": give_grant,
    "open-grant": take_grant,
    "open-granted": take_box,
    "sign-login": make_login,
    "verify-login": check_login,
    "make-statement": announce,
    "verify-statement": statement_line,
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
    return {member: request[member] for member in ("challenge", "method", "origin", "time")}


if __name__ == "__main__":
    main()
