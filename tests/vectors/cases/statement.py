"""statement.json: lines of key statements, entries of the log, and holders of addresses."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from crypto.encoding import Json, b64u, canonical
from crypto.keys import KeyPairs, SigningSeed
from crypto.labels import KEY_STATEMENT, VOUCHER
from crypto.transparency.entry import encode_entry
from crypto.transparency.statement import Announcement, Statement, holder, make_statement, read_statement
from tests.vectors.material import Case, drawn, flipped, pairs, signing

ABOUT = "Key statements, entries and holders (docs/spec/transparency.md, statement)"

ACCOUNT, OTHER = "a" + "b" * 25 + "a", "a" + "c" * 25 + "a"
NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
STATION = signing("station")
SALT, ADDRESS = drawn("salt", 32), "anne@example.org"
_WEAK = {
    "of order 8": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "not canonical": "ed" + "ff" * 30 + "7f",
    "all zero": "00" * 32,
}
_Edit = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Link:
    """One announcement, and the keys that it should announce."""

    said: Announcement
    keys: KeyPairs


def cases() -> Iterator[Case]:
    """Every case."""
    for group in (_good, _bad_shapes, _bad_places, _first_only, _bad_signatures, _bad_keys, _entries, _holders):
        yield from group()


def _good() -> Iterator[Case]:
    for length in (1, 2, 4):
        yield _accepted(f"a line of {length}", line(length))
    yield _accepted("nobody answers for the account", [_first(by=None, holders=())])
    yield _accepted("16 holders", [_first(holders=[drawn(f"holder {n}", 32) for n in range(16)])])
    yield _accepted("suspected", line(2, suspected=True))
    first, second = line(2)
    yield _accepted("in the same second", [first, _edited(second, _set(time=_time(first)), first)])
    yield _accepted("half a second later", [first, _edited(second, _set(time="2026-11-23T15:06:55.5Z"), first)])
    yield _accepted("a far box", [first, _edited(second, _set(box=2**53 - 1), first)])


def _bad_shapes() -> Iterator[Case]:
    edits: list[tuple[str, _Edit]] = [
        ("an unknown member", _set(note="")),
        ("no flags", lambda said: said.pop("flags")),
        ("the member of the form before", _set(keys=b64u(bytes(32)))),
        ("another flag", _set(flags=["closed"])),
        ("a flag twice", _set(flags=["suspected", "suspected"])),
        ("flags that are a text", _set(flags="suspected")),
        ("another format", _set(v=2)),
        ("a format that is a truth", _set(v=True)),
        ("a negative seq", _set(seq=-1)),
        ("a seq that is a text", _set(seq="0")),
        ("a box of 0", _set(box=0)),
        ("a box that is a text", _set(box="1")),
        ("no box", _set(box=None)),
        ("a time with an offset", _set(time="2026-11-23T15:06:55+00:00")),
        ("a time that is none", _set(time="2026-02-30T15:06:55Z")),
        ("a previous hash that is empty", _set(previous="")),
        ("an account that is none", _set(account="anne")),
        ("a sealing hash of 31 bytes", _set(sealing=b64u(bytes(31)))),
        ("a sealing hash that is null", _set(sealing=None)),
        ("a signing key of 33 bytes", lambda said: said.update(signing=said["signing"] + "AA")),
        ("somebody who answers, of 31 bytes", _set(by=b64u(bytes(31)))),
        ("holders that are null", _set(holders=None)),
        ("a holder of 31 bytes", _set(holders=[b64u(bytes(31))])),
        ("a holder that is a number", _set(holders=[1])),
        ("a holder twice", lambda said: said.update(holders=said["holders"] * 2)),
        ("holders in another order", _set(holders=[b64u(b"\xff" * 32), b64u(bytes(32))])),
        ("holders sorted as bytes", _set(holders=[b64u(bytes(32)), b64u(b"\xf8" * 32)])),
        ("17 holders", _set(holders=sorted(b64u(bytes([n]) * 32) for n in range(17)))),
    ]
    for name, edit in edits:
        yield _refused(name, [_edited(_first(), edit)], 1)
    first = _first()
    spelled = {
        "white space": first.said.statement.replace(b",", b", ", 1),
        "a member twice": first.said.statement.replace(b'"v":1', b'"v":1,"v":1'),
        "a number with a point": first.said.statement.replace(b'"v":1', b'"v":1.0'),
        "nothing": b"",
        "a text": b'"statement"',
        "cut": first.said.statement[:-1],
        "over 4096 bytes": first.said.statement + b" " * 4096,
    }
    for name, raw in spelled.items():
        yield _refused(name, [_signed(raw, first.keys, first.keys.signing, STATION)], 1)


def _bad_places() -> Iterator[Case]:
    first, second, third = line(3)
    edits: list[tuple[str, _Edit]] = [
        ("a seq that jumps", _set(seq=2)),
        ("a seq that stays", _set(seq=0)),
        ("no previous hash", _set(previous=None)),
        ("another previous hash", _set(previous=b64u(bytes(32)))),
        ("another account", _set(account=OTHER)),
        ("the box before", _set(box=1)),
        ("earlier than the first", _set(time="2026-11-23T15:06:54Z")),
        ("a part of a second earlier", _set(time="2026-11-23T15:06:54.999999Z")),
    ]
    for name, edit in edits:
        yield _refused(f"second: {name}", [first, _edited(second, edit, first)], 2)
    firsts: list[tuple[str, _Edit]] = [
        ("a seq of 1", _set(seq=1)),
        ("a previous hash", _set(previous=b64u(bytes(32)))),
        ("another account", _set(account=OTHER)),
    ]
    for name, edit in firsts:
        yield _refused(f"first: {name}", [_edited(first, edit)], 2)
    yield _refused("the first one again", [first, first], 2)
    yield _refused("the second one without the first", [second], 2)
    yield _refused("one left out", [first, third], 2)


def _first_only() -> Iterator[Case]:
    first, second = line(2)
    voucher = STATION.sign(VOUCHER + b"\x00" + second.said.statement)
    yield _refused("second: a voucher", [first, replace(second, said=replace(second.said, voucher=voucher))], 3)
    by, held = _set(by=b64u(STATION.public().raw)), _set(holders=[b64u(bytes(32))])
    yield _refused("second: somebody answers", [first, _edited(second, by, first)], 3)
    yield _refused("second: somebody answers, with a voucher", [first, _edited(second, by, first, STATION)], 3)
    yield _refused("second: a holder", [first, _edited(second, held, first)], 3)
    yield _refused("first: no voucher of who answers", [replace(first, said=replace(first.said, voucher=None))], 3)
    alone = _first(by=None, holders=())
    stray = STATION.sign(VOUCHER + b"\x00" + alone.said.statement)
    yield _refused("first: a voucher, and nobody answers", [replace(alone, said=replace(alone.said, voucher=stray))], 3)


def _bad_signatures() -> Iterator[Case]:
    first, second = line(2)
    signed = KEY_STATEMENT + b"\x00" + second.said.statement
    signatures = {
        "by the new key instead of the one before": second.keys.signing.sign(signed),
        "by a stranger": pairs("eve").signing.sign(signed),
        "by who answered for the account": STATION.sign(signed),
        "without the label": first.keys.signing.sign(second.said.statement),
        "under the label of vouchers": first.keys.signing.sign(VOUCHER + b"\x00" + second.said.statement),
        "all zero": bytes(64),
        "one bit changed": flipped(second.said.signature, 9),
        "63 bytes": second.said.signature[:-1],
        "65 bytes": second.said.signature + b"\x00",
        "none": b"",
        "of the statement before": first.said.signature,
    }
    for name, signature in signatures.items():
        yield _refused(f"signature {name}", [first, replace(second, said=replace(second.said, signature=signature))], 2)
    stranger = pairs("eve").signing.sign(KEY_STATEMENT + b"\x00" + first.said.statement)
    stolen = replace(first, said=replace(first.said, signature=stranger))
    yield _refused("signature of the first by a stranger", [stolen], 2)
    vouched = VOUCHER + b"\x00" + first.said.statement
    vouchers = {
        "by a stranger": pairs("eve").signing.sign(vouched),
        "by the account itself": first.keys.signing.sign(vouched),
        "without the label": STATION.sign(first.said.statement),
        "under the label of statements": STATION.sign(KEY_STATEMENT + b"\x00" + first.said.statement),
        "all zero": bytes(64),
        "one bit changed": flipped(first.said.voucher or b"", 400),
        "63 bytes": (first.said.voucher or b"")[:-1],
        "of another account": STATION.sign(VOUCHER + b"\x00" + _first(account=OTHER).said.statement),
    }
    for name, voucher in vouchers.items():
        yield _refused(f"voucher {name}", [replace(first, said=replace(first.said, voucher=voucher))], 2)


def _bad_keys() -> Iterator[Case]:
    first, second = line(2)
    yield _refused("announced with the keys of another", [first, replace(second, keys=pairs("eve"))], 2)
    for name, keys in {
        "another sealing key": KeyPairs(second.keys.signing, pairs("eve").sealing),
        "another signing key": KeyPairs(pairs("eve").signing, second.keys.sealing),
    }.items():
        yield _refused(f"announced with {name}", [first, replace(second, keys=keys)], 2)
    for name, raw in _WEAK.items():
        point = b64u(bytes.fromhex(raw))
        yield _refused(f"a signing key {name}", [_edited(first, _set(signing=point))], 2)
        yield _refused(f"somebody answers with a key {name}", [_edited(first, _set(by=point))], 2)


def _entries() -> Iterator[Case]:
    first, second = line(2)
    for name, link in (("first", first), ("second", second)):
        voucher = link.said.voucher
        expect: Json = {
            "statement": link.said.statement.decode(),
            "signature": link.said.signature.hex(),
            "voucher": None if voucher is None else voucher.hex(),
        }
        yield {"name": f"entry: {name}", "op": "entry", "entry": encode_entry(link.said).decode(), "expect": expect}
    raw = encode_entry(first.said)
    edits: list[tuple[str, _Edit]] = [
        ("an unknown member", _set(note="")),
        ("no voucher", lambda said: said.pop("voucher")),
        ("a voucher of 63 bytes", _set(voucher=b64u(bytes(63)))),
        ("a voucher that is empty", _set(voucher="")),
        ("a signature of 65 bytes", _set(signature=b64u(bytes(65)))),
        ("a signature that is null", _set(signature=None)),
        ("a statement that is a text", _set(statement=first.said.statement.decode())),
        ("a statement that is null", _set(statement=None)),
        ("a statement with an unknown member", lambda said: said["statement"].update(note="")),
        ("a statement without a box", lambda said: said["statement"].pop("box")),
    ]
    spelled = {name: _changed(raw, edit) for name, edit in edits}
    spelled |= {
        "nothing": b"",
        "white space at the end": raw + b"\n",
        "white space": raw.replace(b":", b": ", 1),
        "white space in the statement": raw.replace(b'"box":', b'"box": ', 1),
        "members in another order": b'{"voucher":null,' + raw[1:].rpartition(b',"voucher"')[0] + b"}",
        "a member twice": raw[:-1] + raw[raw.rindex(b',"voucher"') :],
        "cut": raw[:-1],
        "an array": b"[" + raw + b"]",
        "arrays in arrays": b"[" * 2000 + b"]" * 2000,
        "over 4096 bytes": canonical({**json.loads(raw), "voucher": "A" * 4096}),
    }
    for name, entry in spelled.items():
        yield {"name": f"entry: {name}", "op": "entry", "entry": entry.decode(), "refusal": "transparency/1"}


def _holders() -> Iterator[Case]:
    first, second = line(2)
    for name, address in (("as it was enrolled", ADDRESS), ("in capitals", ADDRESS.upper())):
        yield {**_holder(f"an address {name}", first, address, SALT), "expect": holder(SALT, ADDRESS).hex()}
    accented = _first(holders=[holder(SALT, "élodie@example.org")])
    expect = holder(SALT, "élodie@example.org").hex()
    yield {**_holder("an address with other letters", accented, "Élodie@example.org", SALT), "expect": expect}
    apart = unicodedata.normalize("NFD", "Élodie@example.org")
    yield {**_holder("an address whose accents are letters of their own", accented, apart, SALT), "expect": expect}
    refused = [
        _holder("another address", first, "eve@example.org", SALT),
        _holder("an address with a space", first, ADDRESS + " ", SALT),
        _holder("no address", first, "", SALT),
        _holder("another salt", first, ADDRESS, bytes(32)),
        _holder("a salt of 31 bytes", first, ADDRESS, SALT[:-1]),
        _holder("a letter of the address in the salt", first, ADDRESS[1:], SALT + ADDRESS[:1].encode()),
        _holder("no salt", first, ADDRESS, b""),
        _holder("nobody answers for it", _first(by=None), ADDRESS, SALT),
        _holder("a later statement", second, ADDRESS, SALT),
    ]
    for case in refused:
        yield {**case, "refusal": "transparency/14"}


def line(length: int, *, account: str = ACCOUNT, suspected: bool = False, label: str = "anne") -> list[Link]:
    """An account's first statements, a year apart."""
    links = [_first(account=account, label=label)]
    for number in range(1, length):
        before, keys = links[-1], pairs(f"{label} {number}")
        previous = read_statement(before.said.statement)
        now = NOW + timedelta(days=365 * number)
        links.append(Link(_announced(keys, before.keys.signing, now, previous, suspected=suspected), keys))
    return links


