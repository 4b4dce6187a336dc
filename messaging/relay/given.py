"""What clients hand in when factors change, checked: log-in keys, key boxes, second factors. Writes nothing."""

import base64
from dataclasses import dataclass
from typing import Final

from crypto.encoding import unb64u
from crypto.errors import NotCanonical, WeakKey
from crypto.keys import SigningPublic
from messaging.relay import totp
from messaging.relay.keys import box_version
from messaging.relay.login import kdf_json
from messaging.relay.records import Box, Factor, Passkey
from messaging.relay.sets import invalid
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.factors import PasskeyMethod
from messaging.wire.types import Kdf

_KDF_FLOOR: Final = (19456, 2)  # KiB and passes (docs/spec/keybox.md)
_KDF_CEILING: Final = (1048576, 16)


@dataclass(frozen=True, repr=False)
class SecondFactor:
    """A TOTP secret, and the time step of the code that proved it."""

    secret: bytes
    step: int


def box(account: str, text: str) -> Box:
    """A key box with the version that it says. Raises Refusal `invalidProperties`."""
    try:
        raw = unb64u(text)
    except NotCanonical:
        raise invalid("box") from None
    return Box(account, box_version(raw), raw)


def next_box(turn: Turn, account: str, text: str) -> Box:
    """A key box that follows the one held. Raises Refusal `invalidProperties`, `stateMismatch`."""
    new, before = box(account, text), turn.tx.one(Box, account)
    if before is None or new.version != before.version + 1:
        raise Refusal("stateMismatch")
    return new


def password(account: str, kdf: Kdf, login_key: str) -> Factor:
    """Raises Refusal `invalidKeys`, `invalidProperties`."""
    public, given = _public(login_key), (kdf.memory or 0, kdf.passes or 0)
    in_bounds = all(low <= n <= high for low, n, high in zip(_KDF_FLOOR, given, _KDF_CEILING, strict=True))
    try:
        unb64u(kdf.salt or "", 16)
    except NotCanonical:
        raise invalid("kdf") from None
    if kdf.name != "argon2id" or kdf.lanes != 1 or not in_bounds:
        raise invalid("kdf")
    return Factor(account, "password", public, kdf_json(kdf))


def recovery(account: str, login_key: str) -> Factor:
    """Raises Refusal `invalidKeys`."""
    return Factor(account, "recovery", _public(login_key), kdf_json(Kdf(name="code")))


def passkeys(account: str, methods: list[PasskeyMethod]) -> list[Passkey]:
    """Raises Refusal `invalidKeys`, `invalidProperties`: no credential's id, or the same one twice."""
    found = [Passkey(account, _credential(method.credential), _public(method.login_key)) for method in methods]
    if len({passkey.credential for passkey in found}) != len(found):
        raise invalid("methods")
    return found


def second_factor(turn: Turn, secret: str, code: str) -> SecondFactor | None:
    """None when `code` is none of the secret's. `secret` is base 32, as the wire has checked."""
    raw = base64.b32decode(secret)
    step = totp.matching_step(raw, code, turn.now)
    return None if step is None else SecondFactor(raw, step)


def _public(text: str) -> bytes:
    try:
        return SigningPublic.load(unb64u(text, 32)).raw
    except (NotCanonical, WeakKey):
        raise Refusal("invalidKeys") from None


def _credential(text: str) -> bytes:
    try:
        raw = unb64u(text)
    except NotCanonical:
        raise invalid("methods") from None
    if not 0 < len(raw) <= limits.MAX_CREDENTIAL:
        raise invalid("methods")
    return raw
