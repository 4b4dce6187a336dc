"""Delegations: who may act for whom, how it begins and ends, and what an adopted account is."""

from typing import Any

import pytest
from msgspec.structs import replace

from crypto.encoding import b64u
from crypto.keys import KeyPairs, SigningSeed, account_id
from messaging.relay.records import Account, Delegation, Factor
from messaging.relay.relay import AskSession, AskStates
from messaging.wire.errors import Refusal
from messaging.wire.factors import NewTotp
from messaging.wire.limits import MAX_DELEGATIONS
from tests.messaging.desk import SECRET, Desk, box, letter
from tests.messaging.household import (
    Member,
    adopting,
    change,
    confirm,
    delegate,
    delegations,
    member,
    methods,
    new_keys,
    next_box,
    recovering,
    refusal,
    unconfirmed,
)

OTHER = SigningSeed(bytes([7] * 32))


def pair(desk: Desk) -> tuple[Member, Member]:
    """A held account and who holds it, both confirmed."""
    held, carer = member(desk, "held"), member(desk, "carer")
    delegate(desk, confirm(desk, held), confirm(desk, carer))
    return held, carer


def create(desk: Desk, caller: Any, to: str, **more: Any) -> dict[str, Any]:
    done = desk.one(caller, "Delegation/set", create={"d": {"delegate": to} | more.pop("value", {})}, **more)
    return (done["created"] or {}).get("d") or done["notCreated"]["d"]  # type: ignore[no-any-return]  # JSON


def session(desk: Desk, who: Member) -> Any:
    return desk.ask(AskSession(), who.caller)


def test_both_sides_see_a_delegation(desk: Desk) -> None:
    held, carer = pair(desk)
    lists = [desk.one(who.caller, "Delegation/get", ids=None)["list"] for who in (held, carer)]
    assert lists[0] == lists[1]
    assert (lists[0][0]["account"], lists[0][0]["delegate"]) == (held.account, carer.account)
    assert lists[0][0].keys() == {"id", "account", "delegate", "since"}


def test_the_delegates_session_lists_the_held_account_and_its_state_changes(desk: Desk) -> None:
    held, carer = member(desk, "held"), member(desk, "carer")
    before = session(desk, carer)
    delegate(desk, confirm(desk, held), carer)
    assert desk.last is not None
    assert desk.last.joined == ((carer.account, held.account),)
    after = session(desk, carer)
    assert {id_: one["isPersonal"] for id_, one in after["accounts"].items()} == {
        carer.account: True, held.account: False
    }  # fmt: skip
    assert before["state"] != after["state"]
    assert after["primaryAccounts"] == before["primaryAccounts"]
    assert session(desk, held)["accounts"].keys() == {held.account}


def test_the_delegates_stream_carries_the_held_accounts_changes(desk: Desk) -> None:
    held, carer = pair(desk)
    assert desk.ask(AskStates(0), carer.caller)[0] == [carer.account, held.account]
    assert desk.ask(AskStates(0), held.caller)[0] == [held.account]


def test_a_delegate_writes_letters_and_states_for_the_held_account(desk: Desk) -> None:
    held, carer = pair(desk)
    doctor = desk.doctor()
    desk.send(doctor, letter(_addressed(held)))
    inbox = desk.one(carer.caller, "SealedMessage/get", accountId=held.account, ids=None)
    assert [message["from"] for message in inbox["list"]] == [doctor.account]
    done = desk.one(carer.caller, "SealedMessage/set", accountId=held.account, create={"l": letter(doctor)})
    assert done["created"]["l"]["id"]
    assert desk.one(doctor, "SealedMessage/query", filter={"box": "in"})["ids"]


@pytest.mark.parametrize("side", ["held", "carer"])
def test_either_side_ends_it_and_the_right_ends_at_once(desk: Desk, side: str) -> None:
    held, carer = pair(desk)
    (found,) = delegations(desk)
    who = held if side == "held" else carer
    assert desk.one(who.caller, "Delegation/set", destroy=[found.id])["destroyed"] == [found.id]
    assert desk.last is not None
    assert desk.last.parted == ((carer.account, held.account),)
    with pytest.raises(Refusal, match="accountNotFound"):
        desk.one(carer.caller, "KeyBox/get", accountId=held.account, ids=None)
    assert session(desk, carer)["accounts"].keys() == {carer.account}
    assert desk.one(carer.caller, "KeyBox/get", ids=["box"])["list"]


