"""Log-in: a signature over a challenge, then a code (docs/spec/login.md). Known and unknown log-ins are treated alike.

A challenge is `expiry || random || MAC`, so that asking for one writes nothing; a used one is remembered.
"""

import hmac
import secrets
from typing import Any

import msgspec

from crypto.encoding import b64u, u64be, unb64u
from crypto.errors import CannotOpen, NotCanonical, WeakKey
from crypto.keys import SigningPublic
from crypto.login import decoy, verify_login
from messaging.relay import devices, totp
from messaging.relay.accesslog import log
from messaging.relay.moments import DAY, SECOND
from messaging.relay.records import Account, Box, Factor, Failure, Login, Ticket, UsedChallenge
from messaging.relay.tokens import hashed, token
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.types import (
    BoxAnswer,
    Challenge,
    ChallengeRequest,
    Kdf,
    LoginRequest,
    TicketRequest,
    TotpRequest,
)

# A key that nobody has the seed of (the base point): what an unknown log-in's signature is compared with.
_NOBODY = SigningPublic(bytes.fromhex("58" + "66" * 31))
_WRITTEN = {"memory": 65536, "passes": 3, "lanes": 1}


def challenge(turn: Turn, request: ChallengeRequest) -> Challenge:
    """A challenge and what to make the log-in key with; for an unknown log-in the same, made up. Writes nothing."""
    factor = _factor(turn, request.login, request.method)
    expires = turn.stamp + limits.CHALLENGE_SECONDS * SECOND
    random = secrets.token_bytes(8)
    made = u64be(expires) + random + _challenge_mac(turn, expires, random, request.method, request.login)
    return Challenge(
        account=factor.account,
        challenge=b64u(made),
        expires_in=limits.CHALLENGE_SECONDS,
        kdf=msgspec.json.decode(factor.kdf, type=Kdf),
    )


def login(turn: Turn, request: LoginRequest) -> devices.Issued | Refusal:
    """Tokens, or a Refusal: `mfaRequired` with a ticket, `wrongCredentials`, `tooManyAttempts`."""
    factor = _factor(turn, request.login, request.method)
    check_attempts(turn, factor.account)
    if not (_is_fresh(turn, request) and _is_signed(turn, request, factor)):
        return fail(turn, factor.account, "wrongCredentials")
    turn.tx.add(UsedChallenge(unb64u(request.challenge, 32), turn.stamp + limits.CHALLENGE_SECONDS * SECOND))
    device = request.device
    if request.method == "key":
        succeed(turn, factor.account, "key")
        return devices.begin(turn, factor.account, renewable=False)
    if request.method != "letter" and device and devices.is_trusted(turn, factor.account, device.trust_token):
        succeed(turn, factor.account, "trusted")
        return devices.begin(turn, factor.account, renewable=True, cookie=device.cookie)
    ticket = token()
    expires = turn.stamp + limits.TICKET_SECONDS * SECOND
    turn.tx.add(Ticket(hashed(ticket), factor.account, request.method, expires))
    return Refusal("mfaRequired", members={"ticket": ticket, "account": factor.account})


def confirm(turn: Turn, request: TotpRequest) -> devices.Issued | Refusal:
    """Tokens for a ticket and a one-time code. Refusals: `ticketExpired`, `wrongCode`, `tooManyAttempts`."""
    ticket = find_ticket(turn, request.ticket, "password", "recovery")
    check_attempts(turn, ticket.account)
    if not totp.accept(turn, ticket.account, request.code):
        return fail(turn, ticket.account, "wrongCode")
    turn.tx.drop(Ticket, ticket.id)
    succeed(turn, ticket.account, ticket.method)
    return devices.begin(turn, ticket.account, renewable=True, cookie=request.cookie, trust=request.trust_device)


def letters_box(turn: Turn, request: TicketRequest) -> BoxAnswer:
    """The key box, for who logged in with the letter. Raises Refusal `ticketExpired`."""
    ticket = find_ticket(turn, request.ticket, "letter")
    box = turn.tx.one(Box, ticket.account)
    if box is None:
        raise Refusal("ticketExpired")
    return BoxAnswer(account=ticket.account, version=box.version, box=b64u(box.box))


