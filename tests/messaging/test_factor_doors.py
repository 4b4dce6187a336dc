"""The doors of factors, recovery and pairing over a real loopback site; and streams that end with the right to read."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from crypto.encoding import b64u
from crypto.pairing import new_pairing
from messaging.relay.moments import date_text, stamp
from messaging.relay.turn import Caller
from messaging.wire import names
from messaging.wire.codec import encode
from tests.messaging.desk import Desk, MovedClock, box
from tests.messaging.doors import Visitor
from tests.messaging.household import Member, adopting, change, confirmation, member, recovering
from tests.messaging.test_doors import Listener, listen
from tests.relays import relay_in_process


class Street:
    """A running relay whose rules a test also asks directly, as a desk does, with one clock for both."""

    def __init__(self, relay: Any, clock: MovedClock) -> None:
        self.visitor, self.relay = Visitor(relay), relay
        self.desk = _desk(relay, clock)

    async def member(self, login: str) -> Member:
        return await asyncio.to_thread(member, self.desk, login)

    async def post(self, path: str, body: Any, who: Member | None = None, **headers: str) -> Any:
        token = "" if who is None else who.issued.tokens.access_token
        return await self.visitor.ask("POST", path, body, token, **headers)

    async def call(self, who: Member, name: str, account: str = "", **given: Any) -> Any:
        token = who.issued.tokens.access_token
        answer = await self.visitor.call(token, name, accountId=account or who.account, **given)
        return answer.json["methodResponses"][0][1]

    async def listen(self, who: Member) -> Listener:
        return await listen(self.visitor, who.issued.tokens.access_token)


def _desk(relay: Any, clock: MovedClock) -> Desk:
    desk = Desk(relay.service.store)
    desk.clock, desk.house = clock, relay.service.house
    return desk


@pytest_asyncio.fixture
async def street(tmp_path: Path) -> Any:
    clock = MovedClock()
    async with relay_in_process(tmp_path, clock) as relay:
        yield Street(relay, clock)


def said(request: Any) -> Any:
    return msgspec.json.decode(encode(request))


async def pair(street: Street) -> tuple[Member, Member]:
    held, carer = await street.member("held"), await street.member("carer")
    street.desk.clock.move(seconds=-90)
    await street.call(held, "Delegation/set", create={"d": {"delegate": carer.account}})
    return held, carer


async def test_factors_change_at_their_door(street: Street) -> None:
    who = await street.member("camille")
    answer = await street.post(names.FACTORS, change(street.desk, of=who.account).request, who)
    assert (answer.status, answer.json) == (200, {"version": 3})
    again = await street.post(names.FACTORS, {"box": box(3), "endOthers": False, "methods": {}, "newKeys": None,
        "totp": None}, who)  # fmt: skip
    assert (again.status, again.json["type"]) == (409, "https://pli.example/problems/stateMismatch")


async def test_an_unconfirmed_device_is_told_to_confirm_and_does(street: Street) -> None:
    who = await street.member("camille")
    street.desk.clock.move(minutes=10)
    refused = await street.post(names.FACTORS, change(street.desk, of=who.account).request, who)
    assert (refused.status, refused.json["type"]) == (403, "https://pli.example/problems/confirmFirst")
    confirmed = await street.post(names.CONFIRM, confirmation(street.desk, who), who)
    assert (confirmed.status, list(confirmed.json)) == (200, ["confirmedUntil"])
    assert (await street.post(names.FACTORS, change(street.desk, of=who.account).request, who)).status == 200


@pytest.mark.parametrize("account", ["x", "a" * 27, "%ff"])
async def test_an_account_that_is_not_ones_own_is_not_found(street: Street, account: str) -> None:
    who = await street.member("camille")
    answer = await street.post(f"{names.FACTORS}?account={account}", change(street.desk, of=who.account).request, who)
    assert answer.status == 404


async def test_a_carer_changes_the_adopted_account_at_the_same_door(street: Street) -> None:
    carer = await street.member("carer")
    child = await asyncio.to_thread(street.desk.patient, "child")
    street.desk.clock.move(seconds=-90)
    await street.post(names.ADOPT, await asyncio.to_thread(adopting, street.desk, child), carer)
    asked = change(street.desk, of=child.account).request
    answer = await street.post(f"{names.FACTORS}?account={child.account}", asked, carer)
    assert (answer.status, answer.json) == (200, {"version": 3})


async def test_a_delegate_is_forbidden_to_change_the_account_of_who_has_a_password(street: Street) -> None:
    held, carer = await pair(street)
    asked = change(street.desk, of=held.account).request
    answer = await street.post(f"{names.FACTORS}?account={held.account}", asked, carer)
    assert (answer.status, answer.json["type"]) == (403, "https://pli.example/problems/forbidden")


async def test_recovery_gives_tokens_that_open_the_session(street: Street) -> None:
    who = await street.member("camille")
    request = await asyncio.to_thread(recovering, street.desk, who)
    answer = await street.post(names.RECOVER, request)
    assert answer.status == 200
    assert answer.json.keys() == {"accessToken", "account", "expiresIn", "refreshToken"}
    session = await street.visitor.ask("GET", names.WELL_KNOWN, None, answer.json["accessToken"])
    assert session.json["username"] == who.account
    assert (await street.post(names.RECOVER, request)).status == 401


async def test_recovery_in_a_browser_sets_the_cookie(street: Street) -> None:
    who = await street.member("camille")
    request = await asyncio.to_thread(recovering, street.desk, who, cookie=True)
    answer = await street.post(names.RECOVER, request)
    assert answer.headers["set-cookie"].startswith("__Host-pli=")
    assert "refreshToken" not in answer.json


async def test_an_adoption_is_listed_and_read_on_an_open_stream(street: Street) -> None:
    carer = await street.member("carer")
    child = await asyncio.to_thread(street.desk.patient, "child")
    street.desk.clock.move(seconds=-90)
    stream = await street.listen(carer)
    request = await asyncio.to_thread(adopting, street.desk, child)
    answer = await street.post(names.ADOPT, request, carer)
    assert answer.json == {"account": child.account}
    assert f'"{child.account}":{{' in await stream.event()
    await street.call(carer, "KeyBox/set", child.account, update={"box": {"version": 3, "box": box(3)}})
    assert f'"{child.account}":{{"KeyBox":"3"}}' in await stream.event()
    stream.writer.close()


async def test_a_pairing_goes_through_all_its_doors(street: Street) -> None:
    who = await street.member("camille")
    street.desk.clock.move(seconds=-90)
    pairing = new_pairing()
    from crypto.code import code_text

    code = code_text(pairing.code)
    begun = (await street.post(names.PAIRING_BEGIN, {"key": b64u(pairing.seed.public().raw)})).json
    assert begun["expiresIn"] == 300
    found = await street.post(names.PAIRING_FIND, {"pairing": code}, who)
    since = date_text(stamp(street.desk.clock.now()))
    assert found.json == {"key": b64u(pairing.seed.public().raw), "network": "127.0.0.1", "since": since}
    for path in (names.PAIRING_HELLO, names.PAIRING_GRANT):
        assert (await street.post(path, {"pairing": code, "sealed": "AAAA"}, who)).json == {}
    seen = await street.post(names.PAIRING_POLL, {"claim": begun["claim"]})
    assert seen.json == {"hello": "AAAA", "grant": "AAAA"}
    taken = await street.post(names.PAIRING_CLAIM, {"claim": begun["claim"], "cookie": True, "trustDevice": True})
    assert taken.json.keys() == {"accessToken", "account", "expiresIn", "trustToken"}
    assert "__Host-pli=" in taken.headers["set-cookie"]
    assert (await street.post(names.PAIRING_POLL, {"claim": begun["claim"]})).status == 404
    assert (await street.post(names.PAIRING_END, {"claim": begun["claim"]})).json == {}


async def test_a_pairing_ends_by_its_code_with_a_token_alone(street: Street) -> None:
    who = await street.member("camille")
    street.desk.clock.move(seconds=-90)
    pairing = new_pairing()
    from crypto.code import code_text

    said = {"pairing": code_text(pairing.code)}
    begun = (await street.post(names.PAIRING_BEGIN, {"key": b64u(pairing.seed.public().raw)})).json
    stranger = await street.post(names.PAIRING_END, said)
    forged = await street.visitor.ask("POST", names.PAIRING_END, said, "no token of ours")
    assert (stranger.status, forged.status) == (401, 401)
    assert (await street.post(names.PAIRING_POLL, {"claim": begun["claim"]})).status == 200
    assert (await street.post(names.PAIRING_END, said, who)).json == {}
    assert (await street.post(names.PAIRING_POLL, {"claim": begun["claim"]})).status == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [(names.PAIRING_BEGIN, {"key": "AAAA"}), (names.PAIRING_BEGIN, {}), (names.PAIRING_POLL, {"claim": 5}),
     (names.PAIRING_POLL, {"claim": "x", "more": 1}), (names.PAIRING_CLAIM, {}),
     (names.PAIRING_END, {"pairing": "I" * 27}), (names.RECOVER, {"ticket": "x"}),
     (names.PAIRING_CLAIM, {"claim": "x", "device": {}})],
)  # fmt: skip
async def test_a_body_of_another_shape_is_refused(street: Street, path: str, body: Any) -> None:
    assert (await street.post(path, body)).status == 400


@pytest.mark.parametrize("path", [names.FACTORS, names.CONFIRM, names.ADOPT, names.PAIRING_FIND, names.PAIRING_HELLO])
async def test_a_body_of_another_shape_is_refused_to_who_is_logged_in(street: Street, path: str) -> None:
    who = await street.member("camille")
    bodies: list[Any] = [{}, {"unknown": 1}, []]
    for body in bodies:
        assert (await street.post(path, body, who)).status == 400


async def test_a_destroyed_device_loses_its_stream_and_its_token_at_once(street: Street) -> None:
    who = await street.member("camille")
    stream = await street.listen(who)
    second = await _second_device(street, who)
    await street.call(second, "Device/set", destroy=[who.caller.device])
    assert await stream.event() == ""
    answer = await street.visitor.ask("GET", names.WELL_KNOWN, None, who.issued.tokens.access_token)
    assert answer.status == 401
    assert (await street.visitor.ask("GET", names.WELL_KNOWN, None, second.issued.tokens.access_token)).status == 200


@pytest.mark.parametrize("side", ["held", "carer"])
async def test_an_ended_delegation_cuts_the_delegates_stream_and_leaves_the_owners(street: Street, side: str) -> None:
    held, carer = await pair(street)
    owners, carers = await street.listen(held), await street.listen(carer)
    (found,) = (await street.call(carer, "Delegation/get", ids=None))["list"]
    await street.call(held if side == "held" else carer, "Delegation/set", destroy=[found["id"]])
    assert await carers.event() == ""
    assert '"Delegation":"0"' in await owners.event()
    again = await street.listen(carer)
    answer = await street.call(carer, "KeyBox/get", held.account, ids=None)
    assert answer["type"] == "accountNotFound"
    await street.call(held, "KeyBox/set", update={"box": {"version": 3, "box": box(3)}})
    await street.call(carer, "KeyBox/set", update={"box": {"version": 3, "box": box(3)}})
    event = await again.event()
    assert held.account not in event
    assert carer.account in event
    for stream in (owners, again):
        stream.writer.close()


async def test_a_right_that_ends_while_a_stream_opens_is_not_in_it(street: Street) -> None:
    held, carer = await pair(street)
    (found,) = (await street.call(carer, "Delegation/get", ids=None))["list"]
    service, asked = street.relay.service, asyncio.Event()
    before = service.ask

    async def slow(asking: Any, caller: Caller) -> Any:
        answer = await before(asking, caller)
        if type(asking).__name__ == "AskStates" and not asked.is_set():
            asked.set()
            await street.call(held, "Delegation/set", destroy=[found["id"]])
        return answer

    service.ask = slow
    stream = await street.listen(carer)
    assert asked.is_set()
    assert {len(accounts) for accounts in service.wake._all.values()} == {1}
    stream.writer.close()


async def test_a_closed_account_is_out_within_five_seconds_whoever_closed_it(street: Street) -> None:
    from messaging.relay.closing import close
    from messaging.relay.turn import Turn

    who = await street.member("camille")
    stream = await street.listen(who)
    service = street.relay.service
    # As the operator's command does: another process, which cannot tell this one.
    await asyncio.to_thread(
        service.store.write, lambda tx: close(Turn(tx, service.house, Caller(), street.desk.clock.now()), who.account)
    )
    async with asyncio.timeout(5):
        assert await stream.event() == ""
    assert (await street.visitor.ask("GET", names.WELL_KNOWN, None, who.issued.tokens.access_token)).status == 401


async def _second_device(street: Street, who: Member) -> Member:
    from dataclasses import replace

    from tests.messaging.household import code_log_in

    issued = await asyncio.to_thread(code_log_in, street.desk, who)
    return replace(who, issued=issued)
