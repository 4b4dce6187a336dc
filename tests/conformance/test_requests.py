"""RFC 8620, section 3: requests, responses, result references, and the three levels of errors."""

from typing import Any

import pytest

from messaging.wire import limits, names
from messaging.wire.methods import METHODS
from tests.conformance.site import Heard
from tests.conformance.world import World

DEEP = b'{"using":[],"methodCalls":[["Core/echo",' + b'{"x":' * 100_000 + b"1" + b"}" * 100_000 + b',"c"]]}'
NOWHERE = ("x", "/y", "/x/0", "/x/*", "/l/9", "/l/-", "/l/٠", "/l/" + "9" * 5000)
ERROR = "urn:ietf:params:jmap:error:"


def _post(world: World, body: Any, **headers: str) -> Heard:
    return world.site.ask("POST", names.API, body, world.home.patient.token, **headers)


def _calls(world: World, *calls: list[Any], **more: Any) -> Any:
    heard = _post(world, {"using": names.EVERYONE, "methodCalls": calls, **more})
    assert heard.status == 200, heard.body
    return heard.json


def _reference(call: str, name: str, path: str) -> dict[str, str]:
    return {"resultOf": call, "name": name, "path": path}


# 3.3, 3.4 ------------------------------------------------------------------------------------------------------


def test_calls_are_answered_in_order_with_their_ids(world: World) -> None:
    calls = [["Core/echo", {"n": n}, "same" if n % 2 else f"id {n}"] for n in range(limits.MAX_CALLS_IN_REQUEST)]
    answer = _calls(world, *calls)
    assert answer["methodResponses"] == calls
    assert "createdIds" not in answer


def test_created_ids_come_back_with_those_that_were_made(world: World) -> None:
    account, create = world.home.patient.account, world.kinds["SealedMessage"].create
    assert create is not None
    calls = (
        ["SealedMessage/set", {"accountId": account, "create": {"new": create()}}, "0"],
        ["SealedMessage/get", {"accountId": account, "ids": ["#new", "#old", "#none"], "properties": ["box"]}, "1"],
        ["SealedMessage/set", {"accountId": account, "destroy": ["#new"]}, "2"],
    )
    old = world.there("SealedMessage")[0]["id"]
    answer = _calls(world, *calls, createdIds={"old": old})
    made, got, gone = (said for _, said, _ in answer["methodResponses"])
    new = made["created"]["new"]["id"]
    assert answer["createdIds"] == {"old": old, "new": new}
    assert ({found["id"] for found in got["list"]}, got["notFound"]) == ({old, new}, ["#none"])
    assert gone["destroyed"] == [new]


@pytest.mark.parametrize("method", [name for name, said in METHODS.items() if said.capability != names.CORE])
def test_a_method_needs_its_capability_in_using(world: World, method: str) -> None:
    request = {"using": [names.CORE], "methodCalls": [[method, {"accountId": world.home.patient.account}, "c"]]}
    ((said, answer, _),) = _post(world, request).json["methodResponses"]
    assert (said, answer["type"]) == ("error", "unknownMethod")


@pytest.mark.parametrize("name", ["Core/Echo", "Core", "", "Email/get", "PushSubscription/query", "Blob/lookup"])
def test_a_method_that_is_not_there_is_unknown(world: World, name: str) -> None:
    ((said, answer, call),) = _calls(world, [name, {}, "c"])["methodResponses"]
    assert (said, answer["type"], call) == ("error", "unknownMethod", "c")


