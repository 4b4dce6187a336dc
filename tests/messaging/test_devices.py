"""Devices: what their owner sees, what ends with them, and a refresh token's ten seconds of grace."""

from typing import Any

import pytest

from crypto.encoding import b64u
from messaging.relay.records import Account
from messaging.relay.relay import Renew
from messaging.wire.errors import Refusal
from messaging.wire.factors import NewMethods
from messaging.wire.limits import MAX_DEVICE_LABEL
from tests.messaging.desk import Desk, trusted
from tests.messaging.household import (
    Member,
    another_device,
    caller_of,
    change,
    code_log_in,
    delegate,
    living,
    member,
    reading,
    refusal,
)

LABEL = b64u(b"sealed")


def devices(desk: Desk, who: Member) -> list[Any]:
    return desk.one(who.caller, "Device/get", ids=None)["list"]  # type: ignore[no-any-return]  # JSON


def destroy(desk: Desk, who: Member, id_: str) -> dict[str, Any]:
    return desk.one(who.caller, "Device/set", destroy=[id_])  # type: ignore[no-any-return]  # JSON


def renew(desk: Desk, token: Any) -> Any:
    return desk.ask(Renew(str(token), cookie=False)).tokens.refresh_token


def test_devices_are_listed_oldest_first_with_the_current_one_marked(desk: Desk) -> None:
    who = member(desk)
    second = another_device(desk, who)
    listed = devices(desk, second)
    assert [(one["id"], one["current"]) for one in listed] == [
        (who.caller.device, False), (second.caller.device, True)
    ]  # fmt: skip
    assert (listed[0]["label"], listed[0]["lastSeen"]) == (None, "2026-03-01")
    assert listed[0].keys() == {"id", "current", "createdAt", "lastSeen", "expiresAt", "label"}


def test_a_device_is_seen_when_it_gets_tokens(desk: Desk) -> None:
    who = member(desk)
    desk.clock.move(days=3)
    renew(desk, who.issued.tokens.refresh_token)
    assert devices(desk, who)[0]["lastSeen"] == "2026-03-04"


def test_a_label_is_kept_as_it_is_for_any_device_of_the_account(desk: Desk) -> None:
    who = member(desk)
    second = another_device(desk, who)
    desk.one(second.caller, "Device/set", update={who.caller.device: {"label": LABEL}})
    assert [one["label"] for one in devices(desk, who)] == [LABEL, None]
    desk.one(second.caller, "Device/set", update={who.caller.device: {"label": None}})
    assert [one["label"] for one in devices(desk, who)] == [None, None]


@pytest.mark.parametrize(
    ("value", "name"),
    [({"label": "=="}, "invalidProperties"), ({"label": 5}, "invalidProperties"), ({}, "invalidProperties"),
     ({"label": ""}, "invalidProperties"), ({"label": LABEL, "current": True}, "invalidProperties"),
     ({"expiresAt": "2030-01-01T00:00:00Z"}, "invalidProperties"),
     ({"label": b64u(bytes(MAX_DEVICE_LABEL + 1))}, "tooLarge")],
)  # fmt: skip
def test_an_update_of_anything_else_is_refused(desk: Desk, value: dict[str, Any], name: str) -> None:
    who = member(desk)
    done = desk.one(who.caller, "Device/set", update={who.caller.device: value})
    assert done["notUpdated"][who.caller.device]["type"] == name
    assert devices(desk, who)[0]["label"] is None


def test_nobody_creates_a_device(desk: Desk) -> None:
    who = member(desk)
    assert desk.one(who.caller, "Device/set", create={"d": {}})["notCreated"]["d"]["type"] == "forbidden"


def test_a_destroyed_device_ends_with_its_tokens_and_trust(desk: Desk) -> None:
    who = member(desk)
    lost = code_log_in(desk, who, trust=True)
    device = caller_of(desk, lost).device
    assert destroy(desk, who, device)["destroyed"] == [device]
    assert desk.last is not None
    assert desk.last.ended == (device,)
    with pytest.raises(Refusal, match="unauthorized"):
        caller_of(desk, lost)
    with pytest.raises(Refusal, match="unauthorized"):
        renew(desk, lost.tokens.refresh_token)
    with pytest.raises(Refusal, match="mfaRequired"):
        desk.log_in(who.login, "password", who.password, device=trusted(str(lost.tokens.trust_token)))
    assert [one["id"] for one in devices(desk, who)] == [who.caller.device]


def test_destroying_one_leaves_the_trust_of_another(desk: Desk) -> None:
    who = member(desk)
    kept = str(code_log_in(desk, who, trust=True).tokens.trust_token)
    destroy(desk, who, who.caller.device)
    assert desk.log_in(who.login, "password", who.password, device=trusted(kept)).tokens.access_token


def test_a_device_may_destroy_itself(desk: Desk) -> None:
    who = member(desk)
    assert destroy(desk, who, who.caller.device)["destroyed"] == [who.caller.device]
    with pytest.raises(Refusal, match="unauthorized"):
        caller_of(desk, who.issued)


@pytest.mark.parametrize("which", ["unknown", "ended", "another's", "expired"])
def test_what_is_not_there_is_neither_updated_nor_destroyed(desk: Desk, which: str) -> None:
    who = another_device(desk, member(desk))
    other = member(desk, "other")
    ids = {"unknown": "d" + "a" * 26, "ended": living(desk, who.account)[0].id, "another's": other.caller.device}
    destroy(desk, who, ids["ended"])
    if which == "expired":
        desk.clock.move(days=31)
        ids["expired"] = who.caller.device
    done = desk.one(who.caller, "Device/set", destroy=[ids[which]], update={ids[which]: {"label": LABEL}})
    assert done["notDestroyed"][ids[which]]["type"] == "notFound"
    assert done["notUpdated"][ids[which]]["type"] == "notFound"
    assert desk.one(who.caller, "Device/get", ids=[ids[which]])["notFound"] == [ids[which]]


