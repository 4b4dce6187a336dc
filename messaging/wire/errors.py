"""Refusals as values: one table for the relay that says them and the client that hears them (RFC 8620, 3.6; RFC 9457).

`Refusal` is the only error that leaves the rules of the relay. It never holds content, an address or a secret.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from messaging.wire.names import JMAP_ERRORS, PROBLEMS

Level = Literal["request", "method", "set"]


@dataclass(frozen=True)
class Said:
    """How one refusal is said: the HTTP status at the doors and a sentence for people."""

    status: int
    title: str


# name -> how it is said. A name that is not here cannot be raised (Refusal refuses it).
TABLE: Final[dict[str, Said]] = {
    # RFC 8620, request level
    "unknownCapability": Said(400, "The request names a capability that this relay does not have."),
    "notJSON": Said(400, "The request is not JSON."),
    "notRequest": Said(400, "The request is JSON, but not of the expected shape."),
    "limit": Said(400, "The request is over a limit of this relay."),
    # RFC 8620, method level
    "serverUnavailable": Said(503, "The relay cannot answer now. Try again in a moment."),
    "serverFail": Said(500, "The relay failed while answering. Nothing was changed."),
    "unknownMethod": Said(400, "This relay has no such method."),
    "invalidArguments": Said(400, "An argument is missing, unknown or of the wrong type."),
    "invalidResultReference": Said(400, "A result reference does not point to an earlier result."),
    "forbidden": Said(403, "This is not allowed to this log-in."),
    "accountNotFound": Said(404, "There is no such account for this log-in."),
    "fromAccountNotFound": Said(404, "There is no such account to copy from for this log-in."),
    "accountNotSupportedByMethod": Said(400, "The account does not have this method."),
    "cannotCalculateChanges": Said(400, "The state is too old or unknown: read everything again."),
    "requestTooLarge": Said(413, "The request asks for too many objects at once."),
    "unsupportedFilter": Said(400, "The filter is not supported."),
    "anchorNotFound": Said(400, "The anchor was not found."),
    "stateMismatch": Said(409, "It was changed meanwhile. Read it again."),
    # RFC 8620, set level
    "notFound": Said(404, "There is no such thing here."),
    "invalidProperties": Said(400, "A property is missing, unknown or of the wrong type."),
    "tooLarge": Said(413, "It is larger than this relay takes."),
    "overQuota": Said(507, "The quota of this account is used up."),
    "rateLimit": Said(429, "Too much in a short time. Wait, then try again."),
    "singleton": Said(400, "There is exactly one of these."),
    "blobNotFound": Said(404, "A blob is not there. Upload it first."),
    "alreadyExists": Said(409, "It is there already."),
    # Pli, set level
    "recipientKeyStale": Said(409, "A recipient has newer keys. Seal again to those."),
    "recipientNotFound": Said(404, "A recipient is unknown or has closed the account."),
    "recipientRefuses": Said(403, "The sender has no right to write to a recipient."),
    "tooManyRecipients": Said(400, "There are more recipients than one letter may have."),
    # the doors
    "wrongCredentials": Said(401, "The name or the password is wrong."),
    "mfaRequired": Said(401, "A one-time code is needed as well."),
    "codeExpired": Said(403, "The code is too old, or was tried too often. Ask for another."),
    "wrongCode": Said(401, "The one-time code is wrong or was used already."),
    "ticketExpired": Said(401, "The log-in took too long. Start again."),
    "unauthorized": Said(401, "Log in first."),
    "tooManyAttempts": Said(429, "Too many attempts. Wait before the next one."),
    "confirmFirst": Said(403, "Enter the password or use the passkey once more first."),
    "tooLate": Said(403, "The time to oppose is over. Activate the account, then close it."),
    "invalidKeys": Said(400, "The keys or their statement are not valid."),
    "notAllowed": Said(405, "This door does not take this method."),
    # RFC 6749, 5.2: the names are its own
    "invalid_request": Said(400, "A parameter is missing, there twice or of the wrong form."),
    "invalid_client": Said(401, "The client has not shown who it is."),
    "invalid_grant": Said(400, "The code, the refresh token or what it came of is not valid any more."),
    "invalid_scope": Said(400, "The scopes are not those that the client may have."),
    "unauthorized_client": Said(400, "The client may not ask in this way."),
    "unsupported_grant_type": Said(400, "This relay gives no tokens for that."),
    "rangeNotSatisfiable": Said(416, "The range is outside the blob."),
    "timeout": Said(408, "The request came too slowly."),
}
_JMAP: Final = frozenset({"unknownCapability", "notJSON", "notRequest", "limit"})


@dataclass(eq=False)
class Refusal(Exception):
    """One refusal. `members` are the further members of its JSON (`existingId`, `recipients`, `retryAfter`, ...)."""

    name: str
    detail: str = ""
    members: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in TABLE:
            raise KeyError(self.name)
        super().__init__(self.name, self.detail)

    @property
    def status(self) -> int:
        """HTTP status where it is said at a door."""
        return TABLE[self.name].status

    def as_problem(self) -> dict[str, Any]:
        """Problem details for a door (RFC 9457)."""
        said = TABLE[self.name]
        prefix = JMAP_ERRORS if self.name in _JMAP else PROBLEMS
        problem = {"type": prefix + self.name, "status": said.status, "title": said.title}
        return problem | ({"detail": self.detail} if self.detail else {}) | self.members

    def as_error(self) -> dict[str, Any]:
        """A method error or a SetError (RFC 8620, 3.6.2 and 5.3)."""
        return {"type": self.name, "description": self.detail or TABLE[self.name].title} | self.members


def from_error(raw: dict[str, Any]) -> Refusal:
    """The refusal that a method error or SetError says; an unknown type is `serverFail` with its name as detail."""
    members = {k: v for k, v in raw.items() if k not in ("type", "description")}
    name = str(raw.get("type", ""))
    if name not in TABLE:
        return Refusal("serverFail", f"unknown error {name[:80]}")
    return Refusal(name, str(raw.get("description", "")), members)


def from_problem(status: int, raw: dict[str, Any]) -> Refusal:
    """The refusal that a door's problem details say (RFC 9457); `status` decides when the type is unknown."""
    name = str(raw.get("type", "")).removeprefix(PROBLEMS).removeprefix(JMAP_ERRORS)
    members = {k: v for k, v in raw.items() if k not in ("type", "status", "title", "detail")}
    if name in TABLE:
        return Refusal(name, str(raw.get("detail", "")), members)
    fallback = {401: "unauthorized", 404: "notFound", 413: "tooLarge", 429: "rateLimit", 503: "serverUnavailable"}
    return Refusal(fallback.get(status, "serverFail"), f"HTTP {status}")
