"""A session with a relay, without a network: it says what to carry next and takes what came back.

Laws: `next_request` stays the same until `receive`; after a refusal the session begins again at `log_in`;
nothing secret is kept but the tokens.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, assert_never

import msgspec

from clients.session.carried import HttpRequest, HttpResponse, bearer, json_request, refusal_of
from crypto.encoding import b64u, utc
from crypto.keys import SigningSeed
from crypto.login import sign_login
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.factors import ConfirmRequest
from messaging.wire.types import (
    Challenge,
    ChallengeRequest,
    Kdf,
    LoginDevice,
    LoginMethod,
    LoginRequest,
    RefreshRequest,
    Tokens,
    TotpRequest,
)


@dataclass(frozen=True)
class Challenged:
    """The relay named the KDF: answer with `prove`. Whose account it is, is said after the log-in."""

    kdf: Kdf


@dataclass(frozen=True)
class CodeWanted:
    """A one-time code is asked for: answer with `answer_code`; of a letter log-in, the ticket for activation."""

    ticket: str = field(repr=False)


@dataclass(frozen=True)
class LoggedIn:
    """Tokens are there; the session object is asked for next."""

    account: str
    trust_token: str | None = field(repr=False)


@dataclass(frozen=True)
class Described:
    """The session object came: the accounts that this log-in may act for, and the relay's capabilities."""

    accounts: tuple[str, ...]
    capabilities: frozenset[str]


@dataclass(frozen=True)
class Refused:
    """The relay said no; begin again."""

    refusal: Refusal


Event: TypeAlias = Challenged | CodeWanted | LoggedIn | Described | Refused


@dataclass(frozen=True)
class _AskedChallenge:
    request: HttpRequest


@dataclass(frozen=True)
class _AskedLogin:
    request: HttpRequest


@dataclass(frozen=True)
class _AskedSession:
    request: HttpRequest


_Asked: TypeAlias = _AskedChallenge | _AskedLogin | _AskedSession


class OutOfTurn(RuntimeError):
    """A step that does not follow: a mistake in the caller."""


