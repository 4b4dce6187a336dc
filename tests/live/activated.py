"""A patient who opened the account with the letter's code, at a relay in another process; no client of ours between."""

from dataclasses import dataclass
from typing import Any

from pyotp import TOTP

from crypto.encoding import b64u, utc
from crypto.keys import KeyPairs, SigningSeed
from crypto.login import sign_login
from crypto.transparency.statement import make_statement, read_statement
from messaging.wire import names
from messaging.wire.types import ActivateRequest, EnrolRequest, Kdf, NewKeys
from tests.messaging.desk import DOMAIN, SALT, SECRET, Person, box, first, item, person
from tests.messaging.doors import Heard, Visitor

STEP = 30  # seconds of a one-time code (RFC 6238, 5.2)


@dataclass
class Patient:
    """`token` is of the activation."""

    who: Person
    visitor: Visitor
    password: SigningSeed
    token: str

    async def ticket(self) -> str:
        """Of a log-in by password that asks for a code."""
        return await _ticket(self.visitor, self.who.login, "password", self.password)

    async def enter(self, ticket: str, code: str, *, trust: bool = False) -> Heard:
        """What the relay says to a code."""
        return await self.visitor.ask("POST", names.TOTP, {"ticket": ticket, "code": code, "trustDevice": trust})

    def code(self, steps: int = 0) -> str:
        """Of now, or of some steps later."""
        return _code(self.visitor, steps)


async def enrol(visitor: Visitor, login: str) -> Person:
    """Somebody new, by the station: has a letter with a code, whose seed is theirs."""
    who, station = person("patient", login), await visitor.log_in("station")
    request = EnrolRequest(people=[item(who, managed=False, by=visitor.seeds["station"])])
    enrolled = await visitor.ask("POST", names.ENROL, request, station)
    assert enrolled.json["people"][0]["outcome"] == "created", enrolled
    return who


async def log_in(visitor: Visitor, login: str, method: str, seed: SigningSeed) -> Heard:
    """What the relay says to a log-in."""
    asked = await visitor.ask("POST", names.CHALLENGE, {"login": login, "method": method})
    challenge, time = asked.json["challenge"], utc(visitor.relay.service.clock.now())
    signed = b64u(sign_login(seed, challenge, method, visitor.origin, time))
    said = {"login": login, "method": method, "challenge": challenge, "time": time, "signature": signed}
    return await visitor.ask("POST", names.LOGIN, said)


async def oppose(visitor: Visitor, who: Person) -> None:
    """With the code of the letter: the account is erased."""
    ticket = await _ticket(visitor, who.login, "letter", who.seed)
    said = {"login": who.login, "receipt": "o" + who.account[1:], "ticket": ticket}
    answer = await visitor.ask("POST", names.OPPOSE, said)
    assert answer.status == 200, answer


async def activate(visitor: Visitor, login: str = "camille") -> Patient:
    """A new one, enrolled by the station."""
    who, password, new = await enrol(visitor, login), SigningSeed.generate(), KeyPairs.generate()
    before = read_statement(first(who, visitor.seeds["station"], [f"{login}@{DOMAIN}"])[0].statement)
    now = visitor.relay.service.clock.now()
    made = make_statement(who.account, new.public(), who.pairs.signing, now, box=2, previous=before)
    keys = NewKeys(
        sealing_key=b64u(new.public().sealing.raw), signing_key=b64u(new.public().signing.raw),
        statement=b64u(made.statement), signature=b64u(made.signature),
    )  # fmt: skip
    said = ActivateRequest(
        ticket=await _ticket(visitor, login, "letter", who.seed), box=box(2), login_key=b64u(password.public().raw),
        kdf=Kdf(name="argon2id", salt=SALT, memory=65536, passes=3, lanes=1), new_keys=keys, totp_secret=SECRET,
        code=_code(visitor),
    )  # fmt: skip
    answer = await visitor.ask("POST", names.ACTIVATE, said)
    assert answer.status == 200, answer
    return Patient(Person(who.account, who.kind, login, new, who.seed), visitor, password, _token(answer.json))


def _token(said: dict[str, Any]) -> str:
    return str(said.get("accessToken") or said["tokens"]["accessToken"])


def _code(visitor: Visitor, steps: int = 0) -> str:
    return TOTP(SECRET).generate_otp(int(visitor.relay.service.clock.now().timestamp()) // STEP + steps)


async def _ticket(visitor: Visitor, login: str, method: str, seed: SigningSeed) -> str:
    answer = await log_in(visitor, login, method, seed)
    assert "ticket" in answer.json, answer
    return str(answer.json["ticket"])
