"""schemathesis over all doors of a running relay, as two users and as nobody: no server error, nothing undescribed.

The same examples each time: derandomised, without a database. What no stranger's bytes reach (signatures, tickets) is
reached by tests/conformance, whose every answer is held against the same description.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from messaging.wire import names
from messaging.wire.described.doors import DOORS
from tests.conformance.documented import Documented
from tests.conformance.household import Actor, new_patient
from tests.conformance.world import World

pytestmark = pytest.mark.live

EXAMPLES = 6  # of each kind, for each door and actor
CALLS = 40  # the same for method calls, which are many doors in one
OUTSIDE = 2  # and where nobody asks at a door that is closed to all without a token
SECONDS = 10
EVENTS = names.EVENTS.partition("?")[0]
CLOSED = {door.path for door in DOORS if door.who == "bearer"}
OPERATIONS = [(method, door.path) for door in DOORS for method in door.methods]
CHECKED = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """People and letters in a relay of their own."""
    with World.opened(tmp_path_factory.mktemp("schemathesis")) as opened:
        yield opened


@pytest.fixture(scope="module")
def schema(world: World) -> Any:
    """The description that the relay serves."""
    return schemathesis.openapi.from_url(world.site.origin + names.OPENAPI)


@pytest.fixture(scope="module")
def wire() -> Iterator[requests.Session]:
    """Connections that stay open."""
    with requests.Session() as session:
        yield session


@pytest.mark.parametrize("who", ["nobody", "patient", "carer"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_nothing_is_answered_that_is_not_described(
    world: World, schema: Any, wire: requests.Session, who: str, method: str, path: str
) -> None:
    actor = _actor(world, who, path)
    operation, blob = schema[path][method], _blob(world)
    for mode in GenerationMode:

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=_examples(who, path), derandomize=True, database=None, deadline=None, phases=[Phase.generate],
            verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def try_it(case: Case[Any]) -> None:
            _as_if_known(case, world.home.patient.account, blob)
            _try(case, wire, {"Authorization": f"Bearer {actor.token}"} if actor else {}, world.site.documented)

        with contextlib.suppress(Unsatisfiable):  # a door that takes nothing cannot be given what it does not take
            try_it()


def test_a_relay_that_was_tried_like_that_still_serves(world: World) -> None:
    assert world.good("SealedMessage", "query")["ids"]


def _actor(world: World, who: str, path: str) -> Actor | None:
    if who == "nobody":
        return None
    if path == names.LOGOUT:
        return new_patient(world.site, world.home.station, "leaving" + who)
    return world.home.patient if who == "patient" else world.home.carer


def _examples(who: str, path: str) -> int:
    if who == "nobody" and path in CLOSED:
        return OUTSIDE
    return CALLS if path == names.API else EXAMPLES


def _blob(world: World) -> str:
    patient = world.home.patient
    heard = world.site.ask("POST", f"/jmap/upload/{patient.account}", b"sealed", patient.token)
    return str(heard.json["blobId"])


def _as_if_known(case: Case[Any], account: str, blob: str) -> None:
    # No stranger guesses an account or a blob: both are told, so that what lies behind them is tried too.
    known = {"accountId": account, "blobId": blob}
    case.path_parameters |= {name: known[name] for name in case.path_parameters or {} if name in known}
    calls = case.body.get("methodCalls") if isinstance(case.body, dict) else None
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, list) and len(call) > 1 and isinstance(call[1], dict) and "accountId" in call[1]:
            call[1]["accountId"] = account


def _try(case: Case[Any], wire: requests.Session, headers: dict[str, str], documented: Documented) -> None:
    if case.operation.path != EVENTS:
        heard = case.call_and_validate(session=wire, headers=headers, checks=CHECKED, timeout=SECONDS)
        # schemathesis forgives some members that a schema does not know; nothing that the relay says may be one.
        said = {name.lower(): values[0] for name, values in heard.headers.items()}
        documented.fits(case.operation.method.upper(), case.operation.path, heard.status_code, said, heard.content)
        return
    # A stream has no end to wait for: its head is looked at.
    asked = {name: str(value) for name, value in (case.query or {}).items()}
    place = case.operation.schema.get_base_url().rstrip("/") + EVENTS
    with wire.get(place, params=asked, headers=headers, stream=True, timeout=SECONDS) as head:
        answers = case.operation.definition.raw["responses"]
        assert head.headers["content-type"] in answers[str(head.status_code)]["content"]
