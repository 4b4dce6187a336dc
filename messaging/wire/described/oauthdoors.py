"""The doors of OAuth 2 (docs/spec/protocol.md, OAuth), one row each. Their errors are in the form of RFC 6749, 5.2."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from messaging.wire import names, oauth
from messaging.wire.described.door import READING, Answer, Door, Parameter, json_door
from messaging.wire.oauth import Consented, ConsentRequest, OAuthError, ServerMetadata, TokenAnswer, Verifier
from messaging.wire.types import AccountId

_NO_STORE: Final = ("Cache-Control", "`no-store`.")
_ERRORS: Final = (
    Answer(400, OAuthError, about="The request is not one that tokens are given for.", headers=(_NO_STORE,)),
    Answer(401, OAuthError, about="The client has not shown who it is.",
           headers=(_NO_STORE, ("WWW-Authenticate", "`Bearer`."))),
)  # fmt: skip
_Grant = Literal["authorization_code", "client_credentials", "refresh_token"]
_Jwt = Annotated[str, Meta(extra_json_schema={"const": oauth.JWT_BEARER})]
_CLIENT: Final = (
    Parameter("client_id", "form", AccountId, "The client's account; needed with a certificate."),
    Parameter("client_assertion_type", "form", _Jwt, "With an assertion (RFC 7523)."),
    Parameter("client_assertion", "form", str, "A JWT, signed with the key that the client logs in with."),
)
_ASKED: Final = (
    Parameter("response_type", "query", str, "`code`."),
    Parameter("client_id", "query", str, "The app's account."),
    Parameter("redirect_uri", "query", str, "One of those of the catalogue, to the letter."),
    Parameter("scope", "query", str, "Scopes with spaces between."),
    Parameter("state", "query", str, "Given back."),
    Parameter("code_challenge", "query", str, "PKCE (RFC 7636)."),
    Parameter("code_challenge_method", "query", str, "`S256`."),
)

OAUTH_DOORS: Final = (
    Door("oauth metadata", names.OAUTH_METADATA, "This authorization server (RFC 8414).",
         (Answer(kind=ServerMetadata, headers=(("Cache-Control", "An hour."),)),), READING),
    Door("oauth authorize", names.OAUTH_AUTHORIZE, "To the page where the patient decides (RFC 6749, 4.1.1).",
         (Answer(302, about="To the page, or back to the app with an error.",
                 headers=(_NO_STORE, ("Location", "Where."), ("Referrer-Policy", "`no-referrer`."))),), ("GET",),
         parameters=_ASKED, refuses=("invalid_request",)),
    Door("oauth token", names.OAUTH_TOKEN, "Tokens for a client (RFC 6749, 3.2).",
         (Answer(kind=TokenAnswer, headers=(_NO_STORE,)), *_ERRORS), takes="form", refuses=("rateLimit",),
         parameters=(
             Parameter("grant_type", "form", _Grant, "What the tokens are for."),
             Parameter("scope", "form", str, "Scopes with spaces between; all that there are where it is left out."),
             Parameter("code", "form", str, "With `authorization_code`."),
             Parameter("redirect_uri", "form", str, "As it was at the consent."),
             Parameter("code_verifier", "form", Verifier, "PKCE (RFC 7636)."),
             Parameter("refresh_token", "form", str, "With `refresh_token`; it serves once."),
             *_CLIENT,
         )),
    Door("oauth revoke", names.OAUTH_REVOKE, "End what a token is of (RFC 7009).",
         (Answer(200, None, "", "It is of no use any more, if it ever was.", (_NO_STORE,)), *_ERRORS), takes="form",
         refuses=("rateLimit",),
         parameters=(Parameter("token", "form", str, "An access or a refresh token."), *_CLIENT)),
    json_door("oauth consent", names.OAUTH_CONSENT, "A code for an app, by the patient who gave it a grant.",
              ConsentRequest, Consented, "confirmFirst", "accountNotFound", "notFound",
              "invalidProperties", "forbidden", who="bearer"),
)  # fmt: skip
