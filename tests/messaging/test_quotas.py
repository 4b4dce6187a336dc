"""How much an account holds: counted with every letter, given back with every letter that goes."""

import pytest
from msgspec.structs import replace

from messaging.relay.ports import Store
from messaging.relay.records import Account
from messaging.relay.relay import KeepUpload
from tests.messaging.desk import Desk, Person, letter


def _used(desk: Desk, who: Person) -> dict[str, int]:
    return {quota["id"]: quota["used"] for quota in desk.one(who, "Quota/get")["list"]}


def test_letters_are_counted_for_all_who_hold_them_and_given_back(store: Store) -> None:
    desk = Desk(store)
    camille, doctor = desk.patient(), desk.doctor()
    sent = desk.send(doctor, letter(camille, sealed=bytes(1000)))
    assert _used(desk, camille)["storage"] == _used(desk, doctor)["storage"] == 1000
    desk.one(doctor, "SealedMessage/set", destroy=[sent["id"]])
    assert (_used(desk, doctor)["storage"], _used(desk, camille)["storage"]) == (0, 1000)


def test_uploads_count_until_a_letter_names_them(store: Store) -> None:
    desk = Desk(store)
    camille, doctor = desk.patient(), desk.doctor()
    blob = "b" + "1" * 64
    desk.ask(KeepUpload(doctor.account, blob, 5000), doctor.caller)
    assert _used(desk, doctor) == {"storage": 0, "uploads": 5000, "states": 0}
    desk.send(doctor, letter(camille, sealed=bytes(10)) | {"blobIds": [blob]})
    assert _used(desk, doctor) == {"storage": 5010, "uploads": 0, "states": 0}


@pytest.mark.parametrize("full", ["sender", "recipient"])
def test_who_is_full_neither_sends_nor_receives(store: Store, full: str) -> None:
    desk = Desk(store)
    camille, doctor = desk.patient(), desk.doctor()
    who = {"sender": doctor, "recipient": camille}[full]
    desk.store.write(lambda tx: tx.put(replace(_account(tx, who), octets=desk.house.storage - 9)))
    refused = desk.send(doctor, letter(camille, sealed=bytes(10)))
    assert (refused["type"], refused["limit"]) == ("overQuota", desk.house.storage)
    assert "id" in desk.send(doctor, letter(camille, sealed=bytes(9)))


def test_changes_name_what_changed_since_the_state(store: Store) -> None:
    desk = Desk(store)
    camille, doctor = desk.patient(), desk.doctor()
    state = desk.one(camille, "Quota/get")["state"]
    desk.send(doctor, letter(camille))
    said = desk.one(camille, "Quota/changes", sinceState=state)
    assert (said["updated"], said["created"], said["updatedProperties"]) == (["storage"], [], ["used"])
    assert desk.one(camille, "Quota/changes", sinceState=said["newState"])["updated"] == []


def _account(tx: object, who: Person) -> Account:
    found = tx.one(Account, who.account)  # type: ignore[attr-defined]  # a Transaction
    assert isinstance(found, Account)
    return found