class Session:
    """One log-in at one relay. `origin` is what the client believes it talks to: it is signed."""

    def __init__(self, origin: str, login: str, method: LoginMethod, trust_token: str | None = None) -> None:
        self._origin, self._login, self._method = origin, login, method
        self._trust_token = trust_token
        self._waiting: deque[_Asked] = deque()
        self._challenge: Challenge | None = None
        self._ticket: str | None = None
        self._token: str | None = None
        self._refresh_token: str | None = None
        self.account: str | None = None

    @property
    def login(self) -> str:
        """The log-in name."""
        return self._login

    @property
    def token(self) -> str:
        """The access token. Raises Refusal `unauthorized` before the log-in is done."""
        if self._token is None:
            raise Refusal("unauthorized")
        return self._token

    @property
    def has_token(self) -> bool:
        """Whether the log-in is done."""
        return self._token is not None

    def log_in(self) -> None:
        """Begin, or begin again: a running log-in is forgotten."""
        self._waiting.clear()
        self._challenge = self._ticket = self._token = None
        request = ChallengeRequest(login=self._login, method=self._method)
        self._waiting.append(_AskedChallenge(json_request(names.CHALLENGE, request)))

    def renew(self) -> None:
        """Get new tokens: by the refresh token where there is one, else by logging in again."""
        if self._refresh_token is None:
            self.log_in()
            return
        request = RefreshRequest(refresh_token=self._refresh_token)
        self._waiting.clear()
        self._refresh_token = self._token = None  # it is good for one use
        self._waiting.append(_AskedLogin(json_request(names.REFRESH, request)))

    def prove(self, seed: SigningSeed, now: datetime) -> None:
        """Sign the challenge. Raises OutOfTurn unless Challenged came last."""
        if self._challenge is None:
            raise OutOfTurn("no challenge to answer")
        said, time = self._challenge, utc(now)
        signature = sign_login(seed, said.challenge, self._method, self._origin, time)
        self._challenge = None
        request = LoginRequest(
            login=self._login, method=self._method, challenge=said.challenge, signature=b64u(signature), time=time,
            device=LoginDevice(trust_token=self._trust_token) if self._trust_token else None,
        )  # fmt: skip
        self._waiting.append(_AskedLogin(json_request(names.LOGIN, request)))

    def challenge_request(self) -> HttpRequest:
        """A fresh challenge for this log-in, outside its turn: to confirm the device with confirmation()."""
        return json_request(names.CHALLENGE, ChallengeRequest(login=self._login, method=self._method))

    def confirmation(self, said: Challenge, seed: SigningSeed, now: datetime) -> ConfirmRequest:
        """The log-in's signature once more (docs/spec/login.md, changing factors). Raises OutOfTurn: no password."""
        if self._method != "password":
            raise OutOfTurn("only a password or a passkey confirms")
        time = utc(now)
        signature = sign_login(seed, said.challenge, self._method, self._origin, time)
        return ConfirmRequest(challenge=said.challenge, method=self._method, signature=b64u(signature), time=time)

    def answer_code(self, code: str, *, trust: bool) -> None:
        """Give the one-time code. `trust`: later log-ins need none. Raises OutOfTurn without CodeWanted."""
        if self._ticket is None:
            raise OutOfTurn("no code was asked for")
        request = TotpRequest(ticket=self._ticket, code=code, trust_device=trust)
        self._ticket = None
        self._waiting.append(_AskedLogin(json_request(names.TOTP, request)))

    def take_tokens(self, tokens: Tokens) -> list[Event]:
        """Tokens that another door gave (activation): goes on as after a log-in."""
        self._token, self.account = tokens.access_token, tokens.account
        self._refresh_token = tokens.refresh_token if isinstance(tokens.refresh_token, str) else None
        if isinstance(tokens.trust_token, str):
            self._trust_token = tokens.trust_token
        self._waiting.append(_AskedSession(HttpRequest("GET", names.WELL_KNOWN, bearer(self._token), repeatable=True)))
        return [LoggedIn(tokens.account, self._trust_token)]

    def next_request(self) -> HttpRequest | None:
        """What to carry next; None while the caller has to act, or when all is done."""
        return self._waiting[0].request if self._waiting else None

    def receive(self, response: HttpResponse) -> list[Event]:
        """What the answer to `next_request` means. Raises OutOfTurn when nothing was asked."""
        if not self._waiting:
            raise OutOfTurn("nothing was asked")
        asked = self._waiting.popleft()
        try:
            return self._understand(asked, response)
        except Refusal as refusal:
            self._waiting.clear()
            return [Refused(refusal)]

    def _understand(self, asked: _Asked, response: HttpResponse) -> list[Event]:
        refusal = refusal_of(response)
        match asked:
            case _AskedLogin() if refusal is not None and refusal.name == "mfaRequired":
                return self._code_wanted(refusal)
            case _ if refusal is not None:
                raise refusal
            case _AskedChallenge():
                self._challenge = codec.decode(response.body, Challenge)
                return [Challenged(self._challenge.kdf)]
            case _AskedLogin():
                return self.take_tokens(codec.decode(response.body, Tokens))
            case _AskedSession():
                return [described(response.body)]
            case _:
                assert_never(asked)

    def _code_wanted(self, refusal: Refusal) -> list[Event]:
        ticket = refusal.members.get("ticket")
        if not isinstance(ticket, str):
            raise Refusal("notRequest", "a ticket is missing")
        self._ticket = ticket
        return [CodeWanted(ticket)]


class _SessionObject(msgspec.Struct):
    """What is needed of RFC 8620, section 2; the rest may grow."""

    accounts: dict[str, msgspec.Raw]
    capabilities: dict[str, msgspec.Raw]


def described(body: bytes) -> Described:
    """What a session object says. Raises Refusal."""
    found = codec.decode(body, _SessionObject)
    return Described(tuple(found.accounts), frozenset(found.capabilities))
