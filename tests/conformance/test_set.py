"""RFC 8620, section 5.3: `/set` of every type that has it."""

from typing import Any

from messaging.wire.described.objects import SETTABLE
from messaging.wire.limits import MAX_OBJECTS_IN_SET
from tests.conformance.rows import row
from tests.conformance.world import World


def _state(world: World, name: str) -> str:
    return str(world.good(name, "get", ids=[])["state"])


def _one(world: World, name: str, id_: str) -> Any:
    return (world.good(name, "get", ids=[id_])["list"] or [None])[0]


@row("set", "5.3 nothing")
def test_a_set_of_nothing_changes_nothing(world: World, name: str) -> None:
    state = _state(world, name)
    empty: list[dict[str, Any]] = [{}, {"create": {}, "update": {}, "destroy": []}, {"create": None, "destroy": None}]
    for given in empty:
        answer = world.good(name, "set", **given)
        assert answer["oldState"] == answer["newState"] == state
        assert not any(answer[part] for part in ("created", "updated", "destroyed", "notCreated", "notDestroyed"))


@row("set", "5.3 ifInState")
def test_with_another_state_nothing_is_done(world: World, name: str) -> None:
    state = _state(world, name)
    assert world.error(name, "set", ifInState=state + "1", destroy=["x"]) == "stateMismatch"
    assert world.good(name, "set", ifInState=state, destroy=["x"])["notDestroyed"].keys() == {"x"}
    assert _state(world, name) == state


@row("set", "5.3 create")
def test_what_is_created_gets_an_id_and_is_there(world: World, name: str) -> None:
    create = world.kinds[name].create
    assert create is not None
    value, state = create(), _state(world, name)
    answer = world.good(name, "set", create={"new": value})
    assert answer["oldState"] == state != answer["newState"]
    shown = _one(world, name, answer["created"]["new"]["id"])
    once = {"secret"}  # what is said to whoever creates, and never again
    assert shown.items() >= {k: v for k, v in answer["created"]["new"].items() if k not in once}.items()
    world.good(name, "set", destroy=[shown["id"]])


@row("set", "5.3 create not supported")
def test_a_type_without_create_refuses_each(world: World, name: str) -> None:
    answer = world.good(name, "set", create={"new": {}, "other": {"id": "x"}})
    assert answer["created"] is None
    assert {key: said["type"] for key, said in answer["notCreated"].items()} == dict.fromkeys(
        ("new", "other"), "forbidden"
    )


@row("set", "5.3 create invalid")
def test_unknown_and_missing_properties_are_named(world: World, name: str) -> None:
    create = world.kinds[name].create
    assert create is not None
    good, state = create(), _state(world, name)
    needed = next(iter(good))
    given: dict[str, Any] = {
        "leak": good | {"subject": "x"}, "less": {k: v for k, v in good.items() if k != needed},
        "type": good | {needed: 7}, "none": None, "list": [],
    }  # fmt: skip
    answer = world.good(name, "set", create=given)
    said = answer["notCreated"]
    assert {one["type"] for one in said.values()} == {"invalidProperties"}
    assert [said[key]["properties"] for key in ("leak", "less", "type")] == [["subject"], [needed], [needed]]
    assert answer["newState"] == state == _state(world, name)


@row("set", "5.3 update")
def test_what_is_updated_is_changed(world: World, name: str) -> None:
    update = world.kinds[name].update
    assert update is not None
    id_, patch = update()
    state = _state(world, name)
    answer = world.good(name, "set", update={id_: patch}, ifInState=state)
    assert answer["updated"] == {id_: None}
    assert answer["oldState"] == state != answer["newState"] == _state(world, name)
    assert _one(world, name, id_).items() >= patch.items()


@row("set", "5.3 update not supported")
def test_a_type_without_update_refuses_each(world: World, name: str) -> None:
    id_ = world.there(name)[0]["id"]
    answer = world.good(name, "set", update={id_: {}, "x": {}})
    assert {key: said["type"] for key, said in answer["notUpdated"].items()} == dict.fromkeys((id_, "x"), "forbidden")