@pytest.mark.parametrize("side", ["held", "carer"])
def test_an_unconfirmed_device_neither_begins_nor_ends_one(desk: Desk, side: str) -> None:
    held, carer = pair(desk)
    (found,) = delegations(desk)
    who = unconfirmed(desk, held if side == "held" else carer)
    done = desk.one(who.caller, "Delegation/set", accountId=held.account, destroy=[found.id])
    assert done["notDestroyed"][found.id]["type"] == "forbidden"
    assert "Confirm" in done["notDestroyed"][found.id]["description"]
    assert create(desk, who.caller, account_id(), accountId=held.account)["type"] == "forbidden"
    assert delegations(desk) == [found]


def test_the_same_again_is_there_already(desk: Desk) -> None:
    held, carer = pair(desk)
    (found,) = delegations(desk)
    again = create(desk, held.caller, carer.account)
    assert (again["type"], again["existingId"]) == ("alreadyExists", found.id)


@pytest.mark.parametrize("who", ["nobody", "oneself", "invited", "professional", "bridge", "station", "closed", "held"])
def test_who_may_not_hold_is_refused_in_one_way(desk: Desk, who: str) -> None:
    holder, held, closed = member(desk, "holder"), member(desk, "held"), member(desk, "closed")
    account = member(desk)
    delegate(desk, confirm(desk, held), holder)
    record = desk.store.read(lambda tx: tx.one(Account, closed.account))
    assert record is not None
    desk.store.write(lambda tx: tx.put(replace(record, state="closed")))
    named = {
        "nobody": account_id(), "oneself": account.account, "invited": desk.patient("invited").account,
        "professional": desk.doctor().account, "bridge": desk.bridge.account, "station": desk.station.account,
        "closed": closed.account, "held": held.account,
    }  # fmt: skip
    refused = create(desk, confirm(desk, account).caller, named[who])
    assert refused == {
        "type": "invalidProperties", "properties": ["delegate"], "description": refused["description"]
    }  # fmt: skip


def test_who_holds_is_not_held(desk: Desk) -> None:
    _, carer = pair(desk)
    third = member(desk, "third")
    assert create(desk, confirm(desk, carer).caller, third.account)["type"] == "invalidProperties"


@pytest.mark.parametrize("value", [{"account": "x"}, {"delegate": "x"}, {"delegate": None}, {"since": "now"}])
def test_a_delegation_of_another_form_is_refused(desk: Desk, value: dict[str, Any]) -> None:
    held, carer = member(desk, "held"), member(desk, "carer")
    assert create(desk, confirm(desk, held).caller, carer.account, value=value)["type"] == "invalidProperties"


def test_a_delegation_is_never_updated(desk: Desk) -> None:
    held, _ = pair(desk)
    (found,) = delegations(desk)
    done = desk.one(held.caller, "Delegation/set", update={found.id: {"delegate": account_id()}})
    assert done["notUpdated"][found.id]["type"] == "forbidden"


def test_another_accounts_delegation_looks_as_if_it_did_not_exist(desk: Desk) -> None:
    pair(desk)
    (found,) = delegations(desk)
    other = confirm(desk, member(desk, "other"))
    for id_ in (found.id, "g" + "a" * 26):
        done = desk.one(other.caller, "Delegation/set", destroy=[id_])
        assert done["notDestroyed"][id_]["type"] == "notFound"
        assert desk.one(other.caller, "Delegation/get", ids=[id_])["notFound"] == [id_]
    assert delegations(desk) == [found]


@pytest.mark.parametrize(("side", "name"), [("account", "overQuota"), ("delegate", "invalidProperties")])
def test_there_are_at_most_sixteen_each_way(desk: Desk, side: str, name: str) -> None:
    held, carer = member(desk, "held"), member(desk, "carer")
    mine = held.account if side == "account" else carer.account
    _fill(desk, mine, MAX_DELEGATIONS, held=side == "account")
    assert create(desk, confirm(desk, held).caller, carer.account)["type"] == name


def test_a_professional_is_not_held(desk: Desk) -> None:
    doctor, carer = desk.doctor(), member(desk, "carer")
    from tests.messaging.household import caller_of

    bridge = caller_of(desk, desk.log_in("bridge", "key", desk.seeds["bridge"]))
    assert create(desk, bridge, carer.account, accountId=doctor.account)["type"] == "invalidProperties"