def _first(
    account: str = ACCOUNT,
    label: str = "anne",
    by: SigningSeed | None = STATION,
    holders: Sequence[bytes] = (holder(SALT, ADDRESS),),
) -> Link:
    keys = pairs(f"{label} 0")
    said = make_statement(account, keys.public(), keys.signing, NOW, box=1, by=by, holders=holders)
    return Link(said, keys)


def _announced(
    keys: KeyPairs, signer: SigningSeed, now: datetime, previous: Statement, *, suspected: bool
) -> Announcement:
    account, box = previous.account, previous.box + 1
    return make_statement(account, keys.public(), signer, now, box=box, previous=previous, suspected=suspected)


def _edited(link: Link, edit: _Edit, before: Link | None = None, voucher: SigningSeed | None = None) -> Link:
    """Changed, and signed again: only the change is wrong."""
    signer = (before or link).keys.signing
    station = STATION if link.said.voucher is not None else voucher
    return _signed(_changed(link.said.statement, edit), link.keys, signer, station)


def _signed(statement: bytes, keys: KeyPairs, signer: SigningSeed, voucher: SigningSeed | None) -> Link:
    vouched = None if voucher is None else voucher.sign(VOUCHER + b"\x00" + statement)
    return Link(Announcement(statement, signer.sign(KEY_STATEMENT + b"\x00" + statement), vouched), keys)


