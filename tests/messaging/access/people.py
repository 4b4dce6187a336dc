"""Everybody who may come: an owner, those who have something to do with the account, and those who have nothing.

They are made once; each cell of the matrix gets a copy of the store, so that no cell sees what another did.
"""

import copy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Self

from msgspec import Raw

from messaging.relay.devices import Issued
from messaging.relay.rates import Allowed, Rates
from messaging.relay.turn import Caller
from messaging.store.memory import MemoryStore
from messaging.wire import names
from messaging.wire.codec import Call, Request, encode
from messaging.wire.life import CloseRequest
from tests.messaging.apps import app, depositing, entry, give, publish, revoke, wanting
from tests.messaging.desk import Desk, MovedClock, Person, letter
from tests.messaging.household import (
    Member,
    another_device,
    caller_of,
    code_log_in,
    confirm,
    delegate,
    delegations,
    member,
)
from tests.messaging.tokens import consenting, exchanged, holder, tokens

# Whose log-in is over: no rule ever sees them, for their tokens are nobody's.
# Log-ins of the app by OAuth: for itself, and by the owner's grant. What they are told follows from what the app is.
TOKENS: Final = ("app token", "grant token")
GONE: Final = ("closed account", "revoked device")
ACTORS: Final = (
    "nobody", "owner", "unconfirmed owner", "delegate", "former delegate", "other patient", "professional",
    "stranger professional", "app", "app without", "app after", "bridge", "station", *GONE,
)  # fmt: skip


@dataclass(frozen=True)
class Asker:
    """One actor. `token` is a valid access token, or was one before the log-in ended; empty for nobody."""

    name: str
    caller: Caller
    token: str = ""
    refresh: str = ""

    @classmethod
    def of(cls, name: str, caller: Caller, issued: Issued) -> Self:
        given = issued.tokens
        return cls(name, caller, given.access_token, str(given.refresh_token or ""))


@dataclass(frozen=True)
class House:
    """The account of `owner`, and the askers by name. `sent` is a letter of the owner's, `delegation` the delegate's,
    `grant` the one of `app`, `deposit` what the doctor may fetch in an emergency.

    `subscription` is of the owner's device.

    `account` is the one that is asked about: the owner's, or one that does not exist.
    """

    desk: Desk
    owner: Member
    account: str
    carer: Member
    doctor: Person
    app: Person
    sent: str
    delegation: str
    grant: str
    deposit: str
    subscription: str
    askers: dict[str, Asker]

    def fresh(self, account: str = "") -> "House":
        """The same in a store and with rates of its own, asked about `account`."""
        desk = copy.copy(self.desk)
        desk.store = _copied(self.desk.store)
        desk.clock = MovedClock(self.desk.clock.moment)
        desk.house = replace(self.desk.house, rates=Rates(Allowed()))
        return replace(self, desk=desk, account=account or self.account)


@cache
def settled() -> House:
    """All of them, once for a test session. Only ever looked at through fresh()."""
    desk = Desk(MemoryStore())
    owner, carer, former = (member(desk, login) for login in ("owner", "carer", "former"))
    other, closing = member(desk, "other"), member(desk, "closing")
    doctor, stranger = (member(desk, login, "professional") for login in ("dr.martin", "dr.inconnu"))
    apps = [app(desk, login) for login in ("app", "app-without", "app-after")]
    as_doctor, as_owner = as_person(doctor, "professional"), as_person(owner, "patient")
    desk.send(as_doctor, letter(as_owner))
    sent = desk.send(as_owner, letter(as_doctor))["id"]
    ended = delegate(desk, confirm(desk, owner), former)
    desk.one(owner.caller, "Delegation/set", destroy=[ended])
    delegation = delegate(desk, owner, carer)
    grant, deposit = _given(desk, owner, as_doctor, apps)
    tablet = another_device(desk, owner)
    desk.clock.move(minutes=11)  # so that the tablet is not confirmed any more
    named = {
        "owner": owner, "delegate": carer, "former delegate": former, "other patient": other,
        "professional": doctor, "stranger professional": stranger,
    }  # fmt: skip
    askers = {"nobody": Asker("nobody", Caller(network="192.0.2.9"))}
    askers |= {name: Asker.of(name, confirm(desk, who).caller, who.issued) for name, who in named.items()}
    askers["unconfirmed owner"] = Asker.of("unconfirmed owner", tablet.caller, tablet.issued)
    with_keys = desk.seeds | {who.login: who.seed for who in apps}
    for login, seed in with_keys.items():
        issued, name = desk.log_in(login, "key", seed), login.replace("-", " ")
        askers[name] = Asker.of(name, caller_of(desk, issued), issued)
    askers |= _by_oauth(desk, owner, apps[0], grant)
    assert [held.id for held in delegations(desk)] == [delegation]
    subscription = _subscribed(desk, owner)
    house = House(
        desk, owner, owner.account, carer, as_doctor, apps[0], sent, delegation, grant, deposit, subscription, askers
    )
    askers |= _gone(desk, owner, closing)
    return house


def _given(desk: Desk, owner: Member, doctor: Person, apps: list[Person]) -> tuple[str, str]:
    # To the first app a grant, to the second none, to the third one that is taken back; to the doctor a deposit.
    publish(desk, 1, *(entry(desk, who) for who in apps))
    confirm(desk, owner)
    grant = give(desk, owner, wanting(desk, apps[0]))
    revoke(desk, owner.caller, give(desk, owner, wanting(desk, apps[2])))
    return grant, give(desk, owner, depositing(desk, doctor), "EmergencyGrant")


def _subscribed(desk: Desk, owner: Member) -> str:
    new = {"deviceClientId": "x", "url": "https://push.example/", "keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22}}
    call = Call("PushSubscription/set", Raw(encode({"create": {"s": new}})), "c")
    done = desk.ask(Request(using=[names.CORE], method_calls=[call]), owner.caller).method_responses[0][1]
    return str(done.created["s"]["id"])


def as_person(who: Member, kind: str) -> Person:
    """As letters name them."""
    return Person(who.account, kind, who.login, who.pairs)


def _by_oauth(desk: Desk, owner: Member, who: Person, grant: str) -> dict[str, Asker]:
    confirm(desk, owner)
    given = {"app token": tokens(desk, who), "grant token": exchanged(desk, who, consenting(desk, owner, who, grant))}
    return {name: Asker(name, holder(desk, one.access_token), one.access_token) for name, one in given.items()}


def _gone(desk: Desk, owner: Member, closing: Member) -> dict[str, Asker]:
    # Their tokens are good until the very last step, so that nothing but it makes them nobody's.
    lost, last = code_log_in(desk, owner), code_log_in(desk, closing)
    gone = {
        "revoked device": Asker.of("revoked device", caller_of(desk, lost), lost),
        "closed account": Asker.of("closed account", caller_of(desk, last), last),
    }
    desk.one(owner.caller, "Device/set", destroy=[gone["revoked device"].caller.device])
    desk.ask(CloseRequest(account=closing.account), gone["closed account"].caller)
    return gone


def _copied(store: Any) -> MemoryStore:
    made = MemoryStore()
    made._tables = {kind: dict(rows) for kind, rows in store._tables.items()}
    return made
