"""Changing factors, by a device that was lately confirmed: box, keys and log-in keys in one transaction.

Whoever acts for another's account changes nothing where that has a password of its own: its owner does. Where it has
none, as a child's whose carer adopted it, box, keys and recovery code: nobody else could. Never its password, passkeys
or second factor.
"""

from dataclasses import dataclass

from messaging.relay import devices, given, keylog, pairing, totp
from messaging.relay.accesslog import log
from messaging.relay.attempts import check_attempts, fail, forget_failures
from messaging.relay.delegations import has_password
from messaging.relay.given import SecondFactor
from messaging.relay.keys import Announced, announced, newest
from messaging.relay.login import drop_passkeys, drop_tickets
from messaging.relay.records import Account, Box, Factor, Passkey
from messaging.relay.sets import invalid
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal
from messaging.wire.factors import FactorsDone, FactorsRequest


@dataclass(frozen=True)
class _Change:
    """What was asked for, checked. `passkeys` None: they stay."""

    box: Box
    factors: list[Factor]
    passkeys: list[Passkey] | None
    keys: Announced | None
    second: SecondFactor | None


def change(turn: Turn, request: FactorsRequest, account_id: str) -> FactorsDone | Refusal:
    """Change the caller's own account, or `account_id` where it may act for that.

    Raises or returns Refusal `confirmFirst`, `accountNotFound`, `forbidden`, `stateMismatch`, `invalidKeys`,
    `invalidProperties`, `wrongCode`, `tooManyAttempts`.
    """
    devices.require_confirmed(turn)
    account = turn.mailbox(account_id or turn.caller.account)
    _check_right(turn, account, request)
    checked = _checked(turn, account, request)
    if isinstance(checked, Refusal):
        return checked
    if checked.keys is not None:
        keylog.announce(turn, account, checked.keys)
    _keep(turn, account.id, checked)
    drop_tickets(turn, account.id)  # who is half-way in came by the old factors
    if request.end_others:
        devices.end_all(turn, account.id, but=turn.caller.device)
        pairing.drop_all(turn, account.id)
    turn.note(account.id, "KeyBox", str(checked.box.version))
    log(turn, "factors", target=account.id)
    return FactorsDone(version=checked.box.version)


def _check_right(turn: Turn, account: Account, request: FactorsRequest) -> None:
    methods = request.methods
    if account.kind in ("bridge", "station"):
        raise Refusal("forbidden")  # they have neither box nor keys
    if account.id == turn.caller.account:
        return
    theirs = methods.password is not None or methods.passkeys is not None or request.totp is not None
    owners = account.parent != "" and (methods.recovery is not None or request.end_others)
    if theirs or owners or has_password(turn, account.id):
        raise Refusal("forbidden")


def _checked(turn: Turn, account: Account, request: FactorsRequest) -> _Change | Refusal:
    methods, id_ = request.methods, account.id
    box = given.next_box(turn, id_, request.box)
    factors = []
    if methods.password is not None:
        factors.append(given.password(id_, methods.password.kdf, methods.password.login_key))
    if methods.recovery is not None:
        factors.append(given.recovery(id_, methods.recovery.login_key))
    passkeys = None if methods.passkeys is None else given.passkeys(id_, methods.passkeys)
    _check_rest(turn, account, factors)
    keys = None
    if request.new_keys is not None:
        keys = announced(id_, request.new_keys, newest(turn, account), box.version)
    if request.totp is None:
        return _Change(box, factors, passkeys, keys, None)
    check_attempts(turn, id_, "factors")
    second = given.second_factor(turn, request.totp.secret, request.totp.code)
    if second is None:
        return fail(turn, id_, "factors", "wrongCode")
    return _Change(box, factors, passkeys, keys, second)


def _check_rest(turn: Turn, account: Account, factors: list[Factor]) -> None:
    # A passkey's authenticator may be lost: without one of these two, all would be.
    held = [turn.tx.one(Factor, account.id, method) for method in ("password", "recovery")]
    if account.parent == "" and not factors and held == [None, None]:
        raise invalid("methods")


def _keep(turn: Turn, account: str, checked: _Change) -> None:
    turn.tx.put(checked.box)
    for factor in checked.factors:
        turn.tx.put(factor)
    if checked.passkeys is not None:
        drop_passkeys(turn, account)
        for passkey in checked.passkeys:
            turn.tx.add(passkey)
    if checked.second is not None:
        totp.keep(turn, account, checked.second.secret, checked.second.step)
        forget_failures(turn, account, "factors")
