"""The rules of RFC 8620 that this relay follows; section numbers are in the names."""

from typing import Any

import msgspec
import pytest

from crypto.encoding import b64u, canonical
from messaging.relay.jmap import RULES
from messaging.relay.rates import Allowed
from messaging.store.memory import MemoryStore
from messaging.wire import names
from messaging.wire.codec import Call, Request, Response, decode_request, encode
from messaging.wire.errors import TABLE, Refusal, from_error, from_problem
from messaging.wire.methods import METHODS
from messaging.wire.types import NewMessage, SealedMessage, SealedState
from tests.messaging.desk import Desk, box, letter, person

STATE = b64u(bytes(32))


def test_every_method_of_the_wire_has_a_rule() -> None:
    assert RULES.keys() == METHODS.keys()


def test_3_3_the_calls_of_a_request_are_answered_in_order_with_their_ids(desk: Desk) -> None:
    doctor = desk.doctor()
    request = Request(
        using=list(names.EVERYONE),
        method_calls=[Call("Core/echo", msgspec.Raw(b'{"n":1}'), "b"), Call("Core/echo", msgspec.Raw(b'{"n":2}'), "a")],
    )
    response: Response = desk.ask(request, doctor.caller)
    assert response.method_responses == [("Core/echo", {"n": 1}, "b"), ("Core/echo", {"n": 2}, "a")]


def test_3_3_an_unknown_capability_refuses_the_request(desk: Desk) -> None:
    with pytest.raises(Refusal, match="unknownCapability"):
        desk.ask(Request(using=["urn:x"], method_calls=[]), desk.doctor().caller)


def test_3_3_the_bridge_capability_is_unknown_to_people(desk: Desk) -> None:
    with pytest.raises(Refusal, match="unknownCapability"):
        desk.ask(Request(using=[names.BRIDGE], method_calls=[]), desk.patient().caller)


def test_3_3_a_method_without_its_capability_is_unknown(desk: Desk) -> None:
    who = desk.doctor()
    call = Call("SealedMessage/get", msgspec.Raw(encode({"accountId": who.account})), "c")
    response = desk.ask(Request(using=[names.CORE], method_calls=[call]), who.caller)
    assert response.method_responses[0][1]["type"] == "unknownMethod"


def test_3_6_1_33_calls_are_over_the_limit() -> None:
    calls = [["Core/echo", {}, str(n)] for n in range(33)]
    with pytest.raises(Refusal) as caught:
        decode_request(encode({"using": [], "methodCalls": calls}))
    assert caught.value.members == {"limit": "maxCallsInRequest"}


@pytest.mark.parametrize(
    ("raw", "name"),
    [(b"{", "notJSON"), (b"\xff", "notJSON"), (b"[" * 100_000, "notRequest"), (b"[]", "notRequest"),
     (b'{"using":[],"methodCalls":[],"subject":1}', "notRequest"), (b'{"using":[]}', "notRequest"),
     (b'{"using":[],"methodCalls":[["a",{}]]}', "notRequest")],
)  # fmt: skip
def test_3_6_1_what_is_not_a_request_is_refused(raw: bytes, name: str) -> None:
    with pytest.raises(Refusal) as caught:
        decode_request(raw)
    assert caught.value.name == name


def test_3_6_2_an_error_in_one_call_leaves_the_others(desk: Desk) -> None:
    who = desk.doctor()
    said = desk.call(who, ("Email/get", {}), ("SealedMessage/get", {"ids": 5}), ("AccountInfo/get", {"ids": []}))
    assert [name for name, _ in said] == ["error", "error", "AccountInfo/get"]
    assert [said[0][1]["type"], said[1][1]["type"]] == ["unknownMethod", "invalidArguments"]


def test_3_6_2_another_account_and_an_unknown_one_look_the_same(desk: Desk) -> None:
    doctor, patient, nobody = desk.doctor(), desk.patient(), person("patient", "nobody")
    for name in (
        "SealedMessage/get",
        "KeyBox/get",
        "PublicKey/get",
        "Contact/get",
        "SealedState/get",
        "AccountInfo/get",
    ):
        answers = [desk.call(patient, (name, {"accountId": other.account}))[0] for other in (doctor, nobody)]
        assert answers[0] == answers[1]
        assert answers[0][1]["type"] == "accountNotFound"


@pytest.mark.parametrize("method", ["SealedMessage/set", "SealedState/set", "Contact/set", "KeyBox/set"])
def test_3_6_2_nobody_changes_anything_of_another_account(desk: Desk, method: str) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    said = desk.call(patient, (method, {"accountId": doctor.account, "destroy": ["x"]}))
    assert said[0][1]["type"] == "accountNotFound"


