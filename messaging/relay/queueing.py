"""The queue of notices: what is to be told to whom, kept in the transaction of the act that it tells of.

Laws: a row for each target, so that many changes are one notice; a row that is taken is one process's until its lease
ends; an e-mail whose attempt nobody knows the end of is not sent again. A mail says nothing but that something came.
"""

from typing import Any, Final

import msgspec
from msgspec.structs import replace

from messaging.relay.moments import SECOND, stamp
from messaging.relay.noticesettings import quiet as quiet_of
from messaging.relay.noticesettings import setting as setting_of
from messaging.relay.quiet import after_quiet, next_morning
from messaging.relay.records import KEYS, Account, Delegation, Device, EmailCode, Hook, Notice, Setting, Subscription
from messaging.relay.turn import Turn
from messaging.wire import limits

EMAIL: Final = 1  # bits of Account.notices: what there is to look for when something changes
PUSH: Final = 2
HOOK: Final = 4
CARERS: Final = 8  # somebody who acts for the account has a push subscription
TEST: Final = "test"
_STATES: Final = dict[str, dict[str, str]]


def queue(turn: Turn) -> None:
    """Rows for what this turn changed. After its answer, in its transaction."""
    for account, states in turn.changed.items():
        held = turn.tx.one(Account, account)
        if held is None or held.state == "closed":
            continue
        if held.parent:
            _tell_bridge(turn, held, states)
        if not held.notices:
            continue
        if held.notices & EMAIL and account in turn.arrived:
            _mail(turn, account)
        if held.notices & HOOK:
            _hook(turn, account, account, states)
        if held.notices & PUSH:
            _push(turn, account, account, states)
        if held.notices & CARERS:
            for care in turn.tx.where(Delegation, account=account):
                _push(turn, care.delegate, account, states)


def mark(turn: Turn, account: str) -> None:
    """What there is to look for, after settings, subscriptions or webhooks changed."""
    held = turn.tx.one(Account, account)
    if held is None:
        return
    setting = setting_of(turn, account)
    pushed = bool(setting.push) and any(one.verified for one in turn.tx.where(Subscription, account=account))
    mailed = setting.state == "confirmed" and setting.when != "off"
    hooked = any(hook.state != "off" for hook in turn.tx.where(Hook, account=account))
    bits = EMAIL * mailed + PUSH * pushed + HOOK * hooked + (held.notices & CARERS)
    if bits != held.notices:
        turn.tx.put(replace(held, notices=bits))
    if pushed:
        for care in turn.tx.where(Delegation, delegate=account):
            cared_for(turn, care.account, account)


def cared_for(turn: Turn, account: str, by: str) -> None:
    """A carer may act for the account: whoever has a push subscription is told of it."""
    carer, held = turn.tx.one(Account, by), turn.tx.one(Account, account)
    if carer is not None and held is not None and carer.notices & PUSH and not held.notices & CARERS:
        turn.tx.put(replace(held, notices=held.notices | CARERS))


def tell_now(turn: Turn, account: str, way: str, body: bytes = b"") -> None:
    """A row that waits for nothing: a code, a trial."""
    turn.tx.put(Notice(account, way, "", body, 1, 0, turn.stamp, 0, turn.stamp - 1))


def push_now(turn: Turn, account: str) -> bool:
    """A push without a change to each subscription of the account; whether there is one."""
    found = [one for one in turn.tx.where(Subscription, account=account) if one.verified]
    for one in found:
        _merge(turn, account, "push", one.id, {account: {}}, now=True)
    return bool(found)


def verify(turn: Turn, account: str, subscription: str) -> None:
    """The code of a new subscription is pushed to it."""
    turn.tx.put(Notice(account, "verify", subscription, b"", 1, 0, turn.stamp, 0, turn.stamp - 1))


def forget(turn: Turn, account: str, *ways: str) -> None:
    """Nothing of these is told any more."""
    for row in turn.tx.where(Notice, account=account):
        if row.way in ways:
            turn.tx.drop(Notice, account, row.way, row.id)


