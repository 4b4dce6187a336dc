"""The words that the other pages use: base64url, base 32, canonical JSON, HKDF, times (docs/spec/encodings.md).

One value has one spelling: a decoder encodes again and refuses what differs.
"""

import base64
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn, TypeAlias

from crypto.errors import NotCanonical
from crypto.labels import JSON_DEPTH, JSON_INTEGER

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

_B64U = re.compile(r"[A-Za-z0-9_-]*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def b64u(raw: bytes) -> str:
    """base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unb64u(text: str, length: int | None = None) -> bytes:
    """The bytes of a b64u text; of exactly `length` bytes when it is given. Raises NotCanonical."""
    if len(text) % 4 == 1 or _B64U.fullmatch(text) is None:
        raise NotCanonical("encodings/b64u")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64u(raw) != text or (length is not None and len(raw) != length):
        raise NotCanonical("encodings/b64u")
    return raw


def base32(raw: bytes) -> str:
    """RFC 4648, section 6, in small letters and without padding."""
    return base64.b32encode(raw).rstrip(b"=").decode("ascii").lower()


def u64be(number: int) -> bytes:
    """Eight bytes, big-endian."""
    return number.to_bytes(8, "big")


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    """32 bytes of HKDF-SHA-256 (RFC 5869); one block, so extract and one step of expand."""
    extracted = hmac.digest(salt or bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def canonical(value: Json) -> bytes:
    """RFC 8785 without floats. Raises NotCanonical for what has no such form."""
    ordered = _ordered(value, 0)
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:  # a lone surrogate
        raise NotCanonical("encodings/json") from error


def parse_canonical(raw: bytes) -> Json:
    """The value of canonical JSON bytes. Raises NotCanonical for any other spelling, and for noise."""
    try:
        value: Json = json.loads(raw.decode("utf-8"), parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("encodings/json") from error
    if canonical(value) != raw:
        raise NotCanonical("encodings/json")
    return value


def members(value: Json, names: frozenset[str]) -> Mapping[str, Json]:
    """`value` when it is an object of exactly these members. Raises NotCanonical."""
    if not isinstance(value, dict) or value.keys() != names:
        raise NotCanonical("encodings/members")
    return value


def text(value: Json) -> str:
    """`value` when it is a string. Raises NotCanonical."""
    if not isinstance(value, str):
        raise NotCanonical("encodings/type")
    return value


def integer(value: Json) -> int:
    """`value` when it is an integer (a boolean is none). Raises NotCanonical."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotCanonical("encodings/type")
    return value


def array(value: Json) -> Sequence[Json]:
    """`value` when it is an array. Raises NotCanonical."""
    if not isinstance(value, list):
        raise NotCanonical("encodings/type")
    return value


def utc(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second: 2026-11-23T15:06:55Z. `moment` must know its zone (ValueError)."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(value: Json) -> str:
    """`value` when it is a time: RFC 3339, UTC as Z, up to six digits after the second. Raises NotCanonical."""
    spelled = text(value)
    if _TIME.fullmatch(spelled) is None:
        raise NotCanonical("encodings/time")
    try:
        datetime.fromisoformat(spelled)
    except ValueError as error:
        raise NotCanonical("encodings/time") from error
    return spelled


def _refuse(_: str) -> NoReturn:
    raise NotCanonical("encodings/json")


def _ordered(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > JSON_INTEGER:
            raise NotCanonical("encodings/json")
        return value
    if depth == JSON_DEPTH:
        raise NotCanonical("encodings/json")
    if isinstance(value, list | tuple):
        return [_ordered(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {key: _ordered(value[key], depth + 1) for key in _sorted_keys(value)}
    raise NotCanonical("encodings/json")


def _sorted_keys(value: Mapping[object, object]) -> list[str]:
    keys = [key for key in value if isinstance(key, str)]
    if len(keys) != len(value):
        raise NotCanonical("encodings/json")
    if all(key.isascii() for key in keys):
        return sorted(keys)
    # UTF-16 code units, as JavaScript sorts; a lone surrogate gets through here and is refused at the end.
    return sorted(keys, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
