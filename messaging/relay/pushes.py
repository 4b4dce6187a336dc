"""`PushSubscription` (RFC 8620, 7.2; RFC 8291): where a log-in is told, when none of its pages is open.

A subscription is of the device that made it and ends with it. Nothing is pushed to one before the code that was pushed
to it came back: a relay that anybody could point at a URL would be a weapon.
"""

import hmac
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from crypto.encoding import unb64u
from crypto.errors import NotCanonical
from messaging.relay import queueing
from messaging.relay.accesslog import log
from messaging.relay.moments import DAY, date_text, parse_date
from messaging.relay.noticekeys import seal
from messaging.relay.records import Notice, Subscription
from messaging.relay.sets import each_of, invalid, parse, wanted
from messaging.relay.telling import Target
from messaging.relay.tokens import subscription_id, token
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import PushSet, PushSetDone
from messaging.wire.notices import (
    NewSubscription,
    PushGet,
    PushGot,
    PushSubscription,
    SubscriptionUpdate,
)


def get(turn: Turn, arguments: PushGet) -> PushGot:
    """`PushSubscription/get`: of this device. Raises Refusal `forbidden` for what is never given back."""
    if set(arguments.properties or ()) & {"url", "keys"}:
        raise Refusal("forbidden", "url and keys are not given back")
    _check_log_in(turn)
    ids = wanted(arguments.ids)
    held = _own(turn)
    known = {one.id for one in held}
    return PushGot(
        list_=[_seen(one) for one in held if ids is None or one.id in ids],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def set_(turn: Turn, arguments: PushSet) -> PushSetDone:
    """`PushSubscription/set`. Raises Refusal `requestTooLarge`."""
    _check_log_in(turn)
    said = each_of(turn, turn.caller.account, arguments, create=_create, update=_update, destroy=_destroy)
    return PushSetDone(**said)


def _create(turn: Turn, account: str, raw: msgspec.Raw) -> dict[str, Any]:
    new = parse(raw, NewSubscription)
    if not turn.house.pushes:
        raise Refusal("forbidden", "This relay pushes nothing.")
    until = _expires(turn, new.expires)
    target = Target(new.url, b"", _raw(new.keys.p256dh, 65), _raw(new.keys.auth, 16))
    held = turn.tx.where(Subscription, account=account)
    before = [one for one in held if one.device == turn.caller.device and one.client == new.device_client_id]
    if len(held) - len(before) >= limits.MAX_SUBSCRIPTIONS:
        raise Refusal("overQuota", members={"limit": limits.MAX_SUBSCRIPTIONS})
    for one in before:  # RFC 8620, 7.2: the same client again replaces what it had
        _drop(turn, one)
    id_ = subscription_id()
    sealed = seal(turn, msgspec.msgpack.encode(target), "target", account, id_)
    types = "*" if new.types is None else " ".join(dict.fromkeys(new.types))
    turn.tx.add(
        Subscription(account, id_, turn.caller.device, new.device_client_id, sealed, types, token(), 0, until)
    )  # fmt: skip
    queueing.verify(turn, account, id_)
    log(turn, "push", account=account, target=id_)
    return {"id": id_, "expires": date_text(until), "verificationCode": None}


def _update(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    held = _one(turn, account, id_)
    new = parse(raw, SubscriptionUpdate)
    if new.verification_code is not UNSET:
        if not hmac.compare_digest(new.verification_code.encode(), held.code.encode()):
            raise invalid("verificationCode")
        held = replace(held, verified=1)
    if new.expires is not UNSET:
        held = replace(held, expires=_expires(turn, new.expires))
    if new.types is not UNSET:
        held = replace(held, types="*" if new.types is None else " ".join(dict.fromkeys(new.types)))
    turn.tx.put(held)
    queueing.mark(turn, account)


def _destroy(turn: Turn, account: str, id_: str) -> None:
    _drop(turn, _one(turn, account, id_))
    queueing.mark(turn, account)
    log(turn, "push", account=account, target=id_, outcome="removed")


def _drop(turn: Turn, one: Subscription) -> None:
    turn.tx.drop(Subscription, one.account, one.id)
    for way in ("push", "verify"):
        turn.tx.drop(Notice, one.account, way, one.id)


def _check_log_in(turn: Turn) -> None:
    if not turn.caller.account:
        raise Refusal("accountNotFound")


def _own(turn: Turn) -> list[Subscription]:
    found = turn.tx.where(Subscription, account=turn.caller.account)
    return [one for one in found if one.device == turn.caller.device and one.expires > turn.stamp]


def _one(turn: Turn, account: str, id_: str) -> Subscription:
    held = turn.tx.one(Subscription, account, id_)
    if held is None or held.device != turn.caller.device:
        raise Refusal("notFound")
    return held


def _expires(turn: Turn, asked: str | None) -> int:
    most = turn.stamp + limits.SUBSCRIPTION_DAYS * DAY
    try:
        until = most if asked is None else min(parse_date(asked), most)
    except ValueError:
        raise invalid("expires") from None
    if until <= turn.stamp:
        raise invalid("expires")
    return until


def _raw(text: str, length: int) -> bytes:
    try:
        return unb64u(text, length)
    except NotCanonical:
        raise invalid("keys") from None


def _seen(one: Subscription) -> PushSubscription:
    return PushSubscription(
        id=one.id,
        device_client_id=one.client,
        verification_code=one.code if one.verified else None,
        expires=date_text(one.expires),
        types=None if one.types == "*" else one.types.split(),
    )
