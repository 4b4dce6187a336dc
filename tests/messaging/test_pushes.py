"""Push subscriptions and webhooks by the rules alone: proven first, of one device, what is told, what ends them."""

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from crypto.encoding import b64u
from crypto.webpush import raw_public
from messaging.relay.devices import end_all
from messaging.relay.ports import Store
from messaging.relay.records import Account, Hook, Notice, Subscription
from messaging.relay.telling import Job, Parcel, Result, Settle, Take
from messaging.relay.turn import Caller, Turn
from messaging.wire import names
from messaging.wire.codec import Call, Request, encode
from messaging.wire.errors import Refusal
from tests.messaging.desk import Desk, Person, letter
from tests.messaging.household import Member, another_device, confirm, delegate, member

URL = "https://push.example/abc"
KEYS = {"p256dh": b64u(raw_public(ec.derive_private_key(7, ec.SECP256R1()))), "auth": b64u(bytes(16))}


def _new(**more: Any) -> dict[str, Any]:
    return {"deviceClientId": "browser", "url": URL, "keys": KEYS, **more}


def _set(desk: Desk, who: Caller, **given: Any) -> Any:
    (answer,) = [said for _, said in _calls(desk, who, ("PushSubscription/set", given))]
    return answer


def _calls(desk: Desk, who: Caller, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    made = [Call(name, msgspec.Raw(encode(given)), f"c{n}") for n, (name, given) in enumerate(calls)]
    response = desk.ask(Request(using=[names.CORE], method_calls=made), who)
    return [(name, answer) for name, answer, _ in msgspec.json.decode(encode(response))["methodResponses"]]


def _take(desk: Desk, **later: float) -> list[Any]:
    desk.clock.move(**(later or {"seconds": 1}))
    jobs: list[Job] = desk.ask(Take())
    assert all(isinstance(job, Parcel) for job in jobs)
    return jobs


def _settle(desk: Desk, job: Parcel, result: Result, wait: int = 0) -> None:
    desk.ask(Settle(job.row, result, 0.5, wait))


def _subscribe(desk: Desk, who: Member, **more: Any) -> str:
    """Made and proven."""
    id_ = str(_set(desk, who.caller, create={"s": _new(**more)})["created"]["s"]["id"])
    (job,) = _take(desk)
    said = msgspec.json.decode(job.body)
    assert said["@type"] == "PushVerification" and said["pushSubscriptionId"] == id_  # noqa: PT018
    done = _set(desk, who.caller, update={id_: {"verificationCode": said["verificationCode"]}})
    assert done["updated"] == {id_: None}
    _settle(desk, job, "done")
    return id_


def _people(desk: Desk) -> tuple[Member, Person, Person]:
    who = member(desk, "camille")
    return who, Person(who.account, "patient", who.login, who.pairs), desk.doctor()


def test_nothing_is_pushed_before_the_code_came_back(store: Store) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    id_ = _set(desk, who.caller, create={"s": _new()})["created"]["s"]["id"]
    desk.send(doctor, letter(camille))
    (job,) = _take(desk)
    assert b"StateChange" not in job.body
    done = _set(desk, who.caller, update={id_: {"verificationCode": b64u(bytes(32))}})
    assert done["notUpdated"][id_]["properties"] == ["verificationCode"]
    desk.send(doctor, letter(camille))
    assert _take(desk) == []


def test_a_push_says_what_changed_and_no_more(store: Store) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    _subscribe(desk, who, types=["SealedMessage"])
    desk.send(doctor, letter(camille))
    desk.send(doctor, letter(camille))
    (job,) = _take(desk)
    said = msgspec.json.decode(job.body)
    state = desk.one(who.caller, "SealedMessage/get", ids=[])["state"]
    assert said == {"@type": "StateChange", "changed": {who.account: {"SealedMessage": state}}}
    assert (job.target.url, URL in repr(job)) == (URL, False)
    assert URL.encode() not in repr(store.read(lambda tx: tx.where(Subscription))).encode()


def test_what_changes_while_a_push_is_under_way_is_pushed_after_it(store: Store) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    _subscribe(desk, who, types=["SealedMessage"])
    desk.send(doctor, letter(camille))
    (first,) = _take(desk)
    desk.send(doctor, letter(camille))
    assert _take(desk) == []
    _settle(desk, first, "done")
    (second,) = _take(desk)
    assert first.body != second.body
    assert first.mark != second.mark
    _settle(desk, second, "done")
    assert _take(desk, minutes=10) == []


def test_only_the_types_asked_for_are_pushed(store: Store) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    id_ = _subscribe(desk, who, types=["SealedState"])
    desk.send(doctor, letter(camille))
    assert _take(desk) == []
    _set(desk, who.caller, update={id_: {"types": None}})
    desk.send(doctor, letter(camille))
    assert len(_take(desk)) == 1


def test_the_switch_of_the_settings_holds_all_of_them(store: Store) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    _subscribe(desk, who)
    _take(desk)
    desk.one(who.caller, "NotificationSettings/set", update={"settings": {"push": False}})
    for row in store.read(lambda tx: tx.where(Notice)):
        store.write(lambda tx, row=row: tx.drop(Notice, row.account, row.way, row.id))  # type: ignore[misc]  # bound
    desk.send(doctor, letter(camille))
    assert _take(desk) == []


def test_a_subscription_ends_with_the_device_that_made_it(store: Store) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    _subscribe(desk, who)
    store.write(lambda tx: end_all(Turn(tx, desk.house, Caller(), desk.clock.now()), who.account))
    desk.send(doctor, letter(camille))
    assert _take(desk) == []
    assert store.read(lambda tx: tx.where(Subscription)) == []
    account = store.read(lambda tx: tx.one(Account, who.account))
    assert account is not None
    assert account.notices == 0


def test_it_is_seen_and_changed_by_its_own_device_alone(store: Store) -> None:
    desk = Desk(store)
    who, _, doctor = _people(desk)
    id_ = _subscribe(desk, who)
    for other in (another_device(desk, who).caller, doctor.caller):
        ((_, got),) = _calls(desk, other, ("PushSubscription/get", {"ids": [id_]}))
        assert got == {"list": [], "notFound": [id_]}
        done = _set(desk, other, destroy=[id_], update={id_: {"types": None}})
        assert done["notDestroyed"][id_]["type"] == done["notUpdated"][id_]["type"] == "notFound"


def test_a_url_and_its_keys_are_never_given_back(store: Store) -> None:
    desk = Desk(store)
    who, _, _ = _people(desk)
    _subscribe(desk, who)
    ((_, got),) = _calls(desk, who.caller, ("PushSubscription/get", {}))
    assert not {"url", "keys"} & got["list"][0].keys()
    for secret in ("url", "keys"):
        ((said, error),) = _calls(desk, who.caller, ("PushSubscription/get", {"properties": [secret]}))
        assert (said, error["type"]) == ("error", "forbidden")
    ((_, shown),) = _calls(desk, who.caller, ("PushSubscription/get", {"properties": ["types"]}))
    assert shown["list"][0].keys() == {"id", "types"}


def test_the_same_client_again_takes_the_place_of_what_it_had(store: Store) -> None:
    desk = Desk(store)
    who, _, _ = _people(desk)
    first = _subscribe(desk, who)
    second = _subscribe(desk, who)
    ((_, got),) = _calls(desk, who.caller, ("PushSubscription/get", {}))
    assert [one["id"] for one in got["list"]] == [second] != [first]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"url": "http://push.example/"}, "url"), ({"url": "https://push.example/\r\nX: y"}, "url"),
        ({"url": "https://"}, "url"), ({"keys": None}, "keys"), ({"keys": {**KEYS, "auth": "AAAA"}}, "keys"),
        ({"keys": {**KEYS, "p256dh": "A" * 86}}, "keys"), ({"types": ["sealedMessage"]}, "types"),
        ({"types": ["A"] * 33}, "types"), ({"expires": "2020-01-01T00:00:00Z"}, "expires"),
        ({"expires": "x"}, "expires"),
        ({"deviceClientId": ""}, "deviceClientId"), ({"subject": "x"}, "subject"),
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_refused(store: Store, given: dict[str, Any], named: str) -> None:
    desk = Desk(store)
    who, _, _ = _people(desk)
    done = _set(desk, who.caller, create={"s": _new(**given)})
    assert done["notCreated"]["s"]["type"] == "invalidProperties"
    assert done["notCreated"]["s"]["properties"] in ([named], [])
    assert store.read(lambda tx: tx.where(Subscription)) == []


