"""Delivering letters: all or none, once, and only along edges that are open."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from crypto.encoding import b64u
from crypto.keys import random_id
from messaging.relay.rates import Allowed
from messaging.relay.relay import AskDownload, KeepUpload
from messaging.store.memory import MemoryStore
from messaging.wire.errors import Refusal
from tests.messaging.desk import Desk, letter, person

BLOB = "b" + "0" * 64


def test_a_letter_is_in_both_boxes_with_the_same_bytes(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    sent = desk.send(doctor, letter(doctor, patient, sealed=b"abc"))
    (mine,) = desk.one(doctor, "SealedMessage/get", ids=[sent["id"]])["list"]
    (theirs,) = desk.one(patient, "SealedMessage/get", ids=None)["list"]
    assert (mine["box"], theirs["box"], theirs["from"]) == ("out", "in", doctor.account)
    assert mine["sealed"] == theirs["sealed"] == b64u(b"abc")
    assert mine["deliveries"] == [{"account": patient.account, "state": "delivered"}]
    assert theirs["deliveries"] == []


def test_what_changed_is_returned_for_both_accounts(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.one(doctor, "SealedMessage/set", create={"l": letter(patient)})
    assert desk.last is not None
    assert desk.last.changed.keys() == {doctor.account, patient.account}
    assert desk.last.changed[patient.account].keys() == {"SealedMessage", "Contact"}


def test_fifty_parallel_copies_are_one_letter_and_fifty_equal_answers(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    value = letter(doctor, patient)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: desk.send(doctor, value), range(50)))
    ids = {answer.get("id") or answer["existingId"] for answer in answers}
    assert len(ids) == 1
    assert len([answer for answer in answers if "id" in answer]) == 1
    assert len(desk.one(patient, "SealedMessage/get", ids=None)["list"]) == 1


def test_the_same_client_id_with_other_bytes_is_refused(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    same = random_id()
    desk.send(doctor, letter(patient, client_id=same))
    refused = desk.send(doctor, letter(patient, client_id=same, sealed=b"other"))
    assert (refused["type"], refused["properties"]) == ("invalidProperties", ["clientId"])


def test_a_late_retry_after_the_own_copy_was_destroyed_makes_no_second_letter(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    value = letter(patient)
    sent = desk.send(doctor, value)
    desk.one(doctor, "SealedMessage/set", destroy=[sent["id"]])
    assert desk.send(doctor, value)["existingId"] == sent["id"]
    assert len(desk.one(patient, "SealedMessage/get", ids=None)["list"]) == 1


def test_one_stale_key_stops_the_whole_letter_and_is_named(desk: Desk) -> None:
    doctor, patient, other = desk.doctor(), desk.patient(), desk.patient("other")
    value = letter(patient, other)
    index = next(i for i, to in enumerate(value["to"]) if to["account"] == patient.account)
    value["to"][index]["keyId"] = doctor.key
    refused = desk.send(doctor, value)
    assert (refused["type"], refused["recipients"]) == ("recipientKeyStale", {patient.account: patient.key})
    assert desk.one(other, "SealedMessage/get", ids=None)["list"] == []


def test_an_unknown_recipient_is_named(desk: Desk) -> None:
    doctor, nobody = desk.doctor(), person("patient", "nobody")
    refused = desk.send(doctor, letter(nobody))
    assert (refused["type"], refused["recipients"]) == ("recipientNotFound", [nobody.account])


def test_a_patient_may_answer_but_not_begin(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    assert desk.send(patient, letter(doctor))["type"] == "recipientRefuses"
    desk.send(doctor, letter(patient))
    assert "id" in desk.send(patient, letter(doctor))


def test_patients_do_not_write_to_each_other(desk: Desk) -> None:
    one, other = desk.patient(), desk.patient("other")
    assert desk.send(one, letter(other))["type"] == "recipientRefuses"


def test_a_blocked_professional_is_refused_and_a_closed_exchange_too(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient))
    desk.one(doctor, "Contact/set", update={patient.account: {"mayWrite": False}})
    assert desk.send(patient, letter(doctor))["type"] == "recipientRefuses"
    desk.one(patient, "Contact/set", update={doctor.account: {"blocked": True}})
    assert desk.send(doctor, letter(patient))["type"] == "recipientRefuses"
    (seen,) = desk.one(doctor, "Contact/get", ids=None)["list"]
    assert seen["blocked"] is False


def test_a_new_letter_from_the_professional_opens_a_closed_exchange_again(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient))
    desk.one(doctor, "Contact/set", update={patient.account: {"mayWrite": False}})
    desk.send(doctor, letter(patient))
    assert desk.send(patient, letter(doctor))["id"].startswith("m")


def test_a_professional_writes_to_no_other_professional(desk: Desk) -> None:
    doctor, other = desk.doctor(), person("professional", "dr.petit")
    desk.enrol(other, by=desk.bridge, managed=True)
    assert desk.send(doctor, letter(other))["type"] == "recipientRefuses"


def test_neither_side_changes_what_belongs_to_the_other(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient))
    done = desk.one(patient, "Contact/set", update={doctor.account: {"mayWrite": True}})
    assert done["notUpdated"][doctor.account]["type"] == "invalidProperties"
    done = desk.one(doctor, "Contact/set", update={patient.account: {"blocked": False}})
    assert done["notUpdated"][patient.account]["type"] == "invalidProperties"


@pytest.mark.parametrize("leak", ["subject", "from", "receivedAt", "headers"])
def test_an_unknown_member_is_refused_by_name(desk: Desk, leak: str) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    refused = desk.send(doctor, letter(patient) | {leak: "x"})
    assert (refused["type"], refused["properties"]) == ("invalidProperties", [leak])


def test_recipients_are_sorted_and_not_repeated(desk: Desk) -> None:
    doctor, one, other = desk.doctor(), desk.patient(), desk.patient("other")
    value = letter(one, other)
    assert desk.send(doctor, value | {"to": value["to"][::-1]})["properties"] == ["to"]
    assert desk.send(doctor, value | {"to": [value["to"][0]] * 2})["properties"] == ["to"]


def test_65_recipients_are_too_many(desk: Desk) -> None:
    doctor = desk.doctor()
    nobody = [person("patient", "x")] * 65
    assert desk.send(doctor, letter(*nobody))["type"] == "tooManyRecipients"


def test_over_64_kib_inline_is_too_large(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    assert "id" in desk.send(doctor, letter(patient, sealed=bytes(65536)))
    assert desk.send(doctor, letter(patient, sealed=bytes(65537)))["type"] == "tooLarge"


def test_a_blob_must_be_uploaded_first_and_then_is_the_recipients_too(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    value = letter(patient, blobIds=[BLOB])
    refused = desk.send(doctor, value)
    assert (refused["type"], refused["notFound"]) == ("blobNotFound", [BLOB])
    desk.ask(KeepUpload(doctor.account, BLOB, 100), doctor.caller)
    sent = desk.send(doctor, value)
    assert desk.ask(AskDownload(patient.account, BLOB), patient.caller) == 100
    desk.one(patient, "SealedMessage/set", destroy=[sent["id"]])
    with pytest.raises(Refusal, match="notFound"):
        desk.ask(AskDownload(patient.account, BLOB), patient.caller)
    assert desk.ask(AskDownload(doctor.account, BLOB), doctor.caller) == 100


def test_a_letter_to_oneself_appears_once_as_out(desk: Desk) -> None:
    doctor = desk.doctor()
    desk.send(doctor, letter(doctor))
    (only,) = desk.one(doctor, "SealedMessage/get", ids=None)["list"]
    assert only["box"] == "out"


def test_a_patient_over_the_rate_is_told_when_to_come_back() -> None:
    desk = Desk(MemoryStore(), Allowed(patient_per_hour=2))
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient))
    assert ["id" in desk.send(patient, letter(doctor)) for _ in range(3)] == [True, True, False]
    refused = desk.send(patient, letter(doctor))
    assert (refused["type"], refused["retryAfter"]) == ("rateLimit", 1800)
    desk.clock.move(minutes=31)
    assert "id" in desk.send(patient, letter(doctor))


def test_changes_tell_what_was_made_and_what_went_without_a_gap(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    sent = [desk.send(doctor, letter(patient))["id"] for _ in range(3)]
    first = desk.one(patient, "SealedMessage/changes", sinceState="0", maxChanges=2)
    assert (first["created"], first["hasMoreChanges"]) == (sent[:2], True)
    rest = desk.one(patient, "SealedMessage/changes", sinceState=first["newState"])
    assert (rest["created"], rest["hasMoreChanges"]) == (sent[2:], False)
    desk.one(patient, "SealedMessage/set", destroy=[sent[0]])
    last = desk.one(patient, "SealedMessage/changes", sinceState=rest["newState"])
    assert (last["created"], last["destroyed"]) == ([], [sent[0]])


@pytest.mark.parametrize("state", ["99", "x", "-1", "٣", "1" * 40])
def test_a_state_that_was_never_given_is_refused(desk: Desk, state: str) -> None:
    with pytest.raises(Refusal, match="cannotCalculateChanges"):
        desk.one(desk.doctor(), "SealedMessage/changes", sinceState=state)


def test_a_query_finds_newest_first_by_box_client_id_and_date(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    sent = []
    for _ in range(3):
        sent.append(desk.send(doctor, letter(patient)))
        desk.clock.move(hours=1)
    ids = [one["id"] for one in sent]

    def ask(**given: Any) -> Any:
        return desk.one(patient, "SealedMessage/query", **given)["ids"]

    assert ask() == ids[::-1]
    assert ask(filter={"after": sent[1]["receivedAt"]}) == [ids[2], ids[1]]
    assert ask(filter={"before": sent[1]["receivedAt"], "box": "in"}) == [ids[0]]
    assert ask(position=-1, limit=5) == [ids[0]]
    assert ask(filter={"box": "out"}) == []
    assert desk.one(patient, "SealedMessage/query", calculateTotal=True, limit=1)["total"] == 3
