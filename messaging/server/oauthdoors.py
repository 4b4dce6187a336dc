"""The doors of OAuth 2 (docs/spec/protocol.md, OAuth): forms in, JSON out, errors in the form of RFC 6749, 5.2."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from messaging.relay.catalogue import AskCatalogue
from messaging.relay.oauth import AskToken, Revoke, with_query
from messaging.server.exchange import NO_STORE, Asked, Reply, Route, Routes, json_reply
from messaging.server.service import Service
from messaging.wire import catalogue, names, oauth
from messaging.wire.catalogue import CatalogueApp
from messaging.wire.codec import decode
from messaging.wire.errors import Refusal
from messaging.wire.oauth import ConsentRequest, OAuthError, RevokeForm, TokenForm

_FORM: Final = "application/x-www-form-urlencoded"
_SMALL: Final = 4_096
_FIELDS: Final = 32
_HOUR: Final = (("Cache-Control", "public, max-age=3600"),)
_ASKED: Final = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
)  # fmt: skip


class OAuthDoors:
    """All of them, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._metadata = oauth.metadata(service.config.origin, certificates=service.config.client_certificates != "off")

    def join(self, routes: Routes) -> None:
        """Add them."""
        routes.exact |= {
            names.OAUTH_METADATA: Route("oauth metadata", self.metadata, ("GET", "HEAD")),
            names.OAUTH_AUTHORIZE: Route("oauth authorize", self.authorize, ("GET",)),
            names.OAUTH_TOKEN: _form_route("oauth token", self.token),
            names.OAUTH_REVOKE: _form_route("oauth revoke", self.revoke),
            names.OAUTH_CONSENT: Route("oauth consent", self.consent, limit=_SMALL, bearer=True, json=True),
        }

    async def metadata(self, _: Asked) -> Reply:
        """`GET /.well-known/oauth-authorization-server` (RFC 8414)."""
        return json_reply(self._metadata, headers=_HOUR)

    async def authorize(self, asked: Asked) -> Reply:
        """`GET /oauth/authorize`: to the page that asks the patient, or back to the app, or nowhere.

        Raises Refusal `invalid_request` for an app or a redirect URI that the catalogue does not have: nobody is sent
        to an address that no authority has looked at (RFC 6749, 4.1.2.1).
        """
        given = {name: asked.arguments[name] for name in _ASKED if name in asked.arguments}
        app = await self._app(asked, given.get("client_id", ""))
        redirect = given.get("redirect_uri", "")
        if app is None or redirect not in app.redirect_uris:
            raise Refusal("invalid_request", "the client or its redirect_uri is not in the catalogue")
        wrong = _wrong(given, app)
        if wrong:
            said = {"error": wrong, "iss": self._service.config.origin}
            return _to(with_query(redirect, said | ({"state": given["state"]} if "state" in given else {})))
        return _to(f"{names.CONSENT_PAGE}?{urlencode(given)}")

    async def token(self, asked: Asked) -> Reply:
        """`POST /oauth/token`."""
        asking = AskToken(oauth.form_of(TokenForm, _pairs(asked)), asked.certificate)
        return json_reply(await self._service.ask(asking, asked.caller))

    async def revoke(self, asked: Asked) -> Reply:
        """`POST /oauth/revoke` (RFC 7009)."""
        await self._service.ask(Revoke(oauth.form_of(RevokeForm, _pairs(asked)), asked.certificate), asked.caller)
        return Reply(200, b"", NO_STORE)

    async def consent(self, asked: Asked) -> Reply:
        """`POST /oauth/consent`, by the patient's page."""
        return json_reply(await self._service.ask(decode(asked.body, ConsentRequest), asked.caller))

    async def _app(self, asked: Asked, account: str) -> CatalogueApp | None:
        try:
            signed = await self._service.ask(AskCatalogue(), asked.caller)
        except Refusal:
            return None
        return catalogue.find(catalogue.said(signed), account)


def _wrong(given: dict[str, str], app: CatalogueApp) -> str:
    scopes = given.get("scope", "").split(" ")
    if given.get("response_type") != "code":
        return "unsupported_response_type"
    challenge = given.get("code_challenge", "")
    if given.get("code_challenge_method") != "S256" or len(challenge) != 43:
        return "invalid_request"
    return "" if set(scopes) <= set(app.scopes) else "invalid_scope"


def _to(where: str) -> Reply:
    return Reply(302, b"", (*NO_STORE, ("Location", where), ("Referrer-Policy", "no-referrer")))


def _pairs(asked: Asked) -> list[tuple[str, str]]:
    if (asked.header("content-type") or "").partition(";")[0].strip() != _FORM:
        raise Refusal("invalid_request", f"the body is {_FORM}")
    try:
        return parse_qsl(asked.body.decode("ascii"), strict_parsing=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError:
        raise Refusal("invalid_request", "the body is no form") from None


def _form_route(name: str, handler: Callable[[Asked], Awaitable[Reply]]) -> Route:
    return Route(name, partial(_said, handler), limit=oauth.MAX_FORM, certified=True)


async def _said(handler: Callable[[Asked], Awaitable[Reply]], asked: Asked) -> Reply:
    """What the door answers; of the refusals those of RFC 6749 in its form."""
    try:
        return await handler(asked)
    except Refusal as refusal:
        if refusal.name not in oauth.ERRORS:
            raise
        name: Any = refusal.name
        error = OAuthError(error=name, error_description=str(refusal.as_error()["description"]))
        headers = (*NO_STORE, ("WWW-Authenticate", "Bearer")) if refusal.status == 401 else NO_STORE
        return json_reply(error, refusal.status, headers)
