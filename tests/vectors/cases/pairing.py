"""pairing.json: codes of keys, digits, hello and grant."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from crypto.code import Code, _new_code, code_text
from crypto.encoding import Json, b64u, canonical
from crypto.envelope.sealing import _seal
from crypto.errors import CannotOpen
from crypto.keybox import BoxKey, open_box
from crypto.keybox.box import _new_box, _replace
from crypto.keys import SealingSeed, SigningSeed
from crypto.pairing import (
    Grant,
    Pairing,
    _make_grant,
    _make_hello,
    _new_pairing,
    digits,
    open_grant,
    open_granted,
    open_hello,
    pairing_code,
    pairing_link,
)
from tests.vectors.cases.boxes import ACCOUNT, DEVICE, FIRST_CONTENT, NOW, OTHER, Edit, box_of, edited, flip
from tests.vectors.material import Case, drawn, flipped, pairs, sealing, signing, source

ABOUT = "Pairing a second device (docs/spec/pairing.md)"

_NEW = _new_pairing(source("pairing"))
_STRANGE = _new_pairing(source("strange pairing"))
_SIGNER = FIRST_CONTENT.keys.signing
_COMPARISON = drawn("comparison", 32)
_LOGIN = "anne@patient.example"
_BOX, _BOX_KEY = _new_box(ACCOUNT, FIRST_CONTENT, [DEVICE], 3, source("paired box"))


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _codes()
    yield from _digits()
    yield from _good()
    yield from _bad_envelopes()
    yield from _bad_hellos()
    yield from _bad_grants()
    yield from _bad_boxes()


def _codes() -> Iterator[Case]:
    typeable = (seed for seed in _seeds() if _has_code(seed))
    for number, seed in zip(range(3), typeable, strict=False):
        code = code_text(pairing_code(seed.public()))
        yield {"name": f"the code of a key, {number}", "op": "code", "seed": seed.raw.hex(), "expect": {"code": code}}
    untypeable = (seed for seed in _seeds() if not _has_code(seed))
    for number, seed in zip(range(2), untypeable, strict=False):
        yield {"name": f"a key whose code nobody can type, {number}", "op": "code", "seed": seed.raw.hex(),
               "refusal": "pairing/1"}  # fmt: skip
        for step in ("hello", "grant"):
            yield _make_refused(f"a {step} to a key whose code nobody can type, {number}", step, seed, _NEW.code)
    link = pairing_link("https://pli.example", _NEW.code)
    yield {"name": "what the QR shows", "op": "link", "origin": "https://pli.example", "code": code_text(_NEW.code),
           "expect": link}  # fmt: skip
    for step in ("hello", "grant"):
        yield _make_refused(f"a {step} to a key of another code", step, _STRANGE.seed, _NEW.code)
        other = _new_code(source("some code"))
        yield _make_refused(f"a {step} to a key under the code of no key", step, _NEW.seed, other)


def _digits() -> Iterator[Case]:
    signer = _SIGNER.public()
    small = next(_comparison(n) for n in count() if digits(_comparison(n), _NEW.code, signer) < "001")
    for name, comparison in (("digits", _COMPARISON), ("digits with leading zeroes", small), ("of zeroes", bytes(32))):
        yield {"name": name, "op": "digits", "comparison": comparison.hex(), "code": code_text(_NEW.code),
               "signer": signer.raw.hex(), "expect": digits(comparison, _NEW.code, signer)}  # fmt: skip


def _good() -> Iterator[Case]:
    hello, grant = _hello(), _grant()
    found = open_hello(hello, _NEW)
    yield {"name": "a hello", "op": "open-hello", "seed": _NEW.seed.raw.hex(), "sealed": hello.hex(),
           "expect": {"account": found.account, "comparison": found.comparison.hex(),
                      "signer": found.signer.raw.hex(), "digits": _shown(_NEW, hello)}}  # fmt: skip
    for name, login in (("a grant", _LOGIN), ("a grant for a name beyond ASCII", "Éléonore 🩺"), ("for no name", "")):
        sealed = _grant(login=login)
        opened = open_grant(sealed, _NEW, found)
        expect: Json = {"boxKey": opened.box_key.raw.hex(), "login": opened.login, "version": opened.version}
        yield {**_granted(name, hello, sealed), "expect": expect}
    newer, _ = _replace(open_box(_BOX, ACCOUNT, DEVICE), FIRST_CONTENT, (), (), source("newer"))
    for name, box in (("the granted box", _BOX), ("a newer box than the granted one", newer)):
        opened_box = open_granted(box, found, open_grant(grant, _NEW, found))
        content = opened_box.content.to_json([slot.id for slot in opened_box.slots])
        yield {**_boxed(name, hello, grant, box), "expect": {"version": opened_box.version, "content": content}}


def _bad_envelopes() -> Iterator[Case]:
    hello, grant = _hello(), _grant()
    bent = {
        "nothing": b"",
        "one byte short": hello[:-1],
        "one byte long": hello + b"\x00",
        "one bit of the header changed": flipped(hello, 400),
        "one bit of the text changed": flipped(hello, -400),
        "for another device": _hello(_STRANGE),
    }
    for name, sealed in bent.items():
        yield _hello_refused(f"a hello: {name}", sealed)
    for name, sealed in {
        "nothing": b"",
        "one bit of the header changed": flipped(grant, 400),
        "one bit of the text changed": flipped(grant, -400),
        "for another device": _grant(_STRANGE),
        "a hello again": hello,
    }.items():
        yield _grant_refused(f"a grant: {name}", sealed, "2")
    yield _hello_refused("a hello that is a grant", grant)
    yield _hello_refused("a hello for two devices", _sealed(_said("hello"), readers=(_NEW.seed, sealing("eve"))))
    two = _sealed(_said("grant"), readers=(_NEW.seed, sealing("eve")))
    yield _grant_refused("a grant for two devices", two, "2")
    yield _hello_refused("a hello: not canonical", _sealed(_said("hello"), tail=b" "))
    yield _grant_refused("a grant: not canonical", _sealed(_said("grant"), tail=b" "), "2")


_SHARED: list[tuple[str, Edit]] = [
    ("another format", lambda said: said.update(v=2)),
    ("a format that is a truth", lambda said: said.update(v=True)),
    ("an unknown member", lambda said: said.update(note="")),
    ("no account", lambda said: said.pop("account")),
    ("an account that is none", lambda said: said.update(account="anne")),
    ("an account that is nothing", lambda said: said.update(account=None)),
    ("no pairing", lambda said: said.pop("pairing")),
    ("another pairing", lambda said: said.update(pairing=code_text(_STRANGE.code))),
    ("a pairing with hyphens", lambda said: said.update(pairing="-".join(code_text(_NEW.code)))),
    ("a pairing in small letters", lambda said: said.update(pairing=code_text(_NEW.code).lower())),
    ("another step", lambda said: said.update(step="end")),
    ("a step that is an array", lambda said: said.update(step=[said["step"]])),
]


def _bad_hellos() -> Iterator[Case]:
    edits: list[tuple[str, Edit]] = [
        *_SHARED,
        ("no comparison", lambda said: said.pop("comparison")),
        ("a comparison of 31 bytes", lambda said: said.update(comparison=b64u(bytes(31)))),
        ("a comparison that is a number", lambda said: said.update(comparison=1)),
        ("the step of a grant", lambda said: said.update(step="grant")),
    ]
    for name, edit in edits:
        yield _hello_refused(f"a hello with {name}", _sealed(_said("hello"), edit))


def _bad_grants() -> Iterator[Case]:
    edits: list[tuple[str, Edit]] = [
        *_SHARED,
        ("no box key", lambda said: said.pop("boxKey")),
        ("a box key of 33 bytes", lambda said: said.update(boxKey=b64u(bytes(33)))),
        ("a login that is nothing", lambda said: said.update(login=None)),
        ("version 0", lambda said: said.update(version=0)),
        ("a version that is a truth", lambda said: said.update(version=True)),
        ("the step of a hello", lambda said: said.update(step="hello")),
    ]
    for name, edit in edits:
        yield _grant_refused(f"a grant with {name}", _sealed(_said("grant"), edit), "2")
    yield _grant_refused("a grant by another signer", _grant(signer=signing("eve")), "3")
    yield _grant_refused("a grant by another device's key of the account", _grant(signer=signing("anne, second")), "3")
    yield _grant_refused("a grant for another account", _grant(account=OTHER), "3")
    eve = _hello(signer=signing("eve"))
    yield {**_granted("a grant after a hello by another signer", eve, _grant()), "refusal": "pairing/3"}
    strange = _hello(account=OTHER)
    yield {**_granted("a grant after a hello for another account", strange, _grant()), "refusal": "pairing/3"}


def _bad_boxes() -> Iterator[Case]:
    hello, grant = _hello(), _grant()
    older = box_of([DEVICE])
    yield {**_boxed("a box older than the granted one", hello, grant, older), "refusal": "keybox/6"}
    other, _ = _new_box(ACCOUNT, FIRST_CONTENT, [DEVICE], 3, source("under another key"))
    foreign, _ = _new_box(OTHER, FIRST_CONTENT, [DEVICE], 3, source("paired box"))
    rotated, _ = _replace(
        open_box(_BOX, ACCOUNT, DEVICE), FIRST_CONTENT.rotated(pairs("anne, second"), NOW), (), (), source("newer")
    )
    boxes = {
        "a box under another box key": other,
        "the box of another account": foreign,
        "a box whose content was changed": edited(_BOX, lambda box: flip(box, "content")).encode(),
        "no box": b"",
        "a box whose present keys are not the signer's": rotated,
    }
    for name, box in boxes.items():
        yield {**_boxed(name, hello, grant, box), "refusal": "pairing/4"}
    eve = signing("eve")
    swapped = _boxed("a box of another than the signer", _hello(signer=eve), _grant(signer=eve), _BOX)
    yield {**swapped, "refusal": "pairing/4"}
    wrong = _grant(box_key=BoxKey(bytes(32)))
    yield {**_boxed("a box that the granted key does not open", hello, wrong, _BOX), "refusal": "pairing/4"}


def _hello(new: Pairing = _NEW, signer: SigningSeed = _SIGNER, account: str = ACCOUNT) -> bytes:
    return _make_hello(account, signer, new.seed.public(), new.code, source("hello"))[0]


def _grant(
    new: Pairing = _NEW,
    signer: SigningSeed = _SIGNER,
    account: str = ACCOUNT,
    login: str = _LOGIN,
    box_key: BoxKey = _BOX_KEY,
) -> bytes:
    return _make_grant(account, signer, new.seed.public(), new.code, Grant(box_key, login, 3), source("grant"))


def _said(step: str) -> dict[str, Any]:
    said: dict[str, Any] = {"account": ACCOUNT, "pairing": code_text(_NEW.code), "step": step, "v": 1}
    if step == "hello":
        return {**said, "comparison": b64u(_COMPARISON)}
    return {**said, "boxKey": b64u(_BOX_KEY.raw), "login": _LOGIN, "version": 3}


def _sealed(
    said: dict[str, Any], edit: Edit | None = None, *, readers: Sequence[SealingSeed] = (_NEW.seed,), tail: bytes = b""
) -> bytes:
    """By the account's signing key, but not what the page says."""
    if edit is not None:
        edit(said)
    return _seal(canonical(said) + tail, _SIGNER, [reader.public() for reader in readers], source("by hand"))


