"""Log-in: a signature over a challenge, then a code (docs/spec/login.md). Known and unknown log-ins are treated alike.

A challenge is `expiry || random || MAC`, so that asking for one writes nothing; a used one is remembered.
Laws: a log-in has one account, real or made up, whatever the method, and nobody is told which before it succeeds; a
try costs the same whether it can.
"""

import hmac
import secrets
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from crypto.encoding import b64u, u64be, unb64u
from crypto.errors import CannotOpen, NotCanonical, WeakKey
from crypto.keys import SigningPublic, is_account
from crypto.login import decoy, verify_login
from messaging.relay import devices, totp
from messaging.relay.accesslog import log
from messaging.relay.archive import may_return
from messaging.relay.attempts import Guessed, check_attempts, fail, forget_failures, succeed
from messaging.relay.moments import SECOND, date_text
from messaging.relay.records import Account, Box, Factor, Key, Login, Passkey, Ticket, UsedChallenge
from messaging.relay.tokens import hashed, token
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.factors import Confirmed, ConfirmRequest
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


@dataclass(frozen=True)
class _Tried:
    """What a signature is compared with: `keys` are as many for a log-in that is made up, and so is its `account`."""

    account: str
    keys: tuple[bytes, ...]
    kdf: Kdf


def challenge(turn: Turn, request: ChallengeRequest) -> Challenge:
    """A challenge and what to make the log-in key with; for an unknown log-in the same, made up. Writes nothing."""
    tried = _tried(turn, request.login, request.method)
    expires = turn.stamp + limits.CHALLENGE_SECONDS * SECOND
    random = secrets.token_bytes(8)
    made = u64be(expires) + random + _challenge_mac(turn, expires, random, request.method, request.login)
    return Challenge(challenge=b64u(made), expires_in=limits.CHALLENGE_SECONDS, kdf=tried.kdf)


def login(turn: Turn, request: LoginRequest) -> devices.Issued | Refusal:
    """Tokens, or a Refusal: `mfaRequired` with a ticket, `wrongCredentials`, `tooManyAttempts`."""
    tried = _tried(turn, request.login, request.method)
    account, device = tried.account, request.device
    guessed = _guessed(turn, request, account)
    check_attempts(turn, account, guessed)
    if not (_is_fresh(turn, request, [request.login]) and _is_signed(turn, request, tried)):
        return fail(turn, account, guessed, "wrongCredentials")
    _use(turn, request.challenge)
    cookie = device is not None and device.cookie
    match request.method:
        case "key":
            succeed(turn, account, "key")
            return devices.begin(turn, account, renewable=False)
        case "passkey":
            succeed(turn, account, "passkey")
            return devices.begin(turn, account, renewable=True, cookie=cookie)
        case "password" if device is not None and guessed == "trusted":
            succeed(turn, account, "trusted", "trusted")
            return devices.begin(turn, account, renewable=True, cookie=cookie, trusted_by=device.trust_token)
        case _:
            return _ask_more(turn, account, request.method)


def confirm_device(turn: Turn, request: ConfirmRequest) -> Confirmed | Refusal:
    """The caller's device may change factors for ten minutes. Refusals: `wrongCredentials`, `tooManyAttempts`."""
    account = turn.caller.account
    device = devices.find(turn, account, turn.caller.device)
    guessed: Guessed = "session" if request.method == "password" else ""
    check_attempts(turn, account, guessed)
    named = [account, *[held.name for held in turn.tx.where(Login, account=account)]]
    if device is None or not (_is_fresh(turn, request, named) and _is_signed(turn, request, _own(turn, request))):
        return fail(turn, account, guessed, "wrongCredentials")
    _use(turn, request.challenge)
    forget_failures(turn, account, "session")
    until = turn.stamp + limits.CONFIRM_SECONDS * SECOND
    turn.tx.put(replace(device, confirmed=until))
    log(turn, "confirm", target=request.method)
    return Confirmed(confirmed_until=date_text(until))


def confirm(turn: Turn, request: TotpRequest) -> devices.Issued | Refusal:
    """Tokens for a ticket and a one-time code. Refusals: `ticketExpired`, `wrongCode`, `tooManyAttempts`."""
    ticket = find_ticket(turn, request.ticket, "password")
    check_attempts(turn, ticket.account, "totp")
    if not totp.accept(turn, ticket.account, request.code):
        return fail(turn, ticket.account, "totp", "wrongCode")
    turn.tx.drop(Ticket, ticket.id)
    succeed(turn, ticket.account, ticket.method, "password", "totp")
    return devices.begin(turn, ticket.account, renewable=True, cookie=request.cookie, trust=request.trust_device)


def codes_box(turn: Turn, request: TicketRequest) -> BoxAnswer:
    """Box and newest statement, for the ticket of a letter's or a recovery code. Raises Refusal `ticketExpired`."""
    account = turn.tx.one(Account, find_ticket(turn, request.ticket, "letter", "recovery").account)
    box = None if account is None else turn.tx.one(Box, account.id)
    key = None if account is None else turn.tx.one(Key, account.id, account.key)
    if box is None or key is None:
        raise Refusal("ticketExpired")
    return BoxAnswer(
        account=box.account,
        version=box.version,
        box=b64u(box.box),
        statement=b64u(key.statement),
        signature=b64u(key.signature),
        voucher=b64u(key.voucher) or None,
    )


