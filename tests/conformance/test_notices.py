"""RFC 8620, 7.2: `PushSubscription`; and what NotificationSettings has beside (docs/spec/protocol.md)."""

from typing import Any

from messaging.wire.limits import MAX_OBJECTS_IN_SET
from tests.conformance.rows import own
from tests.conformance.world import World

STRANGER = "a" + "7" * 26


def _push(world: World, verb: str, **given: Any) -> tuple[str, Any]:
    return world.ask(world.home.patient, f"PushSubscription/{verb}", accountId=None, **given)


def _create(world: World, **changed: Any) -> Any:
    create = world.kinds["PushSubscription"].create
    assert create is not None
    return _push(world, "set", create={"p": create() | changed})[1]


@own("PushSubscription/get", "7.2.1 get")
def test_subscriptions_are_given_without_account_state_and_secrets(world: World) -> None:
    id_ = _create(world, types=["SealedMessage"])["created"]["p"]["id"]
    _, answer = _push(world, "get", ids=[id_, "x"])
    assert answer.keys() == {"list", "notFound"}
    assert answer["notFound"] == ["x"]
    (shown,) = answer["list"]
    assert shown.keys() == {"id", "deviceClientId", "verificationCode", "expires", "types"}
    assert (shown["verificationCode"], shown["types"]) == (None, ["SealedMessage"])
    assert world.ask(world.home.carer, "PushSubscription/get", accountId=None, ids=[id_])[1]["list"] == []


@own("PushSubscription/get", "7.2.1 forbidden")
def test_url_and_keys_may_not_be_asked_for(world: World) -> None:
    for secret in ("url", "keys"):
        said, answer = _push(world, "get", properties=["id", secret])
        assert (said, answer["type"]) == ("error", "forbidden")


@own("PushSubscription/get", "3.6.2 invalidArguments")
def test_wrong_arguments_of_get_are_refused(world: World) -> None:
    wrong: list[dict[str, Any]] = [{"ids": "x"}, {"properties": ["subject"]}, {"accountId": STRANGER}]
    said = [world.ask(world.home.patient, "PushSubscription/get", **({"accountId": None} | given)) for given in wrong]
    assert {(name, answer["type"]) for name, answer in said} == {("error", "invalidArguments")}


@own("PushSubscription/set", "7.2.2 create")
def test_a_subscription_is_made_with_an_end_and_without_a_code(world: World) -> None:
    made = _create(world, expires="2100-01-01T00:00:00Z")["created"]["p"]
    assert made["verificationCode"] is None
    assert made["expires"] < "2100"
    refused = _create(world, url="http://127.0.0.1/")["notCreated"]["p"]
    assert (refused["type"], refused["properties"]) == ("invalidProperties", ["url"])


@own("PushSubscription/set", "7.2.2 verificationCode")
def test_another_code_than_the_one_that_was_pushed_is_refused(world: World) -> None:
    id_ = _create(world)["created"]["p"]["id"]
    _, answer = _push(world, "set", update={id_: {"verificationCode": "AAAA"}, "x": {"types": None}})
    assert answer["notUpdated"][id_]["properties"] == ["verificationCode"]
    assert answer["notUpdated"]["x"]["type"] == "notFound"


@own("PushSubscription/set", "7.2.2 destroy")
def test_what_is_destroyed_is_gone(world: World) -> None:
    id_ = _create(world)["created"]["p"]["id"]
    assert _push(world, "set", destroy=[id_])[1]["destroyed"] == [id_]
    assert _push(world, "set", destroy=[id_])[1]["notDestroyed"][id_]["type"] == "notFound"


@own("PushSubscription/set", "3.6.2 invalidArguments")
def test_wrong_arguments_of_set_are_refused(world: World) -> None:
    wrong: list[dict[str, Any]] = [{"create": []}, {"destroy": "x"}, {"accountId": STRANGER}, {"ifInState": "0"}]
    said = [world.ask(world.home.patient, "PushSubscription/set", **({"accountId": None} | given)) for given in wrong]
    assert {(name, answer["type"]) for name, answer in said} == {("error", "invalidArguments")}
    many = [f"x{number}" for number in range(MAX_OBJECTS_IN_SET + 1)]
    assert _push(world, "set", destroy=many)[1]["type"] == "requestTooLarge"


@own("NotificationSettings/confirm", "codeExpired")
def test_without_a_code_there_is_none_to_confirm(world: World) -> None:
    assert world.error("NotificationSettings", "confirm", code="123456") == "codeExpired"


@own("NotificationSettings/confirm", "3.6.2 accountNotFound")
def test_codes_of_somebody_else_are_answered_like_none(world: World) -> None:
    for account in (STRANGER, world.home.doctor.account):
        assert world.error("NotificationSettings", "confirm", code="123456", accountId=account) == "accountNotFound"


@own("NotificationSettings/confirm", "3.6.2 invalidArguments")
def test_what_is_no_code_is_refused(world: World) -> None:
    for code in ("12345", "1234567", "１２３４５６", "12345a", 123456, None):
        assert world.error("NotificationSettings", "confirm", code=code) == "invalidArguments"


@own("NotificationSettings/test", "answer")
def test_a_trial_says_that_there_is_nothing_confirmed(world: World) -> None:
    for way in ("email", "push"):
        assert world.good("NotificationSettings", "test", by=way)["sent"] is False


@own("NotificationSettings/test", "3.6.2 accountNotFound")
def test_trials_for_somebody_else_are_answered_like_none(world: World) -> None:
    assert world.error("NotificationSettings", "test", by="email", accountId=STRANGER) == "accountNotFound"


@own("NotificationSettings/test", "3.6.2 invalidArguments")
def test_there_are_two_ways(world: World) -> None:
    for way in ("sms", None, 1):
        assert world.error("NotificationSettings", "test", by=way) == "invalidArguments"