def test_there_are_sixteen_at_most(store: Store) -> None:
    desk = Desk(store)
    who, _, _ = _people(desk)
    done = _set(desk, who.caller, create={str(n): _new(deviceClientId=f"c{n}") for n in range(17)})
    assert (len(done["created"]), done["notCreated"]["16"]["type"]) == (16, "overQuota")


@pytest.mark.parametrize(("result", "left"), [("gone", 0), ("again", 1)])
def test_what_is_gone_is_forgotten_and_what_failed_comes_again(store: Store, result: Result, left: int) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    _subscribe(desk, who)
    desk.send(doctor, letter(camille))
    (job,) = _take(desk)
    _settle(desk, job, result, wait=3600)
    assert len(store.read(lambda tx: tx.where(Subscription))) == left
    assert _take(desk, minutes=59) == []  # as the push service asked
    assert len(_take(desk, minutes=2)) == left


def test_a_push_whose_end_nobody_knows_is_pushed_again(store: Store) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    _subscribe(desk, who)
    desk.send(doctor, letter(camille))
    (lost,) = _take(desk)
    (again,) = _take(desk, minutes=6)
    assert lost.mark == again.mark
    _settle(desk, lost, "done")  # too late: it is another's
    assert len(store.read(lambda tx: tx.where(Notice))) == 1