def find_ticket(turn: Turn, presented: str, *methods: str) -> Ticket:
    """A ticket that is still good. Raises Refusal `ticketExpired`."""
    ticket = turn.tx.one(Ticket, hashed(presented))
    if ticket is None or ticket.expires <= turn.stamp or ticket.method not in methods:
        raise Refusal("ticketExpired")
    return ticket


def drop_tickets(turn: Turn, account: str) -> None:
    """Whoever is half-way in begins again."""
    for left in turn.tx.where(Ticket, account=account):
        turn.tx.drop(Ticket, left.id)


def drop_passkeys(turn: Turn, account: str) -> None:
    """None of them logs in any more."""
    for held in turn.tx.where(Passkey, account=account):
        turn.tx.drop(Passkey, account, held.credential)


def login_name(text: str) -> str:
    """One spelling for a log-in name: small letters."""
    return text.strip().lower()


def kdf_json(kdf: Kdf) -> bytes:
    """How a factor holds its parameters."""
    return msgspec.json.encode(kdf)


def _ask_more(turn: Turn, account: str, method: str) -> Refusal:
    ticket = token()
    turn.tx.add(Ticket(hashed(ticket), account, method, turn.stamp + limits.TICKET_SECONDS * SECOND))
    return Refusal("mfaRequired", members={"ticket": ticket, "account": account})


def _guessed(turn: Turn, request: LoginRequest, account: str) -> Guessed:
    token_ = None if request.device is None else request.device.trust_token
    is_trusted = devices.is_trusted(turn, account, token_)
    if request.method != "password":
        return ""
    return "trusted" if is_trusted else "password"


def _tried(turn: Turn, name: str, method: str) -> _Tried:
    spelled = login_name(name)
    # Made up whether it is needed or not, and without the method: who has several has one account for all of them.
    made_up = decoy(turn.house.secrets.server, "", spelled).account
    salt = decoy(turn.house.secrets.server, method, spelled).salt
    login_ = turn.tx.one(Login, spelled)
    owner = made_up if login_ is None else login_.account
    if method == "passkey":
        # An authenticator gives the account back; the log-in name is taken too.
        named = spelled if is_account(spelled) else _open_account(turn, owner) or made_up
        return _Tried(named, _passkeys(turn, named), Kdf(name="prf"))
    factor, account = turn.tx.one(Factor, owner, method), _open_account(turn, owner)
    if method == "recovery" and may_return(turn, owner):  # to whom else it is as if the account had never been
        account = owner
    kdf = _usual_kdf(method, salt) if factor is None or not account else msgspec.json.decode(factor.kdf, type=Kdf)
    public = factor.public if factor is not None and account else _NOBODY.raw
    return _Tried(account or made_up, (public,), kdf)


def _own(turn: Turn, request: ConfirmRequest) -> _Tried:
    account = turn.caller.account
    if request.method == "passkey":
        return _Tried(account, _passkeys(turn, account), Kdf(name="prf"))
    factor = turn.tx.one(Factor, account, request.method)
    return _Tried(account, (_NOBODY.raw if factor is None else factor.public,), Kdf(name="key"))


def _passkeys(turn: Turn, account: str) -> tuple[bytes, ...]:
    is_open = bool(_open_account(turn, account))
    found = [held.public for held in turn.tx.where(Passkey, account=account) if is_open]
    return (*found, *[_NOBODY.raw] * (limits.MAX_PASSKEYS - len(found)))


def _open_account(turn: Turn, id_: str) -> str:
    found = turn.tx.one(Account, id_)
    return "" if found is None or found.state == "closed" else found.id


def _usual_kdf(method: str, salt: bytes) -> Kdf:
    match method:
        case "password":
            return Kdf(name="argon2id", salt=b64u(salt), **_WRITTEN)
        case "key":
            return Kdf(name="key")
        case _:
            return Kdf(name="code")


def _use(turn: Turn, challenge: str) -> None:
    turn.tx.add(UsedChallenge(unb64u(challenge, 32), turn.stamp + limits.CHALLENGE_SECONDS * SECOND))


def _is_fresh(turn: Turn, request: LoginRequest | ConfirmRequest, logins: list[str]) -> bool:
    try:
        made = unb64u(request.challenge, 32)
    except NotCanonical:
        return False
    expires, random = int.from_bytes(made[:8], "big"), made[8:16]
    macs = [_challenge_mac(turn, expires, random, request.method, name) for name in logins]
    genuine = [hmac.compare_digest(made[16:], mac) for mac in macs]
    return True in genuine and expires > turn.stamp and turn.tx.one(UsedChallenge, made) is None


def _is_signed(turn: Turn, request: LoginRequest | ConfirmRequest, tried: _Tried) -> bool:
    # All of them, also after one that fits: the time says nothing about how many there are.
    fitting = [_fits(turn, request, public) for public in tried.keys]
    return True in fitting


def _fits(turn: Turn, request: LoginRequest | ConfirmRequest, public: bytes) -> bool:
    key, origin = SigningPublic(public), turn.house.origin
    try:
        verify_login(key, unb64u(request.signature, 64), request.challenge, request.method, origin, request.time)
    except (CannotOpen, NotCanonical, WeakKey):
        return False
    return public != _NOBODY.raw


def _challenge_mac(turn: Turn, expires: int, random: bytes, method: str, name: str) -> bytes:
    said = b"pli challenge v1\x00" + u64be(expires) + random + method.encode() + b"\x00"
    spelled = login_name(name).encode("utf-8", "surrogatepass")
    return hmac.digest(turn.house.secrets.server, said + spelled, "sha256")[:16]
