"""Checks that an entry is in the log, and that the log only grew (RFC 9162, 2.1.3.2 and 2.1.4.2)."""

from collections.abc import Sequence

from crypto.errors import BadProof
from crypto.labels import PROOF_LIMIT
from crypto.transparency.tree import EMPTY_ROOT, node_hash

_INCLUSION, _CONSISTENCY = "transparency/10", "transparency/11"
_HASH = 32


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises BadProof unless `leaf`, a leaf_hash(), stands at `index` of the tree of `size` leaves under `root`."""
    _require_hashes(proof, _INCLUSION)
    _require(0 <= index < size and len(leaf) == _HASH, _INCLUSION)
    number, last, found = index, size - 1, leaf
    for sibling in proof:
        _require(last > 0, _INCLUSION)
        if number % 2 or number == last:
            found = node_hash(sibling, found)
            number, last = _past_lone_nodes(number, last)
        else:
            found = node_hash(found, sibling)
        number, last = number // 2, last // 2
    _require(last == 0 and found == root, _INCLUSION)


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raises BadProof unless the tree of `old` leaves is the beginning of that of `new`.

    Before the first checkpoint `old` is 0 and `old_root` is EMPTY_ROOT.
    """
    _require_hashes(proof, _CONSISTENCY)
    _require(0 <= old <= new and len(old_root) == len(new_root) == _HASH, _CONSISTENCY)
    if old in (0, new):
        _require(not proof and (old > 0 or old_root == EMPTY_ROOT), _CONSISTENCY)
        _require(old < new or old_root == new_root, _CONSISTENCY)
        return
    _require(_roots(old, new, proof, old_root) == (old_root, new_root), _CONSISTENCY)


def _roots(old: int, new: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """The two roots that the proof comes to, for 0 < old < new."""
    # A complete old tree is its own first hash, and left out of the proof.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    _require(bool(proof), _CONSISTENCY)
    number, last = old - 1, new - 1
    while number % 2:
        number, last = number // 2, last // 2
    old_found = new_found = path[0]
    for sibling in path[1:]:
        _require(last > 0, _CONSISTENCY)
        if number % 2 or number == last:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
            number, last = _past_lone_nodes(number, last)
        else:
            new_found = node_hash(new_found, sibling)
        number, last = number // 2, last // 2
    _require(last == 0, _CONSISTENCY)
    return old_found, new_found


def _past_lone_nodes(number: int, last: int) -> tuple[int, int]:
    """Up to where the node is a right child: a last node without a sibling goes up unchanged."""
    while number and number % 2 == 0:
        number, last = number // 2, last // 2
    return number, last


def _require_hashes(proof: Sequence[bytes], item: str) -> None:
    _require(len(proof) <= PROOF_LIMIT and all(len(one) == _HASH for one in proof), item)


def _require(kept: bool, item: str) -> None:
    if not kept:
        raise BadProof(item)