def test_a_delegate_changes_nothing_of_an_account_that_has_a_password_of_its_own(desk: Desk) -> None:
    held, carer = pair(desk)
    keys = new_keys(desk, held.account, held.pairs.signing, KeyPairs.generate(), 3)
    for refused in (
        {}, {"new_keys": keys},
        {"methods": methods(password=OTHER)}, {"methods": methods(recovery=OTHER)}, {"end_others": True},
        {"methods": methods(passkeys={b"one": OTHER})}, {"totp": NewTotp(secret=SECRET, code=desk.code())},
    ):  # fmt: skip
        assert refusal(desk, change(desk, held.account, held.account, **refused), carer.caller) == "forbidden"
    assert refusal(desk, change(desk, of=held.account, new_keys=keys), held.caller) == "done"
    assert desk.ticket(held.login, "password", held.password)


def test_a_delegate_lets_nobody_into_an_account_that_has_a_password_of_its_own(desk: Desk) -> None:
    held, carer, friend = *pair(desk), member(desk, "friend")
    refused = create(desk, confirm(desk, carer).caller, friend.account, accountId=held.account)
    assert (refused["type"], "password" in refused["description"]) == ("forbidden", True)
    assert [one.delegate for one in delegations(desk)] == [carer.account]
    assert create(desk, confirm(desk, held).caller, friend.account)["id"]


def test_a_delegate_ends_no_other_delegates_right_where_the_owner_can(desk: Desk) -> None:
    held, carer, friend = *pair(desk), member(desk, "friend")
    theirs = delegate(desk, confirm(desk, held), friend)
    done = desk.one(confirm(desk, carer).caller, "Delegation/set", accountId=held.account, destroy=[theirs])
    assert done["notDestroyed"][theirs]["type"] == "forbidden"
    assert len(delegations(desk)) == 2
    mine = next(one.id for one in delegations(desk) if one.delegate == carer.account)
    done = desk.one(carer.caller, "Delegation/set", accountId=held.account, destroy=[mine])
    assert done["destroyed"] == [mine]


def test_a_carer_ends_another_carers_right_to_a_child_that_has_no_password(desk: Desk) -> None:
    carer, second, child = member(desk, "carer"), member(desk, "second"), desk.patient("child")
    desk.ask(adopting(desk, child), confirm(desk, carer).caller)
    theirs = create(desk, carer.caller, second.account, accountId=child.account)["id"]
    done = desk.one(carer.caller, "Delegation/set", accountId=child.account, destroy=[theirs])
    assert done["destroyed"] == [theirs]


def test_a_delegates_change_needs_its_own_device_confirmed(desk: Desk) -> None:
    held, carer = pair(desk)
    unconfirmed(desk, carer)
    confirm(desk, held)
    assert refusal(desk, change(desk, held.account, held.account), carer.caller) == "confirmFirst"


# --- adoption ---------------------------------------------------------------------------------


def test_a_carer_adopts_a_child_by_its_letter(desk: Desk) -> None:
    carer, child = confirm(desk, member(desk, "carer")), desk.patient("child")
    assert desk.ask(adopting(desk, child), carer.caller).account == child.account
    assert desk.last is not None
    assert desk.last.joined == ((carer.account, child.account),)
    info = desk.one(carer.caller, "AccountInfo/get", accountId=child.account, ids=None)["list"][0]
    assert (info["state"], info["loginMethods"]) == ("active", ["recovery"])
    assert desk.one(carer.caller, "KeyBox/get", accountId=child.account, ids=["box"])["list"][0]["version"] == 2
    assert [(one.account, one.delegate) for one in delegations(desk)] == [(child.account, carer.account)]
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(child.login, "letter", child.seed)


def test_an_adopted_account_is_renewed_by_its_carer_with_a_new_recovery_code(desk: Desk) -> None:
    carer, child, pairs = confirm(desk, member(desk, "carer")), desk.patient("child"), KeyPairs.generate()
    desk.ask(adopting(desk, child, pairs), carer.caller)
    keys = new_keys(desk, child.account, pairs.signing, KeyPairs.generate(), 3, suspected=True)
    asked = change(desk, child.account, child.account, new_keys=keys, methods=methods(recovery=OTHER), end_others=True)
    assert refusal(desk, asked, carer.caller) == "done"
    assert desk.ticket(child.login, "recovery", OTHER)
    theirs = change(desk, child.account, child.account, methods=methods(password=OTHER))
    assert refusal(desk, theirs, carer.caller) == "forbidden"


