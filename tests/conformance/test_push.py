"""RFC 8620, section 7.3: the event stream. What travels is held against the AsyncAPI description."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jsonschema_rs
import pytest

from messaging.wire import names
from tests.conformance.household import Actor
from tests.conformance.world import World

EVENTS = names.EVENTS.partition("?")[0]


@dataclass
class Stream:
    """An open stream; `event` waits for the next one."""

    world: World
    answer: http.client.HTTPResponse

    def event(self) -> tuple[str, str, Any]:
        """(kind, id, data), of which the data is as described."""
        said: dict[str, str] = {}
        while line := self.answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            said[name] = value
        if "event" not in said:
            return self.event() if said else ("end", "", None)
        data = json.loads(said["data"])
        self._described[said["event"]].validate(data)
        return said["event"], said.get("id", ""), data

    @cached_property
    def _described(self) -> dict[str, Any]:
        document = self.world.site.ask("GET", names.ASYNCAPI).json
        parts = document["components"]
        return {
            name: jsonschema_rs.Draft202012Validator({**message["payload"], "components": parts})
            for name, message in parts["messages"].items()
        }


@contextlib.contextmanager
def _listen(world: World, query: str = "", who: Actor | None = None, **headers: str) -> Iterator[Stream]:
    connection = world.site.connect()
    sent = {"Authorization": f"Bearer {(who or world.home.patient).token}"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", EVENTS + query, headers=sent)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Type")) == (200, "text/event-stream")
    try:
        yield Stream(world, answer)
    finally:
        answer.close()
        connection.close()


def _change(world: World) -> str:
    id_, patch = world.kinds["SealedState"].update()  # type: ignore[misc]  # it has update
    return str(world.good("SealedState", "set", update={id_: patch})["newState"])


def test_a_change_is_told_with_its_new_state(world: World) -> None:
    with _listen(world, "?types=SealedState") as stream:
        account = world.home.patient.account
        state = world.good("SealedState", "get", ids=[])["state"]
        made = _change(world)
        said = [stream.event() for _ in range(2)]
    assert [data["@type"] for _, _, data in said] == ["StateChange"] * 2
    assert said[-1][2]["changed"] == {account: {"SealedState": made}}
    assert said[-1][1] == made
    assert int(made) > int(state)


def test_only_the_types_asked_for_are_told(world: World) -> None:
    with _listen(world, "?types=Contact,SealedState") as stream:
        world.kinds["SealedMessage"].make()  # type: ignore[misc]  # it has make
        _change(world)
        kind, _, data = stream.event()
    assert kind == "state"
    assert data["changed"][world.home.patient.account].keys() == {"SealedState"}


def test_close_after_state_ends_the_stream_with_the_first_event(world: World) -> None:
    with _listen(world, "?types=*&closeafter=state&ping=0") as stream:
        _change(world)
        assert stream.event()[0] == "state"
        assert stream.event()[0] == "end"


def test_a_ping_comes_when_nothing_else_does(world: World) -> None:
    with _listen(world, "?ping=1&types=Nothing") as stream:
        assert stream.event() == ("ping", "", {"interval": 1})


def test_a_stream_resumes_with_what_changed_meanwhile(world: World) -> None:
    before = world.good("SealedState", "get", ids=[])["state"]
    state = _change(world)
    with _listen(world, "?types=SealedState", Last_Event_ID=before) as stream:
        _, id_, data = stream.event()
    assert data["changed"] == {world.home.patient.account: {"SealedState": state}}
    assert int(id_) >= int(state)


def test_whoever_acts_for_an_account_hears_of_it_too(world: World) -> None:
    with _listen(world, "?types=SealedState", who=world.home.carer) as stream:
        _change(world)
        assert stream.event()[2]["changed"].keys() == {world.home.patient.account}


@pytest.mark.parametrize("ping", ["x", "-1", "1.5", "9999999", "٣"])
def test_a_ping_that_is_no_number_is_refused(world: World, ping: str) -> None:
    heard = world.site.ask("GET", f"{EVENTS}?ping={ping.encode().hex('%') if not ping.isascii() else ping}",
                           token=world.home.patient.token)  # fmt: skip
    assert (heard.status, heard.json["type"].rpartition("/")[2]) == (400, "invalidArguments")


def test_nobody_listens_without_a_token(world: World) -> None:
    assert world.site.ask("GET", EVENTS).status == 401
    assert world.site.ask("POST", EVENTS, {}, world.home.patient.token).status == 405
