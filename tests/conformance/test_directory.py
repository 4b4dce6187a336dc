"""`DirectoryEntry/query` (docs/spec/protocol.md)."""

from typing import Any

from tests.conformance.rows import own
from tests.conformance.world import World

STRANGER = "a" + "7" * 26


def _found(world: World, **asked: Any) -> list[str]:
    entries = {entry["id"]: entry["name"] for entry in world.there("DirectoryEntry")}
    return [entries[id_] for id_ in world.good("DirectoryEntry", "query", filter=asked)["ids"]]


def _list(world: World) -> None:
    assert world.kinds["DirectoryEntry"].make is not None
    world.kinds["DirectoryEntry"].make()


@own("DirectoryEntry/query", "answer")
def test_all_listed_entries_are_found_by_name(world: World) -> None:
    _list(world)
    answer = world.good("DirectoryEntry", "query")
    assert _found(world) == ["Anne Durand", "Élise Martin"]
    assert (answer["canCalculateChanges"], answer["limit"]) == (False, 50)


@own("DirectoryEntry/query", "filter")
def test_beginnings_of_words_find_without_accents_and_capitals(world: World) -> None:
    _list(world)
    assert _found(world, text="ELI mart") == ["Élise Martin"]
    assert _found(world, text="dur") == ["Anne Durand"]
    assert _found(world, text="elise durand") == _found(world, text="lise") == []
    assert _found(world, text="an", kind="professional") == ["Anne Durand"]
    assert _found(world, kind="app") == _found(world, city="Oz") == _found(world, postalCode="99") == []


@own("DirectoryEntry/query", "position")
def test_a_page_is_where_it_was_asked_for(world: World) -> None:
    _list(world)
    ids = world.good("DirectoryEntry", "query")["ids"]
    page = world.good("DirectoryEntry", "query", position=1, limit=1)
    assert (page["ids"], page["position"]) == (ids[1:], 1)
    assert world.good("DirectoryEntry", "query", position=-1)["ids"] == ids[-1:]
    assert world.good("DirectoryEntry", "query", position=2**53 - 1)["ids"] == []
    assert world.good("DirectoryEntry", "query", limit=0)["ids"] == []


@own("DirectoryEntry/query", "unsupportedFilter")
def test_more_words_than_a_name_has_are_refused(world: World) -> None:
    assert world.error("DirectoryEntry", "query", filter={"text": "a b c d e f g h i"}) == "unsupportedFilter"


@own("DirectoryEntry/query", "3.6.2 accountNotFound")
def test_a_search_is_made_as_oneself(world: World) -> None:
    for account in (STRANGER, world.home.doctor.account):
        assert world.error("DirectoryEntry", "query", accountId=account) == "accountNotFound"


@own("DirectoryEntry/query", "3.6.2 invalidArguments")
def test_wrong_arguments_are_refused(world: World) -> None:
    wrong: list[dict[str, Any]] = [
        {"accountId": None}, {"limit": -1}, {"filter": {"subject": "x"}}, {"filter": {"kind": "patient"}},
        {"filter": {"text": "x" * 201}}, {"sort": []}, {"calculateTotal": True},
    ]  # fmt: skip
    assert {world.error("DirectoryEntry", "query", **given) for given in wrong} == {"invalidArguments"}
