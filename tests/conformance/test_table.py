"""Every method has its rows: a type or a method that somebody adds fails here until it has its own."""

import pytest

from messaging.wire.described.objects import SETTABLE
from messaging.wire.methods import METHODS
from tests.conformance import (  # noqa: F401 - loading them fills the table
    test_blob_methods,
    test_changes,
    test_directory,
    test_get,
    test_notices,
    test_own_methods,
    test_query,
    test_quotas,
    test_set,
)
from tests.conformance.rows import OWN, STANDARD, found, required
from tests.conformance.world import World


@pytest.mark.parametrize("method", METHODS)
def test_a_method_has_a_row_for_each_of_its_sections(method: str) -> None:
    assert found(method) == set(required(method))


@pytest.mark.parametrize("method", METHODS)
def test_a_type_says_who_asks_for_it(world: World, method: str) -> None:
    assert method.partition("/")[0] in world.kinds


@pytest.mark.parametrize("name", SETTABLE)
def test_what_may_be_set_can_be_made_in_the_rows(world: World, name: str) -> None:
    kind, said = world.kinds[name], SETTABLE[name]
    assert (kind.create is not None, kind.update is not None) == (said.create is not None, said.update is not None)
    assert kind.make is not None or not said.destroy


def test_the_table_names_no_method_that_is_gone() -> None:
    assert set(OWN) <= set(METHODS)
    assert {method.partition("/")[2] for method in METHODS if method not in OWN} == set(STANDARD)
