"""Random trees: every proof of a tree is verified, and a proof that was touched is not (RFC 6962, RFC 9162)."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import BadProof
from crypto.transparency.proof import verify_consistency, verify_inclusion
from crypto.transparency.tree import EMPTY_ROOT, Nodes, appended, consistency, inclusion, leaf_hash, node_hash, root
from tests.vectors.material import flipped

MOST = 300
LEAVES = [leaf_hash(bytes([number % 256, number // 256])) for number in range(MOST)]
SIZES = st.integers(1, MOST)


def grown(leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """What a log stores: leaf by leaf, and only what appended() says."""
    stored: dict[tuple[int, int], bytes] = {}
    for index, leaf in enumerate(leaves):
        for level, number, found in appended(index, leaf, lambda *at: stored[at]):
            assert (level, number) not in stored
            stored[level, number] = found
    return stored


STORED = grown(LEAVES)


def nodes(level: int, number: int) -> bytes:
    """Of the whole tree: a smaller one must not ask for more than it has, see `only`."""
    return STORED[level, number]


def only(size: int) -> Nodes:
    """The nodes that `size` leaves complete."""

    def found(level: int, number: int) -> bytes:
        assert (number + 1) << level <= size
        return STORED[level, number]

    return found


def naive(leaves: Sequence[bytes]) -> bytes:
    """The definition (RFC 6962, 2.1)."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = next(1 << n for n in range(len(leaves)) if 1 << n < len(leaves) <= 2 << n)
    return node_hash(naive(leaves[:split]), naive(leaves[split:]))


@given(size=st.integers(0, MOST))
def test_a_tree_grown_leaf_by_leaf_has_the_root_of_the_definition(size: int) -> None:
    assert root(size, only(size)) == naive(LEAVES[:size])


def test_a_tree_stores_its_complete_subtrees_and_no_more() -> None:
    assert set(grown(LEAVES[:7])) == {(0, n) for n in range(7)} | {(1, 0), (1, 1), (1, 2), (2, 0)}


@given(size=SIZES, data=st.data())
def test_every_inclusion_proof_is_verified(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))

    proof = inclusion(index, size, only(size))

    verify_inclusion(LEAVES[index], index, size, proof, root(size, nodes))


@given(new=st.integers(0, MOST), data=st.data())
def test_every_consistency_proof_is_verified(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))

    proof = consistency(old, new, only(new))

    verify_consistency(old, new, proof, root(old, nodes), root(new, nodes))


@given(size=SIZES, data=st.data())
@settings(max_examples=300)
def test_an_inclusion_proof_that_was_touched_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = touched(inclusion(index, size, nodes), data)

    with pytest.raises(BadProof, match="transparency/10"):
        verify_inclusion(LEAVES[index], index, size, proof, root(size, nodes))


@given(new=SIZES, data=st.data())
@settings(max_examples=300)
def test_a_consistency_proof_that_was_touched_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    proof = touched(consistency(old, new, nodes), data)

    with pytest.raises(BadProof, match="transparency/11"):
        verify_consistency(old, new, proof, root(old, nodes), root(new, nodes))


@given(size=SIZES, index=st.integers(-2, 2 * MOST), data=st.data())
@settings(max_examples=200)
def test_an_entry_is_at_its_own_index_alone(size: int, index: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, size - 1).filter(lambda one: one != index))

    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[right], index, size, inclusion(right, size, nodes), root(size, nodes))


@given(size=SIZES, data=st.data())
@settings(max_examples=200)
def test_a_proof_against_another_root_or_for_another_entry_is_refused(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(SIZES.filter(lambda one: one != size))
    proof, found = inclusion(index, size, nodes), root(size, nodes)

    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[index], index, size, proof, root(other, nodes))
    with pytest.raises(BadProof):
        verify_inclusion(flipped(LEAVES[index], data.draw(st.integers(0, 255))), index, size, proof, found)
    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[index], index, size, proof, flipped(found, data.draw(st.integers(0, 255))))


@given(old=SIZES, new=SIZES, data=st.data())
@settings(max_examples=200)
def test_a_log_with_another_past_is_refused(old: int, new: int, data: st.DataObject) -> None:
    old, new = sorted((old, new))
    changed = data.draw(st.integers(0, old - 1))
    forked = [leaf_hash(b"forked") if at == changed else leaf for at, leaf in enumerate(LEAVES[:new])]
    stored = grown(forked)

    proof = consistency(old, new, lambda *at: stored[at])

    with pytest.raises(BadProof):
        verify_consistency(old, new, proof, root(old, nodes), naive(forked))


@given(
    sizes=st.tuples(st.integers(-3, 2**53), st.integers(-3, 2**53)),
    proof=st.lists(st.binary(min_size=32, max_size=32) | st.binary(max_size=40), min_size=1, max_size=70),
    roots=st.tuples(st.binary(max_size=40), st.binary(min_size=32, max_size=32)),
)
def test_noise_proves_nothing(sizes: tuple[int, int], proof: list[bytes], roots: tuple[bytes, bytes]) -> None:
    verifiers: list[Callable[[], None]] = [
        lambda: verify_inclusion(roots[0], *sizes, proof, roots[1]),
        lambda: verify_consistency(*sizes, proof, bytes(32), roots[1]),
    ]
    for verify in verifiers:
        with pytest.raises(BadProof):
            verify()


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1)])
def test_there_is_no_path_to_a_leaf_that_is_none(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion(index, size, nodes)


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 1)])
def test_there_is_no_proof_of_shrinking(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="shrink"):
        consistency(old, new, nodes)


def touched(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    """A hash flipped, dropped, added, doubled or exchanged for its neighbour; an empty proof can only grow."""
    changes: list[Callable[[int], list[bytes]]] = [lambda at: [*proof[:at], bytes(32), *proof[at:]]]
    if proof:
        changes += [
            lambda at: [*proof[:at], flipped(proof[at], 3 * at), *proof[at + 1 :]],
            lambda at: proof[:at] + proof[at + 1 :],
            lambda at: [*proof[:at], proof[at], *proof[at:]],
            lambda at: [*proof[:at], proof[at][:-1], *proof[at + 1 :]],
        ]
    if len(proof) > 1:
        changes.append(lambda at: [*proof[: at // 2], proof[at // 2 + 1], proof[at // 2], *proof[at // 2 + 2 :]])
    place = data.draw(st.integers(0, max(len(proof) - 1, 0)))
    return data.draw(st.sampled_from(changes))(place)
