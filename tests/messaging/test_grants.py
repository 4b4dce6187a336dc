"""AppGrants and EmergencyGrants: who gives, who takes back, and what an app or a professional may do meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from crypto.encoding import b64u, utc
from crypto.keys import account_id
from messaging.relay import closing, erasure
from messaging.relay.ports import Store
from messaging.relay.records import Emergency, Grant
from messaging.relay.turn import Caller, Turn
from messaging.wire.errors import Refusal
from messaging.wire.life import CloseRequest
from tests.messaging.access.people import as_person
from tests.messaging.apps import app, certified, entry, give, logged_in, publish, revoke, wanting
from tests.messaging.desk import Desk, Person, letter
from tests.messaging.household import Member, confirm, delegate, member, unconfirmed

WROTE, REFUSED = "wrote", "recipientRefuses"
SUMMARY = b64u(b"sealed for the emergency doctor")


def writes(desk: Desk, sender: Person, to: Person) -> str:
    done = desk.send(sender, letter(to))
    return str(done.get("type", WROTE))


def shown(desk: Desk, caller: Caller, kind: str = "AppGrant") -> list[Any]:
    return list(desk.one(caller, f"{kind}/get", ids=None)["list"])


def deposit(desk: Desk, grantee: str, days: float = 90, **more: Any) -> dict[str, Any]:
    until = utc(desk.clock.now() + timedelta(days=days))
    return {"grantee": grantee, "until": until, "sealed": SUMMARY, **more}


@pytest.fixture
def patient(desk: Desk) -> Member:
    return member(desk)


# What a grant allows ------------------------------------------------------------------------------------------


def test_without_a_grant_nobody_writes(desk: Desk, patient: Member) -> None:
    carnet, camille = certified(desk), as_person(patient, "patient")
    assert (writes(desk, carnet, camille), writes(desk, camille, carnet)) == (REFUSED, REFUSED)


@pytest.mark.parametrize(
    ("scopes", "to_patient", "to_app"),
    [
        (["letters.send"], WROTE, REFUSED),
        (["letters.receive"], REFUSED, WROTE),
        (["letters.send", "letters.receive"], WROTE, WROTE),
        (["record.add"], WROTE, REFUSED),
        (["agenda.add"], WROTE, REFUSED),
        (["record.read"], REFUSED, WROTE),
        (["agenda.read"], REFUSED, WROTE),
    ],
)
def test_a_scope_opens_its_own_direction(
    desk: Desk, patient: Member, scopes: Any, to_patient: str, to_app: str
) -> None:
    carnet, camille = certified(desk, *scopes), as_person(patient, "patient")
    give(desk, confirm(desk, patient), wanting(desk, carnet, *scopes))
    assert (writes(desk, carnet, camille), writes(desk, camille, carnet)) == (to_patient, to_app)


def test_a_grant_is_to_one_app_by_one_patient(desk: Desk, patient: Member) -> None:
    carnet, other = app(desk), app(desk, "other")
    publish(desk, 1, entry(desk, carnet), entry(desk, other))
    neighbour = member(desk, "dominique")
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    assert writes(desk, other, as_person(patient, "patient")) == REFUSED
    assert writes(desk, carnet, as_person(neighbour, "patient")) == REFUSED


def test_an_app_never_writes_to_a_professional_nor_a_professional_to_an_app(desk: Desk, patient: Member) -> None:
    carnet, doctor = certified(desk), desk.doctor()
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    assert (writes(desk, carnet, doctor), writes(desk, doctor, carnet)) == (REFUSED, REFUSED)


def test_a_letter_to_a_patient_who_gave_and_one_who_did_not_goes_to_nobody(desk: Desk, patient: Member) -> None:
    carnet, neighbour = certified(desk), member(desk, "dominique")
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    done = desk.send(carnet, letter(as_person(patient, "patient"), as_person(neighbour, "patient")))
    assert (done["type"], done["recipients"]) == (REFUSED, [neighbour.account])


def test_it_begins_and_ends_when_it_says(desk: Desk, patient: Member) -> None:
    carnet, camille = certified(desk), as_person(patient, "patient")
    begins = utc(desk.clock.now() + timedelta(days=1))
    give(desk, confirm(desk, patient), wanting(desk, carnet, days=2, **{"from": begins}))
    said = []
    for days in (0, 1.5, 1):
        desk.clock.move(days=days)
        said.append(writes(desk, carnet, camille))
    assert said == [REFUSED, WROTE, REFUSED]


def test_what_is_taken_back_ends_at_once_and_stays_to_be_seen(desk: Desk, patient: Member) -> None:
    carnet, camille = certified(desk), as_person(patient, "patient")
    id_ = give(desk, confirm(desk, patient), wanting(desk, carnet))
    assert revoke(desk, patient.caller, id_) is None
    assert (writes(desk, carnet, camille), writes(desk, camille, carnet)) == (REFUSED, REFUSED)
    (mine,), (theirs,) = shown(desk, patient.caller), shown(desk, carnet.caller)
    assert mine == theirs
    assert (mine["id"], mine["revokedAt"][:10]) == (id_, "2026-03-01")


def test_an_app_that_is_certified_no_more_has_nothing(desk: Desk, patient: Member) -> None:
    carnet, camille = certified(desk), as_person(patient, "patient")
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    publish(desk, 2)
    assert (writes(desk, carnet, camille), writes(desk, camille, carnet)) == (REFUSED, REFUSED)


def test_a_certificate_that_shrank_takes_the_whole_grant(desk: Desk, patient: Member) -> None:
    carnet, camille = certified(desk), as_person(patient, "patient")
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    publish(desk, 2, entry(desk, carnet, "letters.receive"))
    assert writes(desk, carnet, camille) == REFUSED


def test_a_certificate_that_is_over_ends_it(desk: Desk, patient: Member) -> None:
    carnet = app(desk)
    publish(desk, 1, entry(desk, carnet, certified_until=utc(desk.clock.now() + timedelta(days=3))))
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    desk.clock.move(days=4)
    assert writes(desk, carnet, as_person(patient, "patient")) == REFUSED


def test_a_catalogue_that_is_late_ends_nothing_but_new_grants(desk: Desk, patient: Member) -> None:
    carnet, other = app(desk), app(desk, "other")
    publish(desk, 1, entry(desk, carnet), entry(desk, other), days=1)
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    desk.clock.move(minutes=5 + 24 * 60)
    assert writes(desk, carnet, as_person(patient, "patient")) == WROTE
    assert give(desk, confirm(desk, patient), wanting(desk, other))["properties"] == ["app"]


def test_the_day_of_the_last_use_is_seen_by_both(desk: Desk, patient: Member) -> None:
    carnet, camille = certified(desk), as_person(patient, "patient")
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    before = shown(desk, patient.caller)[0]["lastUsed"]
    writes(desk, camille, carnet)  # the patient's own letter is no use by the app
    assert (before, shown(desk, patient.caller)[0]["lastUsed"]) == (None, None)
    writes(desk, carnet, camille)
    assert [shown(desk, of.caller)[0]["lastUsed"] for of in (patient, carnet)] == ["2026-03-01"] * 2


def test_changes_tell_both_of_a_new_one_and_of_its_end(desk: Desk, patient: Member) -> None:
    carnet = certified(desk)
    id_ = give(desk, confirm(desk, patient), wanting(desk, carnet))
    state = {of: desk.one(of, "AppGrant/get", ids=[])["state"] for of in (patient.caller, carnet.caller)}
    revoke(desk, patient.caller, id_)
    assert desk.last is not None
    assert {account: set(said) for account, said in desk.last.changed.items()} == {
        patient.account: {"AppGrant"}, carnet.account: {"AppGrant"},
    }  # fmt: skip
    for of, since in state.items():
        assert desk.one(of, "AppGrant/changes", sinceState=since)["updated"] == [id_]


# Who gives it ---------------------------------------------------------------------------------------------------


def test_a_device_that_is_not_confirmed_gives_and_takes_nothing(desk: Desk, patient: Member) -> None:
    carnet = certified(desk)
    id_ = give(desk, confirm(desk, patient), wanting(desk, carnet))
    unconfirmed(desk, patient)
    assert give(desk, patient, wanting(desk, carnet, days=10))["type"] == "forbidden"
    assert revoke(desk, patient.caller, id_)["type"] == "forbidden"


def test_a_delegate_gives_and_takes_back_for_whom_they_hold(desk: Desk, patient: Member) -> None:
    carnet, carer = certified(desk), member(desk, "carer")
    delegate(desk, confirm(desk, patient), carer)
    made = desk.one(
        confirm(desk, carer).caller, "AppGrant/set", accountId=patient.account, create={"g": wanting(desk, carnet)}
    )
    assert revoke(desk, carer.caller, made["created"]["g"]["id"], patient.account) is None


@pytest.mark.parametrize("kind", ["AppGrant", "EmergencyGrant"])
def test_only_a_patients_account_gives(desk: Desk, patient: Member, kind: str) -> None:
    carnet = certified(desk)
    id_ = give(desk, confirm(desk, patient), wanting(desk, carnet))
    caller = logged_in(desk, carnet)
    with pytest.raises(Refusal, match="accountNotSupportedByMethod"):
        desk.one(caller, f"{kind}/set", update={id_: {"revoked": True}})


@pytest.mark.parametrize(
    ("changed", "properties"),
    [
        ({"app": account_id()}, ["app"]),
        ({"scopes": ["record.read"]}, ["scopes"]),
        ({"scopes": ["letters.send", "letters.send"]}, ["scopes"]),
        ({"scopes": []}, ["scopes"]),
        ({"scopes": ["everything"]}, ["scopes"]),
        ({"until": "2026-02-28T00:00:00Z"}, ["until"]),
        ({"until": "2027-04-01T00:00:00Z"}, ["until"]),
        ({"from": "2026-08-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}, ["until"]),
        ({"until": "2026-13-01T00:00:00Z"}, ["from", "until"]),
        ({"terms": "not base64"}, ["terms"]),
        ({"subject": "diabetes"}, ["subject"]),
    ],
)
def test_a_wrong_grant_is_refused_by_its_property(
    desk: Desk, patient: Member, changed: dict[str, Any], properties: list[str]
) -> None:
    carnet = certified(desk)
    said = give(desk, confirm(desk, patient), wanting(desk, carnet) | changed)
    assert said["type"] == "invalidProperties"
    assert set(said["properties"]) <= set(properties)
    assert shown(desk, patient.caller) == []


def test_terms_that_are_too_large_are_refused(desk: Desk, patient: Member) -> None:
    said = give(desk, confirm(desk, patient), wanting(desk, certified(desk), terms=b64u(bytes(4097))))
    assert (said["type"], said["limit"]) == ("tooLarge", 4096)


@pytest.mark.parametrize("kind", ["patient", "professional"])
def test_whoever_is_no_app_is_given_nothing(desk: Desk, patient: Member, kind: str) -> None:
    somebody = desk.patient("somebody", kind)
    publish(desk, 1, entry(desk, somebody))
    assert give(desk, confirm(desk, patient), wanting(desk, somebody))["properties"] == ["app"]


def test_the_same_again_is_the_one_that_is_there(desk: Desk, patient: Member) -> None:
    value = wanting(desk, certified(desk))
    id_ = give(desk, confirm(desk, patient), value)
    said = give(desk, patient, value)
    assert (said["type"], said["existingId"]) == ("alreadyExists", id_)


def test_a_grant_is_not_destroyed_nor_given_again_by_an_update(desk: Desk, patient: Member) -> None:
    id_ = give(desk, confirm(desk, patient), wanting(desk, certified(desk)))
    gone = desk.one(patient.caller, "AppGrant/set", destroy=[id_])
    back = desk.one(patient.caller, "AppGrant/set", update={id_: {"revoked": False}})
    assert gone["notDestroyed"][id_]["type"] == "forbidden"
    assert back["notUpdated"][id_]["type"] == "invalidProperties"


# The end of an account ------------------------------------------------------------------------------------------


def test_closing_takes_all_back(desk: Desk, patient: Member) -> None:
    carnet, doctor = certified(desk), desk.doctor()
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    give(desk, patient, deposit(desk, doctor.account), "EmergencyGrant")
    desk.ask(CloseRequest(account=patient.account), patient.caller)
    assert shown(desk, carnet.caller)[0]["revokedAt"] is not None
    assert shown(desk, doctor.caller, "EmergencyGrant")[0]["revokedAt"] is not None


def test_of_an_erased_patient_the_other_sides_keep_no_row(desk: Desk, patient: Member) -> None:
    carnet, doctor = certified(desk), desk.doctor()
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    give(desk, patient, deposit(desk, doctor.account), "EmergencyGrant")
    desk.store.write(lambda tx: erasure.erase(Turn(tx, desk.house, Caller(), desk.clock.now()), patient.account))
    assert desk.store.read(lambda tx: (tx.where(Grant), tx.where(Emergency))) == ([], [])
    assert len(desk.one(carnet.caller, "AppGrant/changes", sinceState="0")["destroyed"]) == 1


def test_an_app_that_the_operator_closed_has_no_way_in(desk: Desk, patient: Member) -> None:
    carnet, camille = certified(desk), as_person(patient, "patient")
    give(desk, confirm(desk, patient), wanting(desk, carnet))
    desk.store.write(lambda tx: closing.close(Turn(tx, desk.house, Caller(), desk.clock.now()), carnet.account))
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(carnet.login, "key", carnet.seed)
    assert writes(desk, camille, carnet) == "recipientNotFound"


# For an emergency -----------------------------------------------------------------------------------------------


def test_the_grantee_fetches_it_with_a_reason_and_the_patient_is_told(desk: Desk, patient: Member) -> None:
    doctor = desk.doctor()
    id_ = give(desk, confirm(desk, patient), deposit(desk, doctor.account), "EmergencyGrant")
    (row,) = shown(desk, doctor.caller, "EmergencyGrant")
    assert (row["sealed"], row["terms"], row["usedAt"]) == (None, "", None)
    got = desk.one(doctor.caller, "EmergencyGrant/use", id=id_, reason="unconscious")
    assert got["sealed"] == SUMMARY
    assert desk.last is not None
    assert "EmergencyGrant" in desk.last.changed[patient.account]
    assert shown(desk, patient.caller, "EmergencyGrant")[0]["usedAt"][:10] == "2026-03-01"
    acts = desk.one(patient.caller, "AccessLogEntry/get", ids=None)["list"]
    (act,) = [act for act in acts if act["action"] == "emergency"]
    assert (act["actor"], act["by"], act["object"], act["outcome"]) == (
        "professional", doctor.account, id_, "unconscious",
    )  # fmt: skip


def test_nobody_else_and_not_too_late_nor_after_it_was_taken_back(desk: Desk, patient: Member) -> None:
    doctor, other = desk.doctor(), member(desk, "dr.autre", "professional")
    first = give(desk, confirm(desk, patient), deposit(desk, doctor.account), "EmergencyGrant")
    second = give(desk, patient, deposit(desk, doctor.account, days=1), "EmergencyGrant")
    revoke(desk, patient.caller, first, kind="EmergencyGrant")
    desk.clock.move(days=2)
    for caller, id_ in (
        (other.caller, first),
        (doctor.caller, first),
        (doctor.caller, second),
        (patient.caller, first),
    ):
        with pytest.raises(Refusal, match="notFound"):
            desk.one(caller, "EmergencyGrant/use", id=id_, reason="other")


def test_what_is_taken_back_is_not_kept(desk: Desk, patient: Member) -> None:
    id_ = give(desk, confirm(desk, patient), deposit(desk, desk.doctor().account), "EmergencyGrant")
    revoke(desk, patient.caller, id_, kind="EmergencyGrant")
    assert [row.sealed for row in desk.store.read(lambda tx: tx.where(Emergency))] == [b"", b""]


@pytest.mark.parametrize("changed", [
    {"grantee": account_id()}, {"sealed": ""}, {"sealed": "!"}, {"until": "2028-01-01T00:00:00Z"}, {"note": "x"},
])  # fmt: skip
def test_a_wrong_deposit_is_refused(desk: Desk, patient: Member, changed: dict[str, Any]) -> None:
    said = give(desk, confirm(desk, patient), deposit(desk, desk.doctor().account) | changed, "EmergencyGrant")
    assert said["type"] == "invalidProperties"


def test_neither_a_patient_nor_an_app_is_a_grantee(desk: Desk, patient: Member) -> None:
    for grantee in (member(desk, "other").account, certified(desk).account):
        said = give(desk, confirm(desk, patient), deposit(desk, grantee), "EmergencyGrant")
        assert said["properties"] == ["grantee"]


def test_a_deposit_that_is_too_large_is_refused(desk: Desk, patient: Member) -> None:
    value = deposit(desk, desk.doctor().account) | {"sealed": b64u(bytes(64 * 1024 + 1))}
    assert give(desk, confirm(desk, patient), value, "EmergencyGrant")["type"] == "tooLarge"


# An app's account -----------------------------------------------------------------------------------------------


def test_an_app_logs_in_by_its_own_key_at_once(desk: Desk) -> None:
    carnet = app(desk)
    (info,) = desk.one(logged_in(desk, carnet), "AccountInfo/get", ids=None)["list"]
    assert (info["kind"], info["state"], info["loginMethods"]) == ("app", "active", ["key"])


def test_a_bridge_enrols_no_app(desk: Desk) -> None:
    carnet = Person(account_id(), "app", "carnet")
    assert desk.enrol(carnet, by=desk.bridge, managed=True) == ["refused"]


def test_a_store_knows_grants_by_their_sides(store: Store) -> None:
    rows = [Grant(side, "h1", "a1", "a2", "letters.send", 1, 2, 3, 4, 5) for side in ("a1", "a2")]
    store.write(lambda tx: tx.add(*rows))
    assert store.read(lambda tx: tx.where(Grant, account="a1", app="a2")) == rows[:1]
    assert store.read(lambda tx: tx.latest(Grant, "a2")) == 5