def find_ticket(turn: Turn, presented: str, *methods: str) -> Ticket:
    """A ticket that is still good. Raises Refusal `ticketExpired`."""
    ticket = turn.tx.one(Ticket, hashed(presented))
    if ticket is None or ticket.expires <= turn.stamp or ticket.method not in methods:
        raise Refusal("ticketExpired")
    return ticket


def check_attempts(turn: Turn, account: str) -> None:
    """Raises Refusal `tooManyAttempts` while the account, real or made up, or the network has to wait."""
    failure = turn.tx.one(Failure, account)
    until = 0 if failure is None else failure.until
    wait = max(until - turn.stamp, turn.house.rates.network.wait(turn.caller.network, turn.stamp))
    if wait > 0:
        raise Refusal("tooManyAttempts", members={"retryAfter": -(-wait // SECOND)})


def fail(turn: Turn, account: str, name: str) -> Refusal:
    """Count a failure; the refusal to answer with. After five in a row each doubles the wait."""
    before = turn.tx.one(Failure, account)
    count = 1 if before is None or before.expires <= turn.stamp else before.count + 1
    over = count - limits.LOGIN_FREE_FAILURES
    delay = min(limits.LOGIN_FIRST_DELAY_SECONDS << min(over, 10), limits.LOGIN_MAX_DELAY_SECONDS) if over >= 0 else 0
    turn.tx.put(Failure(account, count, turn.stamp + delay * SECOND, turn.stamp + DAY))
    turn.house.rates.network.take(turn.caller.network, turn.stamp)
    log(turn, "login", account=account, outcome=name)
    return Refusal(name)


def succeed(turn: Turn, account: str, method: str) -> None:
    """Forget the failures."""
    if turn.tx.one(Failure, account) is not None:
        turn.tx.drop(Failure, account)
    log(turn, "login", account=account, target=method)


def login_name(text: str) -> str:
    """One spelling for a log-in name: small letters."""
    return text.strip().lower()


def kdf_json(kdf: Kdf) -> bytes:
    """How a factor holds its parameters."""
    return msgspec.json.encode(kdf)


def _factor(turn: Turn, name: str, method: str) -> Factor:
    login_ = turn.tx.one(Login, login_name(name))
    found = None if login_ is None else turn.tx.one(Factor, login_.account, method)
    owner = None if login_ is None else turn.tx.one(Account, login_.account)
    made_up = decoy(turn.house.secrets.server, method, login_name(name))
    if found is not None and owner is not None and owner.state != "closed":
        return found
    return Factor(made_up.account, method, _NOBODY.raw, kdf_json(_usual_kdf(method, made_up.salt)))


def _usual_kdf(method: str, salt: bytes) -> Kdf:
    match method:
        case "password":
            return Kdf(name="argon2id", salt=b64u(salt), **_WRITTEN)
        case "key":
            return Kdf(name="key")
        case _:
            return Kdf(name="code")


def _is_fresh(turn: Turn, request: LoginRequest) -> bool:
    try:
        made = unb64u(request.challenge, 32)
    except NotCanonical:
        return False
    expires = int.from_bytes(made[:8], "big")
    genuine = hmac.compare_digest(made[16:], _challenge_mac(turn, expires, made[8:16], request.method, request.login))
    return genuine and expires > turn.stamp and turn.tx.one(UsedChallenge, made) is None


def _is_signed(turn: Turn, request: LoginRequest, factor: Factor) -> bool:
    said: Any = (factor.account, request.challenge, request.method, turn.house.origin, request.time)
    try:
        verify_login(SigningPublic(factor.public), unb64u(request.signature, 64), *said)
    except (CannotOpen, NotCanonical, WeakKey):
        return False
    return factor.public != _NOBODY.raw


def _challenge_mac(turn: Turn, expires: int, random: bytes, method: str, name: str) -> bytes:
    said = b"pli challenge v1\x00" + u64be(expires) + random + method.encode() + b"\x00"
    spelled = login_name(name).encode("utf-8", "surrogatepass")
    return hmac.digest(turn.house.secrets.server, said + spelled, "sha256")[:16]
