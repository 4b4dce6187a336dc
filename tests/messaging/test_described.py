"""What the relay says of itself to machines: whole, exact, and the same by door and by `pli schema`."""

import json
import re
import subprocess
import sys
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31
from typer.testing import CliRunner

from clients.cli.schema import app as schema_command
from messaging.wire import names
from messaging.wire.described import refusals, schemas
from messaging.wire.described.asyncapi import asyncapi
from messaging.wire.described.door import Door
from messaging.wire.described.door import refusals as refusals_of
from messaging.wire.described.doors import DOORS
from messaging.wire.described.objects import SETTABLE
from messaging.wire.described.openapi import openapi, operation_id
from messaging.wire.errors import TABLE
from messaging.wire.methods import METHODS, PushSetDone, SetDone
from messaging.wire.types import Wire
from tests.messaging.doors import Visitor
from tests.relays import ROOT

BLOB, ACCOUNT = "b" + "0" * 64, "a" + "2" * 26
EXAMPLES = {
    "accountId": ACCOUNT, "blobId": BLOB, "name": "PublicKey", "level": "0", "number": "000", "width": "3",
}  # fmt: skip
TYPES = [method.partition("/")[0] for method in METHODS if method.endswith("/get") and method != "Blob/get"]


def _path(door: Door) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: EXAMPLES[match[1]], door.path)


def _structs(kind: type[Any] = Wire) -> set[type[Any]]:
    return {found for sub in kind.__subclasses__() for found in (sub, *_structs(sub))}


# The doors ----------------------------------------------------------------------------------------------------


def test_every_door_of_the_relay_is_described_and_no_other(relay: Any) -> None:
    routes = relay._front.routes
    described = {door.path for door in DOORS if "{" not in door.path} - {"/"}
    assert routes.exact.keys() == described


def test_every_pattern_of_the_relay_is_one_of_the_descriptions(relay: Any) -> None:
    templates = {_path(door): door.name for door in DOORS if "{" in door.path}
    opened = [[pattern(path) for path in templates] for pattern in relay._front.routes.patterns]
    named = [{match[0].name for match in matches if match} for matches in opened]
    assert all(len(found) == 1 for found in named)
    assert set.union(*named) == set(templates.values())


def test_a_door_is_described_as_it_is(relay: Any) -> None:
    for door in DOORS:
        if door.name == "static":
            continue
        route, _ = relay._front.routes.find(door.methods[0], _path(door))
        assert (route.name, route.methods) == (door.name, door.methods)
        said = (route.bearer, route.greets, route.loopback)
        assert said == (door.who == "bearer", door.who == "either", door.who == "operator")
        assert route.json == (door.takes not in (None, "bytes", "form"))
        assert (route.limit > 0) == (door.takes is not None or door.name == "logout")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "GET", "POST"])
async def test_a_method_that_is_not_described_is_not_allowed(visitor: Visitor, method: str) -> None:
    for door in DOORS:
        if door.name == "static" or method in door.methods:
            continue
        heard = await visitor.ask(method, _path(door))
        assert (heard.status, heard.headers["allow"]) == (405, ", ".join(door.methods))
        assert heard.json["type"].endswith("/notAllowed")


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
def test_a_door_refuses_only_what_the_table_of_refusals_has(door: Door) -> None:
    assert set(refusals_of(door)) <= TABLE.keys()
    assert len({answer.status for answer in door.answers}) == len(door.answers)


def test_the_openapi_description_is_one() -> None:
    assert [str(error) for error in jsonschema_rs.validator_for(OPENAPI_31).iter_errors(openapi())] == []
    named = [operation_id(door, method) for door in DOORS for method in door.methods]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("said", [openapi(), asyncapi("https://relay.example")], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere(said: dict[str, Any]) -> None:
    for pointer in set(re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(said).decode())):
        found: Any = said
        for step in pointer.split("/"):
            found = found[step]
        assert found


# The schemas ----------------------------------------------------------------------------------------------------


def test_every_struct_of_the_wire_has_a_schema(relay: Any) -> None:  # noqa: ARG001 - it loads all of them
    plain = {kind.__name__ for kind in _structs() if not getattr(kind, "__parameters__", ())}
    assert {name for name in plain if name not in schemas.schemas()} == set()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_arguments_and_an_answer(method: str) -> None:
    said = schemas.schemas()
    assert {schemas.arguments_name(method), schemas.answer_name(method)} <= said.keys()
    name, _, verb = method.partition("/")
    assert (METHODS[method].answer in (SetDone, PushSetDone)) == (name in SETTABLE and verb == "set")


@pytest.mark.parametrize("name", TABLE)
def test_every_refusal_is_described_at_both_levels(name: str) -> None:
    said = schemas.schemas()
    assert said[refusals.problem_name(name)]["properties"]["status"] == {"const": TABLE[name].status}
    assert said[refusals.error_name(name)]["properties"]["type"] == {"const": name}


@pytest.mark.parametrize("name", schemas.schemas())
def test_a_schema_stands_alone_and_is_exact(name: str) -> None:
    whole = schemas.document(name)
    jsonschema_rs.meta.validate(whole)
    jsonschema_rs.Draft202012Validator(whole)
    for one in (whole, *whole.get("$defs", {}).values()):
        if "properties" in one:
            assert one["additionalProperties"] is False


