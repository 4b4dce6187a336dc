"""Delegations: who may act for whose account. Patients alone; both sides see one, and either may end it.

Laws: nobody is held and holds at the same time, so that no right is handed on; where an account has a password of its
own, its owner alone lets others in.
"""

import hashlib

import msgspec

from messaging.relay import devices, queueing
from messaging.relay.accesslog import log
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Delegation, Factor
from messaging.relay.sets import apply, invalid, parse, wanted
from messaging.relay.tokens import delegation_id
from messaging.relay.turn import Turn
from messaging.wire import limits, types
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get, Got, NewDelegation, Set, SetDone

_CONFIRM = "Confirm this device first (POST /auth/confirm)."
_OWNERS = "This account has a password of its own: its owner says who may act for it."


def get(turn: Turn, arguments: Get) -> Got[types.Delegation]:
    """`Delegation/get`: of the account, whichever side it is on."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    found = _of(turn, account)
    known = {held.id for held in found}
    return Got(
        account_id=account,
        state=_state(turn, account),
        list_=[_seen(held) for held in found if ids is None or held.id in ids],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`Delegation/set`: create and destroy, by a confirmed device."""
    account = arguments.account_id
    return apply(turn, arguments, lambda: _state(turn, account), create=_create, destroy=_destroy)


def held_by(turn: Turn, delegate: str) -> list[Account]:
    """The active accounts that it may act for."""
    held = [turn.tx.one(Account, found.account) for found in turn.tx.where(Delegation, delegate=delegate)]
    return [account for account in held if account is not None and account.state == "active"]


def check_carer(turn: Turn, account: Account) -> None:
    """Whether the caller may hold an account that is not active yet. Raises Refusal `forbidden`, `overQuota`."""
    if turn.caller.kind != "patient" or account.kind != "patient" or _is_held(turn, turn.caller.account):
        raise Refusal("forbidden")
    if _is_full(turn, delegate=turn.caller.account):
        raise Refusal("overQuota", members={"limit": limits.MAX_DELEGATIONS})


def begin(turn: Turn, account: str, delegate: str) -> Delegation:
    """From now on `delegate` may act for `account`; its open streams carry that account's changes too."""
    made = Delegation(account, delegate, delegation_id(), turn.stamp)
    turn.tx.add(made)
    turn.joined.append((delegate, account))
    queueing.cared_for(turn, account, delegate)
    _note(turn, made)
    log(turn, "delegate", target=made.id)
    return made


def end(turn: Turn, ended: Delegation) -> None:
    """From now on it may not; its open streams end."""
    turn.tx.drop(Delegation, ended.account, ended.delegate)
    turn.parted.append((ended.delegate, ended.account))
    _note(turn, ended)
    log(turn, "undelegate", target=ended.id)


def has_password(turn: Turn, account: str) -> bool:
    """Whether it has an owner who logs in: a delegate is a guest there then."""
    return turn.tx.one(Factor, account, "password") is not None


def end_all(turn: Turn, account: str) -> None:
    """Those of an account that closes."""
    for found in _of(turn, account):
        end(turn, found)


def _create(turn: Turn, account: str, raw: msgspec.Raw) -> dict[str, str]:
    _require_confirmed(turn)
    _require_owner(turn, account)
    delegate = parse(raw, NewDelegation).delegate
    before = turn.tx.one(Delegation, account, delegate)
    if before is not None:
        raise Refusal("alreadyExists", members={"existingId": before.id})
    # One answer whatever the reason: what somebody else's account is, is not told here.
    if not _may_be_held(turn, account) or not _may_hold(turn, delegate) or account == delegate:
        raise invalid("delegate")
    if _is_full(turn, account=account):
        raise Refusal("overQuota", members={"limit": limits.MAX_DELEGATIONS})
    return {"id": begin(turn, account, delegate).id}


def _destroy(turn: Turn, account: str, id_: str) -> None:
    _require_confirmed(turn)
    found = [held for held in _of(turn, account) if held.id == id_]
    if not found:
        raise Refusal("notFound")
    if found[0].delegate != turn.caller.account:  # everybody may give up
        _require_owner(turn, account)
    end(turn, found[0])


def _require_confirmed(turn: Turn) -> None:
    if not devices.is_confirmed(turn):
        raise Refusal("forbidden", _CONFIRM)


def _require_owner(turn: Turn, account: str) -> None:
    if account != turn.caller.account and has_password(turn, account):
        raise Refusal("forbidden", _OWNERS)


def _may_be_held(turn: Turn, id_: str) -> bool:
    account = turn.tx.one(Account, id_)
    holds = turn.tx.count(Delegation, delegate=id_)
    return account is not None and account.kind == "patient" and account.state == "active" and not holds


def _may_hold(turn: Turn, id_: str) -> bool:
    account = turn.tx.one(Account, id_)
    is_patient = account is not None and account.kind == "patient" and account.state == "active"
    return is_patient and not _is_held(turn, id_) and not _is_full(turn, delegate=id_)


def _is_held(turn: Turn, account: str) -> bool:
    return turn.tx.count(Delegation, account=account) > 0


def _is_full(turn: Turn, **side: str) -> bool:
    return turn.tx.count(Delegation, **side) >= limits.MAX_DELEGATIONS


def _of(turn: Turn, account: str) -> list[Delegation]:
    found = [*turn.tx.where(Delegation, account=account), *turn.tx.where(Delegation, delegate=account)]
    return sorted(found, key=lambda held: (held.since, held.id))


def _state(turn: Turn, account: str) -> str:
    return state_of([held.id for held in _of(turn, account)])


def state_of(ids: list[str]) -> str:
    """A state string of a few ids, for kinds that have no change numbers."""
    return hashlib.sha256(" ".join(ids).encode()).hexdigest()[:16] if ids else "0"


def _note(turn: Turn, held: Delegation) -> None:
    for side in (held.account, held.delegate):
        turn.note(side, "Delegation", _state(turn, side))


def _seen(held: Delegation) -> types.Delegation:
    return types.Delegation(id=held.id, account=held.account, delegate=held.delegate, since=date_text(held.since))
