"""The Merkle tree of the log, as whoever keeps it sees it: roots and proofs from stored nodes (RFC 6962, section 2.1).

Only complete subtrees are stored: node (level, number) covers the leaves from number * 2**level on, 2**level of them.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

Nodes: TypeAlias = Callable[[int, int], bytes]
"""(level, number) to the hash of a complete subtree. Asked only for nodes that the leaves complete."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """32 bytes that stand for an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes that stand for two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, nodes: Nodes) -> bytes:
    """The root over the first `size` leaves."""
    return _span(0, size, nodes) if size else EMPTY_ROOT


def inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The audit path of a leaf, from the leaf up (2.1.1). Raises ValueError when `index` is not below `size`."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            path.append(_span(middle, end, nodes))
            end = middle
        else:
            path.append(_span(start, middle, nodes))
            start = middle
    return path[::-1]


def consistency(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """The proof that the tree of `old` leaves begins that of `new` (2.1.2). Raises ValueError when `new` is smaller."""
    if not 0 <= old <= new:
        raise ValueError("a log does not shrink")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _largest_power_below(end - start)
        if old <= middle:
            path.append(_span(middle, end, nodes))
            end = middle
        else:
            path.append(_span(start, middle, nodes))
            start = middle
    # A subtree that begins at the first leaf is the old tree itself: its root is known to whoever verifies.
    return ([_span(start, end, nodes)] if start else []) + path[::-1]


def appended(index: int, leaf: bytes, nodes: Nodes) -> list[tuple[int, int, bytes]]:
    """Every node (level, number, hash) that the leaf at `index` completes, itself first; `nodes` has those before."""
    level, number, found = 0, index, leaf
    made = [(level, number, found)]
    while number % 2:
        found = node_hash(nodes(level, number - 1), found)
        level, number = level + 1, number // 2
        made.append((level, number, found))
    return made


def _span(start: int, end: int, nodes: Nodes) -> bytes:
    """The hash over these leaves; `start` is a multiple of a power of two that is not below their number."""
    peaks = [nodes(level, number) for level, number in _peaks(start, end)]
    found = peaks.pop()
    while peaks:
        found = node_hash(peaks.pop(), found)
    return found


def _peaks(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _largest_power_below(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1
