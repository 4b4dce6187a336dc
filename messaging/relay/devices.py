"""Devices and their tokens: one device a log-in. Tokens are held hashed; a refresh token used again ends its device.

Of the tokens that came of one refresh token within its grace only one may go on: the others are a thief's, or lost.
"""

from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from messaging.relay.accesslog import log
from messaging.relay.moments import DAY, SECOND
from messaging.relay.records import Access, Account, Device, Refresh, Trust
from messaging.relay.tokens import device_id, hashed, token
from messaging.relay.turn import Caller, Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.types import Tokens


@dataclass(frozen=True, repr=False)
class Issued:
    """Tokens for the body, and the refresh token for the cookie where one was asked for."""

    tokens: Tokens
    cookie: str = ""


def begin(
    turn: Turn,
    account: str,
    *,
    renewable: bool,
    cookie: bool = False,
    trust: bool = False,
    trusted_by: str | None = None,
    confirmed: bool = True,
) -> Issued:
    """A new device with its tokens; one that is not `renewable` (method `key`) lives a day, without a refresh token.

    `trusted_by` is the trust token that it logged in with, which is this device's from now on. `confirmed`: somebody
    has just shown a factor on it.
    """
    days = limits.REFRESH_DAYS if renewable else 1
    until = turn.stamp + limits.CONFIRM_SECONDS * SECOND if confirmed else 0
    device = Device(account, device_id(), turn.stamp, turn.stamp + days * DAY, confirmed=until, seen=turn.stamp)
    turn.tx.add(device)
    if trusted_by is not None and (held := turn.tx.one(Trust, hashed(trusted_by))) is not None:
        turn.tx.put(replace(held, device=device.id))
    trusted = token() if trust else ""
    if trust:
        turn.tx.add(Trust(hashed(trusted), account, turn.stamp + limits.TRUST_DAYS * DAY, device.id))
    return _issue(turn, device, renewable=renewable, cookie=cookie, trusted=trusted)


def refresh(turn: Turn, presented: str, *, cookie: bool) -> Issued | Refusal:
    """New tokens for a refresh token, which is used up. Late reuse ends the device: two hold it, and one is a thief.

    Within its grace it serves again, unless what came of it was used already. Raises or returns `unauthorized`.
    """
    held = turn.tx.one(Refresh, hashed(presented))
    device = None if held is None else turn.tx.one(Device, held.account, held.device)
    if held is None or device is None or device.ended or held.expires <= turn.stamp:
        raise Refusal("unauthorized")
    if device.scopes:  # of OAuth: its door asks who the client is
        raise Refusal("unauthorized")
    parent = turn.tx.one(Refresh, held.parent) if held.parent else None
    if _is_stolen(turn, held, parent):
        end(turn, device)
        log(turn, "refresh", account=device.account, target=device.id, outcome="reused")
        return Refusal("unauthorized")
    if held.followed:
        raise Refusal("unauthorized")
    if not held.used:
        turn.tx.put(replace(held, used=turn.stamp))
    if parent is not None and not parent.followed:
        turn.tx.put(replace(parent, followed=turn.stamp))
    device = replace(device, expires=turn.stamp + limits.REFRESH_DAYS * DAY, seen=turn.stamp)
    turn.tx.put(device)
    return _issue(turn, device, renewable=True, cookie=cookie, trusted="", parent=held.id)


def log_out(turn: Turn) -> None:
    """End the caller's device. Its trust token stays: the next log-in there needs no code."""
    device = turn.tx.one(Device, turn.caller.account, turn.caller.device)
    if device is not None and not device.ended:
        end(turn, device)
        log(turn, "logout", target=device.id)


def end(turn: Turn, device: Device) -> None:
    """Its tokens and open streams end with it."""
    turn.tx.put(replace(device, ended=turn.stamp))
    turn.ended.append(device.id)


def end_trusted(turn: Turn, device: Device) -> None:
    """It ends, and what made a code unnecessary there."""
    end(turn, device)
    for trust in turn.tx.where(Trust, account=device.account):
        if trust.device == device.id:
            turn.tx.drop(Trust, trust.id)


def end_all(turn: Turn, account: str, *, but: str = "") -> None:
    """End every device of the account, its trust tokens too, but for one."""
    for device in alive(turn, account):
        if device.id != but:
            end(turn, device)
    for trust in turn.tx.where(Trust, account=account):
        if not but or trust.device != but:
            turn.tx.drop(Trust, trust.id)


def alive(turn: Turn, account: str) -> list[Device]:
    """Those that have not ended, oldest first."""
    found = [device for device in turn.tx.where(Device, account=account) if _is_alive(turn, device)]
    return sorted(found, key=lambda device: (device.created, device.id))


def find(turn: Turn, account: str, id_: str) -> Device | None:
    """One that has not ended."""
    found = turn.tx.one(Device, account, id_)
    return found if found is not None and _is_alive(turn, found) else None


def is_confirmed(turn: Turn) -> bool:
    """Whether the caller has lately shown a factor on this device."""
    device = find(turn, turn.caller.account, turn.caller.device)
    return device is not None and device.confirmed > turn.stamp


def require_confirmed(turn: Turn) -> None:
    """Raises Refusal `confirmFirst`."""
    if not is_confirmed(turn):
        raise Refusal("confirmFirst")


def caller(turn: Turn, presented: str) -> tuple[Caller, int]:
    """Who holds an access token, and until when (microseconds). Raises Refusal `unauthorized`."""
    held = turn.tx.one(Access, hashed(presented))
    device = None if held is None else turn.tx.one(Device, held.account, held.device)
    account = None if held is None else turn.tx.one(Account, held.account)
    if held is None or device is None or account is None:
        raise Refusal("unauthorized")
    if device.ended or account.state == "closed" or min(held.expires, device.expires) <= turn.stamp:
        raise Refusal("unauthorized")
    if not device.scopes:
        return Caller(account.id, account.kind, device.id), held.expires
    narrow = Caller(
        account.id, account.kind, device.id, scopes=device.scopes, granted=device.granted, bound=device.bound,
        until=device.expires,
    )  # fmt: skip
    return narrow, held.expires


def is_trusted(turn: Turn, account: str, presented: str | None) -> bool:
    """Whether a trust token is this account's and not too old."""
    held = None if presented is None else turn.tx.one(Trust, hashed(presented))
    return held is not None and held.account == account and held.expires > turn.stamp


def _is_alive(turn: Turn, device: Device) -> bool:
    return not device.ended and device.expires > turn.stamp


def _is_stolen(turn: Turn, held: Refresh, parent: Refresh | None) -> bool:
    if held.used:
        return held.used + limits.REFRESH_GRACE_SECONDS * SECOND <= turn.stamp
    # Another that came of the same one went on already: this is its twin, and somebody kept it.
    return parent is not None and parent.followed != 0


def _issue(turn: Turn, device: Device, *, renewable: bool, cookie: bool, trusted: str, parent: bytes = b"") -> Issued:
    access, renewal = token(), token() if renewable else ""
    turn.tx.add(Access(hashed(access), device.account, device.id, turn.stamp + limits.ACCESS_SECONDS * SECOND))
    if renewable:
        expires = turn.stamp + limits.REFRESH_DAYS * DAY
        turn.tx.add(Refresh(hashed(renewal), device.account, device.id, expires, parent=parent))
    in_body = renewable and not cookie
    tokens = Tokens(
        access_token=access,
        account=device.account,
        expires_in=limits.ACCESS_SECONDS,
        refresh_token=renewal if in_body else UNSET,
        trust_token=trusted or UNSET,
    )
    return Issued(tokens, "" if in_body else renewal)
