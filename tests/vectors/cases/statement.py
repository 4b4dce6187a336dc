"""statement.json: chains of key statements."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from crypto.encoding import Json, b64u, canonical
from crypto.keys import KeyPairs
from crypto.labels import KEY_STATEMENT
from crypto.transparency.statement import make_statement, read_statement, statement_hash
from tests.vectors.material import Case, flipped, pairs

ABOUT = "Key statements (docs/spec/keybox.md, key statement)"

ACCOUNT, OTHER = "a" + "b" * 25 + "a", "a" + "c" * 25 + "a"
NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
_Link = tuple[bytes, bytes, KeyPairs]
_Edit = Callable[[dict[str, Any]], object]


def cases() -> Iterator[Case]:
    """Every case."""
    for length in (1, 2, 4):
        chain = _chain(length)
        last = chain[-1][0]
        expect: Json = {"hash": statement_hash(last).hex(), "seq": length - 1}
        yield {**_case(f"a chain of {length}", chain), "expect": expect}
    yield from _bad_shapes()
    yield from _bad_places()
    yield from _bad_signatures()


def _bad_shapes() -> Iterator[Case]:
    edits: list[tuple[str, _Edit]] = [
        ("an unknown member", lambda said: said.update(note="")),
        ("no flags", lambda said: said.pop("flags")),
        ("a flag", lambda said: said.update(flags=["closed"])),
        ("another format", lambda said: said.update(v=2)),
        ("a format that is a truth", lambda said: said.update(v=True)),
        ("a negative seq", lambda said: said.update(seq=-1)),
        ("a seq that is a text", lambda said: said.update(seq="0")),
        ("a time with an offset", lambda said: said.update(time="2026-11-23T15:06:55+00:00")),
        ("a previous hash that is empty", lambda said: said.update(previous="")),
        ("an account that is none", lambda said: said.update(account="anne")),
        ("keys of 31 bytes", lambda said: said.update(keys=b64u(bytes(31)))),
    ]
    for name, edit in edits:
        yield _refused(name, [_edited(_chain(1)[0], edit)])
    statement, _, keys = _chain(1)[0]
    spelled = statement.replace(b",", b", ", 1)
    yield _refused("white space", [(spelled, keys.signing.sign(KEY_STATEMENT + b"\x00" + spelled), keys)])
    yield _refused("nothing", [(b"", keys.signing.sign(KEY_STATEMENT + b"\x00"), keys)])


def _bad_places() -> Iterator[Case]:
    first, second = _chain(2)
    skipped: list[tuple[str, _Edit]] = [
        ("a seq that jumps", lambda said: said.update(seq=2)),
        ("a seq that stays", lambda said: said.update(seq=0)),
        ("no previous hash", lambda said: said.update(previous=None)),
        ("another previous hash", lambda said: said.update(previous=b64u(bytes(32)))),
        ("another account", lambda said: said.update(account=OTHER)),
        ("the keys of another", lambda said: said.update(keys=b64u(bytes(32)))),
    ]
    for name, edit in skipped:
        yield _refused(f"second: {name}", [first, _edited(second, edit, first[2])])
    firsts: list[tuple[str, _Edit]] = [
        ("a seq of 1", lambda said: said.update(seq=1)),
        ("a previous hash", lambda said: said.update(previous=b64u(bytes(32)))),
        ("another account", lambda said: said.update(account=OTHER)),
    ]
    for name, edit in firsts:
        yield _refused(f"first: {name}", [_edited(first, edit)])
    yield _refused("the first one again", [first, first])
    yield _refused("the second one without the first", [second])
    third = _chain(3)[2]
    yield _refused("one left out", [first, third])


def _bad_signatures() -> Iterator[Case]:
    first, second = _chain(2)
    statement, signature, keys = second
    signed = KEY_STATEMENT + b"\x00" + statement
    signatures = {
        "by the new key instead of the one before": keys.signing.sign(signed),
        "by a stranger": pairs("eve").signing.sign(signed),
        "without the label": first[2].signing.sign(statement),
        "all zero": bytes(64),
        "one bit changed": flipped(signature, 9),
        "63 bytes": signature[:-1],
        "of the statement before": first[1],
    }
    for name, changed in signatures.items():
        yield _refused(f"signature {name}", [first, (statement, changed, keys)])
    yield _refused(
        "signature of the first by a stranger",
        [(first[0], pairs("eve").signing.sign(KEY_STATEMENT + b"\x00" + first[0]), first[2])],
    )
    yield _refused("announced with the keys of another", [first, (statement, signature, pairs("eve"))])
    mixed = KeyPairs(keys.signing, pairs("eve").sealing)
    yield _refused("announced with another sealing key", [first, (statement, signature, mixed)])


def _chain(length: int) -> list[_Link]:
    links: list[_Link] = []
    previous, signer = None, pairs("anne 0").signing
    for number in range(length):
        keys = pairs(f"anne {number}")
        now = NOW + timedelta(days=365 * number)
        statement, signature = make_statement(ACCOUNT, keys.public(), signer, now, previous)
        links.append((statement, signature, keys))
        previous, signer = read_statement(statement, keys.public()), keys.signing
    return links


def _edited(link: _Link, edit: _Edit, signer: KeyPairs | None = None) -> _Link:
    """Changed, and signed again: only the change is wrong."""
    said = json.loads(link[0])
    edit(said)
    statement = canonical(said)
    return statement, (signer or link[2]).signing.sign(KEY_STATEMENT + b"\x00" + statement), link[2]


def _case(name: str, chain: list[_Link]) -> Case:
    links: list[Json] = [
        {
            "statement": statement.decode(),
            "signature": signature.hex(),
            "signingSeed": keys.signing.raw.hex(),
            "sealingSeed": keys.sealing.raw.hex(),
        }
        for statement, signature, keys in chain
    ]
    return {"name": name, "account": ACCOUNT, "chain": links}


def _refused(name: str, chain: list[_Link]) -> Case:
    return {**_case(name, chain), "refusal": "keybox/8"}
