"""login.json: signatures over challenges."""

from collections.abc import Iterator, Mapping

from crypto.encoding import Json, b64u, canonical
from crypto.keys import SigningSeed
from crypto.labels import LOGIN
from crypto.login import METHODS, login_message, passkey_login, sign_login
from tests.vectors.cases.boxes import CODE, PASSKEY, SECOND
from tests.vectors.material import Case, drawn, flipped, signing

ABOUT = "Log-in signatures (docs/spec/login.md)"

_SAID = {
    "challenge": b64u(drawn("challenge", 32)),
    "method": "password",
    "origin": "https://pli.example",
    "time": "2026-11-23T15:06:55Z",
}


def cases() -> Iterator[Case]:
    """Every case."""
    for method in sorted(METHODS):
        yield _signs(f"method {method}", {**_SAID, "method": method})
    yield _signs("an origin with a port", {**_SAID, "origin": "http://127.0.0.1:8080"})
    yield _signs("an origin beyond ASCII", {**_SAID, "origin": "https://santé.example"})
    yield _signs("another challenge", {**_SAID, "challenge": b64u(bytes(32))})
    signature = sign_login(signing("login"), **_SAID)
    others = {
        "challenge": b64u(bytes(31) + b"\x01"),
        "method": "recovery",
        "origin": "https://pli.example.evil.example",
        "time": "2026-11-23T15:06:56Z",
    }
    for member, value in others.items():
        yield _refused(f"over another {member}", signature, {**_SAID, member: value})
    yield _refused("over an origin with a slash", signature, {**_SAID, "origin": "https://pli.example/"})
    yield _refused("over an origin in capitals", signature, {**_SAID, "origin": "https://PLI.example"})
    yield _refused("over http", signature, {**_SAID, "origin": "http://pli.example"})
    yield _refused("an unknown method", signature, {**_SAID, "method": "webauthn"})
    yield _refused("a challenge of 31 bytes", signature, {**_SAID, "challenge": b64u(bytes(31))})
    yield _refused("a challenge with padding", signature, {**_SAID, "challenge": _SAID["challenge"] + "="})
    yield _refused("by another key", sign_login(signing("eve"), **_SAID), _SAID)
    yield _refused("an all-zero signature", bytes(64), _SAID)
    yield _refused("one bit changed", flipped(signature, 7), _SAID)
    yield _refused("one byte short", signature[:-1], _SAID)
    yield _refused("one byte long", signature + b"\x00", _SAID)
    yield _refused("an empty signature", b"", _SAID)
    yield from _other_factors()
    message = login_message(**_SAID)
    unlabelled = message.partition(b"\x00")[2]
    named = LOGIN + b"\x00" + canonical({**_SAID, "account": "a" + "b" * 25 + "a"})
    yield _refused("signed with an account in it", signing("login").sign(named), _SAID)
    yield _refused("signed without the label", signing("login").sign(unlabelled), _SAID)
    yield _refused("signed under another label", signing("login").sign(b"pli key statement v1\x00" + unlabelled), _SAID)


def _other_factors() -> Iterator[Case]:
    """Signatures by what has a part of the factor, or another factor: each against the key that the relay has."""
    letter, passkey = {**_SAID, "method": "letter"}, {**_SAID, "method": "passkey"}
    both, mine, another = CODE.letter_login(SECOND), passkey_login(PASSKEY.output), passkey_login(bytes(32))
    seeds = {
        "the first of two codes alone": CODE.letter_login(),
        "the second of two codes alone": SECOND.letter_login(),
        "two codes the wrong way round": SECOND.letter_login(CODE),
        "the recovery key of the first code": CODE.recovery_login(),
    }
    for name, seed in seeds.items():
        yield _refused(f"by {name}", sign_login(seed, **letter), letter, both)
    yield _refused("by a passkey that gives another output", sign_login(another, **passkey), passkey, mine)
    yield _refused("of a passkey, as a password", sign_login(mine, **passkey), _SAID, mine)


def _signs(name: str, said: Mapping[str, str]) -> Case:
    seed: SigningSeed = signing("login")
    expect: Json = {
        "public": seed.public().raw.hex(),
        "message": login_message(**said).hex(),
        "signature": sign_login(seed, **said).hex(),
    }
    return {"name": name, "op": "sign", "seed": seed.raw.hex(), **said, "expect": expect}


def _refused(name: str, signature: bytes, said: Mapping[str, str], seed: SigningSeed | None = None) -> Case:
    public = (seed or signing("login")).public().raw.hex()
    return {"name": name, "op": "verify", "public": public, "signature": signature.hex(), **said, "refusal": "login/1"}
