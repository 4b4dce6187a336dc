"""Who may create accounts, and what the same again comes to."""

import msgspec
import pytest

from messaging.relay.accounts import examine
from messaging.relay.relay import AskSession, Enrol
from messaging.wire.errors import Refusal
from messaging.wire.types import EnrolRequest
from tests.messaging.desk import Desk, box, person


def refusal(desk: Desk, value: object, by: object) -> str:
    answer = desk.ask(Enrol(examine(EnrolRequest(people=[value]))), by)  # type: ignore[list-item, arg-type]  # a test's
    return str(answer.people[0].reason)


def test_a_station_enrols_and_the_same_again_is_unchanged(desk: Desk) -> None:
    who = person("patient", "camille")
    assert desk.enrol(who) == ["created"]
    assert desk.enrol(who) == ["unchanged"]
    assert desk.one(who, "AccountInfo/get", ids=None)["list"][0]["state"] == "invited"


def test_an_interrupted_run_is_repeated_and_ends_the_same(desk: Desk) -> None:
    people = [person("patient", f"p{n}") for n in range(20)]
    desk.enrol(*people[:7])
    assert desk.enrol(*people) == ["unchanged"] * 7 + ["created"] * 13


def test_a_taken_address_login_or_account_is_said(desk: Desk) -> None:
    first = desk.patient()
    assert refusal(desk, desk.item(person("patient", "camille"), managed=False), desk.station) == "addressTaken"
    other = desk.item(person("patient", "camille"), managed=False, addresses=("new@x.yy",))
    assert refusal(desk, other, desk.station) == "loginTaken"
    again = desk.item(first, managed=False, addresses=("other@x.yy",))
    assert refusal(desk, again, desk.station) == "accountTaken"


def test_two_of_one_run_cannot_take_the_same_address(desk: Desk) -> None:
    pair = [desk.item(person("patient", name), managed=False, addresses=("same@x.yy",)) for name in ("one", "two")]
    answer = desk.ask(Enrol(examine(EnrolRequest(people=pair))), desk.station)
    assert [outcome.outcome for outcome in answer.people] == ["created", "refused"]


@pytest.mark.parametrize("broken", ["statement", "signature", "signingKey", "account"])
def test_keys_that_do_not_fit_their_statement_are_refused(desk: Desk, broken: str) -> None:
    value, other = (desk.item(person("patient", name), managed=False) for name in ("camille", "x"))
    name = {"signingKey": "signing_key"}.get(broken, broken)
    value = msgspec.structs.replace(value, **{name: getattr(other, name)})
    assert refusal(desk, value, desk.station) == "invalidKeys"


def test_a_box_that_is_none_is_refused(desk: Desk) -> None:
    value = msgspec.structs.replace(desk.item(person("patient", "camille"), managed=False), box=box()[:-4])
    assert refusal(desk, value, desk.station) == "invalidKeys"


def test_a_bridge_enrols_professionals_in_its_domains_only(desk: Desk) -> None:
    foreign = desk.item(person("professional", "dr"), managed=True, addresses=("dr@elsewhere.example",))
    assert refusal(desk, foreign, desk.bridge) == "notYourDomain"
    assert refusal(desk, desk.item(person("patient", "camille"), managed=True), desk.bridge) == "notYourDomain"
    assert desk.enrol(person("organisation", "hospital"), by=desk.bridge, managed=True) == ["created"]


NOT_OURS: tuple[list[str], ...] = (
    [],
    ["cabinet.mssante.example"],
    ["@cabinet.mssante.example"],
    ["a@b@cabinet.mssante.example"],
)


@pytest.mark.parametrize("addresses", NOT_OURS)
def test_a_bridge_enrols_whole_addresses_alone(desk: Desk, addresses: list[str]) -> None:
    value = msgspec.structs.replace(desk.item(person("professional", "dr"), managed=True), addresses=addresses)

    assert refusal(desk, value, desk.bridge) == "notYourDomain"


def test_a_bridge_cannot_take_a_log_in_name(desk: Desk) -> None:
    unmanaged = desk.item(person("professional", "dr"), managed=False)
    named = msgspec.structs.replace(desk.item(person("professional", "dr"), managed=True), login="camille")

    assert refusal(desk, unmanaged, desk.bridge) == "notYourDomain"
    assert refusal(desk, named, desk.bridge) == "notYourDomain"


def test_people_enrol_nobody(desk: Desk) -> None:
    patient = desk.patient()
    with pytest.raises(Refusal, match="forbidden"):
        desk.enrol(person("patient", "x"), by=patient.caller)


def test_a_bridges_session_lists_what_it_may_act_for_and_changes_state(desk: Desk) -> None:
    before = desk.ask(AskSession(), desk.bridge)
    doctor = desk.doctor()
    after = desk.ask(AskSession(), desk.bridge)
    assert after["accounts"].keys() - before["accounts"].keys() == {doctor.account}
    assert before["state"] != after["state"]
    assert desk.one(desk.bridge, "SealedMessage/get", accountId=doctor.account, ids=None)["list"] == []


def test_another_bridge_may_not_act_for_it(desk: Desk) -> None:
    doctor = desk.doctor()
    with pytest.raises(Refusal, match="accountNotFound"):
        desk.one(desk.station, "SealedMessage/get", accountId=doctor.account, ids=None)


def test_addresses_are_not_in_the_database(desk: Desk) -> None:
    from messaging.relay.records import Address

    desk.patient()
    held = desk.store.read(lambda tx: tx.where(Address))
    assert all(len(row.id) == 32 and b"camille" not in row.id for row in held)
