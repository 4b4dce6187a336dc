"""Recovery by the code of the recovery sheet: keys stay, everything else that lets somebody in is made anew.

Delegations stay, which people made who know each other; passkeys go: who took the account over may have made one.
"""

from messaging.relay import closing, devices, given, pairing, tombstones, totp
from messaging.relay.accesslog import log
from messaging.relay.archive import may_return
from messaging.relay.attempts import check_attempts, fail, succeed
from messaging.relay.login import drop_passkeys, drop_tickets, find_ticket
from messaging.relay.records import Account, Factor
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal
from messaging.wire.factors import RecoverRequest


def recover(turn: Turn, request: RecoverRequest) -> devices.Issued | Refusal:
    """New password, recovery code and second factor, in one transaction; devices, trust tokens and passkeys end.

    Raises or returns Refusal `ticketExpired`, `wrongCode`, `tooManyAttempts`, `invalidKeys`, `invalidProperties`,
    `stateMismatch`.
    """
    account = _active(turn, request.ticket)
    check_attempts(turn, account, "recovery")
    box = given.next_box(turn, account, request.box)
    factors = [given.password(account, request.kdf, request.login_key), given.recovery(account, request.recovery_key)]
    if factors[1] == turn.tx.one(Factor, account, "recovery"):
        raise Refusal("invalidKeys")  # the code that was used is spent
    second = given.second_factor(turn, request.totp_secret, request.code)
    if second is None:
        return fail(turn, account, "recovery", "wrongCode")
    owner = turn.tx.one(Account, account)
    if owner is not None and owner.state == "closed":
        closing.reopen(turn, owner)
        tombstones.add(turn, "reopened", account)
    turn.tx.put(box)
    for factor in factors:
        turn.tx.put(factor)
    totp.keep(turn, account, second.secret, second.step)
    drop_passkeys(turn, account)
    devices.end_all(turn, account)
    drop_tickets(turn, account)
    pairing.drop_all(turn, account)
    turn.note(account, "KeyBox", str(box.version))
    succeed(turn, account, "recovery", "recovery", "password", "totp")
    log(turn, "recover", account=account)
    return devices.begin(turn, account, renewable=True, cookie=request.cookie)


def _active(turn: Turn, ticket: str) -> str:
    account = turn.tx.one(Account, find_ticket(turn, ticket, "recovery").account)
    if account is None or not (account.state == "active" or may_return(turn, account.id)):
        raise Refusal("ticketExpired")
    return account.id