def _set(**members: Json) -> _Edit:
    return lambda said: said.update(members)


def _changed(raw: bytes, edit: _Edit) -> bytes:
    said = json.loads(raw)
    edit(said)
    return canonical(said)


def _time(link: Link) -> str:
    return str(json.loads(link.said.statement)["time"])


def _case(name: str, chain: list[Link]) -> dict[str, Json]:
    links: list[Json] = [
        {
            "statement": link.said.statement.decode(),
            "signature": link.said.signature.hex(),
            "voucher": None if link.said.voucher is None else link.said.voucher.hex(),
            "signingSeed": link.keys.signing.raw.hex(),
            "sealingSeed": link.keys.sealing.raw.hex(),
        }
        for link in chain
    ]
    return {"name": name, "op": "line", "account": ACCOUNT, "chain": links}


def _accepted(name: str, chain: list[Link]) -> Case:
    last = read_statement(chain[-1].said.statement)
    expect: Json = {"hash": last.hash.hex(), "seq": last.seq, "box": last.box, "suspected": last.suspected}
    return {**_case(name, chain), "expect": expect}


def _refused(name: str, chain: list[Link], item: int) -> Case:
    return {**_case(name, chain), "refusal": f"transparency/{item}"}


def _holder(name: str, link: Link, address: str, salt: bytes) -> dict[str, Json]:
    said: dict[str, Json] = {"statement": link.said.statement.decode(), "address": address, "salt": salt.hex()}
    return {"name": f"holder: {name}", "op": "holder", **said}
