"""An account's first minutes: the code of a letter gives way to its owner's factors, or to a carer's care."""

from msgspec.structs import replace

from messaging.relay import delegations, devices, given, keylog, totp
from messaging.relay.accesslog import log
from messaging.relay.attempts import check_attempts, fail, succeed
from messaging.relay.given import SecondFactor
from messaging.relay.keys import announced, newest
from messaging.relay.login import drop_tickets, find_ticket
from messaging.relay.records import Account, Box, Factor
from messaging.relay.sets import invalid
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal
from messaging.wire.factors import Adopted, AdoptRequest
from messaging.wire.types import ActivateRequest


def activate(turn: Turn, request: ActivateRequest) -> devices.Issued | Refusal:
    """New keys, box, password and second factor in place of the letter's, in one transaction.

    Raises or returns Refusal `ticketExpired`, `wrongCode`, `tooManyAttempts`, `invalidKeys`, `invalidProperties`.
    """
    account = _invited(turn, request.ticket)
    check_attempts(turn, account.id, "letter")
    box = _new_box(turn, account, request.box)
    new = announced(account.id, request.new_keys, newest(turn, account), box.version)
    factors = [given.password(account.id, request.kdf, request.login_key)]
    if request.recovery_key is not None:
        factors.append(given.recovery(account.id, request.recovery_key))
    second = given.second_factor(turn, request.totp_secret, request.code)
    if second is None:
        return fail(turn, account.id, "letter", "wrongCode")
    keylog.announce(turn, replace(account, state="active"), new)
    _end_letter(turn, box, factors, second)
    succeed(turn, account.id, "letter", "letter")
    log(turn, "activate", account=account.id)
    return devices.begin(turn, account.id, renewable=True, cookie=request.cookie)


def adopt(turn: Turn, request: AdoptRequest) -> Adopted:
    """Activate an account that the caller holds from now on; it has no password of its own.

    Raises Refusal `confirmFirst`, `forbidden`, `ticketExpired`, `invalidKeys`, `invalidProperties`, `overQuota`.
    """
    devices.require_confirmed(turn)
    account = _invited(turn, request.ticket)
    delegations.check_carer(turn, account)
    box = _new_box(turn, account, request.box)
    new = announced(account.id, request.new_keys, newest(turn, account), box.version)
    recovery = given.recovery(account.id, request.recovery_key)
    keylog.announce(turn, replace(account, state="active"), new)
    _end_letter(turn, box, [recovery], None)
    delegations.begin(turn, account.id, turn.caller.account)
    log(turn, "adopt", target=account.id)
    return Adopted(account=account.id)


def _invited(turn: Turn, ticket: str) -> Account:
    account = turn.tx.one(Account, find_ticket(turn, ticket, "letter").account)
    if account is None or account.state != "invited":
        raise Refusal("ticketExpired")
    return account


def _new_box(turn: Turn, account: Account, text: str) -> Box:
    new, before = given.box(account.id, text), turn.tx.one(Box, account.id)
    if before is not None and new.version <= before.version:
        raise invalid("box")
    return new


def _end_letter(turn: Turn, box: Box, factors: list[Factor], second: SecondFactor | None) -> None:
    turn.tx.put(box)
    for factor in factors:
        turn.tx.put(factor)
    turn.tx.drop(Factor, box.account, "letter")
    if second is not None:
        totp.keep(turn, box.account, second.secret, second.step)
    drop_tickets(turn, box.account)
