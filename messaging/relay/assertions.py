"""Who an OAuth client is: a signed assertion (RFC 7523, private_key_jwt), or a certificate that is known (RFC 8705).

Laws: one algorithm family, chosen here and not by the token; the key is the one that is kept, never one that a header
names; an assertion is for this relay, for minutes, and for once.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from crypto.keys import is_account
from messaging.relay.moments import SECOND
from messaging.relay.records import Account, Certificate, Factor, UsedChallenge
from messaging.relay.turn import Turn
from messaging.wire import names, oauth
from messaging.wire.errors import Refusal
from messaging.wire.oauth import RevokeForm, TokenForm

CLIENTS: Final = ("app", "bridge")
_CLOCK: Final = 30  # seconds that a client's clock may be ahead
_MOST: Final = 4_096  # characters of an assertion
_JTI: Final = 256
_REGISTRY: Final = JWSRegistry(algorithms=list(oauth.ALGORITHMS), strict_check_header=True)
_HEADERS: Final = frozenset({"alg", "typ", "kid"})


@dataclass(frozen=True)
class Client:
    """Who it is. `used` is what must not be used again (none with a certificate); `bound`, the certificate's hash."""

    account: Account
    used: UsedChallenge | None = None
    bound: bytes = b""

    def spend(self, turn: Turn) -> None:
        """The assertion was used."""
        if self.used is not None:
            turn.tx.add(self.used)


def client(turn: Turn, form: TokenForm | RevokeForm, thumbprint: bytes) -> Client:
    """Who asks. `thumbprint`: SHA-256 of the certificate that the connection showed, empty without one.

    Raises Refusal `invalid_client`, `invalid_request`. Writes nothing.
    """
    if form.client_assertion is not None or form.client_assertion_type is not None:
        return _by_assertion(turn, form)
    if form.client_id is not None and thumbprint:
        return _by_certificate(turn, form.client_id, thumbprint)
    raise _unknown("the client has shown neither an assertion nor a certificate")


def _by_certificate(turn: Turn, id_: str, thumbprint: bytes) -> Client:
    account = _account(turn, id_)
    if account is None or turn.tx.one(Certificate, id_, thumbprint) is None:
        raise _unknown("the certificate is not one of this client's")
    return Client(account, bound=thumbprint)


def _by_assertion(turn: Turn, form: TokenForm | RevokeForm) -> Client:
    text = form.client_assertion or ""
    if form.client_assertion_type != oauth.JWT_BEARER or not 0 < len(text) <= _MOST:
        raise Refusal("invalid_request", f"client_assertion_type is {oauth.JWT_BEARER}")
    # The account is only looked up by what it claims; that it is who it says is what the signature shows.
    id_ = _claimed(text)
    account = _account(turn, id_)
    factor = None if account is None else turn.tx.one(Factor, id_, "key")
    if account is None or factor is None or form.client_id not in (None, id_):
        raise _unknown("the assertion is not this client's")
    claims = _verified(text, factor.public)
    return Client(account, _fresh(turn, id_, claims))


def _claimed(text: str) -> str:
    try:
        claims = json.loads(_part(text.split(".")[1]))
    except (IndexError, ValueError, RecursionError):
        raise _unknown("the assertion is no JWT") from None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    return subject if isinstance(subject, str) else ""


def _verified(text: str, public: bytes) -> dict[str, Any]:
    key = OKPKey.import_key(Ed25519PublicKey.from_public_bytes(public))
    try:
        token = jwt.decode(text, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise _unknown("the assertion's signature does not fit, or its algorithm is not Ed25519") from None
    if not token.header.keys() <= _HEADERS or token.header.get("typ", "JWT") not in (
        "JWT",
        "client-authentication+jwt",
    ):
        raise _unknown("the assertion's header has members that are not taken")
    return token.claims


def _fresh(turn: Turn, id_: str, claims: dict[str, Any]) -> UsedChallenge:
    now = turn.stamp // SECOND
    origin = turn.house.origin
    audience = claims.get("aud")
    heard = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != id_ or claims.get("sub") != id_:
        raise _unknown("iss and sub are the client's account")
    if len(heard) != 1 or heard[0] not in (origin, origin + names.OAUTH_TOKEN):
        raise _unknown("aud is this relay's origin, and nothing else")
    expires, begins = claims.get("exp"), claims.get("nbf", claims.get("iat", now))
    if (
        not isinstance(expires, int | float)
        or not _is_number(expires)
        or not now < expires <= now + oauth.ASSERTION_SECONDS + _CLOCK
    ):
        raise _unknown(f"exp is in the future, at most {oauth.ASSERTION_SECONDS} seconds")
    if not _is_number(begins) or begins > now + _CLOCK:
        raise _unknown("the assertion is not valid yet")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _JTI:
        raise _unknown("jti is a text that is used once")
    mark = hashlib.sha256(b"jti\x00" + id_.encode() + b"\x00" + jti.encode("utf-8", "surrogatepass")).digest()
    if turn.tx.one(UsedChallenge, mark) is not None:
        raise _unknown("the assertion was used already")
    return UsedChallenge(mark, (int(expires) + 1) * SECOND)


def _account(turn: Turn, id_: str) -> Account | None:
    found = turn.tx.one(Account, id_) if is_account(id_) else None
    return found if found is not None and found.kind in CLIENTS and found.state == "active" else None


def _part(text: str) -> bytes:
    from base64 import urlsafe_b64decode  # noqa: PLC0415 - a name that is read here alone

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**53


def _unknown(detail: str) -> Refusal:
    return Refusal("invalid_client", detail)