def test_a_carer_is_told_of_whom_they_care_for(store: Store) -> None:
    desk = Desk(store)
    who, camille, doctor = _people(desk)
    carer = member(desk, "carer")
    _subscribe(desk, carer, types=["SealedMessage"])
    delegate(desk, confirm(desk, who), carer)
    desk.send(doctor, letter(camille))
    (job,) = _take(desk)
    assert msgspec.json.decode(job.body)["changed"].keys() == {who.account}


def _hook(desk: Desk, doctor: Person, **more: Any) -> Any:
    done = desk.one(doctor, "Webhook/set", create={"h": {"url": URL, **more}})
    assert done["created"] is not None, done
    return done["created"]["h"]


def test_a_webhook_is_told_and_its_secret_is_said_once(store: Store) -> None:
    desk = Desk(store)
    _, camille, doctor = _people(desk)
    made = _hook(desk, doctor, types=["SealedMessage"])
    assert made["secret"].startswith("whsec_")
    shown = desk.one(doctor, "Webhook/get")["list"][0]
    assert (shown["url"], shown["state"], "secret" in shown) == (URL, "working", False)
    desk.send(doctor, letter(camille))
    (job,) = _take(desk)
    assert msgspec.json.decode(job.body)["changed"].keys() == {doctor.account}
    held = repr(store.read(lambda tx: tx.where(Hook)))
    assert URL not in held
    assert made["secret"] not in held


def test_a_webhook_that_fails_for_five_days_is_off_until_its_owner_says_so(store: Store) -> None:
    desk = Desk(store)
    _, camille, doctor = _people(desk)
    id_ = _hook(desk, doctor)["id"]
    desk.send(doctor, letter(camille))
    states, tries = set(), 0
    while (jobs := _take(desk, hours=5)) and tries < 100:
        tries += 1
        _settle(desk, jobs[0], "again")
        states.add(desk.one(doctor, "Webhook/get", ids=[id_])["list"][0]["state"])
    assert states == {"failing", "off"}
    assert 20 < tries < 30
    desk.send(doctor, letter(camille))
    assert _take(desk) == []
    desk.one(doctor, "Webhook/set", update={id_: {"state": "working"}})
    desk.send(doctor, letter(camille))
    assert len(_take(desk)) == 1


def test_a_webhook_that_answers_again_works(store: Store) -> None:
    desk = Desk(store)
    _, camille, doctor = _people(desk)
    id_ = _hook(desk, doctor)["id"]
    desk.send(doctor, letter(camille))
    (job,) = _take(desk)
    _settle(desk, job, "again")
    (job,) = _take(desk, minutes=2)
    _settle(desk, job, "done")
    assert desk.one(doctor, "Webhook/get", ids=[id_])["list"][0]["state"] == "working"


def test_people_and_stations_have_no_webhooks(store: Store) -> None:
    desk = Desk(store)
    who, _, _ = _people(desk)
    for caller in (who.caller, desk.station):
        with pytest.raises(Refusal, match="accountNotSupportedByMethod"):
            desk.one(caller, "Webhook/get")


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://a.example/ b", "file:///etc/passwd", "", "https://" + "a" * 2048]
)
def test_a_webhook_goes_to_an_https_url_alone(store: Store, url: str) -> None:
    desk = Desk(store)
    doctor = desk.doctor()
    done = desk.one(doctor, "Webhook/set", create={"h": {"url": url}})
    assert done["notCreated"]["h"]["properties"] == ["url"]
