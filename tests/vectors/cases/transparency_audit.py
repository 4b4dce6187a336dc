"""transparency_audit.json: what the log, its witnesses and auditors do; clients have no part in it."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from crypto.encoding import Json, canonical
from crypto.transparency.entry import encode_entry
from crypto.transparency.statement import statement_hash
from tests.vectors.cases.statement import OTHER, STATION, Link, line
from tests.vectors.cases.transparency_log import ALICE, BOB, HEAD, LOG, SECONDS, changed
from tests.vectors.cases.transparency_proof import known_roots
from tests.vectors.material import Case, flipped

ABOUT = "Audits, cosignatures, tiles and roots of the key log (docs/spec/transparency.md)"

_NOW = "2030-01-01T00:00:00Z"  # after every statement here
_STATION = STATION.public().raw.hex()


def cases() -> Iterator[Case]:
    """Every case."""
    for group in (known_roots, _good_audits, _bad_lines, _bad_rules, _cosignatures, _tiles, _bundles):
        yield from group()


def _good_audits() -> Iterator[Case]:
    anne, bea = line(3), line(2, account=OTHER, label="bea")
    yield _kept("nothing", [])
    yield _kept("one line", anne)
    yield _kept("two lines, woven", [anne[0], bea[0], bea[1], anne[1], anne[2]])
    yield _kept("a suspicion", [*line(1), line(2, suspected=True)[1]])
    yield _kept("a station that is listed", anne, enrollers=[_STATION, "00" * 32])
    ahead = "2026-11-23T14:06:55Z"
    yield _kept("an hour ahead", anne[:1], now=ahead)


def _bad_lines() -> Iterator[Case]:
    anne, bea = line(3), line(2, account=OTHER, label="bea")
    fork = line(2, suspected=True)[1]
    copied = line(1, account=OTHER)[0]
    again = line(1, label="eve")[0]
    back = _signed_again(bea[1], bea[0], signing=anne[0].keys.public().signing.raw)
    sequences: dict[str, list[Link]] = {
        "the first one twice": [anne[0], anne[0]],
        "a second line, by other keys": [anne[0], again],
        "a second line, later": [*anne, bea[0], again],
        "the second one alone": [anne[1]],
        "a gap": [anne[0], anne[2]],
        "the second one twice": [anne[0], anne[1], anne[1]],
        "a fork": [anne[0], anne[1], fork],
        "a fork, after more": [*anne, bea[0], fork],
        "an older one": [*anne, anne[1]],
        "another account's signing key": [anne[0], copied],
        "a signing key that another account had": [anne[0], anne[1], copied],
        "another account's signing key, later": [anne[0], bea[0], back],
    }
    for name, sequence in sequences.items():
        yield _broken(name, sequence, 13)
    strange = _signed_again(line(2)[1], anne[0], previous=bytes(32))
    yield _broken("a line that goes on from elsewhere", [anne[0], strange], 13)


def _bad_rules() -> Iterator[Case]:
    anne = line(2)
    yield _broken("an hour and a second ahead", anne[:1], 2, now="2026-11-23T14:06:54Z")
    yield _broken("a year ahead", anne, 2, now="2026-11-23T15:06:55Z")
    yield _broken("a station that is not listed", anne[:1], 2, enrollers=["00" * 32])
    yield _broken("no station is listed", anne[:1], 2, enrollers=[])
    stolen = replace(anne[1], said=replace(anne[1].said, signature=flipped(anne[1].said.signature, 5)))
    yield _broken("a wrong signature", [anne[0], stolen], 2)
    yield _broken("the box before", [anne[0], _signed_again(anne[1], anne[0], box=1)], 2)
    yield _broken("a voucher left out", [replace(anne[0], said=replace(anne[0].said, voucher=None))], 3)
    raw = encode_entry(anne[0].said).decode()
    for name, entry in {"white space": raw + " ", "nothing": "", "a word": "null", "cut": raw[:-1]}.items():
        case = _audit(f"an entry: {name}", [], _NOW, None)
        yield {**case, "entries": [entry], "refused": 0, "refusal": "transparency/1"}


def _cosignatures() -> Iterator[Case]:
    first, second = ALICE.cosigned(), ALICE.subtree()
    yield {**_answer("both keys", first + second), "expect": first + second}
    yield {**_answer("one key", second), "expect": second}
    yield {**_answer("others dropped", BOB.cosigned() + first + BOB.subtree()), "expect": first}
    yield {**_answer("one twice", first + first), "expect": first}
    wrong = {
        "only others": (BOB.cosigned() + BOB.subtree(), 8),
        "the log's": (LOG.plain(), 8),
        "time 0": (ALICE.cosigned(time=0), 8),
        "ML-DSA-44 at time 0": (first + ALICE.subtree(time=0), 8),
        "another size": (ALICE.cosigned(replace(HEAD, size=1)), 7),
        "another root": (ALICE.subtree(replace(HEAD, root=bytes(32))), 7),
        "another origin": (ALICE.subtree(replace(HEAD, origin="other.example/log")), 7),
        "a part of the tree": (first + ALICE.subtree(start=1), 7),
        "one bit changed": (changed(first, lambda raw: flipped(raw, 99)) + second, 7),
        "the time changed": (first + ALICE.subtree(said=SECONDS + 1), 7),
        "nothing": ("", 5),
        "no line": ("\n", 5),
        "a line and an empty one": (first + "\n", 5),
        "a whole note": (f"{HEAD.text}\n{first}", 5),
        "no line end": (first[:-1], 5),
        "33 lines": (first * 33, 5),
    }
    for name, (lines, item) in wrong.items():
        yield {**_answer(name, lines), "refusal": f"transparency/{item}"}


def _tiles() -> Iterator[Case]:
    paths: list[tuple[str, Json, int, int]] = [
        ("tile/0/000", 0, 0, 256),
        ("tile/0/000.p/1", 0, 0, 1),
        ("tile/1/x001/x234/067", 1, 1234067, 256),
        ("tile/63/999.p/255", 63, 999, 255),
        ("tile/entries/x001/000.p/17", "entries", 1000, 17),
        ("tile/entries/x009/x007/x199/x254/x740/991", "entries", 2**53 - 1, 256),
    ]
    for path, level, number, width in paths:
        yield {**_tile(path), "expect": {"level": level, "number": number, "width": width}}
    strange = [
        "tile/64/000", "tile/00/000", "tile/01/000", "tile/-1/000", "tile/0/0", "tile/0/0000", "tile/0/1000",
        "tile/0/x000/001", "tile/0/001/067", "tile/0/x001/x067", "tile/0/x001", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p", "tile/0/000.p/1/", "tile/0/000/", "/tile/0/000", "tile/0",
        "tile/data/000", "tile/Entries/000", "tile/0/../0/000", "tile/0/00\u0661", "tile/0/000\n", "tile/0/000.p/1\n",
        "tile/entries/x009/x007/x199/x254/x740/992", "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "", "checkpoint",
    ]  # fmt: skip
    for path in strange:
        yield {**_tile(path), "expect": None}


def _bundles() -> Iterator[Case]:
    yield {**_bundle("one entry", "0001aa"), "expect": ["aa"]}
    yield {**_bundle("two entries", "0001aa0002bbcc"), "expect": ["aa", "bbcc"]}
    yield {**_bundle("256 entries", {"repeat": "0001aa", "times": 256}), "expect": ["aa"] * 256}
    strange: dict[str, Json] = {
        "nothing": "",
        "half a length": "00",
        "a length and no entry": "0001",
        "an empty entry": "0000",
        "an empty entry after another": "0001aa0000",
        "an entry cut": "0002aa",
        "half a length after an entry": "0001aa00",
        "257 entries": {"repeat": "0001aa", "times": 257},
        "an entry of 4097 bytes": ["1001", {"repeat": "00", "times": 4097}],
    }
    for name, raw in strange.items():
        yield {**_bundle(name, raw), "refusal": "transparency/1"}


def _signed_again(link: Link, before: Link, **members: bytes | int) -> Link:
    said: dict[str, Any] = json.loads(link.said.statement)
    for name, value in members.items():
        said[name] = value if isinstance(value, int) else base64.urlsafe_b64encode(value).decode().rstrip("=")
    raw = canonical(said)
    signature = before.keys.signing.sign(b"pli key statement v1\x00" + raw)
    return replace(link, said=replace(link.said, statement=raw, signature=signature))


def _kept(name: str, links: Sequence[Link], now: str = _NOW, enrollers: Json = None) -> Case:
    expect: Json = [statement_hash(link.said.statement).hex() for link in links]
    return {**_audit(name, links, now, enrollers), "expect": expect}


def _broken(name: str, links: Sequence[Link], item: int, now: str = _NOW, enrollers: Json = None) -> Case:
    refused = len(links) - 1
    return {**_audit(name, links, now, enrollers), "refused": refused, "refusal": f"transparency/{item}"}


def _audit(name: str, links: Sequence[Link], now: str, enrollers: Json) -> dict[str, Json]:
    entries: Json = [encode_entry(link.said).decode() for link in links]
    return {"name": f"audit: {name}", "op": "audit", "now": now, "enrollers": enrollers, "entries": entries}


def _answer(name: str, lines: str) -> dict[str, Json]:
    keys: Json = [key.vkey for key in ALICE.keys]
    return {"name": f"cosignature: {name}", "op": "cosignature", "checkpoint": HEAD.text, "keys": keys, "lines": lines}


def _tile(path: str) -> dict[str, Json]:
    return {"name": f"tile: {path}", "op": "tile", "path": path}


def _bundle(name: str, raw: Json) -> dict[str, Json]:
    return {"name": f"bundle: {name}", "op": "bundle", "raw": raw}
