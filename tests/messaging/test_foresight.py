"""What a PostgreSQL writer remembers and asks beforehand changes no answer: whoever else wrote, whatever failed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from messaging.relay.foresight import foreseen
from messaging.relay.ports import LAST, Question, Transaction
from messaging.relay.records import KEYS, Account, Act, Body, Edge, Gone, Message, Sent
from messaging.relay.relay import Sweep
from messaging.store.batches import Work
from messaging.store.postgres import PostgresStore
from messaging.wire import limits
from messaging.wire.codec import decode_request
from tests.messaging.desk import Desk, letter
from tests.postgres import Cluster

ALICE = Account("aalice", "patient", "active", 1)
EDGE = Edge("aalice", "abob", "patient", 1, 0, 1, 1, 1)
BY_CLIENT_ID = ("account", "client_id", "sender")


@pytest.fixture
def pair(database: Cluster) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    made = PostgresStore(database.where()), PostgresStore(database.where())
    yield made
    for store in made:
        store.close()


def _message(created: int, client_id: str) -> Message:
    return Message("aalice", created, f"m{client_id}", client_id, "out", 1, 1, 0, "", "", "aalice", "", b"")


def _foreseeing(store: PostgresStore, questions: list[Question], work: Any) -> Any:
    """The outcome of a work that was foreseen so."""
    from threading import Event

    done, held = Event(), []

    def answer(item: Work) -> None:
        held.append(item)
        done.set()

    store.submit(work, answer, lambda: questions)
    assert done.wait(20)
    if held[0].error is not None:
        raise held[0].error
    return held[0].outcome


def test_what_another_relay_wrote_is_seen_by_the_next_batch(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, there = pair
    here.write(lambda tx: tx.add(ALICE))
    here.write(lambda tx: tx.add(EDGE))
    assert here.write(lambda tx: tx.next_change("aalice")) == 1
    assert there.write(lambda tx: tx.next_change("aalice")) == 2
    there.write(lambda tx: tx.put(replace(EDGE, blocked=1)))
    assert here.write(lambda tx: (tx.one(Edge, "aalice", "abob"), tx.next_change("aalice"))) == (
        replace(EDGE, blocked=1),
        3,
    )
    there.write(lambda tx: tx.drop(Edge, "aalice", "abob"))
    assert here.write(lambda tx: tx.one(Edge, "aalice", "abob")) is None


def test_what_a_relay_read_stays_true_when_it_wrote_nothing(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, there = pair
    assert here.write(lambda tx: tx.one(Account, "aalice")) is None
    there.write(lambda tx: tx.add(ALICE))
    assert here.write(lambda tx: tx.one(Account, "aalice")) == ALICE
    assert here.write(lambda tx: tx.last_act_of("aalice")) is None
    assert here.write(lambda tx: tx.latest(Message, "aalice")) == 0
    there.write(lambda tx: tx.add(_message(7, "c")))
    assert here.write(lambda tx: tx.latest(Message, "aalice")) == 7


def test_of_a_batch_that_failed_nothing_is_remembered(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, _ = pair
    here.write(lambda tx: tx.add(ALICE))

    def fail(tx: Transaction) -> None:
        tx.put(replace(ALICE, state="closed"))
        tx.add(EDGE)
        tx.add(_message(9, "c"))
        tx.add_body(b"sealed", 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        here.write(fail)
    assert here.write(lambda tx: tx.one(Account, "aalice")) == ALICE
    assert here.write(lambda tx: tx.one(Edge, "aalice", "abob")) is None
    assert here.write(lambda tx: (tx.latest(Message, "aalice"), tx.add_body(b"s", 1))) == (0, 1)


def test_a_row_that_the_database_refuses_leaves_nothing_behind(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, there = pair
    there.write(lambda tx: tx.add(replace(_message(1, "c"), id="mtwice")))

    def twice(tx: Transaction) -> None:
        tx.put(ALICE)
        tx.add(replace(_message(2, "d"), id="mtwice"))

    with pytest.raises(Exception, match="messages_id"):
        here.write(twice)
    assert here.write(lambda tx: tx.one(Account, "aalice")) is None
    assert there.read(lambda tx: tx.count(Message, account="aalice")) == 1


def test_the_highest_number_is_true_after_its_letter_is_dropped(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, _ = pair
    here.write(lambda tx: tx.add(_message(1, "c"), _message(2, "d")))
    assert here.write(lambda tx: tx.latest(Message, "aalice")) == 2
    here.write(lambda tx: tx.drop(Message, "aalice", 2))
    assert here.write(lambda tx: tx.latest(Message, "aalice")) == 1
    here.write(lambda tx: tx.add(Gone("aalice", "Message", 3, "md")))
    assert here.write(lambda tx: tx.latest(Message, "aalice")) == 3
    here.write(lambda tx: tx.drop(Gone, "aalice", "Message", 3))
    assert here.write(lambda tx: tx.latest(Message, "aalice")) == 1


def test_numbers_of_bodies_go_on_after_another_relays(pair: tuple[PostgresStore, PostgresStore]) -> None:
    numbers = [pair[n % 2].write(lambda tx: tx.add_body(b"sealed", 1)) for n in range(6)]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert pair[0].read(lambda tx: tx.one(Body, 6)) == Body(6, b"sealed", 1)


def test_what_is_foreseen_is_answered_as_if_it_were_not(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, there = pair
    sent, act = (
        Sent("aalice", "old", "mold", b"d"),
        Act(1, 5, "aalice", "", "send", "", "done", b"m", "owner", "", 1, b"c"),
    )
    for row in (ALICE, EDGE, _message(4, "c"), sent, act, Body(8, b"b", 1)):
        there.write(lambda tx, row=row: tx.add(row))  # type: ignore[misc] # its type is inferred from the first
    questions: list[Question] = [
        (Account, KEYS[Account], ("aalice",)), (Account, KEYS[Account], ("anobody",)),
        (Account, KEYS[Account], ("a\0",)),
        (Edge, KEYS[Edge], ("aalice", "abob")), (Edge, KEYS[Edge], ("abob", "aalice")),
        (Message, BY_CLIENT_ID, ("aalice", "c", "aalice")), (Message, BY_CLIENT_ID, ("aalice", "new", "aalice")),
        (Sent, KEYS[Sent], ("aalice", "old")), (Sent, KEYS[Sent], ("aalice", "new")),
        (Act, LAST, ("aalice",)), (Act, LAST, ("abob",)), (Message, LAST, ("aalice",)), (Message, LAST, ("abob",)),
    ]  # fmt: skip

    def ask(tx: Transaction) -> list[Any]:
        return [
            tx.one(Account, "aalice"), tx.one(Account, "anobody"), tx.one(Account, "a\0"),
            tx.one(Edge, "aalice", "abob"), tx.one(Edge, "abob", "aalice"),
            tx.where(Message, account="aalice", client_id="c", sender="aalice"),
            tx.where(Message, account="aalice", client_id="new", sender="aalice"),
            tx.one(Sent, "aalice", "old"), tx.one(Sent, "aalice", "new"), tx.last_act(),
            tx.last_act_of("aalice"), tx.last_act_of("abob"), tx.latest(Message, "aalice"), tx.latest(Message, "abob"),
        ]  # fmt: skip

    answers = _foreseeing(here, questions, ask)
    assert answers == there.read(ask)
    assert (answers[0], answers[5], answers[7], answers[9]) == (ALICE, [_message(4, "c")], sent, act)
    assert _foreseeing(here, questions, lambda tx: (ask(tx), tx.add_body(b"new", 1))) == (answers, 9)


def test_a_letter_written_after_it_was_foreseen_to_be_new_is_found(pair: tuple[PostgresStore, PostgresStore]) -> None:
    questions: list[Question] = [(Message, BY_CLIENT_ID, ("aalice", "c", "aalice"))]

    def work(tx: Transaction) -> list[int]:
        found = [len(tx.where(Message, account="aalice", client_id="c", sender="aalice"))]
        tx.add(_message(1, "c"))
        found.append(len(tx.where(Message, account="aalice", client_id="c", sender="aalice")))
        tx.count(Message, account="aalice")  # sends what waits
        return [*found, len(tx.where(Message, account="aalice", client_id="c", sender="aalice"))]

    assert _foreseeing(pair[0], questions, work) == [0, 1, 1]


def _asked(**arguments: Any) -> list[Question]:
    call = ["SealedMessage/set", arguments, "0"]
    return list(foreseen(decode_request(json.dumps({"using": [], "methodCalls": [call]}).encode())))


def test_a_send_foresees_its_accounts_its_contacts_and_its_own_retry() -> None:
    new = {"clientId": "c", "to": [{"account": "abob", "keyId": "k"}], "sealed": "AA"}
    assert _asked(accountId="aalice", create={"0": new}) == [
        (Account, KEYS[Account], ("aalice",)),
        (Act, LAST, ("aalice",)),
        (Message, LAST, ("aalice",)),
        (Message, BY_CLIENT_ID, ("aalice", "c", "aalice")),
        (Sent, KEYS[Sent], ("aalice", "c")),
        (Account, KEYS[Account], ("abob",)),
        (Edge, KEYS[Edge], ("abob", "aalice")),
        (Edge, KEYS[Edge], ("aalice", "abob")),
    ]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"accountId": 1}, {"accountId": "a", "create": {"0": {"clientId": "c"}}}, {"accountId": "a", "create": [1]}],
)
def test_what_cannot_be_read_is_not_foreseen(arguments: dict[str, Any]) -> None:
    assert _asked(**arguments) == []


def test_other_requests_foresee_nothing_and_one_request_not_too_much() -> None:
    assert list(foreseen(Sweep())) == []
    many = {"clientId": "c", "to": [{"account": f"a{n}"} for n in range(limits.MAX_RECIPIENTS + 9)]}
    asked = _asked(accountId="a", create={str(n): many for n in range(limits.MAX_OBJECTS_IN_SET + 9)})
    assert len(asked) <= 4_096


def test_a_retry_at_another_relay_is_the_same_letter(pair: tuple[PostgresStore, PostgresStore]) -> None:
    desk = Desk(pair[0])
    doctor, patient = desk.doctor(), desk.patient()
    value = letter(patient)
    first = desk.send(doctor, value)
    desk.store = pair[1]
    again = desk.send(doctor, value)
    assert (again["type"], again["existingId"]) == ("alreadyExists", first["id"])
