"""How each kind of vector is run: a case goes in, what `expect` should be comes out, or a CryptoError."""

from collections.abc import Callable
from typing import Any

from crypto import xwing
from crypto.attachment import Attachment, open_bytes
from crypto.code import format_code, parse_code
from crypto.encoding import b64u, base32, canonical, hkdf, moment, parse_canonical, u64be, unb64u
from crypto.envelope import open_sealed
from crypto.keybox import PasswordKdf, stretch
from crypto.keys import PublicKeys, SealingPublic, SealingSeed, SigningPublic, SigningSeed, blob_id
from crypto.login import login_message, sign_login, verify_login
from crypto.padding import pad, padded_length, padme, unpad
from crypto.randomness import Source
from tests.vectors import mlkem, pairing_ops, transparency_ops
from tests.vectors.box_ops import open_for_delegate, open_the_box, passkey_keys
from tests.vectors.cases.attachment import opened_chunk, sealed_file
from tests.vectors.material import as_bytes

Vector = dict[str, Any]


def _hex(case: Vector, member: str) -> bytes:
    return bytes.fromhex(case[member])


def _b64u(case: Vector) -> object:
    if "text" in case:
        return unb64u(case["text"], case.get("length"))
    assert unb64u(case["expect"]) == _hex(case, "bytes")
    return b64u(_hex(case, "bytes"))


def _json(case: Vector) -> object:
    if "raw" in case:
        return parse_canonical(_hex(case, "raw"))
    assert parse_canonical(_hex(case, "expect")) == case["value"]
    return canonical(case["value"]).hex()


def _key_id(case: Vector) -> object:
    return PublicKeys.load(_hex(case, "signing"), _hex(case, "sealing")).key_id


def _xwing(case: Vector) -> object:
    seed = _hex(case, "seed")
    if "refusal" in case:
        return xwing.decapsulate(seed, _hex(case, "ciphertext"))
    randomness, public = _hex(case, "randomness"), xwing.public_key(seed)
    seam = Source(lambda _: randomness[32:], lambda kem: mlkem.encapsulate(kem, randomness[:32]))
    secret, ciphertext = xwing._encapsulate(public, seam)
    assert xwing.decapsulate(seed, _hex(case["expect"], "ciphertext")) == secret
    return {"public": public.hex(), "ciphertext": ciphertext.hex(), "secret": secret.hex()}


def _unpad(case: Vector) -> object:
    padded = as_bytes(case["padded"])
    plaintext = unpad(padded)
    assert pad(plaintext) == padded
    return case["expect"] if plaintext == as_bytes(case["expect"]) else plaintext.hex()


def _envelope(case: Vector) -> object:
    opened = open_sealed(as_bytes(case["sealed"]), [SealingSeed(bytes.fromhex(seed)) for seed in case["seeds"]])
    stored = case["expect"]["plaintext"]
    plaintext = stored if opened.plaintext == as_bytes(stored) else opened.plaintext.hex()
    return {"plaintext": plaintext, "sender": opened.sender.raw.hex(), "recipients": opened.recipients}


def _seal_attachment(case: Vector) -> object:
    text = as_bytes(case["plaintext"])
    reference, chunks = sealed_file(_hex(case, "key"), _hex(case, "id"), text, case["file"], case["type"])
    assert open_bytes(reference, {blob_id(chunk): chunk for chunk in chunks}.__getitem__) == text
    return reference.to_json()


def _open_attachment(case: Vector) -> object:
    attachment = Attachment.from_json(case["attachment"])
    # The relay answers in order, whatever it was asked for.
    answers = iter([opened_chunk(chunk) for chunk in case["chunks"]])
    plaintext = open_bytes(attachment, lambda _: next(answers))
    return {"plaintext": case["expect"]["plaintext"]} if plaintext == as_bytes(case["expect"]["plaintext"]) else None


def _code(case: Vector) -> object:
    code = parse_code(case["typed"])
    return {"raw": code.raw.hex(), "printed": format_code(code)}


