"""People and a relay's rules over any store, with a clock that a test moves. No network."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from pyotp import TOTP

from crypto.encoding import b64u, canonical, utc
from crypto.keys import KeyPairs, SigningSeed, account_id, random_id
from crypto.login import sign_login
from crypto.transparency.checkpoint import LogSigner
from crypto.transparency.policy import Policy, parse_policy, solo_policy
from crypto.transparency.statement import Announcement, holder, make_statement, read_statement
from messaging.relay import operators
from messaging.relay.accounts import examine
from messaging.relay.logasking import BeginLog
from messaging.relay.moments import stamp
from messaging.relay.ports import Store
from messaging.relay.rates import Allowed, Rates
from messaging.relay.relay import Asking, Enrol, work, writes
from messaging.relay.turn import Caller, House, Outcome, Secrets, Turn
from messaging.wire import names
from messaging.wire.codec import Call, Request, encode
from messaging.wire.errors import Refusal
from messaging.wire.types import (
    ActivateRequest,
    ChallengeRequest,
    EnrolPerson,
    EnrolRequest,
    Kdf,
    LoginDevice,
    LoginRequest,
    NewKeys,
)

ORIGIN = "http://relay.example"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SALT = b64u(bytes(16))
PASSING = SigningSeed(bytes(32))  # of somebody who answers for nobody
SECRETS = Secrets(*(bytes([number] * 32) for number in range(1, 7)))
LOG = LogSigner.from_secret(SECRETS.key_log, "relay.example/log")
SOLO = parse_policy(solo_policy(LOG))
AUTHORITY = SigningSeed(bytes([6] * 32))  # signs the catalogue of apps
DOMAIN = "cabinet.example"


@dataclass
class MovedClock:
    """A clock that only a test moves."""

    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass(frozen=True)
class Person:
    """Someone with keys. `seed` is the letter's log-in seed."""

    account: str
    kind: str
    login: str
    pairs: KeyPairs = field(default_factory=KeyPairs.generate)
    seed: SigningSeed = field(default_factory=SigningSeed.generate)

    @property
    def key(self) -> str:
        return self.pairs.public().key_id

    @property
    def caller(self) -> Caller:
        return Caller(self.account, self.kind, "d" + "a" * 26, "198.51.100.7")


def person(kind: str, login: str) -> Person:
    return Person(account_id(), kind, login)


def box(version: int = 1) -> str:
    """Sealed as far as the relay can see."""
    return b64u(canonical({"content": "", "slots": [], "v": 1, "version": version}))


def first(who: Person, by: SigningSeed, addresses: list[str]) -> tuple[Announcement, list[bytes]]:
    """The first statement of somebody whom `by` answers for, and the salts of the addresses. Always the same."""
    salts = [hashlib.sha256(f"{who.account} {address}".encode()).digest() for address in addresses]
    holders = [holder(salt, address) for salt, address in zip(salts, addresses, strict=True)]
    public = who.pairs.public()
    made = make_statement(who.account, public, who.pairs.signing, START, box=1, by=by, holders=holders)
    return made, salts


def item(who: Person, *, managed: bool, by: SigningSeed, addresses: tuple[str, ...] = ()) -> EnrolPerson:
    public, named = who.pairs.public(), list(addresses or (f"{who.login}@{DOMAIN}",))
    made, salts = first(who, by, named)
    return EnrolPerson(
        account=who.account,
        kind=who.kind,  # type: ignore[arg-type]  # a test names a kind
        addresses=named,
        managed=managed,
        login=None if managed else who.login,
        letter_key=None if managed else b64u(who.seed.public().raw),
        box=box(),
        sealing_key=b64u(public.sealing.raw),
        signing_key=b64u(public.signing.raw),
        statement=b64u(made.statement),
        signature=b64u(made.signature),
        voucher=b64u(made.voucher or b""),
        salts=[b64u(salt) for salt in salts],
    )


def letter(*to: Person, sealed: bytes = b"sealed", client_id: str = "", **more: Any) -> dict[str, Any]:
    """The create value of a SealedMessage."""
    people = sorted(({"account": p.account, "keyId": p.key} for p in to), key=lambda one: one["account"])
    return {"clientId": client_id or random_id(), "to": people, "sealed": b64u(sealed), **more}


