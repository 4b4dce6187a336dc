"""OAuth clients on a desk: their assertions, what they ask for, and who holds the tokens that they get."""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from crypto.encoding import b64u
from crypto.keys import SigningSeed, random_id
from messaging.relay.moments import SECOND, stamp
from messaging.relay.oauth import AskToken
from messaging.relay.turn import Caller
from messaging.wire.oauth import JWT_BEARER, ConsentRequest, TokenAnswer, TokenForm
from tests.messaging.apps import REDIRECT
from tests.messaging.desk import Desk, Person
from tests.messaging.household import Member, reading

VERIFIER = "v" * 43
_ALL = JWSRegistry(algorithms=["EdDSA", "Ed25519"], strict_check_header=False)


def claims(desk: Desk, account: str, **changed: Any) -> dict[str, Any]:
    """What an assertion claims; None takes a claim away."""
    now = stamp(desk.clock.now()) // SECOND
    said = {
        "iss": account, "sub": account, "aud": desk.house.origin, "exp": now + 60, "iat": now, "jti": random_id(),
    } | changed  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def signed(seed: SigningSeed, said: dict[str, Any], **header: Any) -> str:
    """A JWT by this key."""
    key = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(seed.raw))
    return jwt.encode({"alg": "Ed25519"} | header, said, key, registry=_ALL)


def assertion(desk: Desk, who: Person, **changed: Any) -> str:
    return signed(who.seed, claims(desk, who.account, **changed))


def form(desk: Desk, who: Person, grant_type: str = "client_credentials", **more: Any) -> TokenForm:
    """A good form with a fresh assertion; `more` in place of its fields."""
    given = {"client_assertion": assertion(desk, who), "client_assertion_type": JWT_BEARER} | more
    return TokenForm(grant_type=grant_type, **given)


def tokens(desk: Desk, who: Person, grant_type: str = "client_credentials", **more: Any) -> TokenAnswer:
    """Raises Refusal."""
    answer = desk.ask(AskToken(form(desk, who, grant_type, **more)))
    assert isinstance(answer, TokenAnswer)
    return answer


def holder(desk: Desk, token: str) -> Caller:
    """Who holds an access token. Raises Refusal `unauthorized`."""
    from messaging.relay import devices

    found, _ = reading(desk, lambda turn: devices.caller(turn, token))
    assert isinstance(found, Caller)
    return found


def consenting(desk: Desk, patient: Member, app: Person, granted: str, **changed: Any) -> str:
    """The code that the patient's page takes to the app. Raises Refusal."""
    challenge = b64u(hashlib.sha256(VERIFIER.encode()).digest())
    given = {
        "account_id": patient.account, "grant": granted, "client_id": app.account, "redirect_uri": REDIRECT,
        "scopes": ["letters.send", "letters.receive"], "code_challenge": challenge, "code_challenge_method": "S256",
        "state": "s",
    } | changed  # fmt: skip
    redirect = desk.ask(ConsentRequest(**given), patient.caller).redirect
    return str(redirect.partition("code=")[2].partition("&")[0])


def exchanged(desk: Desk, app: Person, code: str, **changed: Any) -> TokenAnswer:
    """Tokens for a code. Raises Refusal."""
    given = {"code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER} | changed
    return tokens(desk, app, "authorization_code", **given)


def renewed(desk: Desk, app: Person, refresh: object, **changed: Any) -> TokenAnswer:
    """Tokens for a refresh token. Raises Refusal."""
    return tokens(desk, app, "refresh_token", refresh_token=str(refresh), **changed)
