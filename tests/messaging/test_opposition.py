"""Opposition: with the letter's code, in time, an account goes and only the fact is left."""

from typing import Any

import pytest

from crypto.keys import SigningSeed
from messaging.relay import opposition, tombstones
from messaging.relay.accounts import examine
from messaging.relay.ports import Store
from messaging.relay.records import (
    KEYS,
    Access,
    Account,
    Act,
    Address,
    Body,
    Box,
    Edge,
    Key,
    LogEntry,
    Login,
    Opposed,
    Tombstone,
)
from messaging.relay.relay import Enrol
from messaging.wire.errors import Refusal
from messaging.wire.life import OpposeRequest
from messaging.wire.types import EnrolRequest
from tests.messaging.desk import Desk, Person, letter, person
from tests.messaging.household import activate, reading, refusal

RECEIPT = "o" + "a" * 26


def asking(desk: Desk, who: Person, **changed: Any) -> OpposeRequest:
    values = {"login": who.login, "receipt": RECEIPT} | changed
    if "ticket" not in values:
        values["ticket"] = desk.ticket(who.login, "letter", who.seed)
    return OpposeRequest(**values)


def rows_of(store: Store, account: str) -> dict[str, int]:
    """How many rows of each kind still name the account."""
    found: dict[str, int] = {}
    for kind in KEYS:
        rows: list[Any] = store.read(lambda tx, kind=kind: tx.where(kind))  # type: ignore[misc]  # a bound default
        names = [name for name in kind.__struct_fields__ if name != "to"]  # type: ignore[attr-defined]
        hits = sum(any(getattr(row, name) == account for name in names) for row in rows)
        found |= {kind.__name__: hits} if hits else {}
    return found


def test_afterwards_only_the_access_log_a_tombstone_and_a_peers_deletion_have_its_number(store: Store) -> None:
    desk = Desk(store)
    doctor, patient = desk.doctor(), desk.patient()
    assert "id" in desk.send(doctor, letter(patient, doctor))

    desk.ask(asking(desk, patient))

    assert set(rows_of(store, patient.account)) == {"Act", "Gone", "Tombstone"}


def test_the_answer_is_the_receipt_and_the_day(desk: Desk) -> None:
    patient = desk.patient()

    answer = desk.ask(asking(desk, patient))

    assert (answer.receipt, answer.opposed_on) == (RECEIPT, "2026-03-01")


def test_the_same_again_is_the_same_answer_and_nothing_more(store: Store) -> None:
    desk = Desk(store)
    patient = desk.patient()
    request = asking(desk, patient)
    first = desk.ask(request)
    desk.clock.move(days=3)

    again = desk.ask(request)

    assert again == first
    assert [row.kind for row in store.read(lambda tx: tx.where(Tombstone))] == ["opposed"]


@pytest.mark.parametrize("changed", [{"receipt": "o" + "b" * 26}, {"login": "dominique"}])
def test_who_does_not_know_the_receipt_learns_nothing_of_an_opposition(desk: Desk, changed: dict[str, Any]) -> None:
    patient = desk.patient()
    request = asking(desk, patient)
    desk.ask(request)

    assert refusal(desk, asking(desk, patient, ticket=request.ticket, **changed)) == "ticketExpired"


def test_a_ticket_opposes_no_account_of_another_name(desk: Desk) -> None:
    mine, theirs = desk.patient(), desk.patient("dominique")
    ticket = desk.ticket(mine.login, "letter", mine.seed)

    said = refusal(desk, asking(desk, theirs, ticket=ticket))

    assert said == "ticketExpired"
    assert desk.store.read(lambda tx: tx.count(Account, state="invited")) == 2


@pytest.mark.parametrize("ticket", ["", "x" * 43])
def test_without_a_ticket_of_the_letter_nothing_goes(desk: Desk, ticket: str) -> None:
    patient = desk.patient()

    assert refusal(desk, asking(desk, patient, ticket=ticket)) == "ticketExpired"
    assert desk.ticket(patient.login, "letter", patient.seed)


def test_a_ticket_that_is_too_old_opposes_nothing(desk: Desk) -> None:
    patient = desk.patient()
    request = asking(desk, patient)
    desk.clock.move(minutes=6)

    assert refusal(desk, request) == "ticketExpired"


def test_an_activated_account_is_closed_and_not_opposed(desk: Desk) -> None:
    patient = desk.patient()
    ticket = desk.ticket(patient.login, "letter", patient.seed)
    activate(desk, patient)

    assert refusal(desk, asking(desk, patient, ticket=ticket)) == "ticketExpired"


def test_a_recovery_ticket_opposes_nothing(desk: Desk) -> None:
    who = activate(desk, desk.patient())
    ticket = desk.ticket(who.login, "recovery", who.recovery)

    assert refusal(desk, OpposeRequest(login=who.login, receipt=RECEIPT, ticket=ticket)) == "ticketExpired"


def test_on_the_last_day_one_may_oppose_and_the_day_after_no_more(desk: Desk) -> None:
    early, late = desk.patient(), desk.patient("dominique")
    desk.clock.move(days=42)
    desk.ask(asking(desk, early))
    desk.clock.move(seconds=1)

    assert refusal(desk, asking(desk, late)) == "tooLate"