def end_all(turn: Turn, account: str) -> None:
    """The account was closed: nobody is told anything, and where to is forgotten."""
    kinds: tuple[type, ...] = (Notice, Subscription, Hook, EmailCode, Setting)
    for kind in kinds:
        found: list[Any] = turn.tx.where(kind, account=account)
        for row in found:
            turn.tx.drop(kind, *(getattr(row, name) for name in KEYS[kind]))
    held = turn.tx.one(Account, account)
    if held is not None and held.notices:
        turn.tx.put(replace(held, notices=0))


def was_back(turn: Turn, account: str, moment: int) -> bool:
    """Whether somebody has opened the account since: its owner, or who acts for one without devices."""
    devices = turn.tx.where(Device, account=account)
    if not devices:
        carers = [care.delegate for care in turn.tx.where(Delegation, account=account)]
        devices = [device for carer in carers for device in turn.tx.where(Device, account=carer)]
    return any(device.seen > moment for device in devices)


def states_of(row: Notice) -> dict[str, dict[str, str]]:
    """What a push or webhook tells: the newest state of each type, by account."""
    return msgspec.json.decode(row.body, type=_STATES) if row.body else {}


def _mail(turn: Turn, account: str) -> None:
    held = setting_of(turn, account)
    if held.told and not was_back(turn, account, held.told):
        return  # told already, and not looked at: another mail would say nothing new
    before = turn.tx.one(Notice, account, "email", "")
    if before is None:
        turn.tx.add(Notice(account, "email", "", b"", 1, 0, turn.stamp, 0, _due(turn, held)))


def _due(turn: Turn, held: Setting) -> int:
    quiet = quiet_of(held)
    if held.when == "daily":
        return stamp(after_quiet(next_morning(turn.now, quiet), quiet))
    due = turn.stamp + limits.MAIL_DELAY_SECONDS * SECOND  # whoever is reading already needs no mail
    later = after_quiet(turn.now, quiet)
    return max(due, stamp(later))


def _tell_bridge(turn: Turn, held: Account, states: dict[str, str]) -> None:
    # A bridge acts for many: one webhook of its own tells it of all.
    bridge = turn.tx.one(Account, held.parent)
    if bridge is not None and bridge.notices & HOOK:
        _hook(turn, bridge.id, held.id, states)
    if bridge is not None and bridge.notices & PUSH:
        _push(turn, bridge.id, held.id, states)


def _hook(turn: Turn, holder: str, account: str, states: dict[str, str]) -> None:
    for hook in turn.tx.where(Hook, account=holder):
        if hook.state != "off":
            _merge(turn, holder, "webhook", hook.id, _of(hook.types, account, states))


def _push(turn: Turn, holder: str, account: str, states: dict[str, str]) -> None:
    quiet = None if holder != account else quiet_of(setting_of(turn, holder))
    later = after_quiet(turn.now, quiet)
    for one in turn.tx.where(Subscription, account=holder):
        if one.verified:
            _merge(turn, holder, "push", one.id, _of(one.types, account, states), due=stamp(later))


def _of(types: str, account: str, states: dict[str, str]) -> dict[str, dict[str, str]]:
    wanted = types.split()
    shown = {name: state for name, state in states.items() if types == "*" or name in wanted}
    return {account: shown} if shown else {}


def _merge(
    turn: Turn, account: str, way: str, id_: str, told: dict[str, dict[str, str]], *, due: int = 0, now: bool = False
) -> None:
    if not told:
        return
    at = turn.stamp - 1 if now else max(due, turn.stamp)
    before = turn.tx.one(Notice, account, way, id_)
    if before is None:
        body = msgspec.json.encode(told)
        turn.tx.add(Notice(account, way, id_, body, 1, 0, turn.stamp, 0, at))
        return
    states = states_of(before)
    for whose, new in told.items():
        states.setdefault(whose, {}).update(new)
    turn.tx.put(
        replace(before, body=msgspec.json.encode(states), merges=before.merges + 1,
                expires=at if now and not before.taken else before.expires)
    )  # fmt: skip
