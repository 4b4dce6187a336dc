"""RFC 8620, section 5.5: `/query` of every type that has it."""

from typing import Any

import pytest

from tests.conformance.rows import row
from tests.conformance.world import World


def _all(world: World, name: str) -> list[Any]:
    """All objects, newest first."""
    moment = world.kinds[name].moment
    return sorted(world.there(name), key=lambda one: (one[moment], one.get("seq", 0)), reverse=True)


@row("query", "5.5 order")
def test_all_are_found_newest_first(world: World, name: str) -> None:
    answer = world.good(name, "query")
    assert answer["ids"] == [found["id"] for found in _all(world, name)]
    assert (answer["position"], answer["canCalculateChanges"]) == (0, False)


@row("query", "5.5 position")
def test_a_position_counts_from_either_end(world: World, name: str) -> None:
    ids = [found["id"] for found in _all(world, name)]
    assert world.good(name, "query", position=2)["ids"] == ids[2:]
    from_end = world.good(name, "query", position=-2)
    assert (from_end["ids"], from_end["position"]) == (ids[-2:], len(ids) - 2)
    assert world.good(name, "query", position=-(10**6))["position"] == 0
    assert world.good(name, "query", position=10**6)["ids"] == []
    assert world.good(name, "query", position=2**53 - 1)["ids"] == []


@row("query", "5.5 limit")
def test_a_limit_is_kept_and_said_when_it_is_the_relays_own(world: World, name: str) -> None:
    assert world.good(name, "query", limit=2)["ids"] == [found["id"] for found in _all(world, name)[:2]]
    assert "limit" not in world.good(name, "query", limit=2)
    assert world.good(name, "query", limit=0)["ids"] == []
    assert world.good(name, "query", limit=10**9)["limit"] == world.good(name, "query")["limit"] == 500


@row("query", "5.5 calculateTotal")
def test_the_total_is_said_when_it_was_asked_for(world: World, name: str) -> None:
    assert world.good(name, "query", calculateTotal=True, limit=1)["total"] == len(_all(world, name))
    assert "total" not in world.good(name, "query", position=-1)


@row("query", "5.5 filter")
def test_a_filter_leaves_what_fits(world: World, name: str) -> None:
    every, moment = _all(world, name), world.kinds[name].moment
    middle = every[len(every) // 2]
    before = world.good(name, "query", filter={"before": middle[moment]})["ids"]
    after = world.good(name, "query", filter={"after": middle[moment]})["ids"]
    assert sorted(before + after) == sorted(found["id"] for found in every)
    assert middle["id"] in after  # RFC 8621, 4.4.1: the same moment or after
    none = {"before": "1999-01-01T00:00:00Z", "after": "1998-01-01T00:00:00Z"}
    assert world.good(name, "query", filter=none, calculateTotal=True)["total"] == 0
    assert world.good(name, "query", filter={})["ids"] == world.good(name, "query", filter=None)["ids"]


def test_letters_are_found_by_box_and_by_client_id(world: World) -> None:
    letters = _all(world, "SealedMessage")
    for box in ("in", "out"):
        fitting = [letter["id"] for letter in letters if letter["box"] == box]
        assert world.good("SealedMessage", "query", filter={"box": box})["ids"] == fitting
    one = {"clientId": letters[0]["clientId"]}
    assert world.good("SealedMessage", "query", filter=one)["ids"] == [letters[0]["id"]]
    assert world.good("SealedMessage", "query", filter={**one, "before": "1999-01-01T00:00:00Z"})["ids"] == []


@row("query", "5.5 unknown filter")
@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "x"}, {"box": "spam"}, {"after": "yesterday"}, {"after": "2026-02-30T00:00:00Z"}, "in", [],
        {"operator": "NOT", "conditions": [{}]},
    ],
)  # fmt: skip
def test_a_filter_of_another_kind_is_refused(world: World, name: str, wrong: Any) -> None:
    assert world.error(name, "query", filter=wrong) == "invalidArguments"


@row("query", "5.5 queryState")
def test_the_query_state_changes_when_the_result_does(world: World, name: str) -> None:
    happen = world.kinds[name].happen
    assert happen is not None
    before = world.good(name, "query")
    assert world.good(name, "query")["queryState"] == before["queryState"]
    happen()
    after = world.good(name, "query")
    assert after["queryState"] != before["queryState"]
    assert len(after["ids"]) == len(before["ids"]) + 1


@row("query", "3.6.2 accountNotFound")
def test_letters_of_somebody_else_are_answered_like_none(world: World, name: str) -> None:
    for account in ("a" + "7" * 26, world.home.doctor.account, world.home.carer.account):
        assert world.error(name, "query", accountId=account) == "accountNotFound"


@row("query", "3.6.2 invalidArguments")
def test_wrong_missing_and_unknown_arguments_are_refused(world: World, name: str) -> None:
    wrong: list[dict[str, Any]] = [
        {"accountId": None}, {"limit": -1}, {"limit": "1"}, {"position": 1.5}, {"position": 2**53}, {"sort": []},
        {"anchor": "x"}, {"calculateTotal": 1},
    ]  # fmt: skip
    assert {world.error(name, "query", **given) for given in wrong} == {"invalidArguments"}
