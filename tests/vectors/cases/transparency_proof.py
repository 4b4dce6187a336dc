"""Inclusion and consistency proofs of transparency.json, over the leaves that Certificate Transparency tests with."""

from collections.abc import Iterator, Sequence
from typing import Final

from crypto.encoding import Json
from crypto.transparency.tree import EMPTY_ROOT, consistency, inclusion, leaf_hash, node_hash, root
from tests.vectors.material import Case, flipped

LEAVES: Final = tuple(
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
)
# Published with the reference implementation of RFC 6962 (certificate-transparency, merkle_tree_test).
ROOTS: Final = tuple(
    bytes.fromhex(found)
    for found in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
)


def node(level: int, number: int) -> bytes:
    """The hash of a complete subtree, by the definition."""
    if level == 0:
        return leaf_hash(LEAVES[number])
    return node_hash(node(level - 1, 2 * number), node(level - 1, 2 * number + 1))


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _included()
    for index, size in ((0, 1), (0, 8), (2, 3), (5, 6), (5, 8), (6, 7)):
        yield from _not_included(index, size)
    yield from _goes_on()
    for old, new in ((1, 2), (3, 7), (4, 7), (6, 8), (4, 8)):
        yield from _forked(old, new)
    yield from _odd_sizes()


def _included() -> Iterator[Case]:
    for size in range(1, 9):
        for index in {0, size // 2, size - 1}:
            proof = inclusion(index, size, node)
            yield {**_inclusion(f"{index} of {size}", LEAVES[index], index, size, proof, ROOTS[size]), "expect": True}


def _not_included(index: int, size: int) -> Iterator[Case]:
    proof, leaf, found = inclusion(index, size, node), LEAVES[index], ROOTS[size]
    name = f"{index} of {size}"
    for why, changed in _changes(proof):
        yield _bad(_inclusion(f"{name}, {why}", leaf, index, size, changed, found), 10)
    yield _bad(_inclusion(f"{name}, another entry", leaf + b"\x00", index, size, proof, found), 10)
    yield _bad(_inclusion(f"{name}, one bit of the root", leaf, index, size, proof, flipped(found, 77)), 10)
    yield _bad(_inclusion(f"{name}, the root of nothing", leaf, index, size, proof, EMPTY_ROOT), 10)
    yield _bad(_inclusion(f"{name}, no root", leaf, index, size, proof, b""), 10)
    for wrong in {size, size + 1, -1, index ^ 1, 2**53 - 1, index + 2**32}:
        yield _bad(_inclusion(f"{name}, as {wrong}", leaf, wrong, size, proof, found), 10)
    yield _bad(_inclusion(f"{name}, of no entries", leaf, index, 0, proof, found), 10)
    yield _bad(_inclusion(f"{name}, of twice as many", leaf, index, 2 * size, proof, found), 10)
    yield _bad(_inclusion(f"{name}, of 2**32 more", leaf, index, size + 2**32, proof, found), 10)


def _goes_on() -> Iterator[Case]:
    for new in range(9):
        for old in range(new + 1):
            proof = consistency(old, new, node)
            yield {**_consistency(f"{old} to {new}", old, new, proof, ROOTS[old], ROOTS[new]), "expect": True}


def _forked(old: int, new: int) -> Iterator[Case]:
    proof, before, after = consistency(old, new, node), ROOTS[old], ROOTS[new]
    name = f"{old} to {new}"
    for why, changed in _changes(proof):
        yield _bad(_consistency(f"{name}, {why}", old, new, changed, before, after), 11)
    yield _bad(_consistency(f"{name}, one bit of the old root", old, new, proof, flipped(before, 3), after), 11)
    yield _bad(_consistency(f"{name}, one bit of the new root", old, new, proof, before, flipped(after, 3)), 11)
    yield _bad(_consistency(f"{name}, the roots exchanged", old, new, proof, after, before), 11)
    yield _bad(_consistency(f"{name}, the sizes exchanged", new, old, proof, after, before), 11)
    yield _bad(_consistency(f"{name}, without hashes", old, new, [], before, after), 11)
    yield _bad(_consistency(f"{name}, from 2**32 more", old + 2**32, new + 2**32, proof, before, after), 11)
    yield _bad(_consistency(f"{name}, to twice as many", old, 2 * new, proof, before, after), 11)
    yield _bad(_consistency(f"{name}, from one more", old + 1, new, proof, before, after), 11)


def _odd_sizes() -> Iterator[Case]:
    sibling = [ROOTS[1]]
    yield _bad(_consistency("0 to 8, with a hash", 0, 8, sibling, EMPTY_ROOT, ROOTS[8]), 11)
    yield _bad(_consistency("0 to 8, from another root", 0, 8, [], ROOTS[1], ROOTS[8]), 11)
    yield _bad(_consistency("0 to 0, to another root", 0, 0, [], EMPTY_ROOT, ROOTS[1]), 11)
    yield _bad(_consistency("0 to 0, both another root", 0, 0, [], ROOTS[1], ROOTS[1]), 11)
    yield _bad(_consistency("4 to 4, with a hash", 4, 4, sibling, ROOTS[4], ROOTS[4]), 11)
    yield _bad(_consistency("4 to 4, another root", 4, 4, [], ROOTS[4], ROOTS[5]), 11)
    yield _bad(_consistency("1 to 0", 1, 0, [], ROOTS[1], EMPTY_ROOT), 11)
    yield _bad(_consistency("-1 to 4", -1, 4, [], EMPTY_ROOT, ROOTS[4]), 11)


def _changes(proof: Sequence[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    kept = list(proof)
    yield "a hash more", [*kept, bytes(32)]
    yield "a hash more at the front", [bytes(32), *kept]
    yield "64 hashes", kept + [bytes(32)] * (64 - len(kept))
    yield "a hash of no bytes more", [*kept, b""]
    for place, one in enumerate(kept):
        before, after = kept[:place], kept[place + 1 :]
        yield f"hash {place} left out", before + after
        yield f"one bit of hash {place}", [*before, flipped(one, 40 * place), *after]
        yield f"hash {place} cut", [*before, one[:-1], *after]
        yield f"hash {place} longer", [*before, one + b"\x00", *after]
        yield f"hash {place} twice", [*before, one, one, *after]
    if len(kept) > 1:
        yield "backwards", kept[::-1]
        yield "two hashes as one", [kept[0] + kept[1], *kept[2:]]


def _inclusion(name: str, leaf: bytes, index: int, size: int, proof: Sequence[bytes], found: bytes) -> dict[str, Json]:
    place: dict[str, Json] = {"entry": leaf.hex(), "index": index, "size": size}
    return {"name": f"inclusion: {name}", "op": "inclusion", **place, "proof": _hex(proof), "root": found.hex()}


def _consistency(name: str, old: int, new: int, proof: Sequence[bytes], before: bytes, after: bytes) -> dict[str, Json]:
    sizes: dict[str, Json] = {"old": old, "new": new, "proof": _hex(proof)}
    roots: dict[str, Json] = {"oldRoot": before.hex(), "newRoot": after.hex()}
    return {"name": f"consistency: {name}", "op": "consistency", **sizes, **roots}


def _hex(proof: Sequence[bytes]) -> Json:
    return [one.hex() for one in proof]


def _bad(case: dict[str, Json], item: int) -> Case:
    return {**case, "refusal": f"transparency/{item}"}


def known_roots() -> Iterator[Case]:
    """The published roots, for who keeps a tree."""
    for size, known in enumerate(ROOTS):
        assert root(size, node) == known
        leaves: Json = [leaf.hex() for leaf in LEAVES[:size]]
        yield {"name": f"root of {size}", "op": "root", "leaves": leaves, "expect": known.hex()}