# 3.6.1: the whole request -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "notJSON"), (b"{", "notJSON"), (b"\xff\xfe", "notJSON"), (b'{"using":NaN}', "notJSON"),
        (b'{"using":["\xff"]}', "notJSON"), (DEEP, "notJSON"),
        (b"[]", "notRequest"), (b"null", "notRequest"), (b'"x"', "notRequest"), (b"{}", "notRequest"),
        ({"using": [], "methodCalls": {}}, "notRequest"), ({"using": "x", "methodCalls": []}, "notRequest"),
        ({"using": [], "methodCalls": [["Core/echo", {}]]}, "notRequest"),
        ({"using": [], "methodCalls": [["Core/echo", {}, 1]]}, "notRequest"),
        ({"using": [], "methodCalls": [["Core/echo", {}, "c", "d"]]}, "notRequest"),
        ({"using": [], "methodCalls": [], "createdIds": {"a": 1}}, "notRequest"),
        ({"using": [], "methodCalls": [], "subject": "x"}, "notRequest"),
        ({"using": ["urn:x"], "methodCalls": []}, "unknownCapability"),
        ({"using": [names.BRIDGE], "methodCalls": []}, "unknownCapability"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_whole(world: World, body: Any, error: str) -> None:
    heard = _post(world, body, **({"Content_Type": "application/json"} if isinstance(body, bytes) else {}))
    assert (heard.status, heard.json["type"]) == (400, ERROR + error)


@pytest.mark.parametrize("media_type", ["text/plain", "application/jmap+json", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_not_json(world: World, media_type: str) -> None:
    heard = _post(world, b'{"using":[],"methodCalls":[]}', Content_Type=media_type)
    assert heard.json["type"] == ERROR + "notJSON"


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "application/json;x=y"])
def test_json_with_parameters_is_json(world: World, media_type: str) -> None:
    assert _post(world, b'{"using":[],"methodCalls":[]}', Content_Type=media_type).status == 200


def test_too_many_calls_and_too_many_bytes_are_over_a_named_limit(world: World) -> None:
    calls = [["Core/echo", {}, "c"]] * (limits.MAX_CALLS_IN_REQUEST + 1)
    many = _post(world, {"using": [names.CORE], "methodCalls": calls})
    large = _post(world, b"", Content_Type="application/json", Content_Length=str(limits.MAX_SIZE_REQUEST + 1))
    assert [(heard.json["type"], heard.json["limit"]) for heard in (many, large)] == [
        (ERROR + "limit", "maxCallsInRequest"), (ERROR + "limit", "maxSizeRequest"),
    ]  # fmt: skip


# 3.6.2: one call -----------------------------------------------------------------------------------------------


def test_an_error_of_one_call_stops_no_other(world: World) -> None:
    account = world.home.patient.account
    answer = _calls(
        world,
        ["SealedState/get", {"accountId": account, "ids": 7}, "a"],
        ["Nothing/get", {}, "b"],
        ["Core/echo", {"x": 1}, "c"],
    )
    assert [(name, said.get("type"), call) for name, said, call in answer["methodResponses"]] == [
        ("error", "invalidArguments", "a"), ("error", "unknownMethod", "b"), ("Core/echo", None, "c"),
    ]  # fmt: skip


@pytest.mark.parametrize("arguments", [[], None, "x", 1])
def test_arguments_are_an_object(world: World, arguments: Any) -> None:
    ((said, answer, _),) = _calls(world, ["SealedState/get", arguments, "c"])["methodResponses"]
    assert (said, answer["type"]) == ("error", "invalidArguments")


# 3.7: result references -------------------------------------------------------------------------------------------


def test_a_reference_takes_what_an_earlier_call_answered(world: World) -> None:
    account = world.home.patient.account
    answer = _calls(
        world,
        ["SealedMessage/query", {"accountId": account, "limit": 3}, "q"],
        ["SealedMessage/get", {"accountId": account, "#ids": _reference("q", "SealedMessage/query", "/ids")}, "g"],
        ["PublicKey/lookup", {"accountId": account, "#accounts": _reference("g", "SealedMessage/get", "/list/*/from")},
         "k"],
    )  # fmt: skip
    (_, found, _), (_, got, _), (name, keys, _) = answer["methodResponses"]
    assert {letter["id"] for letter in got["list"]} == set(found["ids"])
    assert (name, keys["notFound"]) == ("PublicKey/lookup", [])
    assert {key["account"] for key in keys["list"]} == {letter["from"] for letter in got["list"]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/list/0/id", "b"), ("/list/*/id", ["b", "d"]), ("/list/*/more", [1, 2, 3]), ("/a~1b/~0", "t"),
     ("/list/1/more/0", 3)],
)  # fmt: skip
def test_a_path_is_a_json_pointer_with_a_star_for_all(world: World, path: str, expected: Any) -> None:
    said = {"list": [{"id": "b", "more": [1, 2]}, {"id": "d", "more": [3]}], "a/b": {"~": "t"}}
    answer = _calls(world, ["Core/echo", said, "0"], ["Core/echo", {"#x": _reference("0", "Core/echo", path)}, "1"])
    assert answer["methodResponses"][1] == ["Core/echo", {"x": expected}, "1"]


@pytest.mark.parametrize(
    "reference",
    [
        _reference("none", "Core/echo", "/x"), _reference("0", "Core/Echo", "/x"), _reference("1", "Core/echo", "/x"),
        _reference("e", "error", "/no"), *(_reference("0", "Core/echo", path) for path in NOWHERE),
        {"resultOf": "0", "name": "Core/echo"}, {**_reference("0", "Core/echo", "/x"), "more": 1}, "x", None, [],
        {"resultOf": 0, "name": "Core/echo", "path": "/x"}, {"resultOf": "0", "name": "Core/echo", "path": 1},
    ],
)  # fmt: skip
def test_a_reference_to_nothing_refuses_its_call(world: World, reference: Any) -> None:
    answer = _calls(
        world,
        ["Core/echo", {"x": "1", "l": []}, "0"], ["Nothing/get", {}, "e"], ["Core/echo", {"#x": reference}, "1"],
    )  # fmt: skip
    name, said, _ = answer["methodResponses"][2]
    assert (name, said["type"]) == ("error", "invalidResultReference")


def test_an_argument_may_not_be_there_and_referred_to(world: World) -> None:
    account = world.home.patient.account
    ids = _reference("q", "SealedMessage/query", "/ids")
    answer = _calls(
        world,
        ["SealedMessage/query", {"accountId": account}, "q"],
        ["SealedMessage/get", {"accountId": account, "ids": [], "#ids": ids}, "g"],
    )
    name, said, _ = answer["methodResponses"][1]
    assert (name, said["type"]) == ("error", "invalidArguments")


def test_what_a_reference_gives_is_checked_like_an_argument(world: World) -> None:
    account = world.home.patient.account
    answer = _calls(
        world,
        ["Core/echo", {"x": 7}, "0"],
        ["SealedMessage/get", {"accountId": account, "#ids": _reference("0", "Core/echo", "/x")}, "1"],
        ["SealedMessage/get", {"#accountId": _reference("0", "Core/echo", "/x")}, "2"],
    )
    assert [said["type"] for _, said, _ in answer["methodResponses"][1:]] == ["invalidArguments"] * 2