class Desk:
    """Rules, a store and a clock; `bridge` may enrol in DOMAIN, `station` anyone."""

    def __init__(self, store: Store, allowed: Allowed | None = None, policy: Policy = SOLO) -> None:
        self.store = store
        self.clock = MovedClock()
        self.house = House(
            ORIGIN, SECRETS, Rates(allowed or Allowed()), LOG, policy, authorities=(AUTHORITY.public().raw,)
        )
        self.seeds = {"bridge": SigningSeed.generate(), "station": SigningSeed.generate()}
        self.bridge, self.station = (self._operator(kind) for kind in ("bridge", "station"))
        self.last: Outcome | None = None
        self.ask(BeginLog())

    def ask(self, asking: Asking, caller: Caller | None = None) -> Any:
        """The answer; what changed stays in `last`. Raises Refusal, also one that is remembered."""
        run = work(self.house, asking, caller or Caller(network="192.0.2.1"), self.clock.now())
        # As the service does: what says that it only reads is given no more than that.
        self.last = self.store.write(run) if writes(asking) else self.store.read(run)
        if isinstance(self.last.answer, Refusal):
            raise self.last.answer
        return self.last.answer

    def item(self, who: Person, *, managed: bool, addresses: tuple[str, ...] = ()) -> EnrolPerson:
        """As the bridge enrols whom it manages, and the station everybody else."""
        return item(who, managed=managed, by=self.seeds["bridge" if managed else "station"], addresses=addresses)

    def enrol(self, *people: Person, by: Caller | None = None, managed: bool = False) -> list[str]:
        caller = by or self.station
        made = [item(who, managed=managed, by=self.seeds.get(caller.kind, PASSING)) for who in people]
        answer = self.ask(Enrol(examine(EnrolRequest(people=made))), caller)
        return [outcome.outcome for outcome in answer.people]

    def doctor(self) -> Person:
        """A professional whose keys the bridge holds."""
        who = person("professional", "dr.martin")
        assert self.enrol(who, by=self.bridge, managed=True) == ["created"]
        return who

    def patient(self, login: str = "camille", kind: str = "patient") -> Person:
        """Whom the station enrolled, a patient if nothing else is said."""
        who = person(kind, login)
        assert self.enrol(who) == ["created"]
        return who

    def call(self, who: Person | Caller, *calls: tuple[str, dict[str, Any]], **more: Any) -> list[Any]:
        """Method calls in one request: (name, answer) of each. `accountId` is filled in."""
        caller = who.caller if isinstance(who, Person) else who
        made = [_call(n, name, {"accountId": caller.account} | given) for n, (name, given) in enumerate(calls)]
        using = list(names.EVERYONE) + ([names.BRIDGE] if caller.kind == "bridge" else [])
        response = self.ask(Request(using=using, method_calls=made, **more), caller)
        raw = msgspec.json.decode(encode(response))
        return [(name, answer) for name, answer, _ in raw["methodResponses"]]

    def one(self, who: Person | Caller, name: str, **given: Any) -> Any:
        """The answer of one method call. Raises Refusal for its method error."""
        ((said, answer),) = self.call(who, (name, given))
        if said == "error":
            raise Refusal(answer["type"])
        return answer

    def send(self, sender: Person, value: dict[str, Any]) -> dict[str, Any]:
        """What a create came to: the created object, or the SetError."""
        done = self.one(sender, "SealedMessage/set", create={"l": value})
        return (done["created"] or {}).get("l") or done["notCreated"]["l"]  # type: ignore[no-any-return]  # JSON

    def log_in(self, login: str, method: str, seed: SigningSeed, /, **changed: Any) -> Any:
        """The answer to a log-in. Raises Refusal."""
        asked = self.ask(ChallengeRequest(login=login, method=method))  # type: ignore[arg-type]  # a test names it
        time = utc(self.clock.now())
        origin, signed = changed.pop("origin", self.house.origin), changed.pop("signed", asked.challenge)
        signature = sign_login(seed, signed, method, origin, time)
        values: dict[str, Any] = {
            "login": login, "method": method, "challenge": asked.challenge, "time": time,
            "signature": b64u(signature), "device": changed.pop("device", None),
        }  # fmt: skip
        caller = Caller(network=changed.pop("network", "192.0.2.1"))
        return self.ask(LoginRequest(**(values | changed)), caller)

    def ticket(self, login: str, method: str, seed: SigningSeed) -> str:
        """The ticket of a log-in that needs more."""
        with pytest.raises(Refusal, match="mfaRequired") as caught:
            self.log_in(login, method, seed)
        return str(caught.value.members["ticket"])

    def activation(self, who: Person, password: SigningSeed, **changed: Any) -> ActivateRequest:
        """A valid activation of an invited account."""
        new, ticket = KeyPairs.generate(), self.ticket(who.login, "letter", who.seed)
        before = read_statement(first(who, self.seeds["station"], [f"{who.login}@{DOMAIN}"])[0].statement)
        made = make_statement(who.account, new.public(), who.pairs.signing, self.clock.now(), box=2, previous=before)
        keys = NewKeys(
            sealing_key=b64u(new.public().sealing.raw), signing_key=b64u(new.public().signing.raw),
            statement=b64u(made.statement), signature=b64u(made.signature),
        )  # fmt: skip
        values: dict[str, Any] = {
            "ticket": ticket, "box": box(2), "kdf": Kdf(name="argon2id", salt=SALT, memory=65536, passes=3, lanes=1),
            "login_key": b64u(password.public().raw), "new_keys": keys, "totp_secret": SECRET, "code": self.code(),
        }  # fmt: skip
        return ActivateRequest(**(values | changed))

    def code(self, step: int = 0) -> str:
        """The one-time code of now, or `step` steps later."""
        assert len(base64.b32decode(SECRET)) == 20
        return TOTP(SECRET).generate_otp(stamp(self.clock.now()) // 30_000_000 + step)

    def _operator(self, kind: str) -> Caller:
        def rule(tx: Any) -> Any:
            turn = Turn(tx, self.house, Caller(), self.clock.now())
            domains = (DOMAIN,) if kind == "bridge" else ()
            return operators.add(turn, kind, kind, b64u(self.seeds[kind].public().raw), domains)

        account = self.store.write(rule)
        return Caller(account.id, kind, "d" + "b" * 26, "192.0.2.1")


def trusted(token: str) -> LoginDevice:
    return LoginDevice(trust_token=token)


def _call(number: int, name: str, arguments: dict[str, Any]) -> Call:
    return Call(name, msgspec.Raw(encode(arguments)), f"c{number}")
