"""RFC 8620, section 5.2: `/changes` of every type that has it."""

import pytest

from tests.conformance.rows import row
from tests.conformance.world import World


def _state(world: World, name: str) -> str:
    return str(world.good(name, "get", ids=[])["state"])


@row("changes", "5.2 nothing new")
def test_since_the_present_state_nothing_changed(world: World, name: str) -> None:
    state = _state(world, name)
    answer = world.good(name, "changes", sinceState=state)
    assert (answer["oldState"], answer["newState"], answer["hasMoreChanges"]) == (state, state, False)
    assert answer["created"] == answer["updated"] == answer["destroyed"] == []


@row("changes", "5.2 everything")
def test_since_the_beginning_all_that_is_there_was_created(world: World, name: str) -> None:
    answer = world.good(name, "changes", sinceState="0")
    there = {found["id"] for found in world.there(name)}
    assert set(answer["created"]) == there
    assert answer["updated"] == []
    assert answer["newState"] == _state(world, name)


@row("changes", "5.2 maxChanges")
def test_pages_of_one_change_come_to_the_same_as_all(world: World, name: str) -> None:
    whole, state, seen, more = world.good(name, "changes", sinceState="0"), "0", [], True
    while more:
        page = world.good(name, "changes", sinceState=state, maxChanges=1)
        assert page["oldState"] == state
        assert sum(len(page[part]) for part in ("created", "updated", "destroyed")) <= 1
        seen += page["created"]
        state, more = page["newState"], page["hasMoreChanges"]
    assert state == whole["newState"]
    assert sorted(seen) == sorted(whole["created"])


@row("changes", "5.2 maxChanges not positive")
def test_max_changes_must_be_positive(world: World, name: str) -> None:
    assert world.error(name, "changes", sinceState="0", maxChanges=0) == "invalidArguments"
    assert world.error(name, "changes", sinceState="0", maxChanges=-1) == "invalidArguments"
    assert world.error(name, "changes", sinceState="0", maxChanges=1.5) == "invalidArguments"


@row("changes", "5.2 updated")
def test_what_was_changed_since_is_updated_and_not_created(world: World, name: str) -> None:
    update = world.kinds[name].update
    assert update is not None
    id_, patch = update()
    state = _state(world, name)
    world.good(name, "set", update={id_: patch})
    answer = world.good(name, "changes", sinceState=state)
    assert (answer["created"], answer["updated"], answer["destroyed"]) == ([], [id_], [])


@row("changes", "5.2 destroyed")
def test_what_was_destroyed_since_is_named_so(world: World, name: str) -> None:
    make = world.kinds[name].make
    assert make is not None
    id_ = make()
    state = _state(world, name)
    world.good(name, "set", destroy=[id_])
    answer = world.good(name, "changes", sinceState=state)
    assert (answer["created"], answer["updated"], answer["destroyed"]) == ([], [], [id_])


@row("changes", "5.2 cannotCalculateChanges")
@pytest.mark.parametrize("state", ["", "x", "-1", "99999999999999999", "9" * 40, "1.0", " 1", "٣"])
def test_a_state_that_was_never_given_cannot_be_calculated_from(world: World, name: str, state: str) -> None:
    assert world.error(name, "changes", sinceState=state) == "cannotCalculateChanges"


@row("changes", "3.6.2 accountNotFound")
def test_changes_of_somebody_else_are_answered_like_none(world: World, name: str) -> None:
    assert world.error(name, "changes", sinceState="0", accountId="a" + "7" * 26) == "accountNotFound"
    assert world.error(name, "changes", sinceState="0", accountId=world.home.doctor.account) == "accountNotFound"


@row("changes", "3.6.2 invalidArguments")
def test_wrong_missing_and_unknown_arguments_are_refused(world: World, name: str) -> None:
    assert world.error(name, "changes") == "invalidArguments"
    assert world.error(name, "changes", sinceState=0) == "invalidArguments"
    assert world.error(name, "changes", sinceState="0", accountId=None) == "invalidArguments"
    assert world.error(name, "changes", sinceState="0", upToId="x") == "invalidArguments"