def test_3_7_a_result_reference_fills_in_ids(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    sent = [desk.send(doctor, letter(patient))["id"] for _ in range(2)]
    reference = {"resultOf": "c0", "name": "SealedMessage/query", "path": "/ids"}
    said = desk.call(patient, ("SealedMessage/query", {}), ("SealedMessage/get", {"#ids": reference}))
    assert [message["id"] for message in said[1][1]["list"]] == sent[::-1]


def test_3_7_a_star_flattens_lists(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient))
    reference = {"resultOf": "c0", "name": "SealedMessage/get", "path": "/list/*/from"}
    said = desk.call(patient, ("SealedMessage/get", {}), ("PublicKey/lookup", {"#accounts": reference}))
    assert said[1][1]["list"][0]["id"] == doctor.key


@pytest.mark.parametrize(
    "reference",
    [{"resultOf": "c9", "name": "Core/echo", "path": "/ids"}, {"resultOf": "c0", "name": "Other/get", "path": "/ids"},
     {"resultOf": "c0", "name": "Core/echo", "path": "/none"}, {"resultOf": "c0", "name": "Core/echo", "path": "ids"},
     {"resultOf": "c0"}, 5],
)  # fmt: skip
def test_3_7_a_reference_to_nothing_is_refused(desk: Desk, reference: Any) -> None:
    said = desk.call(desk.doctor(), ("Core/echo", {"ids": []}), ("SealedMessage/get", {"#ids": reference}))
    assert said[1][1]["type"] == "invalidResultReference"


def test_3_7_an_argument_and_its_reference_are_one_too_many(desk: Desk) -> None:
    reference = {"resultOf": "c0", "name": "Core/echo", "path": "/ids"}
    said = desk.call(desk.doctor(), ("Core/echo", {"ids": []}), ("SealedMessage/get", {"ids": [], "#ids": reference}))
    assert said[1][1]["type"] == "invalidArguments"


def test_5_1_no_ids_is_all_and_an_empty_list_is_none(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient))
    assert len(desk.one(patient, "SealedMessage/get", ids=None)["list"]) == 1
    assert desk.one(patient, "SealedMessage/get", ids=[])["list"] == []


def test_5_1_a_missing_account_is_an_invalid_argument(desk: Desk) -> None:
    who = desk.doctor()
    call = Call("SealedMessage/get", msgspec.Raw(b"{}"), "c")
    response = desk.ask(Request(using=list(names.EVERYONE), method_calls=[call]), who.caller)
    assert response.method_responses[0][1]["type"] == "invalidArguments"


def test_5_1_properties_choose_and_the_id_is_always_there(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient))
    (seen,) = desk.one(patient, "SealedMessage/get", properties=["box"])["list"]
    assert seen.keys() == {"id", "box"}
    with pytest.raises(Refusal, match="invalidArguments"):
        desk.one(patient, "SealedMessage/get", properties=["subject"])


def test_5_1_501_ids_are_too_many_and_unknown_ones_are_named(desk: Desk) -> None:
    who = desk.doctor()
    with pytest.raises(Refusal, match="requestTooLarge"):
        desk.one(who, "SealedMessage/get", ids=[f"m{n}" for n in range(501)])
    assert desk.one(who, "SealedMessage/get", ids=["m1", "m1"])["notFound"] == ["m1"]


