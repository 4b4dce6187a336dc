"""RFC 8620, section 5.1: `/get` of every type."""

from messaging.wire.limits import MAX_OBJECTS_IN_GET
from tests.conformance.rows import row
from tests.conformance.world import World

STRANGER = "a" + "7" * 26


@row("get", "5.1 ids null")
def test_without_ids_all_objects_are_given(world: World, name: str) -> None:
    answer = world.good(name, "get")
    assert answer["accountId"] == world.kinds[name].who.account
    assert answer["list"]
    assert answer["notFound"] == []
    assert world.good(name, "get", ids=None) == answer


@row("get", "5.1 ids")
def test_with_ids_just_these_objects_are_given(world: World, name: str) -> None:
    first = world.there(name)[0]
    answer = world.good(name, "get", ids=[first["id"]])
    assert (answer["list"], answer["notFound"]) == ([first], [])


@row("get", "5.1 ids empty")
def test_an_empty_list_of_ids_gives_an_empty_list(world: World, name: str) -> None:
    answer = world.good(name, "get", ids=[])
    assert (answer["list"], answer["notFound"]) == ([], [])


@row("get", "5.1 ids repeated")
def test_an_id_that_is_asked_for_twice_is_given_once(world: World, name: str) -> None:
    known, absent = world.there(name)[0]["id"], world.kinds[name].absent
    answer = world.good(name, "get", ids=[known, known, absent, absent])
    assert ([found["id"] for found in answer["list"]], answer["notFound"]) == ([known], [absent])


@row("get", "5.1 notFound")
def test_what_is_not_there_is_named_beside_what_is(world: World, name: str) -> None:
    known, absent = world.there(name)[0]["id"], world.kinds[name].absent
    answer = world.good(name, "get", ids=[absent, known, "é", ""])
    assert [found["id"] for found in answer["list"]] == [known]
    assert sorted(answer["notFound"]) == sorted([absent, "é", ""])


@row("get", "5.1 properties")
def test_only_the_properties_asked_for_are_given_and_the_id(world: World, name: str) -> None:
    first = world.there(name)[0]
    wanted = min(first)
    answer = world.good(name, "get", ids=[first["id"]], properties=[wanted])
    assert answer["list"] == [{"id": first["id"], wanted: first[wanted]}]
    assert world.good(name, "get", ids=[first["id"]], properties=[])["list"] == [{"id": first["id"]}]


@row("get", "5.1 unknown property")
def test_a_property_that_there_is_not_refuses_the_call(world: World, name: str) -> None:
    assert world.error(name, "get", properties=["subject"]) == "invalidArguments"
    assert world.error(name, "get", properties=["id", "id "], ids=[]) == "invalidArguments"
    assert world.error(name, "get", properties=["subject"], ids=[world.kinds[name].absent]) == "invalidArguments"


@row("get", "5.1 requestTooLarge")
def test_more_ids_than_the_session_allows_are_refused(world: World, name: str) -> None:
    ids = [f"x{number}" for number in range(MAX_OBJECTS_IN_GET + 1)]
    assert world.error(name, "get", ids=ids) == "requestTooLarge"
    assert len(world.good(name, "get", ids=ids[:-1])["notFound"]) == MAX_OBJECTS_IN_GET


@row("get", "5.1 state")
def test_the_state_stays_while_nothing_changes(world: World, name: str) -> None:
    first, again = world.good(name, "get")["state"], world.good(name, "get", ids=[])["state"]
    assert isinstance(first, str)
    assert first == again != ""


@row("get", "3.6.2 accountNotFound")
def test_an_account_of_somebody_else_is_answered_like_none(world: World, name: str) -> None:
    assert world.error(name, "get", accountId=STRANGER) == "accountNotFound"
    assert world.error(name, "get", accountId=world.home.doctor.account) == "accountNotFound"
    assert world.error(name, "get", accountId=world.home.carer.account) == "accountNotFound"


@row("get", "3.6.2 invalidArguments")
def test_wrong_missing_and_unknown_arguments_are_refused(world: World, name: str) -> None:
    assert world.error(name, "get", accountId=None) == "invalidArguments"
    assert world.error(name, "get", accountId=7) == "invalidArguments"
    assert world.error(name, "get", ids="box") == "invalidArguments"
    assert world.error(name, "get", ids=[1]) == "invalidArguments"
    assert world.error(name, "get", properties={}) == "invalidArguments"
    assert world.error(name, "get", subject="x") == "invalidArguments"