@row("set", "5.3 update invalid")
def test_a_patch_with_an_unknown_property_or_type_is_refused(world: World, name: str) -> None:
    update = world.kinds[name].update
    assert update is not None
    id_, patch = update()
    before, known = _one(world, name, id_), next(iter(patch))
    for bad, named in (({**patch, "subject": "x"}, "subject"), ({**patch, known: []}, known)):
        (said,) = world.good(name, "set", update={id_: bad})["notUpdated"].values()
        assert (said["type"], said["properties"]) == ("invalidProperties", [named])
    assert _one(world, name, id_) == before


@row("set", "5.3 notFound")
def test_what_is_not_there_is_neither_updated_nor_destroyed(world: World, name: str) -> None:
    kind, row_ = world.kinds[name], SETTABLE[name]
    if kind.update is not None and name != "SealedState":  # whose missing id at version 1 is made
        patch = kind.update()[1]
        assert world.good(name, "set", update={kind.absent: patch})["notUpdated"][kind.absent]["type"] == "notFound"
    expected = "notFound" if row_.destroy else "forbidden"
    for id_ in (kind.absent, "", "é"):
        assert world.good(name, "set", destroy=[id_])["notDestroyed"][id_]["type"] == expected


@row("set", "5.3 destroy")
def test_what_is_destroyed_is_gone(world: World, name: str) -> None:
    make = world.kinds[name].make
    assert make is not None
    id_ = make()
    state = _state(world, name)
    answer = world.good(name, "set", destroy=[id_])
    assert answer["destroyed"] == [id_]
    assert answer["oldState"] == state != answer["newState"]
    assert _one(world, name, id_) is None
    assert world.good(name, "set", destroy=[id_])["notDestroyed"][id_]["type"] == "notFound"


@row("set", "5.3 destroy not supported")
def test_a_type_without_destroy_refuses_each(world: World, name: str) -> None:
    id_ = world.there(name)[0]["id"]
    assert world.good(name, "set", destroy=[id_])["notDestroyed"][id_]["type"] == "forbidden"
    assert _one(world, name, id_) is not None


@row("set", "5.3 each on its own")
def test_one_wrong_object_holds_up_no_other(world: World, name: str) -> None:
    kind = world.kinds[name]
    if kind.create is not None:
        answer = world.good(name, "set", create={"bad": {}, "good": kind.create()}, destroy=[kind.absent])
        made = world.good(name, "set", destroy=[answer["created"]["good"]["id"]])
        assert (made["notDestroyed"] is None) == SETTABLE[name].destroy
        assert (answer["notCreated"].keys(), answer["notDestroyed"].keys()) == ({"bad"}, {kind.absent})
        return
    assert kind.update is not None
    id_, patch = kind.update()
    answer = world.good(name, "set", update={"bad": {}, id_: patch}, destroy=[kind.absent])
    assert answer["updated"] == {id_: None}
    assert (answer["notUpdated"].keys(), answer["notDestroyed"].keys()) == ({"bad"}, {kind.absent})


@row("set", "5.3 requestTooLarge")
def test_more_objects_than_the_session_allows_are_refused(world: World, name: str) -> None:
    ids = [f"x{number}" for number in range(MAX_OBJECTS_IN_SET + 1)]
    assert world.error(name, "set", destroy=ids) == "requestTooLarge"
    assert world.error(name, "set", destroy=ids[:-1], update={"x": {}}) == "requestTooLarge"
    assert len(world.good(name, "set", destroy=ids[:-1])["notDestroyed"]) == MAX_OBJECTS_IN_SET


@row("set", "3.6.2 accountNotFound")
def test_an_account_of_somebody_else_is_answered_like_none(world: World, name: str) -> None:
    for account in ("a" + "7" * 26, world.home.doctor.account, world.home.carer.account):
        assert world.error(name, "set", accountId=account, destroy=["x"]) == "accountNotFound"


@row("set", "3.6.2 invalidArguments")
def test_wrong_missing_and_unknown_arguments_are_refused(world: World, name: str) -> None:
    assert world.error(name, "set", accountId=None) == "invalidArguments"
    assert world.error(name, "set", create=[]) == "invalidArguments"
    assert world.error(name, "set", update="x") == "invalidArguments"
    assert world.error(name, "set", destroy={"x": 1}) == "invalidArguments"
    assert world.error(name, "set", ifInState=3) == "invalidArguments"
    assert world.error(name, "set", onSuccess={}) == "invalidArguments"
