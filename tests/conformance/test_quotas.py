"""RFC 9425, 4.4 and 4.5: `Quota/query` and `Quota/queryChanges`."""

from typing import Any

from tests.conformance.rows import own
from tests.conformance.world import World

STRANGER = "a" + "7" * 26


@own("Quota/query", "4.4 order")
def test_all_quotas_are_found(world: World) -> None:
    answer = world.good("Quota", "query", calculateTotal=True)
    assert answer["ids"] == [quota["id"] for quota in world.there("Quota")]
    assert (answer["total"], answer["canCalculateChanges"]) == (3, False)
    assert world.good("Quota", "query", position=-1)["ids"] == answer["ids"][-1:]
    assert world.good("Quota", "query", position=1, limit=1)["ids"] == answer["ids"][1:2]


@own("Quota/query", "4.4 filter")
def test_filters_leave_what_fits(world: World) -> None:
    def found(**asked: Any) -> list[str]:
        ids: list[str] = world.good("Quota", "query", filter=asked)["ids"]
        return ids

    assert found(resourceType="count") == ["states"]
    assert found(type="SealedMessage") == ["storage"]
    assert found(name="upl") == ["uploads"]
    assert found(scope="account", resourceType="octets") == ["storage", "uploads"]
    assert found(scope="domain") == found(name="nothing of that name") == []


@own("Quota/query", "4.4 sort")
def test_the_order_asked_for_is_kept(world: World) -> None:
    by_name = world.good("Quota", "query", sort=[{"property": "name", "isAscending": False}])["ids"]
    assert by_name == ["uploads", "states", "storage"]
    used = {quota["id"]: quota["used"] for quota in world.there("Quota")}
    by_use = world.good("Quota", "query", sort=[{"property": "used"}])["ids"]
    assert [used[id_] for id_ in by_use] == sorted(used.values())


@own("Quota/query", "3.6.2 accountNotFound")
def test_quotas_of_somebody_else_are_answered_like_none(world: World) -> None:
    for account in (STRANGER, world.home.doctor.account):
        assert world.error("Quota", "query", accountId=account) == "accountNotFound"


@own("Quota/query", "3.6.2 invalidArguments")
def test_wrong_arguments_are_refused(world: World) -> None:
    wrong: list[dict[str, Any]] = [
        {"accountId": None}, {"limit": -1}, {"position": 1.5}, {"sort": [{"property": "hardLimit"}]},
        {"filter": {"operator": "NOT", "conditions": []}}, {"filter": {"subject": "x"}}, {"anchor": "x"},
    ]  # fmt: skip
    assert {world.error("Quota", "query", **given) for given in wrong} == {"invalidArguments"}


@own("Quota/queryChanges", "4.5 cannotCalculateChanges")
def test_there_are_changes_since_the_present_state_alone(world: World) -> None:
    state = world.good("Quota", "query")["queryState"]
    answer = world.good("Quota", "queryChanges", sinceQueryState=state)
    assert (answer["oldQueryState"], answer["newQueryState"]) == (state, state)
    assert answer["removed"] == answer["added"] == []
    for other in ("0", "", state + "1"):
        assert world.error("Quota", "queryChanges", sinceQueryState=other) == "cannotCalculateChanges"
    assert world.error("Quota", "queryChanges") == "invalidArguments"


@own("Quota/queryChanges", "3.6.2 accountNotFound")
def test_query_changes_of_somebody_else_are_answered_like_none(world: World) -> None:
    assert world.error("Quota", "queryChanges", sinceQueryState="0", accountId=STRANGER) == "accountNotFound"
