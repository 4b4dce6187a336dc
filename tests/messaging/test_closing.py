"""Closing and what follows: gone for everybody else at once, archived, back by the recovery code, erased in the end."""

from typing import Any

import pytest

from crypto.keys import account_id
from messaging.relay import closing, devices
from messaging.relay.blobs import upload
from messaging.relay.expiry import unclaimed
from messaging.relay.ports import Store
from messaging.relay.records import (
    Account,
    Archive,
    Blob,
    Body,
    Box,
    Delegation,
    Edge,
    Factor,
    Login,
    Message,
    Passkey,
    State,
    Tombstone,
    Totp,
    Trust,
)
from messaging.relay.relay import AskSession, Sweep
from messaging.relay.turn import Caller, Turn
from messaging.wire.errors import Refusal
from messaging.wire.life import Closed, CloseRequest
from tests.messaging.desk import Desk, Person, letter, person
from tests.messaging.household import (
    Member,
    adopting,
    another_device,
    change,
    confirm,
    delegate,
    living,
    member,
    methods,
    reading,
    recovering,
    refusal,
    unconfirmed,
)
from tests.messaging.test_opposition import rows_of


def close(desk: Desk, who: Member, account: str = "") -> Closed:
    answer = desk.ask(CloseRequest(account=account or who.account), confirm(desk, who).caller)
    assert isinstance(answer, Closed)
    return answer


def by_operator(desk: Desk, account: str) -> Any:
    return desk.store.write(lambda tx: closing.close(Turn(tx, desk.house, Caller(), desk.clock.now()), account))


def sweep(desk: Desk) -> None:
    while desk.ask(Sweep()):
        pass


def person_of(who: Member) -> Person:
    return Person(who.account, "patient", who.login, who.pairs)


def test_the_answer_says_when_it_was_and_when_it_is_erased(desk: Desk) -> None:
    answer = close(desk, member(desk))

    assert (answer.closed_at[:10], answer.erased_after[:10]) == ("2026-03-01", "2036-03-01")


def test_the_own_account_is_closed_by_a_confirmed_device_alone(desk: Desk) -> None:
    who = unconfirmed(desk, member(desk))

    assert refusal(desk, CloseRequest(account=who.account), who.caller) == "confirmFirst"
    assert living(desk, who.account)


def test_another_ones_account_looks_like_one_that_does_not_exist(desk: Desk) -> None:
    who, other = member(desk), member(desk, "dominique")
    confirm(desk, other)

    said = [refusal(desk, CloseRequest(account=id_), other.caller) for id_ in (who.account, account_id())]

    assert said == ["accountNotFound", "accountNotFound"]


def test_a_delegate_closes_no_account_that_has_an_owner(desk: Desk) -> None:
    who, carer = member(desk), member(desk, "dominique")
    delegate(desk, confirm(desk, who), carer)

    assert refusal(desk, CloseRequest(account=who.account), confirm(desk, carer).caller) == "forbidden"


def test_bridges_and_stations_close_nothing(desk: Desk) -> None:
    doctor = desk.doctor()
    issued = {kind: desk.log_in(kind, "key", desk.seeds[kind]) for kind in ("bridge", "station")}
    callers = {
        kind: reading(desk, lambda turn, one=one: devices.caller(turn, one.tokens.access_token))[0]
        for kind, one in issued.items()
    }

    said = [
        refusal(desk, CloseRequest(account=account), callers[kind])
        for kind, account in (
            ("bridge", doctor.account),
            ("bridge", desk.bridge.account),
            ("station", desk.station.account),
        )
    ]

    assert said == ["forbidden"] * 3


def test_a_carer_closes_the_account_of_a_child_that_nobody_else_opens(desk: Desk) -> None:
    carer, child = member(desk), desk.patient("child")
    desk.ask(adopting(desk, child), confirm(desk, carer).caller)

    close(desk, carer, child.account)

    assert desk.store.read(lambda tx: tx.one(Account, child.account)).state == "closed"  # type: ignore[union-attr]  # it is there


def test_who_holds_a_child_cannot_close_and_leave_it_to_nobody(desk: Desk) -> None:
    carer, child = member(desk), desk.patient("child")
    desk.ask(adopting(desk, child), confirm(desk, carer).caller)

    assert refusal(desk, CloseRequest(account=carer.account), confirm(desk, carer).caller) == "forbidden"


