"""How the vectors of statement.json, transparency.json and transparency_audit.json are run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crypto.keys import KeyPairs, SealingSeed, SigningSeed
from crypto.transparency.audit import Line, check_entry
from crypto.transparency.checkpoint import parse_checkpoint_text
from crypto.transparency.entry import encode_entry, parse_entry
from crypto.transparency.note import NoteKey
from crypto.transparency.policy import parse_policy, verify_checkpoint, verify_cosignatures
from crypto.transparency.proof import verify_consistency, verify_inclusion
from crypto.transparency.quorum import Group, Member, Witness
from crypto.transparency.statement import (
    Announcement,
    Statement,
    check_holder,
    holder,
    read_statement,
    verify_statement,
)
from crypto.transparency.tiles import decode_bundle, encode_bundle, parse_tile_path, tile_path
from crypto.transparency.tree import appended, leaf_hash, root
from tests.vectors.material import as_bytes

Vector = dict[str, Any]


class Notebook:
    """A ledger in memory."""

    def __init__(self) -> None:
        self._newest: dict[str, Line] = {}
        self._owners: dict[bytes, str] = {}

    def newest(self, account: str) -> Line | None:
        """Of the account."""
        return self._newest.get(account)

    def owner(self, signing: bytes) -> str | None:
        """Ever."""
        return self._owners.get(signing)

    def put(self, line: Line) -> None:
        """The next one."""
        self._newest[line.account] = line
        self._owners[line.signing] = line.account


def statement_line(case: Vector) -> Vector:
    """account, chain."""
    found = verified_line(case)
    assert found is not None
    return {"hash": found.hash.hex(), "seq": found.seq, "box": found.box, "suspected": found.suspected}


def verified_line(case: Vector) -> Statement | None:
    """The last statement of account and chain; None for an empty chain."""
    previous: Statement | None = None
    for number, link in enumerate(case["chain"]):
        keys = KeyPairs(SigningSeed(_hex(link, "signingSeed")), SealingSeed(_hex(link, "sealingSeed"))).public()
        account = case["account"] if number == 0 else None
        previous = verify_statement(announced(link), previous, account=account, keys=keys)
        assert read_statement(previous.raw) == previous
    return previous


def announced(link: Vector) -> Announcement:
    """statement, signature, voucher."""
    voucher = None if link["voucher"] is None else _hex(link, "voucher")
    return Announcement(link["statement"].encode(), _hex(link, "signature"), voucher)


def entry(case: Vector) -> object:
    """entry."""
    found = parse_entry(case["entry"].encode())
    assert encode_entry(found) == case["entry"].encode()
    voucher = None if found.voucher is None else found.voucher.hex()
    return {"statement": found.statement.decode(), "signature": found.signature.hex(), "voucher": voucher}


def held(case: Vector) -> object:
    """statement, address, salt."""
    check_holder(read_statement(case["statement"].encode()), case["address"], _hex(case, "salt"))
    return holder(_hex(case, "salt"), case["address"]).hex()


def included(case: Vector) -> object:
    """entry, index, size, proof, root."""
    leaf = leaf_hash(_hex(case, "entry"))
    verify_inclusion(leaf, case["index"], case["size"], _hashes(case), _hex(case, "root"))
    return True


def consistent(case: Vector) -> object:
    """old, new, proof, oldRoot, newRoot."""
    verify_consistency(case["old"], case["new"], _hashes(case), _hex(case, "oldRoot"), _hex(case, "newRoot"))
    return True


def checkpoint(case: Vector) -> object:
    """note or raw, policy, now."""
    note = case["note"].encode() if "note" in case else as_bytes(case["raw"])
    found = verify_checkpoint(note, parse_policy(case["policy"].encode()), datetime.fromisoformat(case["now"]))
    return {"origin": found.origin, "size": found.size, "root": found.root.hex()}


def policy(case: Vector) -> object:
    """text or raw."""
    found = parse_policy(case["text"].encode() if "text" in case else as_bytes(case["raw"]))
    return {
        "hash": found.hash.hex(),
        "origin": found.origin,
        "logKeys": [key.vkey for key in found.log_keys],
        "logUrl": found.log_url,
        "witnesses": [[witness.name, witness.key.vkey, witness.url] for witness in found.witnesses],
        "quorum": None if found.quorum is None else _quorum(found.quorum),
    }


def vkey(case: Vector) -> object:
    """vkey."""
    key = NoteKey.parse(case["vkey"])
    assert key.vkey == case["vkey"]
    return {"name": key.name, "kind": key.kind, "keyId": key.key_id.hex(), "public": key.public.hex()}


def root_of(case: Vector) -> object:
    """leaves."""
    nodes: dict[tuple[int, int], bytes] = {}
    for index, leaf in enumerate(case["leaves"]):
        for level, number, found in appended(index, leaf_hash(bytes.fromhex(leaf)), lambda *at: nodes[at]):
            nodes[level, number] = found
    return root(len(case["leaves"]), lambda *at: nodes[at]).hex()


def audit(case: Vector) -> object:
    """entries, now, enrollers; `refused` is the number of the one that is not good."""
    ledger, now = Notebook(), datetime.fromisoformat(case["now"])
    listed = None if case["enrollers"] is None else frozenset(bytes.fromhex(key) for key in case["enrollers"])
    entries: Sequence[bytes] = [raw.encode() for raw in case["entries"]]
    good = len(entries) if "expect" in case else case["refused"]
    before = [check_as_good(raw, ledger, now, listed) for raw in entries[:good]]
    for raw in entries[good:]:
        check_entry(raw, ledger, now, listed)
    return before


def check_as_good(raw: bytes, ledger: Notebook, now: datetime, listed: frozenset[bytes] | None) -> str:
    """The hash of the statement. Fails the test when an entry is refused before its time."""
    try:
        return check_entry(raw, ledger, now, listed).hash.hex()
    except Exception as error:
        raise AssertionError("a good entry was refused") from error


def cosignature(case: Vector) -> object:
    """checkpoint, keys, lines."""
    head = parse_checkpoint_text(case["checkpoint"].encode())
    return verify_cosignatures(case["lines"].encode(), head, [NoteKey.parse(key) for key in case["keys"]]).decode()


def tile(case: Vector) -> object:
    """path."""
    found = parse_tile_path(case["path"])
    if found is None:
        return None
    assert tile_path(found.level, found.number, found.width) == case["path"]
    return {"level": found.level, "number": found.number, "width": found.width}


def bundle(case: Vector) -> object:
    """raw."""
    entries = decode_bundle(as_bytes(case["raw"]))
    assert encode_bundle(entries) == as_bytes(case["raw"])
    return [one.hex() for one in entries]


def _quorum(member: Member) -> object:
    match member:
        case Witness():
            return member.name
        case Group():
            return {"threshold": member.threshold, "members": [_quorum(one) for one in member.members]}


def _hashes(case: Vector) -> list[bytes]:
    return [bytes.fromhex(one) for one in case["proof"]]


def _hex(case: Vector, member: str) -> bytes:
    return bytes.fromhex(case[member])
