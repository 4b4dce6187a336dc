"""One audit: entries in, each held against every rule, a new edge out. Waits for nothing."""

from dataclasses import dataclass
from datetime import datetime

from clients.log.edge import Bundle, Edge, Tile, grown
from clients.log.head import Head
from clients.log.violation import Violated
from crypto.errors import CryptoError
from crypto.transparency.audit import Ledger, check_entry
from crypto.transparency.checkpoint import Checkpoint
from crypto.transparency.statement import Statement
from crypto.transparency.tree import leaf_hash


@dataclass(frozen=True)
class Rules:
    """What an auditor asks for. `enrollers`: the only keys that may answer for accounts; None: any."""

    now: datetime
    enrollers: frozenset[bytes] | None = None


@dataclass(frozen=True)
class Audited:
    """What entries said. `complete` are the tiles that they completed."""

    statements: tuple[Statement, ...]
    complete: tuple[Tile, ...]


class Audit:
    """From a head onwards. After an error it is of no use."""

    def __init__(self, ledger: Ledger, head: Head, rules: Rules) -> None:
        self._ledger, self._rules = ledger, rules
        self._edge, self._suspected = head.edge, head.suspected

    @property
    def edge(self) -> Edge:
        """After everything that was taken."""
        return self._edge

    def take(self, bundle: Bundle) -> Audited:
        """The next entries. Raises Violated with the number of the first one that breaks a rule."""
        if bundle.first != self._edge.size:
            raise ValueError("entries are taken in order")
        statements = tuple(self._check(raw, bundle.first + at) for at, raw in enumerate(bundle.entries))
        self._edge, complete = grown(self._edge, [leaf_hash(raw) for raw in bundle.entries])
        self._suspected += sum(statement.suspected for statement in statements)
        return Audited(statements, tuple(complete))

    def end(self, checkpoint: Checkpoint, note: bytes) -> Head:
        """The new head. Raises Violated `root` when the entries are not those of the checkpoint."""
        check_root(self._edge, checkpoint)
        return self.so_far(note)

    def so_far(self, note: bytes) -> Head:
        """The head of what was taken: only for a part that is proven in another way."""
        return Head(self._edge, self._suspected, note)

    def _check(self, raw: bytes, index: int) -> Statement:
        try:
            return check_entry(raw, self._ledger, self._rules.now, self._rules.enrollers)
        except CryptoError as error:
            raise Violated(error.item, index) from error


def check_reach(head: Head, checkpoint: Checkpoint) -> None:
    """Whether the checkpoint may follow, by sizes and roots alone. Raises Violated `shrunk`, `forked`."""
    if checkpoint.size < head.size:
        raise Violated("shrunk")
    if checkpoint.size == head.size and checkpoint.root != head.edge.root:
        raise Violated("forked")


def check_root(edge: Edge, checkpoint: Checkpoint) -> None:
    """Raises Violated `root`."""
    if edge.size != checkpoint.size or edge.root != checkpoint.root:
        raise Violated("root")