def test_every_device_session_and_trust_ends(desk: Desk) -> None:
    who = another_device(desk, member(desk))

    close(desk, who)

    assert desk.last is not None
    assert (living(desk, who.account), len(desk.last.ended)) == ([], 2)
    assert desk.store.read(lambda tx: tx.where(Trust, account=who.account)) == []


@pytest.mark.parametrize("name", ["AccountInfo/get", "SealedMessage/get", "KeyBox/get", "AccessLogEntry/get"])
def test_a_token_of_before_does_nothing_any_more(desk: Desk, name: str) -> None:
    who = member(desk)
    close(desk, who)

    with pytest.raises(Refusal, match="accountNotFound"):
        desk.one(who.caller, name, ids=[])


def test_neither_session_nor_access_token_is_left(desk: Desk) -> None:
    who = member(desk)
    close(desk, who)

    assert refusal(desk, AskSession(), who.caller) == "accountNotFound"
    with pytest.raises(Refusal, match="unauthorized"):
        reading(desk, lambda turn: devices.caller(turn, who.issued.tokens.access_token))


def test_closing_twice_is_as_with_an_account_that_does_not_exist(desk: Desk) -> None:
    who = member(desk)
    close(desk, who)

    assert refusal(desk, CloseRequest(account=who.account), who.caller) == "confirmFirst"
    assert desk.store.read(lambda tx: tx.count(Tombstone)) == 1


@pytest.mark.parametrize("method", ["password", "letter", "passkey", "key"])
def test_nothing_but_the_recovery_code_logs_in(desk: Desk, method: str) -> None:
    who = member(desk)
    desk.ask(change(desk, of=who.account, methods=methods(passkeys={b"one": who.password})), confirm(desk, who).caller)
    close(desk, who)

    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(who.account if method == "passkey" else who.login, method, who.password)


def test_delegations_end_and_open_streams_with_them(desk: Desk) -> None:
    who, carer = member(desk), member(desk, "dominique")
    delegate(desk, confirm(desk, who), carer)

    close(desk, who)

    assert desk.last is not None
    assert desk.last.parted == ((carer.account, who.account),)
    assert desk.store.read(lambda tx: tx.where(Delegation)) == []
    with pytest.raises(Refusal, match="accountNotFound"):
        desk.one(carer.caller, "SealedMessage/get", accountId=who.account, ids=[])


def test_writers_look_ups_and_contacts_find_nobody(desk: Desk) -> None:
    doctor, who = desk.doctor(), member(desk)
    assert "id" in desk.send(doctor, letter(person_of(who), doctor))
    close(desk, who)

    sent = desk.send(doctor, letter(person_of(who), doctor))
    looked = desk.one(doctor, "PublicKey/lookup", accounts=[who.account], history=True)
    contacts = desk.one(doctor, "Contact/get", ids=None)

    assert sent["type"] == "recipientNotFound"
    assert (looked["list"], looked["notFound"], contacts["list"]) == ([], [who.account], [])


def test_the_archive_holds_what_there_was_sealed_as_it_was(store: Store) -> None:
    desk = Desk(store)
    doctor, who = desk.doctor(), member(desk)
    desk.send(doctor, letter(person_of(who), doctor))
    close(desk, who)

    kinds = (Account, Archive, Box, Edge, Message, Factor, Totp, Passkey)
    counts = store.read(lambda tx: [tx.count(kind, **_own(kind, who.account)) for kind in kinds])

    assert counts == [1, 1, 1, 1, 1, 1, 0, 0]
    assert store.read(lambda tx: tx.one(Factor, who.account, "recovery")) is not None


def _own(kind: type, account: str) -> dict[str, str]:
    return {"id" if kind is Account else "account": account}


def test_the_owner_comes_back_by_the_recovery_code_and_finds_letters_and_contacts(desk: Desk) -> None:
    doctor, who = desk.doctor(), member(desk)
    desk.send(doctor, letter(person_of(who), doctor))
    close(desk, who)
    desk.clock.move(days=3000)

    issued = desk.ask(recovering(desk, who))

    caller, _ = reading(desk, lambda turn: devices.caller(turn, issued.tokens.access_token))
    assert len(desk.one(caller, "SealedMessage/get", ids=None)["list"]) == 1
    assert [one["peer"] for one in desk.one(doctor, "Contact/get", ids=None)["list"]] == [who.account]
    assert "id" in desk.send(doctor, letter(person_of(who), doctor))
    assert [row.kind for row in desk.store.read(lambda tx: tx.where(Tombstone))] == ["closed", "reopened"]
    assert desk.store.read(lambda tx: tx.where(Archive)) == []


