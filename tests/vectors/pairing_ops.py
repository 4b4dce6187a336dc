"""The pairing operations of the command (cli.py) and of pairing.json: a JSON request in, a JSON answer out."""

from typing import Any

from crypto.code import code_text, parse_code
from crypto.keybox import BoxKey
from crypto.keys import SealingPublic, SealingSeed, SigningPublic, SigningSeed
from crypto.pairing import (
    Pairing,
    digits,
    make_grant,
    make_hello,
    open_grant,
    open_granted,
    open_hello,
    pairing_code,
    pairing_link,
)

Request = dict[str, Any]


def code_of_key(request: Request) -> Request:
    """seed."""
    return {"code": code_text(pairing_code(_key(request)))}


def link(request: Request) -> str:
    """origin, code."""
    return pairing_link(request["origin"], parse_code(request["code"]))


def shown_digits(request: Request) -> str:
    """comparison, code, signer."""
    signer = SigningPublic.load(bytes.fromhex(request["signer"]))
    return digits(bytes.fromhex(request["comparison"]), parse_code(request["code"]), signer)


def say_hello(request: Request) -> Request:
    """account, signingSeed, seed (of the new device), code."""
    code = parse_code(request["code"])
    sealed, comparison = make_hello(request["account"], _signer(request), _key(request), code)
    return {"sealed": sealed.hex(), "comparison": comparison.hex()}


def hear_hello(request: Request) -> Request:
    """seed, sealed."""
    pairing = _pairing(request)
    hello = open_hello(bytes.fromhex(request["sealed"]), pairing)
    return {
        "account": hello.account,
        "comparison": hello.comparison.hex(),
        "signer": hello.signer.raw.hex(),
        "digits": digits(hello.comparison, pairing.code, hello.signer),
    }


def give_grant(request: Request) -> Request:
    """account, signingSeed, seed (of the new device), code, boxKey, login, version (made up when absent)."""
    sealed = make_grant(
        request["account"],
        _signer(request),
        _key(request),
        parse_code(request["code"]),
        box_key=BoxKey(bytes.fromhex(request.get("boxKey", "00" * 32))),
        login=request.get("login", "anne"),
        version=request.get("version", 1),
    )
    return {"sealed": sealed.hex()}


def take_grant(request: Request) -> Request:
    """seed, hello, grant."""
    pairing = _pairing(request)
    hello = open_hello(bytes.fromhex(request["hello"]), pairing)
    grant = open_grant(bytes.fromhex(request["grant"]), pairing, hello)
    return {"boxKey": grant.box_key.raw.hex(), "login": grant.login, "version": grant.version}


def take_box(request: Request) -> Request:
    """seed, hello, grant, box."""
    pairing = _pairing(request)
    hello = open_hello(bytes.fromhex(request["hello"]), pairing)
    grant = open_grant(bytes.fromhex(request["grant"]), pairing, hello)
    opened = open_granted(request["box"].encode(), hello, grant)
    return {"version": opened.version, "content": opened.content.to_json([slot.id for slot in opened.slots])}


def _pairing(request: Request) -> Pairing:
    return Pairing.of(SealingSeed(bytes.fromhex(request["seed"])))


def _key(request: Request) -> SealingPublic:
    return SealingSeed(bytes.fromhex(request["seed"])).public()


def _signer(request: Request) -> SigningSeed:
    return SigningSeed(bytes.fromhex(request["signingSeed"]))