@pytest.mark.parametrize("name", TYPES)
def test_a_type_refuses_a_member_that_it_has_not(name: str) -> None:
    properties = schemas.schemas()[f"{name}.get.shown"]["properties"]
    wanted = jsonschema_rs.Draft202012Validator(schemas.document(f"{name}.get.shown"))
    assert not wanted.is_valid({"subject": "x"})
    assert properties.keys() == schemas.schemas()[name]["properties"].keys()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("accountId", "a" + "1" * 26), ("accountId", ACCOUNT + "\n"), ("accountId", ACCOUNT[:-1]), ("accountId", None),
        ("accountId", "k" + "2" * 26),
    ],
)  # fmt: skip
def test_an_id_has_one_form(name: str, wrong: Any) -> None:
    said = jsonschema_rs.Draft202012Validator(schemas.document("SealedMessage.get.arguments"))
    assert said.is_valid({name: ACCOUNT})
    assert not said.is_valid({name: wrong})


def test_a_letter_is_described_as_its_sender_makes_it() -> None:
    said = jsonschema_rs.Draft202012Validator(schemas.document("SealedMessage.set.arguments"))
    to = [{"account": ACCOUNT, "keyId": "k" + "2" * 26}]
    good = {"clientId": "A" * 22, "to": to, "sealed": "AAAA"}
    assert said.is_valid({"accountId": ACCOUNT, "create": {"l": good}})
    bad: list[dict[str, Any]] = [
        {"subject": "x"}, {"to": []}, {"clientId": "A" * 21}, {"sealed": "+/=="}, {"blobIds": ["b"]},
    ]  # fmt: skip
    for wrong in bad:
        assert not said.is_valid({"accountId": ACCOUNT, "create": {"l": good | wrong}})
    assert not said.is_valid({"accountId": ACCOUNT, "update": {"m" + "2" * 26: {"sealed": "AAAA"}}})


def test_a_request_may_refer_to_earlier_results() -> None:
    said = jsonschema_rs.Draft202012Validator(schemas.document("ApiRequest"))
    reference = {"resultOf": "q", "name": "SealedMessage/query", "path": "/ids"}

    def valid(arguments: dict[str, Any]) -> bool:
        return bool(said.is_valid({"using": [names.CORE], "methodCalls": [["SealedMessage/get", arguments, "c"]]}))

    assert valid({"accountId": ACCOUNT, "#ids": reference})
    assert not valid({"accountId": ACCOUNT, "#subjects": reference})
    assert not valid({"accountId": ACCOUNT, "#ids": reference | {"more": 1}})
    assert not valid({"accountId": ACCOUNT, "subject": "x"})


# The doors that say it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [names.OPENAPI, names.ASYNCAPI, names.SCHEMAS, names.CATALOG, "/schemas/Tokens.json"])
async def test_anyone_may_read_and_keep_a_description(visitor: Visitor, path: str) -> None:
    first = await visitor.ask("GET", path)
    assert (first.status, first.headers["cache-control"]) == (200, "public, max-age=3600")
    kept = await visitor.ask("GET", path, If_None_Match=first.headers["etag"])
    assert (kept.status, kept.body) == (304, b"")
    assert (await visitor.ask("GET", path, If_None_Match='"0000000000000000"')).body == first.body


@pytest.mark.parametrize(
    "path",
    ["/schemas/Nothing2.json", "/schemas/.json", "/schemas/Tokens", "/schemas/Tokens.json/", "/schemas",
     "/schemas/../openapi.json", "/schemas/%54okens.json"],
)  # fmt: skip
async def test_a_schema_that_is_not_there_is_not_found(visitor: Visitor, path: str) -> None:
    assert (await visitor.ask("GET", path)).status == 404


async def test_the_index_names_every_schema_and_each_is_there(visitor: Visitor) -> None:
    index = (await visitor.ask("GET", names.SCHEMAS)).json["schemas"]
    assert index.keys() == schemas.schemas().keys()
    for name in ("SealedMessage", "PublicKey.get.answer", "problem.tooLarge"):
        assert (await visitor.ask("GET", index[name])).json == schemas.document(name)


async def test_the_catalogue_leads_to_the_descriptions(visitor: Visitor) -> None:
    (api,) = (await visitor.ask("GET", names.CATALOG)).json["linkset"]
    linked = [link["href"] for link in (*api["service-desc"], *api["describedby"])]
    assert [(await visitor.ask("GET", path)).status for path in linked] == [200, 200, 200]


async def test_the_events_are_described_for_this_relay(visitor: Visitor) -> None:
    said = (await visitor.ask("GET", names.ASYNCAPI)).json
    assert said["servers"]["relay"] | {"security": []} == {
        "host": visitor.origin.removeprefix("http://"), "protocol": "http", "security": [],
    }  # fmt: skip


# `pli schema` -------------------------------------------------------------------------------------------------


def _printed(*words: str) -> Any:
    return CliRunner().invoke(schema_command, words)


def test_the_command_prints_what_the_relay_serves() -> None:
    assert json.loads(_printed("openapi").stdout) == openapi()
    assert json.loads(_printed("asyncapi", "--relay", "https://r.example").stdout) == asyncapi("https://r.example")
    assert json.loads(_printed("SealedMessage").stdout) == schemas.document("SealedMessage")
    assert _printed().stdout.split() == list(schemas.schemas())


def test_a_schema_that_is_not_there_is_a_usage_error() -> None:
    command = [sys.executable, "-m", "pli", "schema", "Nothing2"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (said.returncode, said.stdout) == (2, "")
    assert "Nothing2" in said.stderr
