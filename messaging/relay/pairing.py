"""Pairings: two devices find each other by a code and pass two sealed notes (docs/spec/pairing.md). Five minutes, once.

The relay computes the code from the new device's key, as the old device will. It can open neither note.
"""

import hashlib
from typing import Final

from msgspec.structs import replace

from crypto.code import code_of_bits, code_text
from crypto.encoding import b64u, unb64u
from crypto.errors import NotCanonical, WeakKey
from crypto.keys import SealingPublic
from crypto.labels import CODE_BITS, PAIRING
from messaging.relay import devices
from messaging.relay.accesslog import log
from messaging.relay.moments import SECOND, date_text
from messaging.relay.rates import Meter
from messaging.relay.records import Account, Pairing
from messaging.relay.sets import invalid
from messaging.relay.tokens import hashed, token
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.pairing import (
    PairingBegin,
    PairingBegun,
    PairingClaim,
    PairingEnd,
    PairingFind,
    PairingFound,
    PairingGrant,
    PairingHello,
    PairingPoll,
    PairingSeen,
)

_PEOPLE: Final = ("patient", "professional", "organisation")
_KEY = 1216
_DIGEST_BITS = 256


def begin(turn: Turn, request: PairingBegin) -> PairingBegun:
    """A new device waits. Raises Refusal `invalidKeys`, `rateLimit`."""
    _count(turn, turn.house.rates.pairing)
    key = _key(request.key)
    code = _code(key)
    before = turn.tx.where(Pairing, code=code)
    if any(found.expires > turn.stamp for found in before):
        raise Refusal("invalidKeys")  # a key is made for one pairing
    for found in before:
        turn.tx.drop(Pairing, found.id)
    claim = token()
    until = turn.stamp + limits.PAIRING_SECONDS * SECOND
    turn.tx.add(Pairing(hashed(claim), code, key, until, network=turn.caller.network))
    return PairingBegun(claim=claim, expires_in=limits.PAIRING_SECONDS)


def poll(turn: Turn, request: PairingPoll) -> PairingSeen:
    """What the old device has said so far. Raises Refusal `notFound`, `rateLimit`. Writes nothing."""
    _count(turn, turn.house.rates.polling)
    found = _of_claim(turn, request.claim)
    if found is None:
        raise Refusal("notFound")
    return PairingSeen(hello=b64u(found.hello) or None, grant=b64u(found.grant) or None)


def find(turn: Turn, request: PairingFind) -> PairingFound:
    """The new device's key, where and when it asked, while nobody else answered. Raises `forbidden`, `notFound`."""
    found = _of_code(turn, request.pairing)
    since = date_text(found.expires - limits.PAIRING_SECONDS * SECOND)
    return PairingFound(key=b64u(found.key), network=found.network, since=since)


def hello(turn: Turn, request: PairingHello) -> dict[str, str]:
    """The first to answer owns the pairing. Raises Refusal `alreadyExists`, `forbidden`, `notFound`, `tooLarge`."""
    found = _of_code(turn, request.pairing)
    sealed = _sealed(request.sealed)
    if found.hello:
        raise Refusal("alreadyExists")
    turn.tx.put(replace(found, account=turn.caller.account, hello=sealed))
    log(turn, "pairing", target="hello")
    return {}


def grant(turn: Turn, request: PairingGrant) -> dict[str, str]:
    """The box key, sealed. Raises Refusal `confirmFirst` and as hello(); `notFound` before it."""
    devices.require_confirmed(turn)
    found = _of_code(turn, request.pairing)
    sealed = _sealed(request.sealed)
    if not found.hello:
        raise Refusal("notFound")
    if found.grant:
        raise Refusal("alreadyExists")
    turn.tx.put(replace(found, device=turn.caller.device, grant=sealed))
    log(turn, "pairing", target="grant")
    return {}


def end(turn: Turn, request: PairingEnd) -> dict[str, str]:
    """It is gone, if it was there: by its claim, or by its code for who is logged in and might have answered.

    Raises Refusal `invalidProperties`: not one name for it; `unauthorized`, `forbidden`, `rateLimit`.
    """
    _count(turn, turn.house.rates.polling)
    if (request.claim is None) == (request.pairing is None):
        raise invalid("claim", "pairing")
    if request.pairing is not None and not turn.caller.account:
        raise Refusal("unauthorized")
    found = _of_claim(turn, request.claim) if request.claim is not None else _answered(turn, request.pairing or "")
    if found is not None:
        turn.tx.drop(Pairing, found.id)
    return {}


def claim(turn: Turn, request: PairingClaim) -> devices.Issued:
    """Tokens of a new device, which has shown no factor yet. Raises Refusal `ticketExpired`, `rateLimit`."""
    _count(turn, turn.house.rates.polling)
    found = _of_claim(turn, request.claim)
    if found is None or not found.grant or not _still_stands(turn, found):
        raise Refusal("ticketExpired")
    turn.tx.drop(Pairing, found.id)
    log(turn, "pairing", account=found.account, target="claim")
    return devices.begin(
        turn, found.account, renewable=True, cookie=request.cookie, trust=request.trust_device, confirmed=False
    )


def drop_all(turn: Turn, account: str) -> None:
    """Those that the account has answered."""
    for found in turn.tx.where(Pairing, account=account):
        turn.tx.drop(Pairing, found.id)


def _of_claim(turn: Turn, presented: str) -> Pairing | None:
    found = turn.tx.one(Pairing, hashed(presented))
    return None if found is None or found.expires <= turn.stamp else found


def _of_code(turn: Turn, code: str) -> Pairing:
    found = _answered(turn, code)
    if found is None:
        raise Refusal("notFound")
    return found


def _answered(turn: Turn, code: str) -> Pairing | None:
    """The pairing of a code, unless somebody else has answered it."""
    if turn.caller.kind not in _PEOPLE:
        raise Refusal("forbidden")
    found = [one for one in turn.tx.where(Pairing, code=code) if one.expires > turn.stamp]
    return found[0] if found and found[0].account in ("", turn.caller.account) else None


def _still_stands(turn: Turn, found: Pairing) -> bool:
    # A device that was ended since may have been a thief's.
    account = turn.tx.one(Account, found.account)
    is_open = account is not None and account.state != "closed"
    return is_open and devices.find(turn, found.account, found.device) is not None


def _key(text: str) -> bytes:
    try:
        return SealingPublic.load(unb64u(text, _KEY)).raw
    except (NotCanonical, WeakKey):
        raise Refusal("invalidKeys") from None


def _code(key: bytes) -> str:
    digest = hashlib.sha256(PAIRING + b"\x00" + key).digest()
    code = code_of_bits(int.from_bytes(digest, "big") >> _DIGEST_BITS - CODE_BITS)
    if code is None:  # nobody could type its check symbol: the device should have drawn again
        raise Refusal("invalidKeys")
    return code_text(code)


def _sealed(text: str) -> bytes:
    try:
        raw = unb64u(text)
    except NotCanonical:
        raise invalid("sealed") from None
    if not raw:
        raise invalid("sealed")
    if len(raw) > limits.MAX_PAIRING_SEALED:
        raise Refusal("tooLarge", members={"limit": limits.MAX_PAIRING_SEALED})
    return raw


def _count(turn: Turn, meter: Meter) -> None:
    wait = meter.wait(turn.caller.network, turn.stamp)
    if wait:
        raise Refusal("rateLimit", members={"retryAfter": -(-wait // SECOND)})
    meter.take(turn.caller.network, turn.stamp)
