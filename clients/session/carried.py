"""A request and an answer as values: what the session makes and the transport carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from messaging.wire import codec
from messaging.wire.errors import Refusal, from_problem


@dataclass(frozen=True)
class HttpRequest:
    """`repeatable`: sending it twice does no harm, so a broken connection is tried once more."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    repeatable: bool = False


@dataclass(frozen=True)
class HttpResponse:
    """Header names in small letters."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def json_request(path: str, value: object, *, token: str | None = None, repeatable: bool = False) -> HttpRequest:
    """A POST of `value` as JSON, with a Bearer token when it is given."""
    headers = {"Content-Type": "application/json"} | bearer(token)
    return HttpRequest("POST", path, headers, codec.encode(value), repeatable)


def bearer(token: str | None) -> dict[str, str]:
    """The Authorization header."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def refusal_of(response: HttpResponse) -> Refusal | None:
    """What an answer of 400 and above says, with `retryAfter` (seconds) from the header; None below 400."""
    if response.status < 400:
        return None
    refusal = from_problem(response.status, _problem(response.body))
    after = response.headers.get("retry-after", "")
    if after.isascii() and after.isdigit():
        refusal.members.setdefault("retryAfter", int(after))
    return refusal


def _problem(body: bytes) -> dict[str, object]:
    try:
        found = codec.plain(body)
    except Refusal:
        return {}
    return found if isinstance(found, dict) else {}