def test_devices_of_a_held_account_are_its_owners_alone(desk: Desk) -> None:
    held, carer = member(desk), member(desk, "carer")
    desk.clock.move(seconds=-90)
    delegate(desk, held, carer)
    for name, given in (("Device/get", {"ids": None}), ("Device/set", {"destroy": [held.caller.device]})):
        with pytest.raises(Refusal, match="accountNotSupportedByMethod"):
            desk.one(carer.caller, name, accountId=held.account, **given)
    assert len(living(desk, held.account)) == 1


def test_a_state_changes_with_the_devices_alone(desk: Desk) -> None:
    who = member(desk)
    states = [desk.one(who.caller, "Device/get", ids=[])["state"] for _ in range(2)]
    another_device(desk, who)
    assert states[0] == states[1] != desk.one(who.caller, "Device/get", ids=[])["state"]


def test_a_page_reloaded_while_it_refreshed_stays_logged_in(desk: Desk) -> None:
    who = member(desk)
    old = who.issued.tokens.refresh_token
    renew(desk, old)
    desk.clock.move(seconds=9)
    kept = renew(desk, old)
    desk.clock.move(minutes=15)
    assert renew(desk, kept)
    assert desk.last is not None
    assert desk.last.ended == ()


def test_a_refresh_token_used_after_its_grace_ends_the_device(desk: Desk) -> None:
    who = member(desk)
    old = who.issued.tokens.refresh_token
    new = renew(desk, old)
    desk.clock.move(seconds=10)
    assert refusal(desk, Renew(str(old), cookie=False)) == "unauthorized"
    assert desk.last is not None
    assert desk.last.ended == (who.caller.device,)
    assert refusal(desk, Renew(new, cookie=False)) == "unauthorized"


def test_the_grace_counts_from_the_first_use(desk: Desk) -> None:
    who = member(desk)
    old = who.issued.tokens.refresh_token
    renew(desk, old)
    desk.clock.move(seconds=6)
    renew(desk, old)
    desk.clock.move(seconds=6)
    assert refusal(desk, Renew(str(old), cookie=False)) == "unauthorized"
    assert living(desk, who.account) == []


def test_of_two_tokens_from_one_only_one_goes_on(desk: Desk) -> None:
    who = member(desk)
    old = who.issued.tokens.refresh_token
    mine, thiefs = renew(desk, old), renew(desk, old)
    desk.clock.move(minutes=15)
    renew(desk, thiefs)
    assert refusal(desk, Renew(mine, cookie=False)) == "unauthorized"
    assert living(desk, who.account) == []


def test_an_old_token_whose_follower_went_on_gets_nothing_and_ends_nothing_within_its_grace(desk: Desk) -> None:
    who = member(desk)
    old = who.issued.tokens.refresh_token
    newest = renew(desk, renew(desk, old))
    assert refusal(desk, Renew(str(old), cookie=False)) == "unauthorized"
    assert renew(desk, newest)


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_what_is_no_refresh_token_is_refused(desk: Desk, token: str) -> None:
    member(desk)
    assert refusal(desk, Renew(token, cookie=False)) == "unauthorized"


def test_closing_an_account_ends_all_that_lets_in(desk: Desk) -> None:
    from messaging.relay.closing import close

    held, carer, other = member(desk), member(desk, "carer"), member(desk, "other")
    desk.clock.move(seconds=-180)
    delegate(desk, held, carer)
    desk.ticket(held.login, "password", held.password)

    outcome = desk.store.write(lambda tx: _closing(desk, tx, held.account))

    assert (outcome.ended, outcome.parted) == ((held.caller.device,), ((carer.account, held.account),))
    with pytest.raises(Refusal, match="unauthorized"):
        caller_of(desk, held.issued)
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(held.login, "password", held.password)
    with pytest.raises(Refusal, match="accountNotFound"):
        desk.one(carer.caller, "KeyBox/get", accountId=held.account, ids=None)
    assert caller_of(desk, other.issued).account == other.account
    assert reading(desk, lambda turn: turn.tx.one(Account, held.account)).state == "closed"
    with pytest.raises(Refusal, match="notFound"):
        desk.store.write(lambda tx: close(_turn(desk, tx), "a" * 27))


def test_a_closed_account_is_closed_once(desk: Desk) -> None:
    who = member(desk)
    first = desk.store.write(lambda tx: _closing(desk, tx, who.account))
    again = desk.store.write(lambda tx: _closing(desk, tx, who.account))
    assert (len(first.ended), len(again.ended)) == (1, 0)


def _closing(desk: Desk, tx: Any, account: str) -> Any:
    from messaging.relay.closing import close

    turn = _turn(desk, tx)
    return turn.outcome(close(turn, account))


def _turn(desk: Desk, tx: Any) -> Any:
    from messaging.relay.turn import Caller, Turn

    return Turn(tx, desk.house, Caller(), desk.clock.now())


def test_a_changed_factor_ends_no_device_by_itself(desk: Desk) -> None:
    who = member(desk)
    another_device(desk, who)
    desk.ask(change(desk, of=who.account, methods=NewMethods()), who.caller)
    assert len(living(desk, who.account)) == 2
