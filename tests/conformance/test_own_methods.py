"""The methods that RFC 8620 does not know (docs/spec/protocol.md), and `Core/echo` (section 4)."""

from typing import Any

from messaging.wire.limits import MAX_LOOKUP, MAX_PROVE, MAX_RESOLVE
from tests.conformance.rows import own
from tests.conformance.world import World
from tests.messaging.desk import DOMAIN

STRANGER = "a" + "7" * 26


@own("Core/echo", "4 echo")
def test_an_echo_says_what_it_was_told(world: World) -> None:
    said = {"hello": True, "high": 5, "deep": [{"é": None}], "accountId": "x"}
    assert world.ask(world.home.patient, "Core/echo", **said) == ("Core/echo", said)


@own("PublicKey/lookup", "answer")
def test_a_look_up_gives_the_newest_key_and_its_proof(world: World) -> None:
    patient, doctor = world.home.patient, world.home.doctor
    answer = world.good("PublicKey", "lookup", accounts=[doctor.account, patient.account, doctor.account])
    assert [found["account"] for found in answer["list"]] == [doctor.account, patient.account]
    assert [found["id"] for found in answer["list"]] == [doctor.person.key, patient.person.key]
    assert all(found["inclusion"] is not None and found["revokedAt"] is None for found in answer["list"])


@own("PublicKey/lookup", "history")
def test_with_history_the_line_is_given_oldest_first(world: World) -> None:
    patient = world.home.patient
    answer = world.good("PublicKey", "lookup", accounts=[patient.account], history=True)
    assert [found["id"] for found in answer["list"]] == [key["id"] for key in world.there("PublicKey")]
    assert answer["list"][0]["revokedAt"] is not None
    assert [found["inclusion"] is None for found in answer["list"]] == [True, False]


@own("PublicKey/lookup", "notFound")
def test_who_has_no_key_is_named_once(world: World) -> None:
    operator = world.home.bridge.account
    answer = world.good("PublicKey", "lookup", accounts=[STRANGER, operator, STRANGER])
    assert (answer["list"], answer["notFound"]) == ([], [STRANGER, operator])


@own("PublicKey/lookup", "since")
def test_the_log_is_proven_to_have_grown(world: World) -> None:
    def consistency(since: Any) -> Any:
        return world.good("PublicKey", "lookup", accounts=[], since=since)["log"]["consistency"]

    assert consistency(None) == consistency(0) == []
    assert len(consistency(1)) > 0
    assert consistency(2**53 - 1) is None
    assert world.error("PublicKey", "lookup", accounts=[], since=-1) == "invalidArguments"


@own("PublicKey/lookup", "requestTooLarge")
def test_more_accounts_than_are_looked_up_at_once_are_refused(world: World) -> None:
    assert world.error("PublicKey", "lookup", accounts=[STRANGER] * (MAX_LOOKUP + 1)) == "requestTooLarge"
    assert world.error("PublicKey", "lookup", accounts=["someone"]) == "invalidArguments"


@own("PublicKey/lookup", "3.6.2 accountNotFound")
def test_a_look_up_is_made_as_oneself(world: World) -> None:
    assert world.error("PublicKey", "lookup", accounts=[], accountId=STRANGER) == "accountNotFound"
    assert world.error("PublicKey", "lookup", accounts=[], accountId=None) == "invalidArguments"


@own("KeyLog/prove", "answer")
def test_each_size_is_proven_or_known_not_to_be_there(world: World) -> None:
    answer = world.good("KeyLog", "prove", sizes=[0, 1, 2**53 - 1])
    assert answer["proofs"]["0"] == []
    assert len(answer["proofs"]["1"]) > 0
    assert answer["proofs"][str(2**53 - 1)] is None
    assert answer["checkpoint"].count("\n\n") == 1


@own("KeyLog/prove", "requestTooLarge")
def test_more_sizes_than_are_proven_at_once_are_refused(world: World) -> None:
    assert world.error("KeyLog", "prove", sizes=[1] * (MAX_PROVE + 1)) == "requestTooLarge"
    assert world.error("KeyLog", "prove", sizes=[-1]) == "invalidArguments"
    assert world.error("KeyLog", "prove") == "invalidArguments"


