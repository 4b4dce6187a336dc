"""Mail addresses, held only as an HMAC under the relay's pepper; only a bridge may resolve one, within a rate."""

import hmac
import unicodedata
from typing import Literal

from crypto.encoding import b64u
from messaging.relay.accesslog import log
from messaging.relay.moments import SECOND
from messaging.relay.records import Account, Address
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Resolve, ResolveDone
from messaging.wire.types import Resolved


def address_id(pepper: bytes, address: str) -> bytes:
    """What is held of an address: HMAC-SHA-256 of it in small letters (NFC)."""
    plain = unicodedata.normalize("NFC", address.strip()).lower()
    return hmac.digest(pepper, plain.encode("utf-8", "surrogatepass"), "sha256")


def domain(address: str) -> str:
    """What follows the last @, in small letters."""
    return address.rpartition("@")[2].strip().lower()


def resolve(turn: Turn, arguments: Resolve) -> ResolveDone:
    """`Address/resolve`. Raises Refusal `forbidden` to all but bridges, `requestTooLarge`, `rateLimit`."""
    account = turn.mailbox(arguments.account_id).id
    if turn.caller.kind != "bridge":
        raise Refusal("forbidden")
    if len(arguments.addresses) > limits.MAX_RESOLVE:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_RESOLVE})
    _check_rate(turn, len(arguments.addresses))
    found: list[Resolved] = []
    missing: list[str] = []
    for text in dict.fromkeys(arguments.addresses):
        held = turn.tx.one(Address, address_id(turn.house.secrets.pepper, text))
        owner = None if held is None else turn.tx.one(Account, held.account)
        if held is None or owner is None:
            missing.append(text)
        else:
            state: Literal["open", "closed"] = "closed" if owner.state == "closed" else "open"
            found.append(Resolved(address=text, account=owner.id, salt=b64u(held.salt), state=state))
    log(turn, "resolve", target=str(len(arguments.addresses)))
    return ResolveDone(account_id=account, list_=found, not_found=missing)


def _check_rate(turn: Turn, cost: int) -> None:
    meter = turn.house.rates.resolve
    wait = meter.wait(turn.caller.account, turn.stamp, cost)
    if wait:
        raise Refusal("rateLimit", members={"retryAfter": -(-wait // SECOND)})
    meter.take(turn.caller.account, turn.stamp, cost)