def test_who_came_back_is_not_erased_when_the_ten_years_are_over(desk: Desk) -> None:
    who = member(desk)
    close(desk, who)
    desk.ask(recovering(desk, who))
    desk.clock.move(days=3700)

    sweep(desk)

    assert desk.store.read(lambda tx: tx.one(Account, who.account)) is not None


def test_a_block_outlasts_an_absence(desk: Desk) -> None:
    doctor, who = desk.doctor(), member(desk)
    desk.send(doctor, letter(person_of(who), doctor))
    desk.one(who.caller, "Contact/set", update={doctor.account: {"blocked": True}})
    close(desk, who)
    desk.ask(recovering(desk, who))

    assert desk.send(doctor, letter(person_of(who), doctor))["type"] == "recipientRefuses"


def test_another_code_does_not_bring_it_back(desk: Desk) -> None:
    who, other = member(desk), member(desk, "dominique")
    close(desk, who)

    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(who.login, "recovery", other.recovery)


def test_whom_the_operator_closed_does_not_come_back(desk: Desk) -> None:
    who = member(desk)
    by_operator(desk, who.account)

    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(who.login, "recovery", who.recovery)


def test_a_ticket_of_before_the_end_of_the_archive_is_worth_nothing_after_it(desk: Desk) -> None:
    who = member(desk)
    close(desk, who)
    desk.clock.move(days=3652, hours=23, minutes=58)
    request = recovering(desk, who)
    desk.clock.move(minutes=3)

    assert refusal(desk, request) == "ticketExpired"


def test_on_the_last_day_it_is_there_and_after_it_nothing_is(store: Store) -> None:
    desk = Desk(store)
    doctor, who = desk.doctor(), member(desk)
    desk.send(doctor, letter(person_of(who), doctor))
    close(desk, who)
    desk.clock.move(days=3652)
    sweep(desk)
    before = store.read(lambda tx: tx.count(Message, account=who.account))
    desk.clock.move(days=2)

    sweep(desk)

    assert before == 1
    assert set(rows_of(store, who.account)) == {"Act", "Gone", "Tombstone"}
    assert [row.kind for row in store.read(lambda tx: tx.where(Tombstone))] == ["closed", "erased"]


def test_sweeping_again_erases_nothing_twice(desk: Desk) -> None:
    who = member(desk)
    close(desk, who)
    desk.clock.move(days=3700)
    sweep(desk)
    sweep(desk)

    assert desk.store.read(lambda tx: tx.count(Tombstone)) == 2


def test_erasure_takes_bodies_and_blobs_that_nobody_else_has_and_leaves_the_others(store: Store) -> None:
    desk = Desk(store)
    doctor, who = desk.doctor(), member(desk)
    shared, own = "b" + "1" * 64, "b" + "2" * 64
    _upload(desk, doctor.caller, doctor.account, shared)
    desk.send(doctor, letter(person_of(who), doctor, blobIds=[shared]))
    _upload(desk, who.caller, who.account, own)
    myself = person_of(who)
    desk.send(myself, letter(myself, blobIds=[own]))
    desk.one(who.caller, "SealedState/set", update={"A" * 43: {"version": 1, "sealed": "AAAA"}})
    close(desk, who)
    desk.clock.move(days=3700)
    sweep(desk)

    assert reading(desk, lambda turn: unclaimed(turn, [shared, own])) == [own]
    assert store.read(lambda tx: [body.copies for body in tx.where(Body)]) == [1]
    assert store.read(lambda tx: (tx.where(State), tx.where(Blob, account=who.account))) == ([], [])
    assert desk.one(doctor, "SealedMessage/get", ids=None)["list"][0]["blobIds"] == [shared]


def _upload(desk: Desk, caller: Any, account: str, blob: str) -> None:
    desk.store.write(lambda tx: upload(Turn(tx, desk.house, caller, desk.clock.now()), account, blob, 10))


def test_after_erasure_the_name_may_be_enrolled_anew_and_the_number_may_not(desk: Desk) -> None:
    who = member(desk)
    close(desk, who)
    desk.clock.move(days=3700)
    sweep(desk)

    again = desk.patient(who.login)

    assert again.account != who.account
    assert desk.enrol(Person(who.account, "patient", "other")) == ["refused"]


def test_while_it_is_archived_its_name_is_nobody_elses(desk: Desk) -> None:
    who = member(desk)
    close(desk, who)

    assert desk.store.read(lambda tx: tx.one(Login, who.login)) is not None
    assert desk.enrol(person("patient", who.login)) == ["refused"]
