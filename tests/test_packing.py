from hypothesis import given
from hypothesis import strategies as st

from tests.packing import Kind, packed

KINDS: list[Kind] = ["installed", "live", "small"]
ITEMS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5)), max_size=60)


def _some(kind: Kind, count: int, *, module: int = 1) -> list[tuple[Kind, int]]:
    return [(kind, module)] * count


def _order(made: list[tuple[Kind, int]], workers: int) -> list[tuple[Kind, int, int]]:
    items = [(kind, module, number) for number, (kind, module) in enumerate(sorted(made, key=lambda one: one[1]))]
    return packed(items, workers, lambda item: item[0], lambda item: f"module{item[1]}")


@given(ITEMS, st.integers(1, 5))
def test_every_test_stands_there_once(made: list[tuple[Kind, int]], workers: int) -> None:
    assert sorted(number for _, _, number in _order(made, workers)) == list(range(len(made)))


@given(ITEMS, st.integers(2, 5))
def test_what_needs_the_installation_comes_first(made: list[tuple[Kind, int]], workers: int) -> None:
    kinds = [kind for kind, _, _ in _order(made, workers)]
    assert "installed" not in kinds[kinds.count("installed") :]


def test_each_run_begins_with_what_waits() -> None:
    made = [*_some("small", 8), *_some("live", 1), *_some("live", 1, module=2), *_some("installed", 2)]
    kinds: list[str] = [kind for kind, _, _ in _order(made, 3)]
    assert kinds == ["installed"] * 2 + ["small"] * 2 + (["live"] + ["small"] * 3) * 2
