"""Refusals described: each name of errors.TABLE as problem details, as method error and as SetError.

Law: the members are exact; a member that the relay says and this page does not know is refused by the schemas.
"""

from typing import Any, Final

import msgspec

from messaging.wire.errors import TABLE, Refusal
from messaging.wire.types import AccountId, UnsignedInt

Schema = dict[str, Any]

# Further members, and whether one is always there. The levels say the same name with the same members.
_Member = tuple[Any, bool]
_LIMIT: Final[dict[str, _Member]] = {"limit": (UnsignedInt, False)}
_RETRY: Final[dict[str, _Member]] = {"retryAfter": (UnsignedInt, False)}
MEMBERS: Final[dict[str, dict[str, _Member]]] = {
    "limit": {"limit": (str, True)},
    "serverUnavailable": _RETRY,
    "requestTooLarge": _LIMIT,
    "invalidProperties": {"properties": (list[str], True)},
    "tooLarge": _LIMIT,
    "overQuota": _LIMIT,
    "rateLimit": {**_LIMIT, **_RETRY},
    "tooManyRecipients": _LIMIT,
    "blobNotFound": {"notFound": (list[str], True)},
    "alreadyExists": {"existingId": (str, False)},
    "recipientKeyStale": {"recipients": (dict[AccountId, str], True)},
    "recipientNotFound": {"recipients": (list[AccountId], True)},
    "recipientRefuses": {"recipients": (list[AccountId], True)},
    "mfaRequired": {"ticket": (str, True), "account": (AccountId, True)},
    "tooManyAttempts": {"retryAfter": (UnsignedInt, True)},
    "notAllowed": {"allow": (list[str], True)},
    "rangeNotSatisfiable": {"size": (UnsignedInt, True)},
}
METHOD_ERRORS: Final = (
    "serverUnavailable", "unknownMethod", "invalidArguments", "invalidResultReference", "forbidden",
    "accountNotFound", "fromAccountNotFound", "overQuota", "unsupportedFilter", "notFound", "wrongCode", "codeExpired",
    "accountNotSupportedByMethod", "cannotCalculateChanges", "requestTooLarge", "stateMismatch",
    "rateLimit",
)  # fmt: skip
SET_ERRORS: Final = (
    "forbidden", "notFound", "invalidProperties", "stateMismatch", "tooLarge", "overQuota", "rateLimit",
    "blobNotFound", "alreadyExists", "recipientKeyStale", "recipientNotFound", "recipientRefuses",
    "tooManyRecipients", "accountNotSupportedByMethod",
)  # fmt: skip


def problem(name: str) -> Schema:
    """Problem details (RFC 9457) of one refusal."""
    said = Refusal(name).as_problem()
    fixed = {"type": {"const": said["type"]}, "status": {"const": said["status"]}, "title": {"type": "string"}}
    return _exact(TABLE[name].title, {**fixed, "detail": {"type": "string"}}, tuple(fixed), MEMBERS.get(name, {}))


def error(name: str) -> Schema:
    """The same as a method error or a SetError (RFC 8620, 3.6.2 and 5.3)."""
    fixed = {"type": {"const": name}, "description": {"type": "string"}}
    return _exact(TABLE[name].title, fixed, tuple(fixed), MEMBERS.get(name, {}))


def problem_name(name: str) -> str:
    """What its problem details are called among the schemas."""
    return f"problem.{name}"


def error_name(name: str) -> str:
    """What its error object is called among the schemas."""
    return f"error.{name}"


def _exact(title: str, fixed: dict[str, Schema], always: tuple[str, ...], more: dict[str, _Member]) -> Schema:
    members = {member: msgspec.json.schema(kind) for member, (kind, _) in more.items()}
    return {
        "description": title,
        "type": "object",
        "properties": fixed | members,
        "required": [*always, *(member for member, (_, needed) in more.items() if needed)],
        "additionalProperties": False,
    }
