"""OAuth 2 as integrators and certified apps speak it (docs/spec/protocol.md, OAuth). Pure values; names as in the RFCs.

Forms are read strictly: a parameter twice is refused (RFC 6749, 3.2), one that is not known is not looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from messaging.wire import names
from messaging.wire.catalogue import Scope
from messaging.wire.errors import Refusal
from messaging.wire.grants import AppGrantId, Scopes
from messaging.wire.types import AccountId, B64u32, UnsignedInt, Wire

JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = ("EdDSA", "Ed25519")  # RFC 8037, and its fully specified name of RFC 9864
TOKEN_SECONDS: Final = 600
CODE_SECONDS: Final = 60
ASSERTION_SECONDS: Final = 300  # how far an assertion's `exp` may be away
MAX_FORM: Final = 16_384  # bytes
SCOPES: Final[tuple[Scope, ...]] = (
    "letters.send", "letters.receive", "record.read", "record.add", "agenda.read", "agenda.add",
)  # fmt: skip
# The errors of RFC 6749, 5.2: at these doors said in its own form.
ERRORS: Final = (
    "invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client",
    "unsupported_grant_type",
)  # fmt: skip

Verifier = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._~-]{43,128}$(?!\n)")]


@dataclass(frozen=True, repr=False)
class TokenForm:
    """The parameters of the token door; None where one is not there."""

    grant_type: str | None = None
    scope: str | None = None
    client_id: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None
    refresh_token: str | None = None


@dataclass(frozen=True, repr=False)
class RevokeForm:
    """The parameters of the revocation door (RFC 7009, 2.1)."""

    token: str | None = None
    client_id: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None


def form_of(kind: type[Any], pairs: Sequence[tuple[str, str]]) -> Any:
    """A form of this kind. Raises Refusal `invalid_request` for a parameter that is there twice."""
    known = {field.name for field in fields(kind)}
    given = [(name, value) for name, value in pairs if name in known and value]
    if len(dict(given)) != len(given):
        raise Refusal("invalid_request", "a parameter is there twice")
    return kind(**dict(given))


class TokenAnswer(Wire, frozen=True, rename=None, omit_defaults=True):
    """RFC 6749, 5.1. `expires_in` in seconds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: UnsignedInt
    scope: str
    refresh_token: str | UnsetType = UNSET


class OAuthError(Wire, frozen=True, rename=None):
    """RFC 6749, 5.2."""

    error: Literal[
        "invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client",
        "unsupported_grant_type",
    ]  # fmt: skip
    error_description: str


class ServerMetadata(Wire, frozen=True, rename=None):
    """RFC 8414, 2."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    scopes_supported: list[Scope]
    response_types_supported: list[Literal["code"]]
    response_modes_supported: list[Literal["query"]]
    grant_types_supported: list[Literal["authorization_code", "client_credentials", "refresh_token"]]
    token_endpoint_auth_methods_supported: list[Literal["private_key_jwt", "self_signed_tls_client_auth"]]
    token_endpoint_auth_signing_alg_values_supported: list[Literal["EdDSA", "Ed25519"]]
    revocation_endpoint_auth_methods_supported: list[Literal["private_key_jwt", "self_signed_tls_client_auth"]]
    revocation_endpoint_auth_signing_alg_values_supported: list[Literal["EdDSA", "Ed25519"]]
    code_challenge_methods_supported: list[Literal["S256"]]
    tls_client_certificate_bound_access_tokens: bool
    authorization_response_iss_parameter_supported: bool
    service_documentation: str


class ConsentRequest(Wire, frozen=True, omit_defaults=True):
    """The patient's page, after it made the AppGrant `grant` of `account_id` and sealed what the app may have."""

    account_id: AccountId
    grant: AppGrantId
    client_id: AccountId
    redirect_uri: Annotated[str, Meta(max_length=600)]
    scopes: Scopes
    code_challenge: B64u32
    code_challenge_method: Literal["S256"]
    state: Annotated[str, Meta(max_length=1_024)] | None = None


class Consented(Wire, frozen=True):
    """Where the page goes now: the app's redirect URI with `code`, `state` and `iss` (RFC 9207)."""

    redirect: str


def metadata(origin: str, *, certificates: bool) -> ServerMetadata:
    """What this relay is as an authorization server. `certificates`: whether clients may show one."""
    methods: list[Any] = ["private_key_jwt", *(["self_signed_tls_client_auth"] if certificates else [])]
    return ServerMetadata(
        issuer=origin,
        authorization_endpoint=origin + names.OAUTH_AUTHORIZE,
        token_endpoint=origin + names.OAUTH_TOKEN,
        revocation_endpoint=origin + names.OAUTH_REVOKE,
        scopes_supported=list(SCOPES),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code", "client_credentials", "refresh_token"],
        token_endpoint_auth_methods_supported=methods,
        token_endpoint_auth_signing_alg_values_supported=["EdDSA", "Ed25519"],
        revocation_endpoint_auth_methods_supported=methods,
        revocation_endpoint_auth_signing_alg_values_supported=["EdDSA", "Ed25519"],
        code_challenge_methods_supported=["S256"],
        tls_client_certificate_bound_access_tokens=certificates,
        authorization_response_iss_parameter_supported=True,
        service_documentation=origin + names.OPENAPI,
    )
