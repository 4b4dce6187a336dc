"""Every vector of tests/vectors, and the vectors themselves: they are what the generator makes, and mostly refusals."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from crypto import errors
from crypto.errors import CryptoError
from tests.crypto.cases import OPERATIONS
from tests.vectors.generate import FILES, path, rendered

# What stands for an item that cannot be told from another: a moved packet simply does not open.
SAME = {"envelope/16": "envelope/11"}
ERRORS = {
    "encodings": "NotCanonical",
    "envelope": "CannotOpen",
    "attachment": "CannotOpen",
    "login": "CannotOpen",
    "keybox/5": "WeakKdf",
    "keybox/6": "OlderBox",
    "keybox/7": "BadCode",
    "keybox": "CannotOpen",
    "pairing": "CannotOpen",
    "transparency/4": "WeakKey",
    **{f"transparency/{item}": "BadCheckpoint" for item in range(5, 10)},
    "transparency/10": "BadProof",
    "transparency/11": "BadProof",
    "transparency/12": "BadPolicy",
    "transparency": "BadStatement",
}
MOSTLY_REFUSALS = ("envelope", "attachment", "keybox", "login", "pairing", "statement", "transparency")


def _stored() -> list[tuple[str, dict[str, Any]]]:
    return [(path(file).stem, case) for file in FILES for case in json.loads(path(file).read_text("utf-8"))["cases"]]


def _named(cases: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    return [pytest.param(name, case, id=f"{name}: {case['name']}") for name, case in cases]


STORED = _stored()


def _operation(name: str, case: dict[str, Any]) -> Callable[[dict[str, Any]], object]:
    return OPERATIONS[name, case.get("op", "")]


@pytest.mark.parametrize(("name", "case"), _named([found for found in STORED if "expect" in found[1]]))
def test_a_good_vector_gives_what_it_says(name: str, case: dict[str, Any]) -> None:
    assert _operation(name, case)(case) == case["expect"]


@pytest.mark.parametrize(("name", "case"), _named([found for found in STORED if "refusal" in found[1]]))
def test_a_bad_vector_is_refused_for_the_reason_it_names(name: str, case: dict[str, Any]) -> None:
    item = case["refusal"]
    expected: type[CryptoError] = getattr(errors, ERRORS.get(item) or ERRORS[item.partition("/")[0]])

    with pytest.raises(expected) as refused:
        _operation(name, case)(case)

    assert type(refused.value) is expected
    assert refused.value.item == SAME.get(item, item)


@pytest.mark.parametrize("file", FILES, ids=lambda file: path(file).stem)
def test_the_stored_vectors_are_what_the_generator_makes(file: ModuleType) -> None:
    assert path(file).read_text("utf-8") == rendered(file)


@pytest.mark.parametrize("name", MOSTLY_REFUSALS)
def test_refusals_are_at_least_twice_as_many(name: str) -> None:
    cases = [case for stored, case in STORED if stored == name]
    refused = [case for case in cases if "refusal" in case]

    assert len(refused) >= 2 * (len(cases) - len(refused))


def test_every_item_of_the_specification_has_a_vector() -> None:
    named = {case["refusal"] for _, case in STORED if "refusal" in case}
    items = {f"envelope/{n}" for n in range(1, 20)} | {f"attachment/{n}" for n in range(1, 8)}
    # keybox/10 is what pairing.md says in four items.
    items |= {f"keybox/{n}" for n in range(1, 10)} | {f"pairing/{n}" for n in range(1, 5)} | {"login/1"}
    items |= {f"transparency/{n}" for n in range(1, 15)}

    assert items <= named


def test_names_are_unique_in_a_file() -> None:
    names = [(name, case["name"]) for name, case in STORED]

    assert len(names) == len(set(names))
