"""Devices and their tokens: one device a log-in. Tokens are held hashed; a refresh token used twice ends its device."""

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


def begin(turn: Turn, account: str, *, renewable: bool, cookie: bool = False, trust: bool = False) -> Issued:
    """A new device with its tokens; one that is not `renewable` (method `key`) lives a day, without a refresh token."""
    days = limits.REFRESH_DAYS if renewable else 1
    device = Device(account, device_id(), turn.stamp, turn.stamp + days * DAY)
    turn.tx.add(device)
    trusted = token() if trust else ""
    if trust:
        turn.tx.add(Trust(hashed(trusted), account, turn.stamp + limits.TRUST_DAYS * DAY))
    return _issue(turn, device, renewable=renewable, cookie=cookie, trusted=trusted)


def refresh(turn: Turn, presented: str, *, cookie: bool) -> Issued | Refusal:
    """New tokens for a refresh token, which is used up. Reuse ends the device: two hold it, and one is a thief."""
    held = turn.tx.one(Refresh, hashed(presented))
    device = None if held is None else turn.tx.one(Device, held.account, held.device)
    if held is None or device is None or device.ended or held.expires <= turn.stamp:
        raise Refusal("unauthorized")
    if held.used:
        end(turn, device)
        log(turn, "refresh", account=device.account, target=device.id, outcome="reused")
        return Refusal("unauthorized")
    turn.tx.put(replace(held, used=1))
    device = replace(device, expires=turn.stamp + limits.REFRESH_DAYS * DAY)
    turn.tx.put(device)
    return _issue(turn, device, renewable=True, cookie=cookie, trusted="")


def log_out(turn: Turn) -> None:
    """End the caller's device."""
    device = turn.tx.one(Device, turn.caller.account, turn.caller.device)
    if device is not None and not device.ended:
        end(turn, device)
        log(turn, "logout", target=device.id)


def end(turn: Turn, device: Device) -> None:
    """Its tokens and open streams end with it."""
    turn.tx.put(replace(device, ended=turn.stamp))
    turn.ended.append(device.id)


def caller(turn: Turn, presented: str) -> tuple[Caller, int]:
    """Who holds an access token, and until when (microseconds). Raises Refusal `unauthorized`."""
    held = turn.tx.one(Access, hashed(presented))
    device = None if held is None else turn.tx.one(Device, held.account, held.device)
    account = None if held is None else turn.tx.one(Account, held.account)
    if held is None or device is None or account is None:
        raise Refusal("unauthorized")
    if device.ended or account.state == "closed" or min(held.expires, device.expires) <= turn.stamp:
        raise Refusal("unauthorized")
    return Caller(account.id, account.kind, device.id), held.expires


def is_trusted(turn: Turn, account: str, presented: str | None) -> bool:
    """Whether a trust token is this account's and not too old."""
    held = None if presented is None else turn.tx.one(Trust, hashed(presented))
    return held is not None and held.account == account and held.expires > turn.stamp


def _issue(turn: Turn, device: Device, *, renewable: bool, cookie: bool, trusted: str) -> Issued:
    access, renewal = token(), token() if renewable else ""
    turn.tx.add(Access(hashed(access), device.account, device.id, turn.stamp + limits.ACCESS_SECONDS * SECOND))
    if renewable:
        turn.tx.add(Refresh(hashed(renewal), device.account, device.id, turn.stamp + limits.REFRESH_DAYS * DAY))
    in_body = renewable and not cookie
    tokens = Tokens(
        access_token=access,
        account=device.account,
        expires_in=limits.ACCESS_SECONDS,
        refresh_token=renewal if in_body else UNSET,
        trust_token=trusted or UNSET,
    )
    return Issued(tokens, "" if in_body else renewal)