def test_a_child_that_recovers_is_its_own_and_the_carer_changes_nothing_any_more(desk: Desk) -> None:
    carer, child = confirm(desk, member(desk, "carer")), desk.patient("child")
    recovery = SigningSeed.generate()
    desk.ask(adopting(desk, child, recovery_key=b64u(recovery.public().raw)), carer.caller)
    ticket = desk.ticket(child.login, "recovery", recovery)
    asked = recovering(desk, carer, ticket=ticket, box=next_box(desk, child.account))
    assert desk.ask(asked).tokens.account == child.account
    for asked_for in ({"methods": methods(recovery=OTHER)}, {}):
        refused = change(desk, child.account, child.account, **asked_for)
        assert refusal(desk, refused, carer.caller) == "forbidden"


def test_a_second_carer_is_let_in_by_the_first(desk: Desk) -> None:
    carer, second, child = member(desk, "carer"), member(desk, "second"), desk.patient("child")
    desk.ask(adopting(desk, child), confirm(desk, carer).caller)
    assert create(desk, carer.caller, second.account, accountId=child.account)["id"]
    assert session(desk, second)["accounts"].keys() == {second.account, child.account}


@pytest.mark.parametrize("who", ["unconfirmed", "bridge", "station", "held", "full"])
def test_who_may_not_adopt_is_refused_and_the_letter_stays_good(desk: Desk, who: str) -> None:
    from tests.messaging.household import caller_of

    held, holder = pair(desk)
    caller = {"held": held.caller, "unconfirmed": holder.caller, "full": holder.caller}.get(who)
    if who in ("bridge", "station"):
        caller = caller_of(desk, desk.log_in(who, "key", desk.seeds[who]))
    if who == "full":
        _fill(desk, holder.account, MAX_DELEGATIONS - 1, held=False)
    if who == "unconfirmed":
        unconfirmed(desk, holder)
    child = desk.patient("child")
    expected = {"unconfirmed": "confirmFirst", "full": "overQuota"}.get(who, "forbidden")
    assert refusal(desk, adopting(desk, child), caller) == expected
    assert desk.ticket(child.login, "letter", child.seed)


def test_a_professionals_account_is_not_adopted(desk: Desk) -> None:
    from tests.messaging.desk import person

    who = person("professional", "dr.free")
    desk.enrol(who)
    assert refusal(desk, adopting(desk, who), confirm(desk, member(desk)).caller) == "forbidden"


@pytest.mark.parametrize(
    ("changed", "name"),
    [({"ticket": "x"}, "ticketExpired"), ({"box": box(1)}, "invalidProperties"), ({"box": box(3)}, "invalidKeys"),
     ({"recovery_key": "A" * 43}, "invalidKeys")],
)  # fmt: skip
def test_a_wrong_adoption_changes_nothing(desk: Desk, changed: dict[str, Any], name: str) -> None:
    carer, child = confirm(desk, member(desk, "carer")), desk.patient("child")
    assert refusal(desk, adopting(desk, child, **changed), carer.caller) == name
    assert delegations(desk) == []
    assert [one.method for one in desk.store.read(lambda tx: tx.where(Factor, account=child.account))] == ["letter"]
    assert refusal(desk, adopting(desk, child), carer.caller) == "done"


@pytest.mark.parametrize("method", ["recovery", "password"])
def test_an_adoption_takes_a_letters_ticket_alone(desk: Desk, method: str) -> None:
    carer, other = member(desk, "carer"), member(desk, "other")
    ticket = desk.ticket(other.login, method, other.recovery if method == "recovery" else other.password)
    asked = adopting(desk, desk.patient("child"), ticket=ticket)
    assert refusal(desk, asked, confirm(desk, carer).caller) == "ticketExpired"


def test_beginning_and_ending_have_their_rows_in_the_access_log(desk: Desk) -> None:
    _, carer = pair(desk)
    (found,) = delegations(desk)
    desk.one(carer.caller, "Delegation/set", destroy=[found.id])
    acts = desk.store.read(lambda tx: tx.acts(0, 1000))
    said = [(act.action, act.target) for act in acts if act.action.endswith("delegate")]
    assert said == [("delegate", found.id), ("undelegate", found.id)]


def _fill(desk: Desk, account: str, number: int, *, held: bool) -> None:
    others = [account_id() for _ in range(number)]
    ends = [(account, other) if held else (other, account) for other in others]
    rows = [Delegation(*both, f"g{other}", 0) for both, other in zip(ends, others, strict=True)]
    desk.store.write(lambda tx: tx.add(*rows))


def _addressed(who: Member) -> Any:
    from tests.messaging.desk import Person

    return Person(who.account, "patient", who.login, who.pairs)
