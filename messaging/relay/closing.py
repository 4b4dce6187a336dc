"""Closing an account: at once it is gone for everybody else, and what it holds is archived, sealed as it was.

Of what opened it only the recovery code is left: its owner may come back by it while the archive lasts (recovery.py).
After that it is erased. Who was closed by the operator does not come back.
"""

from typing import Final

from msgspec.structs import replace

from messaging.relay import (
    archive,
    contacts,
    delegations,
    devices,
    directory,
    emergencies,
    erasure,
    grants,
    pairing,
    queueing,
    tombstones,
)
from messaging.relay.accesslog import log
from messaging.relay.delegations import has_password
from messaging.relay.login import drop_passkeys, drop_tickets
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Archive, Delegation, Factor, Totp
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal
from messaging.wire.life import Closed, CloseRequest

_HOLDS: Final = "An account that you hold would be nobody's: close it first, or let its owner activate it."
_SHUT: Final = ("password", "letter", "key")


def close_own(turn: Turn, request: CloseRequest) -> Closed:
    """Close the caller's own account, or one without a password that the caller holds.

    Raises Refusal `confirmFirst`, `accountNotFound`, `forbidden`.
    """
    devices.require_confirmed(turn)
    account = turn.mailbox(request.account)
    _check_right(turn, account)
    held = _shut(turn, account, archive.OWNER)
    tombstones.add(turn, "closed", account.id)
    log(turn, "close", account=account.id)
    return Closed(account=account.id, closed_at=date_text(held.closed), erased_after=date_text(held.expires))


def close(turn: Turn, id_: str) -> Account:
    """By the operator: the closed account; the same again is what is there. Raises Refusal `notFound`."""
    account = turn.tx.one(Account, id_)
    if account is None:
        raise Refusal("notFound")
    if account.state == "closed":
        return account
    _shut(turn, account, archive.OPERATOR)
    tombstones.add(turn, "closed", id_)
    log(turn, "close", account=id_, actor="operator")
    return replace(account, state="closed")


def shut_again(turn: Turn, id_: str, moment: int) -> None:
    """As a tombstone says, in a database that was restored: closed at `moment`. By whom is not told by it.

    So its owner may come back: who closed the account is not worth a person's archive.
    """
    account = turn.tx.one(Account, id_)
    if account is None or account.state == "closed":
        return
    held = _shut(turn, account, archive.OWNER)
    turn.tx.put(replace(held, closed=moment, expires=moment + held.expires - held.closed))
    log(turn, "close", account=id_, actor="relay")


def reopen(turn: Turn, account: Account) -> Account:
    """Its owner is back: it is active, and its peers have the contacts again. Whoever calls it makes the factors."""
    opened = replace(account, state="active")
    turn.tx.put(opened)
    turn.tx.drop(Archive, account.id)
    contacts.come_back(turn, opened)
    log(turn, "reopen", account=account.id)
    return opened


def end_archives(turn: Turn) -> int:
    """Erase one whose time is over, if there is one; how many."""
    for held in turn.tx.due(Archive, turn.stamp)[:1]:
        if erasure.erase(turn, held.account, actor="relay"):
            tombstones.add(turn, "erased", held.account)
        else:
            turn.tx.drop(Archive, held.account)
        return 1
    return 0


def _check_right(turn: Turn, account: Account) -> None:
    is_theirs = account.id == turn.caller.account or not has_password(turn, account.id)
    if account.kind in ("bridge", "station") or account.parent or not is_theirs:
        raise Refusal("forbidden")
    held = turn.tx.where(Delegation, delegate=account.id)
    if any(not has_password(turn, each.account) for each in held):
        raise Refusal("forbidden", _HOLDS)


def _shut(turn: Turn, account: Account, by: str) -> Archive:
    id_ = account.id
    devices.end_all(turn, id_)
    delegations.end_all(turn, id_)
    grants.end_all(turn, id_)
    emergencies.end_all(turn, id_)
    if account.parent:
        turn.parted.append((account.parent, id_))
    drop_tickets(turn, id_)
    pairing.drop_all(turn, id_)
    contacts.leave(turn, id_)
    directory.remove(turn, id_)
    queueing.end_all(turn, id_)
    for method in _SHUT:
        turn.tx.drop(Factor, id_, method)
    drop_passkeys(turn, id_)
    turn.tx.drop(Totp, id_)
    # Anew, for what was changed above: an account's change number grows with its contacts.
    turn.tx.put(replace(turn.tx.one(Account, id_) or account, state="closed"))
    return archive.begin(turn, id_, by)
