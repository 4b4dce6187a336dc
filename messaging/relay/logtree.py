"""The key log as a tree that only grows: entries are appended, proven and read (docs/spec/transparency.md).

Laws: an entry's number is its place for ever; what is appended is signed for in the same transaction; no lookup
shows what no published checkpoint covers.
"""

from typing import Final

from crypto.encoding import b64u
from crypto.transparency import tree
from crypto.transparency.checkpoint import Checkpoint
from messaging.relay.ports import Transaction
from messaging.relay.records import LogEntry, LogHead, LogNode
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal

_ROW: Final = 0
NOTHING: Final = LogHead(_ROW, 0, b"", 0, 0, b"")


class Nodes:
    """Hashes of complete subtrees (crypto.transparency.tree.Nodes), each read once. No longer than its transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, number: int) -> bytes:
        found = self._known.get((level, number))
        return self._read(level, number) if found is None else found

    def keep(self, node: LogNode) -> None:
        """A new one, before it is written."""
        self._known[node.level, node.number] = node.hash

    def _read(self, level: int, number: int) -> bytes:
        node = self._tx.one(LogNode, level, number)
        if node is None:
            raise RuntimeError(f"the key log lacks node {number} of level {level}")
        self._known[level, number] = node.hash
        return node.hash


class Growth:
    """What one request appends: numbered at once, written and signed for together by finish()."""

    def __init__(self, turn: Turn) -> None:
        require_open(turn)
        self._turn = turn
        self._nodes = Nodes(turn.tx)
        self._entries: list[LogEntry] = []
        self._made: list[LogNode] = []
        self.size = head(turn).size

    def append(self, entry: bytes) -> int:
        """The number that the entry has from now on."""
        number, self.size = self.size, self.size + 1
        for level, place, digest in tree.appended(number, tree.leaf_hash(entry), self._nodes):
            node = LogNode(level, place, digest)
            self._nodes.keep(node)
            self._made.append(node)
        self._entries.append(LogEntry(number, entry))
        return number

    def finish(self) -> None:
        """Write, and sign the checkpoint; it is published at once where no witness is asked. Never refuses."""
        if self._entries:
            self._turn.tx.add(*self._entries)
            self._turn.tx.add(*self._made)
            sign(self._turn, self.size, self._nodes)
            self._turn.logged = self.size


def head(turn: Turn) -> LogHead:
    """How far the log is; NOTHING before its first checkpoint."""
    return turn.tx.one(LogHead, _ROW) or NOTHING


def published(turn: Turn) -> LogHead:
    """The head, when a checkpoint of it has been published. Raises Refusal `serverUnavailable`."""
    found = head(turn)
    if not found.published_note:
        raise Refusal("serverUnavailable", "no witness has signed the key log yet")
    return found


def require_open(turn: Turn) -> None:
    """Raises Refusal `serverUnavailable` while it is not known whether this database has all of the log."""
    if not turn.house.gate.open:
        raise Refusal("serverUnavailable", members={"retryAfter": 1})


def sign(turn: Turn, size: int, nodes: Nodes) -> None:
    """A checkpoint of `size`, of this moment."""
    signed = Checkpoint(turn.house.policy.origin, size, tree.root(size, nodes))
    note = turn.house.log.sign(signed, turn.now)
    before = head(turn)
    if turn.house.policy.quorum is None:
        turn.tx.put(LogHead(_ROW, size, note, turn.stamp, size, note))
    else:
        turn.tx.put(LogHead(_ROW, size, note, turn.stamp, before.published, before.published_note))


def root(turn: Turn, size: int) -> bytes:
    """The root that the tree had at a size that it has reached."""
    return tree.root(size, Nodes(turn.tx))


def continuation(turn: Turn, old: int, new: int) -> list[bytes]:
    """As consistency(), for a witness, who may know what is not published yet. Raises ValueError: `old` is larger."""
    return tree.consistency(old, new, Nodes(turn.tx))


def consistency(nodes: Nodes, old: int, new: int) -> list[str] | None:
    """The proof (b64u) that the tree of `new` continues that of `old`; None when `old` is larger."""
    return None if old > new else [b64u(one) for one in tree.consistency(old, new, nodes)]


def inclusion(number: int, size: int, nodes: Nodes) -> list[str]:
    """The proof (b64u) that the tree of `size` has the entry."""
    return [b64u(one) for one in tree.inclusion(number, size, nodes)]