def test_after_six_weeks_an_account_that_nobody_opposed_is_open_as_before(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.clock.move(days=43)
    refusal(desk, asking(desk, patient))

    sent = desk.send(doctor, letter(patient, doctor))

    assert "id" in sent
    assert activate(desk, patient).account == patient.account


def test_senders_get_recipient_not_found(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.ask(asking(desk, patient))

    assert desk.send(doctor, letter(patient, doctor))["type"] == "recipientNotFound"


def test_a_look_up_finds_nobody_and_the_key_log_keeps_its_entry(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    before = desk.store.read(lambda tx: tx.count(LogEntry))
    desk.ask(asking(desk, patient))

    looked = desk.one(doctor, "PublicKey/lookup", accounts=[patient.account])

    assert (looked["list"], looked["notFound"]) == ([], [patient.account])
    assert desk.store.read(lambda tx: tx.count(LogEntry)) == before


def test_the_code_of_the_letter_opens_nothing_any_more(desk: Desk) -> None:
    patient = desk.patient()
    desk.ask(asking(desk, patient))

    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(patient.login, "letter", patient.seed)


def test_letters_that_waited_are_the_senders_alone(store: Store) -> None:
    desk = Desk(store)
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient, doctor))
    desk.ask(asking(desk, patient))

    mine = desk.one(doctor, "SealedMessage/get", ids=None)["list"]

    assert [message["sealed"] is not None for message in mine] == [True]
    assert [body.copies for body in store.read(lambda tx: tx.where(Body))] == [1]


def test_the_senders_contact_goes_and_its_changes_say_so(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient, doctor))
    state = desk.one(doctor, "Contact/get", ids=None)["state"]
    desk.ask(asking(desk, patient))

    changed = desk.one(doctor, "Contact/changes", sinceState=state)

    assert changed["destroyed"] == [patient.account]


def test_the_stations_repetition_is_refused_as_opposed(desk: Desk) -> None:
    patient = desk.patient()
    desk.ask(asking(desk, patient))

    made = desk.item(patient, managed=False)
    answer = desk.ask(Enrol(examine(EnrolRequest(people=[made]))), desk.station)

    assert [(one.outcome, one.reason) for one in answer.people] == [("refused", "opposed")]


def test_a_new_account_for_the_same_name_is_refused_as_well(desk: Desk) -> None:
    desk.ask(asking(desk, desk.patient()))

    assert desk.enrol(person("patient", " CAMILLE ")) == ["refused"]
    assert desk.enrol(person("patient", "dominique")) == ["created"]


def test_number_and_keys_of_who_opposed_are_nobodys_ever_again(desk: Desk) -> None:
    patient = desk.patient()
    desk.ask(asking(desk, patient))
    same_number = Person(patient.account, "patient", "somebody")
    same_keys = Person(person("patient", "x").account, "patient", "else", pairs=patient.pairs)

    made = [desk.item(who, managed=False) for who in (same_number, same_keys)]
    answer = desk.ask(Enrol(examine(EnrolRequest(people=made))), desk.station)

    assert [one.reason for one in answer.people] == ["accountTaken", "invalidKeys"]


def test_the_mark_names_nobody_without_the_pepper(store: Store) -> None:
    desk = Desk(store)
    patient = desk.patient()
    desk.ask(asking(desk, patient))

    (opposed,) = store.read(lambda tx: tx.where(Opposed))

    assert opposed.id == reading(desk, lambda turn: opposition.mark_of(turn, patient.login))
    assert patient.login.encode() not in opposed.id
    assert patient.account not in (opposed.receipt, str(opposed.day))


def test_an_address_is_free_again(store: Store) -> None:
    desk = Desk(store)
    patient = desk.patient()
    desk.ask(asking(desk, patient))

    counts = store.read(lambda tx: [tx.count(kind) for kind in (Address, Login, Box, Edge, Access)])

    assert counts[0] == counts[2] == counts[3] == counts[4] == 0
    assert store.read(lambda tx: tx.where(Login, account=patient.account)) == []


def test_the_tombstone_verifies_and_the_act_is_in_the_log(store: Store) -> None:
    desk = Desk(store)
    patient = desk.patient()
    desk.ask(asking(desk, patient))

    rows = store.read(lambda tx: tx.where(Tombstone))
    acts = store.read(lambda tx: tx.where(Act, account=patient.account))

    tombstones.verify(rows, desk.house.secrets.log)
    assert [act.action for act in acts] == ["enrol", "oppose", "erase"]


def test_keys_and_box_are_gone(store: Store) -> None:
    desk = Desk(store)
    patient = desk.patient()
    desk.ask(asking(desk, patient))

    assert store.read(lambda tx: (tx.where(Key, account=patient.account), tx.one(Box, patient.account))) == ([], None)


def test_a_wrong_code_gets_no_ticket(desk: Desk) -> None:
    patient = desk.patient()

    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(patient.login, "letter", SigningSeed.generate())