def _make_refused(name: str, step: str, seed: SealingSeed, code: Code) -> Case:
    return {"name": name, "op": f"make-{step}", "account": ACCOUNT, "signingSeed": _SIGNER.raw.hex(),
            "seed": seed.raw.hex(), "code": code_text(code), "refusal": "pairing/1"}  # fmt: skip


def _hello_refused(name: str, sealed: bytes) -> Case:
    return {"name": name, "op": "open-hello", "seed": _NEW.seed.raw.hex(), "sealed": sealed.hex(),
            "refusal": "pairing/2"}  # fmt: skip


def _grant_refused(name: str, grant: bytes, item: str) -> Case:
    return {**_granted(name, _hello(), grant), "refusal": f"pairing/{item}"}


def _granted(name: str, hello: bytes, grant: bytes) -> Case:
    return {"name": name, "op": "open-grant", "seed": _NEW.seed.raw.hex(), "hello": hello.hex(), "grant": grant.hex()}


def _boxed(name: str, hello: bytes, grant: bytes, box: bytes) -> Case:
    return {**_granted(name, hello, grant), "op": "open-granted", "box": box.decode()}


def _shown(new: Pairing, hello: bytes) -> str:
    found = open_hello(hello, new)
    return digits(found.comparison, new.code, found.signer)


def _comparison(number: int) -> bytes:
    return drawn(f"comparison {number}", 32)


def _seeds() -> Iterator[SealingSeed]:
    return (sealing(f"new device {number}") for number in count())


def _has_code(seed: SealingSeed) -> bool:
    try:
        pairing_code(seed.public())
    except CannotOpen:
        return False
    return True