def _code_keys(case: Vector) -> object:
    code, account = parse_code(case["typed"]), case["account"]
    second = parse_code(case["second"]) if "second" in case else None
    return {
        "letterWrap": code.letter_wrap(account, second).hex(),
        "recoveryWrap": code.recovery_wrap(account).hex(),
        "letterLogin": code.letter_login(second).raw.hex(),
        "recoveryLogin": code.recovery_login().raw.hex(),
    }


def _password_keys(case: Vector) -> object:
    master, account = stretch(case["password"], PasswordKdf.from_json(case["kdf"])), case["account"]
    return {
        "master": master.raw.hex(),
        "wrap": master.wrap_key(account).hex(),
        "loginSeed": master.login_seed().raw.hex(),
    }


_SAID = ("challenge", "method", "origin", "time")


def _sign_login(case: Vector) -> object:
    said, seed = {member: case[member] for member in _SAID}, SigningSeed(_hex(case, "seed"))
    signature = sign_login(seed, **said)
    verify_login(seed.public(), signature, **said)
    message = login_message(**said).hex()
    return {"public": seed.public().raw.hex(), "message": message, "signature": signature.hex()}


def _verify_login(case: Vector) -> object:
    said = {member: case[member] for member in _SAID}
    verify_login(SigningPublic.load(_hex(case, "public")), _hex(case, "signature"), **said)
    return True


OPERATIONS: dict[tuple[str, str], Callable[[Vector], object]] = {
    ("encodings", "b64u"): _b64u,
    ("encodings", "base32"): lambda case: base32(_hex(case, "bytes")),
    ("encodings", "u64be"): lambda case: u64be(case["number"]).hex(),
    ("encodings", "hkdf"): lambda case: hkdf(_hex(case, "key"), _hex(case, "salt"), _hex(case, "info")).hex(),
    ("encodings", "json"): _json,
    ("encodings", "time"): lambda case: moment(case["text"]),
    ("encodings", "key-id"): _key_id,
    ("encodings", "blob-id"): lambda case: blob_id(as_bytes(case["bytes"])),
    ("encodings", "load-signing"): lambda case: SigningPublic.load(_hex(case, "raw")).raw.hex(),
    ("encodings", "load-sealing"): lambda case: SealingPublic.load(_hex(case, "raw")).raw.hex(),
    ("xwing", ""): _xwing,
    ("padding", "padme"): lambda case: padme(case["length"]),
    ("padding", "padded-length"): lambda case: padded_length(case["length"]),
    ("padding", "unpad"): _unpad,
    ("envelope", ""): _envelope,
    ("attachment", "seal"): _seal_attachment,
    ("attachment", "open"): _open_attachment,
    ("keybox", "open"): open_the_box,
    ("keybox", "open-delegate"): open_for_delegate,
    ("keybox", "passkey-keys"): passkey_keys,
    ("keybox", "code"): _code,
    ("keybox", "code-keys"): _code_keys,
    ("keybox", "password-keys"): _password_keys,
    ("pairing", "code"): pairing_ops.code_of_key,
    ("pairing", "link"): pairing_ops.link,
    ("pairing", "digits"): pairing_ops.shown_digits,
    ("pairing", "make-hello"): pairing_ops.say_hello,
    ("pairing", "make-grant"): pairing_ops.give_grant,
    ("pairing", "open-hello"): pairing_ops.hear_hello,
    ("pairing", "open-grant"): pairing_ops.take_grant,
    ("pairing", "open-granted"): pairing_ops.take_box,
    ("login", "sign"): _sign_login,
    ("login", "verify"): _verify_login,
    ("statement", "line"): transparency_ops.statement_line,
    ("statement", "entry"): transparency_ops.entry,
    ("statement", "holder"): transparency_ops.held,
    ("transparency", "inclusion"): transparency_ops.included,
    ("transparency", "consistency"): transparency_ops.consistent,
    ("transparency", "checkpoint"): transparency_ops.checkpoint,
    ("transparency", "policy"): transparency_ops.policy,
    ("transparency", "vkey"): transparency_ops.vkey,
    ("transparency_audit", "root"): transparency_ops.root_of,
    ("transparency_audit", "audit"): transparency_ops.audit,
    ("transparency_audit", "cosignature"): transparency_ops.cosignature,
    ("transparency_audit", "tile"): transparency_ops.tile,
    ("transparency_audit", "bundle"): transparency_ops.bundle,
}
