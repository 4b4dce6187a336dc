"""The edge of the tree gives the roots and tiles of RFC 6962 and C2SP tlog-tiles, in whatever steps it grew."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.log.edge import Edge, Tile, grown
from crypto.transparency.tree import EMPTY_ROOT

_SIZES = st.one_of(st.integers(0, 40), st.sampled_from([255, 256, 257, 511, 512, 513, 700]))


def _leaves(size: int, start: int = 0) -> list[bytes]:
    return [hashlib.sha256(b"%d" % number).digest() for number in range(start, size)]


def _mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + _mth(leaves[:middle]) + _mth(leaves[middle:])).digest()


def test_an_empty_log_has_the_empty_root() -> None:
    assert Edge().root == EMPTY_ROOT
    assert list(Edge().tiles()) == []


@given(_SIZES)
def test_the_root_is_that_of_the_rfc(size: int) -> None:
    assert grown(Edge(), _leaves(size))[0].root == _mth(_leaves(size))


@given(_SIZES, _SIZES)
def test_growing_in_two_steps_is_growing_at_once(first: int, more: int) -> None:
    halfway, before = grown(Edge(), _leaves(first))
    ended, after = grown(halfway, _leaves(first + more, first))

    assert (ended, before + after) == grown(Edge(), _leaves(first + more))


@given(_SIZES)
def test_an_edge_is_kept_and_found_again(size: int) -> None:
    edge, _ = grown(Edge(), _leaves(size))

    assert Edge.decode(edge.encode()) == edge


@given(_SIZES, st.integers(1, 31))
def test_a_cut_edge_is_refused(size: int, cut: int) -> None:
    edge, _ = grown(Edge(), _leaves(size + 1))

    with pytest.raises(ValueError, match="cut"):
        Edge.decode(edge.encode()[:-cut])


def test_tiles_are_numbered_by_level() -> None:
    leaves = _leaves(513)

    edge, complete = grown(Edge(), leaves)

    assert complete == [Tile(0, 0, tuple(leaves[:256])), Tile(0, 1, tuple(leaves[256:512]))]
    assert list(edge.tiles()) == [
        Tile(0, 2, (leaves[512],)), Tile(1, 0, (_mth(leaves[:256]), _mth(leaves[256:512]))),
    ]  # fmt: skip


def test_65536_leaves_complete_a_tile_of_the_next_level() -> None:
    edge, complete = grown(Edge(), [b"\x00" * 32] * 65536)

    assert [(tile.level, tile.number) for tile in complete[-2:]] == [(0, 255), (1, 0)]
    assert list(edge.tiles()) == [Tile(2, 0, (edge.root,))]