@own("KeyLog/prove", "3.6.2 accountNotFound")
def test_a_proof_is_asked_for_as_oneself(world: World) -> None:
    assert world.error("KeyLog", "prove", sizes=[], accountId=world.home.doctor.account) == "accountNotFound"


@own("Address/resolve", "answer")
def test_a_bridge_resolves_an_address_with_its_salt(world: World) -> None:
    address = f"Camille@{DOMAIN}"
    (found,) = world.good("Address", "resolve", addresses=[address, address])["list"]
    assert (found["address"], found["account"]) == (address, world.home.patient.account)
    assert found["state"] == "open"


@own("Address/resolve", "notFound")
def test_an_address_of_nobody_is_named(world: World) -> None:
    answer = world.good("Address", "resolve", addresses=["nobody@nowhere.example"])
    assert (answer["list"], answer["notFound"]) == ([], ["nobody@nowhere.example"])


@own("Address/resolve", "requestTooLarge")
def test_more_addresses_than_are_resolved_at_once_are_refused(world: World) -> None:
    assert world.error("Address", "resolve", addresses=["a@b.c"] * (MAX_RESOLVE + 1)) == "requestTooLarge"
    assert world.error("Address", "resolve", addresses=["a"]) == "invalidArguments"


@own("Address/resolve", "forbidden")
def test_nobody_but_a_bridge_may_even_ask(world: World) -> None:
    said, answer = world.ask(world.home.patient, "Address/resolve", addresses=["a@b.c"])
    assert (said, answer["type"]) == ("error", "unknownMethod")  # the capability is not theirs to use


@own("Address/resolve", "3.6.2 accountNotFound")
def test_a_bridge_asks_as_itself_or_as_whom_it_acts_for(world: World) -> None:
    assert world.error("Address", "resolve", addresses=[], accountId=STRANGER) == "accountNotFound"
    assert world.error("Address", "resolve", addresses=[], accountId=world.home.patient.account) == "accountNotFound"


# EmergencyGrant/use -------------------------------------------------------------------------------------------


def deposited(world: World) -> str:
    create = world.kinds["EmergencyGrant"].create
    assert create is not None
    made = world.ask(world.home.patient, "EmergencyGrant/set", create={"g": create()})
    return str(world.done(made, "created", "g")["id"])


@own("EmergencyGrant/use", "answer")
def test_a_deposit_is_fetched_by_its_grantee(world: World) -> None:
    id_, doctor = deposited(world), world.home.doctor
    said, answer = world.ask(doctor, "EmergencyGrant/use", id=id_, reason="emergencyCall")
    assert (said, answer) == ("EmergencyGrant/use", {"accountId": doctor.account, "id": id_, "sealed": "AAAA"})
    used = {held["id"]: held["usedAt"] for held in world.there("EmergencyGrant")}
    assert used[id_] is not None


@own("EmergencyGrant/use", "notFound")
def test_a_deposit_is_nobody_elses(world: World) -> None:
    id_ = deposited(world)
    for who, asked in ((world.home.patient, id_), (world.home.carer, id_), (world.home.doctor, "u" + "2" * 26)):
        said, answer = world.ask(who, "EmergencyGrant/use", id=asked, reason="other")
        assert (said, answer["type"]) == ("error", "notFound")


@own("EmergencyGrant/use", "3.6.2 accountNotFound")
def test_a_deposit_is_fetched_as_oneself(world: World) -> None:
    given = {"id": deposited(world), "reason": "other"}
    assert world.error("EmergencyGrant", "use", accountId=STRANGER, **given) == "accountNotFound"
    assert world.error("EmergencyGrant", "use", accountId=world.home.doctor.account, **given) == "accountNotFound"


@own("EmergencyGrant/use", "3.6.2 invalidArguments")
def test_a_deposit_is_fetched_for_a_reason(world: World) -> None:
    id_ = deposited(world)
    wrong: list[dict[str, Any]] = [{"id": id_}, {"id": id_, "reason": "curiosity"}, {"id": "x", "reason": "other"}, {}]
    for given in wrong:
        assert world.error("EmergencyGrant", "use", **given) == "invalidArguments"
