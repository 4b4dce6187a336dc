"""Tokens for integrators and certified apps (RFC 6749): for the app itself, or by one patient's grant.

Laws: a token never has more than the catalogue certifies and the grant gives, and ends with them; a code serves once,
and a refresh token once: whoever comes with a used one ends what came of it. One log-in is one device (devices.py).
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from msgspec import UNSET
from msgspec.structs import replace

from crypto.encoding import b64u
from messaging.relay import catalogue, devices, grants
from messaging.relay.accesslog import log
from messaging.relay.assertions import Client, client
from messaging.relay.moments import DAY, SECOND
from messaging.relay.records import Access, Consent, Device, Grant, Refresh
from messaging.relay.sets import invalid
from messaging.relay.tokens import device_id, hashed, token
from messaging.relay.turn import Turn
from messaging.wire import limits, oauth
from messaging.wire.errors import Refusal
from messaging.wire.grants import RECEIVING, SENDING
from messaging.wire.oauth import Consented, ConsentRequest, RevokeForm, TokenAnswer, TokenForm

_OF_BRIDGES: Final = frozenset({"letters.send", "letters.receive"})


@dataclass(frozen=True)
class AskToken:
    """`thumbprint`: SHA-256 of the certificate that the connection showed, empty without one."""

    form: TokenForm
    thumbprint: bytes = b""


@dataclass(frozen=True)
class Revoke:
    """As AskToken."""

    form: RevokeForm
    thumbprint: bytes = b""


def answer(turn: Turn, asking: AskToken) -> TokenAnswer | Refusal:
    """Tokens. Raises or returns Refusal: one of oauth.ERRORS, or `rateLimit`."""
    who = _admit(turn, asking.form, asking.thumbprint)
    try:
        match asking.form.grant_type:
            case "client_credentials":
                prepared = _for_itself(turn, who, asking.form)
            case "authorization_code":
                prepared = _by_code(turn, who, asking.form)
            case "refresh_token":
                prepared = _again(turn, who, asking.form)
            case None:
                raise Refusal("invalid_request", "grant_type is missing")
            case _:
                raise Refusal("unsupported_grant_type")
    except Refusal as refusal:
        prepared = refusal
    # An assertion is used up whatever became of what it came with.
    who.spend(turn)
    if isinstance(prepared, Refusal):
        return prepared
    if isinstance(prepared, _Stolen):
        return _end_stolen(turn, prepared)
    return _issue(turn, who, prepared)


def revoke(turn: Turn, asking: Revoke) -> None:
    """End what a token is of (RFC 7009); a token that is nobody's, or another's, is none. Raises as answer()."""
    if asking.form.token is None:
        raise Refusal("invalid_request", "token is missing")
    who = _admit(turn, asking.form, asking.thumbprint)
    who.spend(turn)
    mark = hashed(asking.form.token)
    held = turn.tx.one(Refresh, mark) or turn.tx.one(Access, mark)
    device = None if held is None else turn.tx.one(Device, held.account, held.device)
    if device is not None and device.account == who.account.id and device.scopes and not device.ended:
        devices.end(turn, device)
        log(turn, "revoke token", account=device.account, target=device.id)


def consent(turn: Turn, request: ConsentRequest) -> Consented:
    """A code for the app, which the patient's page takes to it.

    Raises Refusal `confirmFirst`, `accountNotFound`, `notFound` (no such grant now), `invalidProperties`.
    """
    devices.require_confirmed(turn)
    account = turn.mailbox(request.account_id)
    grant = turn.tx.one(Grant, account.id, request.grant)
    standing = grants.standing(turn, account.id, request.client_id)
    if grant is None or grant.patient != account.id or grant.id not in {one.id for one in standing}:
        raise Refusal("notFound")
    certificate = catalogue.certified(turn, request.client_id)
    if certificate is None or request.redirect_uri not in certificate.redirect_uris:
        raise invalid("redirectUri")
    if not set(request.scopes) <= set(grant.scopes.split()):
        raise invalid("scopes")
    code = token()
    turn.tx.add(
        Consent(
            id=hashed(code), account=grant.app, patient=account.id, granted=grant.id,
            scopes=" ".join(sorted(set(request.scopes))), redirect=request.redirect_uri,
            challenge=request.code_challenge, expires=turn.stamp + oauth.CODE_SECONDS * SECOND,
        )
    )  # fmt: skip
    log(turn, "consent", account=account.id, target=grant.id)
    said = {"code": code, "iss": turn.house.origin} | ({} if request.state is None else {"state": request.state})
    return Consented(redirect=with_query(request.redirect_uri, said))


def with_query(uri: str, said: dict[str, str]) -> str:
    """A redirect URI with parameters added to its query (RFC 6749, 4.1.2)."""
    return uri + ("&" if urlsplit(uri).query else "?") + urlencode(said)


@dataclass(frozen=True)
class _Prepared:
    """What may be issued. `code` and `refresh` are what it comes of; `device` the log-in that goes on."""

    scopes: str
    granted: str = ""
    until: int = 0
    patient: str = ""
    code: Consent | None = None
    refresh: Refresh | None = None
    device: Device | None = None


@dataclass(frozen=True)
class _Stolen:
    """A used code or refresh token came again."""

    device: Device


def _admit(turn: Turn, form: TokenForm | RevokeForm, thumbprint: bytes) -> Client:
    network, rates = turn.caller.network, turn.house.rates
    if wait := rates.network.wait(network, turn.stamp):
        raise Refusal("rateLimit", members={"retryAfter": -(-wait // SECOND)})
    try:
        who = client(turn, form, thumbprint)
    except Refusal:
        rates.network.take(network, turn.stamp)
        raise
    if wait := rates.tokens.wait(who.account.id, turn.stamp):
        raise Refusal("rateLimit", members={"retryAfter": -(-wait // SECOND)})
    rates.tokens.take(who.account.id, turn.stamp)
    return who


def _for_itself(turn: Turn, who: Client, form: TokenForm) -> "_Prepared | _Stolen | Refusal":
    certificate = catalogue.certified(turn, who.account.id)
    allowed = _OF_BRIDGES if who.account.kind == "bridge" else set(certificate.scopes if certificate else ())
    wanted = set(form.scope.split(" ")) if form.scope is not None else set(allowed)
    if not wanted or not wanted <= allowed:
        raise Refusal("invalid_scope", "the client is not certified for that")
    return _Prepared(" ".join(sorted(wanted)))


def _by_code(turn: Turn, who: Client, form: TokenForm) -> "_Prepared | _Stolen | Refusal":
    if form.code is None or form.redirect_uri is None or form.code_verifier is None:
        raise Refusal("invalid_request", "code, redirect_uri and code_verifier are needed")
    held = turn.tx.one(Consent, hashed(form.code))
    if held is None or held.account != who.account.id:
        raise Refusal("invalid_grant")
    if held.device:
        device = turn.tx.one(Device, held.account, held.device)
        return Refusal("invalid_grant") if device is None else _Stolen(device)
    made = b64u(hashlib.sha256(form.code_verifier.encode("utf-8", "surrogatepass")).digest())
    if held.expires <= turn.stamp or held.redirect != form.redirect_uri:
        raise Refusal("invalid_grant")
    if not hmac.compare_digest(made, held.challenge):
        raise Refusal("invalid_grant", "the code_verifier does not fit")
    if form.scope is not None and set(form.scope.split(" ")) != set(held.scopes.split()):
        raise Refusal("invalid_scope", "the scopes are those of the consent")
    grant = _standing(turn, held.patient, held.account, held.granted, held.scopes)
    return _Prepared(held.scopes, held.granted, grant.until, held.patient, code=held)


def _again(turn: Turn, who: Client, form: TokenForm) -> "_Prepared | _Stolen | Refusal":
    if form.refresh_token is None:
        raise Refusal("invalid_request", "refresh_token is needed")
    held = turn.tx.one(Refresh, hashed(form.refresh_token))
    device = None if held is None else turn.tx.one(Device, held.account, held.device)
    if held is None or device is None or device.account != who.account.id or not device.granted:
        raise Refusal("invalid_grant")
    if held.used:
        return _Stolen(device)
    is_over = device.ended or min(held.expires, device.expires) <= turn.stamp
    if is_over or (device.bound and device.bound != who.bound):
        raise Refusal("invalid_grant")
    if form.scope is not None and set(form.scope.split(" ")) != set(device.scopes.split()):
        raise Refusal("invalid_scope", "the scopes are those of the consent")
    row = turn.tx.one(Grant, device.account, device.granted)
    patient = "" if row is None else row.patient
    grant = _standing(turn, patient, device.account, device.granted, device.scopes)
    return _Prepared(device.scopes, device.granted, grant.until, patient, refresh=held, device=device)


def _standing(turn: Turn, patient: str, app: str, granted: str, scopes: str) -> Grant:
    for grant in grants.standing(turn, patient, app):
        if grant.id == granted and set(scopes.split()) <= set(grant.scopes.split()):
            return grant
    raise Refusal("invalid_grant", "the grant has ended")


def _end_stolen(turn: Turn, stolen: _Stolen) -> Refusal:
    # Two have it, and one is a thief: everything that came of the grant ends (RFC 6749, 4.1.2; RFC 9700, 4.14).
    grants.end_log_ins(turn, stolen.device.account, stolen.device.granted)
    log(turn, "refresh", account=stolen.device.account, target=stolen.device.id, outcome="reused")
    return Refusal("invalid_grant")


def _issue(turn: Turn, who: Client, prepared: _Prepared) -> TokenAnswer:
    app, lives = who.account.id, oauth.TOKEN_SECONDS * SECOND
    until = min(turn.stamp + limits.REFRESH_DAYS * DAY, prepared.until) if prepared.granted else turn.stamp + lives
    if prepared.device is None:
        device = Device(
            app, device_id(), turn.stamp, until, seen=turn.stamp, scopes=prepared.scopes, granted=prepared.granted,
            bound=who.bound,
        )  # fmt: skip
    else:
        device = replace(prepared.device, expires=until, seen=turn.stamp)
    turn.tx.put(device)
    access, refresh = token(), token() if prepared.granted else ""
    expires = min(turn.stamp + lives, until)
    turn.tx.add(Access(hashed(access), app, device.id, expires))
    if refresh:
        parent = b"" if prepared.refresh is None else prepared.refresh.id
        turn.tx.add(Refresh(hashed(refresh), app, device.id, until, parent=parent))
    if prepared.refresh is not None:
        turn.tx.put(replace(prepared.refresh, used=turn.stamp))
    if prepared.code is not None:
        # Kept for a day, so that one that comes again is known.
        turn.tx.put(replace(prepared.code, device=device.id, expires=turn.stamp + DAY))
    if prepared.patient:
        grants.note_use(turn, app, prepared.patient)
    log(turn, "token", account=app, target=device.id)
    return TokenAnswer(
        access_token=access, token_type="Bearer", expires_in=(expires - turn.stamp) // SECOND,  # noqa: S106 - its type
        scope=prepared.scopes, refresh_token=refresh or UNSET,
    )  # fmt: skip


def may(scopes: str, *, sending: bool) -> bool:
    """Whether the scopes of a log-in (empty: it has no such bounds) let it send, or receive."""
    return not scopes or not (SENDING if sending else RECEIVING).isdisjoint(scopes.split())
