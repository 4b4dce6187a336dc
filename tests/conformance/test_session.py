"""RFC 8620, section 2: the session object, for each kind of log-in; and how the descriptions are found from it."""

from dataclasses import replace
from typing import Any

import pytest

from messaging.wire import limits, names
from tests.conformance.household import Actor, new_patient
from tests.conformance.world import World

# Extensions that docs/spec/protocol.md does not claim: whoever offers one describes it there and tests it here.
NOT_CLAIMED = ("urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:submission")


def _session(world: World, who: Actor) -> Any:
    heard = world.site.ask("GET", names.WELL_KNOWN, token=who.token)
    assert heard.status == 200
    return heard.json


def test_nobody_gets_a_session_without_a_token(world: World) -> None:
    for token in ("", "x", world.home.patient.token[:-1]):
        heard = world.site.ask("GET", names.WELL_KNOWN, token=token)
        assert (heard.status, heard.headers["www-authenticate"]) == (401, "Bearer")


def test_the_session_names_account_and_limits(world: World) -> None:
    session = _session(world, world.home.patient)
    account = world.home.patient.account
    assert session["username"] == account
    assert session["accounts"].keys() == {account}
    assert session["accounts"][account]["isPersonal"] is True
    core = session["capabilities"][names.CORE]
    assert (core["maxCallsInRequest"], core["maxSizeRequest"]) == (32, limits.MAX_SIZE_REQUEST)
    assert set(session["primaryAccounts"].values()) == {account}
    assert session["primaryAccounts"].keys() == session["capabilities"].keys() - {names.CORE, names.VAPID}
    assert len(session["capabilities"][names.VAPID]["applicationServerKey"]) == 87  # RFC 9749


def test_every_capability_of_an_account_is_one_of_the_session(world: World) -> None:
    for who in (world.home.patient, world.home.carer, world.home.bridge, world.home.station):
        session = _session(world, who)
        offered = session["capabilities"].keys() - {names.CORE, names.VAPID}
        assert all(account["accountCapabilities"].keys() == offered for account in session["accounts"].values())


@pytest.mark.parametrize("capability", NOT_CLAIMED)
def test_an_extension_that_is_not_there_is_not_offered(world: World, capability: str) -> None:
    assert capability not in _session(world, world.home.patient)["capabilities"]
    asked = {"using": [names.CORE, capability], "methodCalls": []}
    heard = world.site.ask("POST", names.API, asked, world.home.patient.token)
    assert heard.json["type"] == "urn:ietf:params:jmap:error:unknownCapability"


def test_the_urls_are_templates_with_their_variables(world: World) -> None:
    session = _session(world, world.home.patient)
    wanted = {
        "apiUrl": (), "uploadUrl": ("{accountId}",), "downloadUrl": ("{accountId}", "{blobId}", "{name}", "{type}"),
        "eventSourceUrl": ("{types}", "{closeafter}", "{ping}"),
    }  # fmt: skip
    for url, variables in wanted.items():
        assert session[url].startswith(world.site.origin + "/")
        assert all(session[url].count(variable) == 1 for variable in variables)


def test_the_session_is_kept_by_no_cache_and_links_the_descriptions(world: World) -> None:
    heard = world.site.ask("GET", names.WELL_KNOWN, token=world.home.patient.token)
    assert heard.headers["cache-control"] == "no-store"
    assert f'<{names.OPENAPI}>; rel="service-desc"' in heard.headers["link"]


def test_whoever_acts_for_others_sees_their_accounts_too(world: World) -> None:
    session = _session(world, world.home.carer)
    personal = {account: said["isPersonal"] for account, said in session["accounts"].items()}
    assert personal == {world.home.carer.account: True, world.home.patient.account: False}
    managed = _session(world, world.home.bridge)["accounts"]
    assert managed.keys() == {world.home.bridge.account, world.home.doctor.account}


def test_only_a_bridge_is_offered_what_is_for_bridges(world: World) -> None:
    offered = {who: names.BRIDGE in _session(world, getattr(world.home, who))["capabilities"] for who in
               ("patient", "carer", "station", "bridge")}  # fmt: skip
    assert offered == {"patient": False, "carer": False, "station": False, "bridge": True}


def test_the_state_is_that_of_every_answer_and_changes_with_the_session(world: World) -> None:
    held = new_patient(world.site, world.home.station, "held")
    delegate = new_patient(world.site, world.home.station, "delegate")
    before = _session(world, delegate)["state"]
    echo = {"using": [names.CORE], "methodCalls": []}
    assert world.site.ask("POST", names.API, echo, delegate.token).json["sessionState"] == before
    world.ask(replace(held), "Delegation/set", create={"d": {"delegate": delegate.account}})
    after = _session(world, delegate)["state"]
    assert world.site.ask("POST", names.API, echo, delegate.token).json["sessionState"] == after != before