def test_5_3_a_wrong_object_does_not_stop_the_next(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    done = desk.one(doctor, "SealedMessage/set", create={"bad": {"x": 1}, "good": letter(patient)})
    assert done["created"].keys() == {"good"}
    assert done["notCreated"]["bad"]["type"] == "invalidProperties"


def test_5_3_a_creation_id_stands_for_the_new_id(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    said = desk.call(
        doctor,
        ("SealedMessage/set", {"create": {"k": letter(patient)}}),
        ("SealedMessage/get", {"ids": ["#k"]}),
        ("SealedMessage/set", {"destroy": ["#k"]}),
    )
    made = said[0][1]["created"]["k"]["id"]
    assert [message["id"] for message in said[1][1]["list"]] == [made]
    assert said[2][1]["destroyed"] == [made]


def test_5_3_letters_are_immutable(desk: Desk) -> None:
    done = desk.one(desk.doctor(), "SealedMessage/set", update={"m": {}})
    assert done["notUpdated"]["m"]["type"] == "forbidden"


def test_5_3_if_in_state_compares(desk: Desk) -> None:
    who = desk.doctor()
    update = {STATE: {"version": 1, "sealed": "AA"}}
    state = desk.one(who, "SealedState/set", ifInState="0", update=update)["newState"]
    with pytest.raises(Refusal, match="stateMismatch"):
        desk.one(who, "SealedState/set", ifInState="0", update=update)
    assert desk.one(who, "SealedState/get", ids=[STATE])["state"] == state


def test_sealed_state_changes_by_compare_and_set(desk: Desk) -> None:
    who = desk.doctor()
    desk.one(who, "SealedState/set", update={STATE: {"version": 1, "sealed": "AA"}})
    done = desk.one(who, "SealedState/set", update={STATE: {"version": 1, "sealed": "AQ"}})
    assert done["notUpdated"][STATE]["type"] == "stateMismatch"
    desk.one(who, "SealedState/set", update={STATE: {"version": 2, "sealed": "AQ"}})
    (held,) = desk.one(who, "SealedState/get", ids=None)["list"]
    assert (held["version"], held["sealed"]) == (2, "AQ")
    desk.one(who, "SealedState/set", destroy=[STATE])
    assert desk.one(who, "SealedState/changes", sinceState="0")["destroyed"] == [STATE]


def test_the_key_box_changes_by_compare_and_set(desk: Desk) -> None:
    who = desk.doctor()
    done = desk.one(who, "KeyBox/set", update={"box": {"version": 3, "box": box(3)}})
    assert done["notUpdated"]["box"]["type"] == "stateMismatch"
    done = desk.one(who, "KeyBox/set", update={"box": {"version": 2, "box": box(5)}})
    assert done["notUpdated"]["box"]["type"] == "invalidProperties"
    assert desk.one(who, "KeyBox/set", update={"box": {"version": 2, "box": box(2)}})["updated"] == {"box": None}
    assert desk.one(who, "KeyBox/get", ids=["box"])["list"][0]["box"] == box(2)


@pytest.mark.parametrize("slots", [[{"id": "mine"}], [1], None, {}])
def test_the_slots_of_a_key_box_do_not_change_without_a_confirmed_device(desk: Desk, slots: Any) -> None:
    who = desk.doctor()
    changed = b64u(canonical({"content": "", "slots": slots, "v": 1, "version": 2}))
    done = desk.one(who, "KeyBox/set", update={"box": {"version": 2, "box": changed}})
    assert done["notUpdated"]["box"]["type"] == "invalidProperties"
    without = b64u(canonical({"content": "", "v": 1, "version": 2}))
    done = desk.one(who, "KeyBox/set", update={"box": {"version": 2, "box": without}})
    assert done["notUpdated"]["box"]["type"] == "invalidProperties"
    assert desk.one(who, "KeyBox/get", ids=["box"])["list"][0]["box"] == box(1)


def test_the_content_of_a_key_box_changes_beside_the_same_slots(desk: Desk) -> None:
    who = desk.doctor()
    pinned = b64u(canonical({"content": "AAAA", "slots": [], "v": 1, "version": 2}))
    assert desk.one(who, "KeyBox/set", update={"box": {"version": 2, "box": pinned}})["updated"] == {"box": None}


def test_an_answer_is_bounded_however_many_calls_ask_for_it() -> None:
    desk = Desk(MemoryStore(), Allowed(integrator_burst=10_000))
    doctor, patient = desk.doctor(), desk.patient()
    for _ in range(20):
        desk.send(doctor, letter(patient, sealed=bytes(65_536)))
    said = desk.call(patient, *[("SealedMessage/get", {"ids": None})] * 32)
    assert said[0][0] == "SealedMessage/get"
    assert said[-1][1]["type"] == "requestTooLarge"


def test_a_bridge_resolves_addresses_whatever_their_case_and_others_do_not(desk: Desk) -> None:
    patient = desk.patient()
    answer = desk.one(desk.bridge, "Address/resolve", addresses=["Camille@Cabinet.Example", "x@y.zz"])
    (found,) = answer["list"]
    assert len(found.pop("salt")) == 43
    assert found == {"address": "Camille@Cabinet.Example", "account": patient.account, "state": "open"}
    assert answer["notFound"] == ["x@y.zz"]
    with pytest.raises(Refusal):
        desk.one(patient, "Address/resolve", addresses=["x@y.zz"])


def test_a_bridge_that_resolves_too_much_has_to_wait() -> None:
    desk = Desk(MemoryStore(), Allowed(resolves_per_minute=3))

    def ask() -> None:
        desk.one(desk.bridge, "Address/resolve", addresses=["a@b.cc", "d@e.ff"])

    ask()
    with pytest.raises(Refusal, match="rateLimit"):
        ask()
    desk.clock.move(minutes=1)
    ask()


def test_every_refusal_survives_the_wire() -> None:
    for name, said in TABLE.items():
        refusal = Refusal(name, "why", {"limit": 5})
        for heard in (from_error(refusal.as_error()), from_problem(said.status, refusal.as_problem())):
            assert (heard.name, heard.detail, heard.members) == (name, "why", {"limit": 5})


def test_what_is_not_a_refusals_name_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        Refusal("oops")


@pytest.mark.parametrize("kind", [NewMessage, SealedMessage, SealedState])
def test_unknown_members_are_refused_by_every_object(kind: type) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `subject`"):
        msgspec.json.decode(b'{"subject":"x"}', type=kind)
