"""Who may do what: every new method and door, for every kind of asker. What is not yours looks like nothing at all."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from crypto.encoding import b64u
from crypto.keys import account_id
from messaging.relay.ports import Store
from messaging.relay.relay import AskDownload, AskSession, CheckUpload
from messaging.relay.turn import Caller
from messaging.store.memory import MemoryStore
from messaging.wire.errors import Refusal
from messaging.wire.pairing import PairingEnd, PairingFind, PairingGrant, PairingHello
from tests.messaging.desk import Desk, box
from tests.messaging.household import (
    adopting,
    another_device,
    caller_of,
    change,
    confirm,
    confirmation,
    delegate,
    delegations,
    member,
    methods,
)

ACTORS: Final = (
    "nobody", "owner", "unconfirmed owner", "delegate", "former delegate", "other patient", "bridge", "station",
)  # fmt: skip
NOT_FOUND, DONE, OWN, CONFIRM = "accountNotFound", "done", "accountNotSupportedByMethod", "confirmFirst"
STRANGERS: Final = dict.fromkeys(("nobody", "former delegate", "other patient", "bridge", "station"), NOT_FOUND)
SHARED: Final = STRANGERS | {"owner": DONE, "unconfirmed owner": DONE, "delegate": DONE}
CONFIRMED: Final = SHARED | {"unconfirmed owner": "forbidden"}
OWNERS: Final = SHARED | {"delegate": OWN}
# A door that changes factors asks for the confirmed device first, whoever comes.
FACTORS: Final = SHARED | {"nobody": CONFIRM, "unconfirmed owner": CONFIRM, "delegate": "forbidden"}
SELF: Final = dict.fromkeys(ACTORS, "wrongCredentials") | {"owner": DONE, "unconfirmed owner": DONE}
PEOPLE: Final = dict.fromkeys(ACTORS, "notFound") | dict.fromkeys(("nobody", "bridge", "station"), "forbidden")


class House:
    """An account with an owner, a delegate, and everybody who has nothing to do with it."""

    def __init__(self, store: Store) -> None:
        desk = self.desk = Desk(store)
        self.owner, self.carer, former = (member(desk, login) for login in ("owner", "carer", "former"))
        other = member(desk, "other")
        people = {"owner": self.owner, "delegate": self.carer, "former delegate": former, "other patient": other}
        delegate(desk, confirm(desk, self.owner), former)
        ended = delegations(desk)[0].id
        desk.one(self.owner.caller, "Delegation/set", destroy=[ended])
        delegate(desk, self.owner, self.carer)
        self.tablet = another_device(desk, self.owner)
        desk.clock.move(minutes=11)
        for who in people.values():
            confirm(desk, who)
        operators = {kind: caller_of(desk, desk.log_in(kind, "key", seed)) for kind, seed in desk.seeds.items()}
        self.callers = {name: who.caller for name, who in people.items()} | operators
        self.callers |= {"nobody": Caller(network="192.0.2.9"), "unconfirmed owner": self.tablet.caller}

    @property
    def account(self) -> str:
        return self.owner.account

    @property
    def delegation(self) -> str:
        return delegations(self.desk)[0].id


Attempt = Callable[[House, Caller], str]


def method(name: str, **given: Any) -> Attempt:
    """A method call for the held account; callables are filled in."""

    def attempt(house: House, caller: Caller) -> str:
        values = {key: value(house) if callable(value) else value for key, value in given.items()}
        answer = house.desk.one(caller, name, accountId=house.account, **values)
        refused = answer.get("notCreated") or answer.get("notUpdated") or answer.get("notDestroyed")
        return next(iter(refused.values()))["type"] if refused else DONE

    return attempt


def door(asking: Callable[[House], Any]) -> Attempt:
    """A request at a door."""

    def attempt(house: House, caller: Caller) -> str:
        house.desk.ask(asking(house), caller)
        return DONE

    return attempt


def _listed(house: House, caller: Caller) -> str:
    return DONE if house.account in house.desk.ask(AskSession(), caller)["accounts"] else NOT_FOUND


def _third(house: House) -> dict[str, Any]:
    return {"d": {"delegate": member(house.desk, "third").account}}


def _label(house: House) -> dict[str, Any]:
    return {house.owner.caller.device: {"label": b64u(b"x")}}


def _next_box(_: House) -> dict[str, Any]:
    return {"box": {"version": 3, "box": box(3)}}


def _state(_: House) -> dict[str, Any]:
    return {b64u(bytes(32)): {"version": 1, "sealed": b64u(b"x")}}


def _confirmed_by_owner(house: House) -> Any:
    return confirmation(house.desk, house.owner)


def _new_password(house: House) -> Any:
    return change(house.desk, house.account, house.account, methods=methods(password=house.desk.seeds["bridge"]))


TABLE: Final[dict[str, tuple[Attempt, dict[str, str]]]] = {
    "AccountInfo/get": (method("AccountInfo/get", ids=None), SHARED),
    "PublicKey/get": (method("PublicKey/get", ids=None), SHARED),
    "KeyBox/get": (method("KeyBox/get", ids=["box"]), SHARED),
    "KeyBox/set": (method("KeyBox/set", update=_next_box), SHARED),
    "SealedMessage/get": (method("SealedMessage/get", ids=[]), SHARED),
    "SealedState/set": (method("SealedState/set", update=_state), SHARED),
    "Contact/get": (method("Contact/get", ids=[]), SHARED),
    "Device/get": (method("Device/get", ids=None), OWNERS),
    "Device/set label": (method("Device/set", update=_label), OWNERS),
    "Device/set destroy": (method("Device/set", destroy=lambda house: [house.owner.caller.device]), OWNERS),
    "Delegation/get": (method("Delegation/get", ids=None), SHARED),
    "Delegation/set create": (method("Delegation/set", create=_third), CONFIRMED | {"delegate": "forbidden"}),
    "Delegation/set destroy": (method("Delegation/set", destroy=lambda house: [house.delegation]), CONFIRMED),
    "session": (_listed, {**SHARED, "nobody": NOT_FOUND}),
    "upload": (door(lambda house: CheckUpload(house.account, 1)), SHARED),
    "download": (door(lambda house: AskDownload(house.account, "b" + "0" * 64)), dict.fromkeys(ACTORS, "notFound")),
    "/auth/factors": (door(lambda house: change(house.desk, house.account, house.account)), FACTORS),
    "/auth/factors password": (door(_new_password), FACTORS),
    "/auth/confirm": (door(_confirmed_by_owner), SELF),
    "/auth/adopt": (
        door(lambda house: adopting(house.desk, house.desk.patient("child"))),
        {"nobody": CONFIRM, "unconfirmed owner": CONFIRM, "owner": "forbidden", "bridge": "forbidden",
         "station": "forbidden", "delegate": DONE, "former delegate": DONE, "other patient": DONE},
    ),
    "/auth/pairing/end": (
        door(lambda _: PairingEnd(pairing="0" * 27)),
        dict.fromkeys(ACTORS, DONE) | {"nobody": "unauthorized", "bridge": "forbidden", "station": "forbidden"},
    ),
    "/auth/pairing/find": (door(lambda _: PairingFind(pairing="0" * 27)), PEOPLE),
    "/auth/pairing/hello": (door(lambda _: PairingHello(pairing="0" * 27, sealed="AAAA")), PEOPLE),
    "/auth/pairing/grant": (
        door(lambda _: PairingGrant(pairing="0" * 27, sealed="AAAA")),
        PEOPLE | {"nobody": CONFIRM, "unconfirmed owner": CONFIRM},
    ),
}  # fmt: skip
CELLS: Final = [(what, actor) for what in TABLE for actor in ACTORS]


@pytest.mark.parametrize(("what", "actor"), CELLS)
def test_access(what: str, actor: str) -> None:
    house = House(MemoryStore())
    attempt, expected = TABLE[what]
    assert _came(attempt, house, house.callers[actor]) == expected[actor]


def test_most_of_the_table_is_refusals() -> None:
    said = [TABLE[what][1][actor] for what, actor in CELLS]
    assert said.count(DONE) * 2 < len(said)


@pytest.mark.parametrize("actor", sorted(STRANGERS))
def test_to_strangers_the_account_looks_as_one_that_does_not_exist(actor: str) -> None:
    house = House(MemoryStore())
    caller = house.callers[actor]
    answers = [
        house.desk.call(caller, ("Device/get", {"accountId": account, "ids": None}))
        for account in (house.account, account_id())
    ]
    assert answers[0] == answers[1]


def _came(attempt: Attempt, house: House, caller: Caller) -> str:
    try:
        return attempt(house, caller)
    except Refusal as refused:
        return refused.name
