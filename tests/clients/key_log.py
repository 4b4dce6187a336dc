"""A small key log for tests: honest unless it is told to lie. Bytes by path, as clients.log.reading.Source asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from clients.log.edge import Edge, grown
from clients.log.reading import LogUnreachable
from crypto.encoding import b64u, canonical, parse_canonical
from crypto.errors import BadStatement
from crypto.keys import KeyPairs, SigningSeed, account_id
from crypto.transparency.checkpoint import Checkpoint, LogSigner
from crypto.transparency.entry import encode_entry
from crypto.transparency.note import base64_text
from crypto.transparency.policy import Policy, parse_policy
from crypto.transparency.statement import Announcement, Statement, make_statement, read_statement
from crypto.transparency.tiles import encode_bundle, parse_tile_path
from crypto.transparency.tree import consistency, leaf_hash, node_hash

ORIGIN = "pli.example/log"
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
STATION = SigningSeed(b"s" * 32)
SIGNER = LogSigner.from_secret(b"l" * 32, ORIGIN)


@dataclass
class Person:
    """An account of the log, with its newest keys."""

    account: str
    pairs: KeyPairs
    newest: Statement


@dataclass
class KeyLog:
    """`entries` may be changed at will: checkpoints and tiles follow. `lies` answers some paths in its place."""

    signer: LogSigner = SIGNER
    entries: list[bytes] = field(default_factory=list)
    now: datetime = NOW
    size: int | None = None  # of the published checkpoint, when it is not all
    lies: dict[str, bytes | None] = field(default_factory=dict)
    policy_text: bytes = b""
    asked: list[str] = field(default_factory=list)
    down: bool = False

    @property
    def policy(self) -> Policy:
        """Of the log alone."""
        return parse_policy(self.policy_text or b"".join(self._log_lines()) + b"quorum none\n")

    def _log_lines(self) -> list[bytes]:
        return [f"log {key.vkey}\n".encode() for key in self.signer.keys]

    def enrol(self, count: int = 1, by: SigningSeed | None = STATION) -> list[Person]:
        """New accounts."""
        return [self._person(by) for _ in range(count)]

    def _person(self, by: SigningSeed | None) -> Person:
        named, pairs = account_id(), KeyPairs.generate()
        made = make_statement(named, pairs.public(), pairs.signing, self.now, box=1, by=by)
        self.entries.append(encode_entry(made))
        return Person(named, pairs, read_statement(made.statement))

    def renew(self, person: Person, *, suspected: bool = False, **other: Any) -> Person:
        """New keys of an account; `other` changes arguments of make_statement()."""
        pairs = other.pop("pairs", None) or KeyPairs.generate()
        usual = {"box": person.newest.box + 1, "previous": person.newest, "suspected": suspected}
        wanted: dict[str, Any] = usual | other
        made = make_statement(person.account, pairs.public(), person.pairs.signing, self.now, **wanted)
        self.entries.append(_entry(made))
        return Person(person.account, pairs, _kept(made, person.newest))

    def root(self, size: int | None = None) -> bytes:
        """Of the first `size` entries."""
        return self._edge(size).root

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """Of the first `size` entries."""
        edge = self._edge(size)
        return Checkpoint(self.signer.origin, edge.size, edge.root)

    def note(self, size: int | None = None) -> bytes:
        """A signed checkpoint."""
        return self.signer.sign(self.checkpoint(size), self.now)

    def proof(self, old: int, new: int | None = None) -> list[bytes]:
        """Consistency."""
        return consistency(old, len(self.entries) if new is None else new, self._node)

    def request(self, old: int, size: int | None = None, **other: Any) -> bytes:
        """The body of add-checkpoint; `proof` and `note` may be others."""
        proof = other["proof"] if "proof" in other else self.proof(old, size)
        lines = "".join(f"{base64_text(one)}\n" for one in proof)
        return f"old {old}\n{lines}\n".encode() + bytes(other.get("note", self.note(size)))

    async def get(self, path: str, limit: int) -> bytes | None:
        """clients.log.reading.Source."""
        self.asked.append(path)
        if self.down:
            raise LogUnreachable("the log cannot be reached")
        found = self.lies[path] if path in self.lies else self.served(path)
        assert found is None or len(found) <= limit
        return found

    def served(self, path: str) -> bytes | None:
        """What an honest log has at this path."""
        if path == "checkpoint":
            return self.note(self.size)
        if path == "policy":
            return self.policy.text
        tile = parse_tile_path(path)
        if tile is None:
            return None
        first = tile.number * 256
        if tile.level == "entries":
            found: Sequence[bytes] = self.entries[first : first + tile.width]
            return encode_bundle(found) if len(found) == tile.width else None
        if (first + tile.width) * 256**tile.level > len(self.entries):
            return None
        return b"".join(self._node(8 * tile.level, number) for number in range(first, first + tile.width))

    def _node(self, level: int, number: int) -> bytes:
        if level == 0:
            return leaf_hash(self.entries[number])
        return node_hash(self._node(level - 1, 2 * number), self._node(level - 1, 2 * number + 1))

    def _edge(self, size: int | None) -> Edge:
        return grown(Edge(), [leaf_hash(entry) for entry in self.entries[:size]])[0]


def _entry(made: Announcement) -> bytes:
    """As encode_entry(), also for statements that break rules."""
    voucher = None if made.voucher is None else b64u(made.voucher)
    return canonical(
        {"signature": b64u(made.signature), "statement": parse_canonical(made.statement), "voucher": voucher}
    )


def _kept(made: Announcement, before: Statement) -> Statement:
    try:
        return read_statement(made.statement)
    except BadStatement:  # a test wants it so
        return before


def fork_of(log: KeyLog, shared: int, length: int) -> KeyLog:
    """Another history of the same log, signed by the same keys: the first `shared` entries, then others."""
    other = KeyLog(log.signer, log.entries[:shared], log.now)
    other.enrol(length - shared)
    return other
