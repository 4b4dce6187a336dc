"""The door of the rules: one request, one transaction, one outcome. What changed is in the outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from messaging.relay import (
    accounts,
    activation,
    blobs,
    catalogue,
    devices,
    expiry,
    factorasking,
    jmap,
    lifeasking,
    logasking,
    login,
    oauth,
    queueing,
    scoped,
    session,
    telling,
)
from messaging.relay.accounts import Examined
from messaging.relay.catalogue import AskCatalogue
from messaging.relay.factorasking import FactorAsking
from messaging.relay.lifeasking import LifeAsking
from messaging.relay.logasking import LogAsking
from messaging.relay.oauth import AskToken, Revoke
from messaging.relay.ports import Transaction
from messaging.relay.telling import TellAsking
from messaging.relay.turn import Caller, House, Made, Outcome, Turn
from messaging.wire.codec import Request
from messaging.wire.oauth import ConsentRequest
from messaging.wire.types import ActivateRequest, ChallengeRequest, LoginRequest, TicketRequest, TotpRequest


@dataclass(frozen=True)
class Renew:
    """A refresh token, and whether it came in a cookie."""

    token: str
    cookie: bool


@dataclass(frozen=True)
class WithBlobs:
    """An API request, and what was kept for its `Blob/upload` calls, by their numbers."""

    request: Request
    kept: dict[int, Made]


@dataclass(frozen=True)
class LogOut: ...


@dataclass(frozen=True)
class Enrol:
    people: list[Examined]


@dataclass(frozen=True)
class AskSession: ...


@dataclass(frozen=True)
class CheckUpload:
    account: str
    size: int


@dataclass(frozen=True)
class KeepUpload:
    account: str
    blob: str
    size: int


@dataclass(frozen=True)
class AskDownload:
    account: str
    blob: str


@dataclass(frozen=True)
class AskStates:
    """The caller's accounts, and their states where newer than change number `since` (None: no states)."""

    since: int | None


@dataclass(frozen=True)
class Sweep: ...


Asking: TypeAlias = (
    "Request | WithBlobs | ChallengeRequest | LoginRequest | TotpRequest | TicketRequest | ActivateRequest | Renew | "
    "AskToken | Revoke | ConsentRequest | LogOut | Enrol | AskSession | AskCatalogue | CheckUpload | KeepUpload | "
    "AskDownload | AskStates | Sweep | FactorAsking | LogAsking | LifeAsking | TellAsking"
)


def writes(asking: Asking) -> bool:
    """Whether it needs the writer."""
    match asking:
        case Request():
            return jmap.writes(asking)
        case WithBlobs():
            return True
        case ChallengeRequest() | TicketRequest() | AskSession() | AskCatalogue():
            return False
        case CheckUpload() | AskDownload() | AskStates():
            return False
        case LoginRequest() | TotpRequest() | ActivateRequest() | Renew() | LogOut() | Enrol() | KeepUpload() | Sweep():
            return True
        case AskToken() | Revoke() | ConsentRequest():
            return True
        case _:
            if isinstance(asking, LifeAsking | TellAsking):
                return True
            return factorasking.writes(asking) if isinstance(asking, FactorAsking) else logasking.writes(asking)


def work(house: House, asking: Asking, caller: Caller, now: datetime) -> Callable[[Transaction], Outcome]:
    """What a Store runs."""

    def run(tx: Transaction) -> Outcome:
        turn = Turn(tx, house, caller, now)
        answered = answer(turn, asking)
        if turn.changed:
            queueing.queue(turn)
        return turn.outcome(answered)

    return run


def answer(turn: Turn, asking: Asking) -> Any:  # noqa: C901 - one line for each kind of request; mypy checks that it is whole
    """The answer. Raises Refusal before any write, and returns one where refusing itself is remembered."""
    if turn.caller.scopes:
        _require_scope(turn, asking)
    match asking:
        case Request():
            return jmap.answer(turn, asking)
        case WithBlobs():
            return jmap.answer(turn, asking.request, asking.kept)
        case ChallengeRequest():
            return login.challenge(turn, asking)
        case LoginRequest():
            return login.login(turn, asking)
        case TotpRequest():
            return login.confirm(turn, asking)
        case TicketRequest():
            return login.codes_box(turn, asking)
        case ActivateRequest():
            return activation.activate(turn, asking)
        case Renew():
            return devices.refresh(turn, asking.token, cookie=asking.cookie)
        case AskToken():
            return oauth.answer(turn, asking)
        case Revoke():
            return oauth.revoke(turn, asking)
        case ConsentRequest():
            return oauth.consent(turn, asking)
        case LogOut():
            return devices.log_out(turn)
        case Enrol():
            return accounts.enrol(turn, asking.people)
        case AskSession():
            return session.session(turn)
        case AskCatalogue():
            return catalogue.get(turn)
        case CheckUpload():
            return blobs.check_upload(turn, asking.account, asking.size)
        case KeepUpload():
            return blobs.upload(turn, asking.account, asking.blob, asking.size)
        case AskDownload():
            return blobs.download(turn, asking.account, asking.blob)
        case AskStates():
            return session.states(turn, asking.since)
        case Sweep():
            return expiry.sweep(turn)
        case _:
            if isinstance(asking, FactorAsking):
                return factorasking.answer(turn, asking)
            if isinstance(asking, LifeAsking):
                return lifeasking.answer(turn, asking)
            if isinstance(asking, TellAsking):
                return telling.answer(turn, asking)
            return logasking.answer(turn, asking)


def _require_scope(turn: Turn, asking: Asking) -> None:
    # A log-in by OAuth: methods are asked about one by one (jmap.py); what is not named here it may not.
    match asking:
        case Request() | WithBlobs() | AskSession() | LogOut():
            return
        case AskStates() | AskDownload():
            scoped.require(turn, sending=False)
        case CheckUpload() | KeepUpload():
            scoped.require(turn, sending=True)
        case _:
            scoped.require_full(turn)
