"""The command that the other language calls: boxes of every kind of slot, and a whole pairing."""

from typing import Any

import pytest

from crypto.code import code_text
from crypto.encoding import unb64u
from crypto.keys import SigningSeed
from crypto.pairing import _new_pairing
from tests.vectors.cli import answer
from tests.vectors.material import drawn, pairs, sealing, signing, source

ACCOUNT, CARER = "a" + "b" * 25 + "a", "a" + "c" * 25 + "a"
CODE, OTHER_CODE = "0" * 27, "0" * 25 + "11"
CONTENT: dict[str, Any] = {
    "created": "2026-11-23T15:06:55Z",
    "lastCheckpoint": {"policy": "A" * 43, "root": "A" * 43, "size": 3},
    "pins": {},
    "previous": [],
    "signing": "A" * 43,
    "xwing": "A" * 43,
}
RECOVERY = {"type": "recovery", "code": CODE}
KEYS: list[dict[str, Any]] = [
    RECOVERY,
    {"type": "letter", "code": CODE},
    {"type": "letter", "code": CODE, "second": OTHER_CODE},
    {"type": "passkey", "credential": "00", "output": drawn("prf output", 32).hex()},
    {"type": "device", "key": drawn("device", 32).hex()},
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: "-".join(str(part) for part in (key["type"], *key)))
def test_boxes_go_both_ways(key: dict[str, Any]) -> None:
    made = answer("make-box", {"account": ACCOUNT, "content": CONTENT, "keys": [RECOVERY, key]})

    opened = answer("open-box", {**made, "account": ACCOUNT, "key": key})

    assert {**opened["content"], "slots": None} == {**CONTENT, "slots": None}
    assert answer("open-box", {**made, "account": CARER, "key": key}) == {"error": "CannotOpen", "item": "keybox/2"}


def test_boxes_of_delegates_go_both_ways() -> None:
    public, child = pairs("carer").public(), {**CONTENT, "signing": "B" + "A" * 42}
    seals = {"signing": public.signing.raw.hex(), "sealing": public.sealing.raw.hex()}
    key = {"type": "delegate", "account": CARER, **seals}
    made = answer("make-box", {"account": ACCOUNT, "content": child, "keys": [key]})
    request = {**made, "account": ACCOUNT, "seeds": [sealing("carer").raw.hex()]}

    opened = answer("open-delegate", {**request, "signers": [_signer_of(child)]})
    refused = answer("open-delegate", {**request, "signers": [signing("eve").public().raw.hex()]})

    assert opened["version"] == 1
    assert refused == {"error": "CannotOpen", "item": "keybox/8"}


def test_a_pairing_goes_through() -> None:
    new = _new_pairing(source("pairing"))
    device = {"type": "device", "key": drawn("device", 32).hex()}
    said = {"account": ACCOUNT, "signingSeed": bytes(32).hex(), "seed": new.seed.raw.hex(), "code": code_text(new.code)}
    box = answer("make-box", {"account": ACCOUNT, "content": CONTENT, "keys": [device], "version": 2})["box"]

    hello = answer("make-hello", said)
    heard = answer("open-hello", {"seed": said["seed"], "sealed": hello["sealed"]})
    grant = answer("make-grant", {**said, "boxKey": "11" * 32, "login": "anne", "version": 2})
    taken = {"seed": said["seed"], "hello": hello["sealed"], "grant": grant["sealed"]}

    assert heard["comparison"] == hello["comparison"]
    assert answer("open-grant", taken) == {"boxKey": "11" * 32, "login": "anne", "version": 2}
    assert answer("open-granted", {**taken, "box": box}) == {"error": "CannotOpen", "item": "pairing/4"}


def _signer_of(content: dict[str, Any]) -> str:
    return SigningSeed(unb64u(content["signing"])).public().raw.hex()
