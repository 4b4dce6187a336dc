"""JSON to values and back, strictly. Bytes that are not what they should be raise Refusal, never anything else.

Laws: decoding undoes encoding; unknown members are refused. msgspec bounds the depth (RecursionError, caught here).
"""

from typing import Any, NamedTuple, TypeVar

import msgspec

from messaging.wire import limits
from messaging.wire.errors import Refusal

T = TypeVar("T")


class Call(NamedTuple):
    """One method call (RFC 8620, 3.2): [name, arguments, call id]."""

    name: str
    arguments: msgspec.Raw
    call_id: str


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The API request (RFC 8620, 3.3)."""

    using: list[str]
    method_calls: list[Call]
    created_ids: dict[str, str] | None = None


class Response(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """The API response (RFC 8620, 3.4)."""

    method_responses: list[tuple[str, Any, str]]
    session_state: str
    created_ids: dict[str, str] | None = None


def encode(value: object) -> bytes:
    """JSON bytes of a struct or of plain values."""
    return msgspec.json.encode(value)


def decode(raw: bytes | msgspec.Raw, kind: type[T]) -> T:
    """The value of `kind` in `raw`. Raises Refusal: `notJSON`, or `notRequest` with where it went wrong."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise Refusal("notRequest", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal("notJSON") from None


def decode_request(raw: bytes) -> Request:
    """The API request in `raw`. Raises Refusal: `notJSON`, `notRequest`, or `limit` with the limit's name."""
    if len(raw) > limits.MAX_SIZE_REQUEST:
        raise Refusal("limit", members={"limit": "maxSizeRequest"})
    request = decode(raw, Request)
    if len(request.method_calls) > limits.MAX_CALLS_IN_REQUEST:
        raise Refusal("limit", members={"limit": "maxCallsInRequest"})
    return request


def convert(raw: object, kind: type[T]) -> T:
    """Plain values as `kind`: arguments, once result references are filled in. Raises Refusal `invalidArguments`."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise Refusal("invalidArguments", str(error)) from None


def plain(raw: msgspec.Raw | bytes) -> Any:
    """Plain Python values of JSON bytes. Raises Refusal `notJSON`."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal("notJSON") from None
