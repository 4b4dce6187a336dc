"""People of a running relay, enrolled and logged in through its doors, with real keys and signatures."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from pyotp import TOTP

from crypto.encoding import b64u, utc
from crypto.keys import KeyPairs, SigningSeed
from crypto.login import sign_login
from crypto.transparency.statement import make_statement, read_statement
from messaging.wire import names
from messaging.wire.types import EnrolRequest
from tests.conformance.site import Heard, Site
from tests.messaging.desk import DOMAIN, SALT, SECRET, Person, box, first, item, person

KDF = {"name": "argon2id", "salt": SALT, "memory": 65536, "passes": 3, "lanes": 1}


@dataclass(frozen=True)
class Actor:
    """Somebody with a token. `person` has the keys that others seal to; `acts_for` is the account of the calls."""

    token: str
    person: Person
    password: SigningSeed
    refresh: str = ""

    @property
    def account(self) -> str:
        return self.person.account


@dataclass(frozen=True)
class Household:
    """A patient whose account `carer` may act for, a professional of the bridge, an app, the bridge and station."""

    site: Site
    patient: Actor
    carer: Actor
    doctor: Actor
    app: Actor
    bridge: Actor
    station: Actor
    delegation: str


def settle(site: Site) -> Household:
    """All of them, in a relay that knows nobody yet."""
    seeds = {kind: SigningSeed.generate() for kind in ("bridge", "station")}
    site.relay.add_bridge("bridge", seeds["bridge"].public(), DOMAIN)
    site.relay.add_station("station", seeds["station"].public())
    bridge, station = (_operator(site, kind, seed) for kind, seed in seeds.items())
    doctor = person("professional", "dr.martin")
    enrol(site, bridge, doctor, managed=True)
    patient, carer = (new_patient(site, station, login) for login in ("camille", "dominique"))
    made = site.call(
        patient.token,
        ("Delegation/set", {"accountId": patient.account, "create": {"d": {"delegate": carer.account}}}),
    )[0][1]
    enrol(site, station, site.app, managed=False)
    app = Actor(log_in(site, site.app.login, "key", site.app.seed).json["accessToken"], site.app, site.app.seed)
    acting = Actor(bridge.token, doctor, bridge.password)
    return Household(site, patient, carer, acting, app, bridge, station, made["created"]["d"]["id"])


def new_patient(site: Site, station: Actor, login: str) -> Actor:
    """Enrolled, activated and logged in."""
    return new_person(site, station, "patient", login)


def new_person(site: Site, station: Actor, kind: str, login: str) -> Actor:
    """The same of a kind: a professional who holds the own keys, say."""
    who = person(kind, login)
    enrol(site, station, who, managed=False)
    heard, keys, password = activation(site, who, station.password)
    assert heard.status == 200, heard.body
    held = Person(who.account, who.kind, who.login, keys, who.seed)
    return Actor(heard.json["accessToken"], held, password, heard.json["refreshToken"])


def enrol(site: Site, by: Actor, who: Person, *, managed: bool) -> None:
    """By a station or a bridge."""
    request = EnrolRequest(people=[item(who, managed=managed, by=by.password)])
    answer = site.ask("POST", names.ENROL, request, by.token)
    assert answer.json["people"][0]["outcome"] == "created"


def log_in(site: Site, login: str, method: str, seed: SigningSeed, **device: Any) -> Heard:
    """A log-in's signature over a fresh challenge."""
    asked = site.ask("POST", names.CHALLENGE, {"login": login, "method": method}).json
    return site.ask(
        "POST",
        names.LOGIN,
        signed(site, asked, method, seed) | {"login": login, "device": device or None},
    )


def signed(site: Site, asked: dict[str, Any], method: str, seed: SigningSeed) -> dict[str, str]:
    """The signature of a challenge, and what it is over."""
    time = utc(dt.datetime.now(dt.UTC))
    made = sign_login(seed, asked["challenge"], method, site.origin, time)
    return {"method": method, "challenge": asked["challenge"], "time": time, "signature": b64u(made)}


def activation(site: Site, who: Person, station: SigningSeed) -> tuple[Heard, KeyPairs, SigningSeed]:
    """The answer to an activation with new keys and a password."""
    ticket = log_in(site, who.login, "letter", who.seed).json["ticket"]
    keys, password = KeyPairs.generate(), SigningSeed.generate()
    body = {
        "ticket": ticket, "box": box(2), "kdf": KDF, "loginKey": b64u(password.public().raw),
        "newKeys": new_keys(who, station, keys), "totpSecret": SECRET, "code": code(),
        "recoveryKey": b64u(SigningSeed(bytes([7] * 32)).public().raw),
    }  # fmt: skip
    return site.ask("POST", names.ACTIVATE, body), keys, password


def new_keys(who: Person, station: SigningSeed, keys: KeyPairs) -> dict[str, str]:
    """The keys that follow those of the letter."""
    before = read_statement(first(who, station, [f"{who.login}@{DOMAIN}"])[0].statement)
    public = keys.public()
    made = make_statement(who.account, public, who.pairs.signing, dt.datetime.now(dt.UTC), box=2, previous=before)
    return {
        "sealingKey": b64u(public.sealing.raw), "signingKey": b64u(public.signing.raw),
        "statement": b64u(made.statement), "signature": b64u(made.signature),
    }  # fmt: skip


def code(step: int = 0) -> str:
    """The one-time code of now, or `step` steps later."""
    now = int(dt.datetime.now(dt.UTC).timestamp()) // 30
    return str(TOTP(SECRET).generate_otp(now + step))


def _operator(site: Site, kind: str, seed: SigningSeed) -> Actor:
    tokens = log_in(site, kind, "key", seed).json
    return Actor(tokens["accessToken"], Person(tokens["account"], kind, kind), seed)
