"""Whom a client trusts for the relay's key log, and what it remembers of it between two runs.

Laws: what was distrusted stays so until somebody who was told accepts exactly that; a fork outweighs another policy,
and neither hides the other; nothing secret is in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Self, TypeAlias, TypeVar

from crypto.encoding import Json, array, b64u, canonical, integer, members, parse_canonical, text, unb64u
from crypto.errors import CannotOpen, NotCanonical
from crypto.keybox import LastCheckpoint

Sticky: TypeAlias = Literal["logForked", "policyChanged"]
Pair: TypeAlias = tuple[int, bytes]  # a tree that somebody saw: its size and its root (32 bytes)
Stations: TypeAlias = frozenset[bytes] | Literal["any"]
ANY_STATION: Final = "any"
T = TypeVar("T", tuple[int, bytes], bytes)
KEPT: Final = 100  # of each list: only who has the log's key can fill one, and nothing is sealed by then
_MEMBERS: Final = frozenset({
    "checkpoint", "forgiven", "forgivenPolicies", "forks", "otherPolicies", "otherTree", "policy", "v",
})  # fmt: skip
_VERSION: Final = 2


@dataclass
class LogMemory:
    """Give the same one to the next client of the same relay, and keep to_bytes() after each run, or more often.

    `policy` is the text that was taken at first use; `checkpoint` the newest that passed. What is distrusted now:
    `forks`, trees that others saw and the log does not go on from; `other_tree`, one that the relay showed and that
    does not go on from `checkpoint`; `other_policies`, hashes of policies that the relay or a key box named.
    `forgiven` and `forgiven_policies` were accepted: they are marked where they come up, and stop nothing again.
    """

    policy: bytes | None = None
    checkpoint: LastCheckpoint | None = None
    forks: frozenset[Pair] = frozenset()
    other_tree: LastCheckpoint | None = None
    other_policies: frozenset[bytes] = frozenset()
    forgiven: frozenset[Pair] = frozenset()
    forgiven_policies: frozenset[bytes] = frozenset()

    @property
    def distrust(self) -> Sticky | None:
        """Why nothing is sealed."""
        if self.forks or self.other_tree is not None:
            return "logForked"
        return "policyChanged" if self.other_policies else None

    def saw_forks(self, pairs: Iterable[Pair]) -> None:
        """The log does not go on from these."""
        self.forks = _some(self.forks | (frozenset(pairs) - self.forgiven))

    def saw_other_tree(self, shown: LastCheckpoint) -> None:
        """The relay shows a tree that does not go on from `checkpoint`. The first one is kept until it is accepted."""
        if self.other_tree is None:
            self.other_tree = shown

    def saw_policy(self, policy: bytes) -> None:
        """Somebody names another policy (its hash) than the one that was taken."""
        self.other_policies = _some(self.other_policies | {policy})

    def forgive(self, root: bytes) -> bool:
        """Accept what is distrusted under this root; whether there is such a thing.

        A tree that others saw: it is marked, and stops nothing again. The other tree that the relay showed: the log has
        to go on from that one from now on. The root of `checkpoint`: it has to go on from there, as before.
        """
        pairs = frozenset(pair for pair in self.forks if pair[1] == root)
        self.forks, self.forgiven = self.forks - pairs, _some(self.forgiven | pairs)
        return self._settle_tree(root) or bool(pairs)

    def take_policy(self, policy: bytes | None, hashed: bytes, before: bytes) -> None:
        """`policy` (None: the operator's file), of this hash, counts from now on, in place of `before` (its hash)."""
        left = (self.other_policies | {before}) - {hashed}
        self.policy, self.other_policies = policy, frozenset()
        self.forgiven_policies = _some(self.forgiven_policies | left) - {hashed}

    def _settle_tree(self, root: bytes) -> bool:
        known, other = self.checkpoint, self.other_tree
        if other is None or root not in {other.root, *([] if known is None else [known.root])}:
            return False
        kept, left = (other, known) if other.root == root else (known, other)
        self.checkpoint, self.other_tree = kept, None
        if left is not None:
            self.forgiven = _some(self.forgiven | {(left.size, left.root)})
        return True

    def to_bytes(self) -> bytes:
        """For a file or a database."""
        said: dict[str, Json] = {
            "checkpoint": _to_json(self.checkpoint),
            "forgiven": _pairs_to_json(self.forgiven),
            "forgivenPolicies": _hashes_to_json(self.forgiven_policies),
            "forks": _pairs_to_json(self.forks),
            "otherPolicies": _hashes_to_json(self.other_policies),
            "otherTree": _to_json(self.other_tree),
            "policy": None if self.policy is None else b64u(self.policy),
            "v": _VERSION,
        }
        return canonical(said)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """What to_bytes() gave. Raises ValueError."""
        try:
            found = members(parse_canonical(raw), _MEMBERS)
            if integer(found["v"]) != _VERSION:
                raise ValueError("not a memory of a key log")
            return cls(
                policy=None if found["policy"] is None else unb64u(text(found["policy"])),
                checkpoint=_from_json(found["checkpoint"]),
                forks=_pairs(found["forks"]),
                other_tree=_from_json(found["otherTree"]),
                other_policies=_hashes(found["otherPolicies"]),
                forgiven=_pairs(found["forgiven"]),
                forgiven_policies=_hashes(found["forgivenPolicies"]),
            )
        except (NotCanonical, CannotOpen) as error:
            raise ValueError("not a memory of a key log") from error


@dataclass(frozen=True)
class Trust:
    """`policy`: the text of C2SP tlog-policy that the operator gave; None: what the relay serves at the first use.

    `stations`: log-in public keys (32 bytes each) of those who may vouch for accounts, without which no address is
    resolved; ANY_STATION says that whoever the relay names may, the relay itself among them. `memory` is given again at
    the next run: a client that forgets believes a relay's first answer anew.
    """

    policy: bytes | None = None
    stations: Stations = frozenset()
    memory: LogMemory = field(default_factory=LogMemory)


def _some(all_: frozenset[T]) -> frozenset[T]:
    return all_ if len(all_) <= KEPT else frozenset(sorted(all_)[:KEPT])


def _to_json(checkpoint: LastCheckpoint | None) -> Json:
    return None if checkpoint is None else checkpoint.to_json()


def _from_json(raw: Json) -> LastCheckpoint | None:
    return None if raw is None else LastCheckpoint.from_json(raw)


def _pairs_to_json(pairs: frozenset[Pair]) -> Json:
    return [[size, b64u(root)] for size, root in sorted(pairs)]


def _pairs(raw: Json) -> frozenset[Pair]:
    return frozenset(_pair(array(pair)) for pair in array(raw))


def _pair(raw: Sequence[Json]) -> Pair:
    if len(raw) != 2:
        raise ValueError("not a memory of a key log")
    return integer(raw[0]), unb64u(text(raw[1]), 32)


def _hashes_to_json(hashes: frozenset[bytes]) -> Json:
    return [b64u(each) for each in sorted(hashes)]


def _hashes(raw: Json) -> frozenset[bytes]:
    return frozenset(unb64u(text(each), 32) for each in array(raw))
