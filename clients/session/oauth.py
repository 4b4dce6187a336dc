"""OAuth for an app, without a network (docs/spec/protocol.md, OAuth): requests to carry, and what the answers mean.

An assertion is a JWT (RFC 7519) by the key that the account logs in with: two lines of JSON and an Ed25519 signature
(RFC 8037), so the client needs no library for it. Reading tokens is the relay's work.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from clients.session.carried import HttpRequest, HttpResponse, refusal_of
from crypto.encoding import b64u
from crypto.keys import SigningSeed, random_id
from messaging.wire import codec, names
from messaging.wire.errors import TABLE, Refusal
from messaging.wire.oauth import JWT_BEARER, OAuthError, TokenAnswer

_SECONDS = 60  # that an assertion lives


@dataclass(frozen=True)
class OAuthApp:
    """An app at one relay. `origin` is the relay's, exactly as it names itself; `seed` the app's key file."""

    origin: str
    account: str
    seed: SigningSeed = field(repr=False)

    def assertion(self, now: datetime) -> str:
        """Who the app is, for one request (RFC 7523)."""
        moment = int(now.timestamp())
        claims = {
            "aud": self.origin, "exp": moment + _SECONDS, "iat": moment, "iss": self.account, "jti": random_id(),
            "sub": self.account,
        }  # fmt: skip
        signed = b".".join(b64u(codec.encode(part)).encode() for part in ({"alg": "Ed25519"}, claims))
        return f"{signed.decode()}.{b64u(self.seed.sign(signed))}"

    def token_request(self, now: datetime, scopes: Sequence[str] = ()) -> HttpRequest:
        """Ten minutes for the app itself; without scopes all that it is certified for."""
        more = {"scope": " ".join(scopes)} if scopes else {}
        return self._request(names.OAUTH_TOKEN, now, {"grant_type": "client_credentials"} | more)

    def exchange_request(self, now: datetime, code: str, redirect_uri: str, verifier: str) -> HttpRequest:
        """Tokens for the code of a patient's consent."""
        said = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._request(names.OAUTH_TOKEN, now, said | {"code_verifier": verifier})

    def refresh_request(self, now: datetime, refresh_token: str) -> HttpRequest:
        """The next tokens. It serves once: keep what comes before it is used."""
        return self._request(names.OAUTH_TOKEN, now, {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def revoke_request(self, now: datetime, token: str) -> HttpRequest:
        """End what a token is of."""
        return self._request(names.OAUTH_REVOKE, now, {"token": token})

    def authorize_url(self, redirect_uri: str, scopes: Sequence[str], state: str, verifier: str) -> str:
        """Where the app sends its user. `verifier` is kept until the code comes; `state` tells whose it is."""
        said = {
            "response_type": "code", "client_id": self.account, "redirect_uri": redirect_uri,
            "scope": " ".join(scopes), "state": state, "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{self.origin}{names.OAUTH_AUTHORIZE}?{urlencode(said)}"

    def _request(self, path: str, now: datetime, said: Mapping[str, str]) -> HttpRequest:
        proof = {"client_assertion": self.assertion(now), "client_assertion_type": JWT_BEARER}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return HttpRequest("POST", path, headers, urlencode({**said, **proof}).encode())


def challenge(verifier: str) -> str:
    """Of PKCE (RFC 7636, 4.2), S256. `verifier`: 43 to 128 of A-Z a-z 0-9 - . _ ~"""
    return b64u(hashlib.sha256(verifier.encode()).digest())


def tokens_of(response: HttpResponse) -> TokenAnswer:
    """What the token door gave. Raises Refusal: the error of RFC 6749 by its name, or as any door."""
    _check(response)
    return codec.decode(response.body, TokenAnswer)


def check_revoked(response: HttpResponse) -> None:
    """Raises Refusal."""
    _check(response)


def _check(response: HttpResponse) -> None:
    refusal = refusal_of(response)
    if refusal is None:
        return
    try:
        said = codec.decode(response.body, OAuthError)
    except Refusal:
        raise refusal from None
    raise Refusal(said.error if said.error in TABLE else "serverFail", said.error_description)
