"""Opposition: with the code of the letter, within some weeks, an account is refused. Only the fact remains.

The fact is an HMAC of the log-in name under the pepper: it names nobody, but by it the same person is not enrolled
again.
"""

import hmac
from typing import Final

from messaging.relay import erasure, tombstones
from messaging.relay.accesslog import log
from messaging.relay.login import find_ticket, login_name
from messaging.relay.moments import DAY, date_text
from messaging.relay.records import Account, Login, Opposed
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal
from messaging.wire.life import OpposeRequest, Opposition

_LABEL: Final = b"pli opposed v1\x00"
_DATE: Final = 10  # characters


def oppose(turn: Turn, request: OpposeRequest) -> Opposition:
    """Erase an account that nobody activated. The same again is the same answer.

    Raises Refusal `ticketExpired`, `tooLate`.
    """
    mark = mark_of(turn, request.login)
    before = turn.tx.one(Opposed, mark)
    if before is not None and hmac.compare_digest(before.receipt.encode(), request.receipt.encode()):
        return _seen(before)
    account = _invited(turn, request)
    if turn.stamp - account.created > turn.house.life.opposition_days * DAY:
        raise Refusal("tooLate")
    log(turn, "oppose", account=account.id)
    tombstones.add(turn, "opposed", account.id, mark=mark, receipt=request.receipt)
    erasure.erase(turn, account.id)
    return _seen(remember(turn, mark, request.receipt, turn.stamp))


def remember(turn: Turn, mark: bytes, receipt: str, moment: int) -> Opposed:
    """The fact, by the day alone."""
    made = Opposed(mark, moment // DAY, receipt)
    turn.tx.put(made)
    return made


def has_opposed(turn: Turn, login: str) -> bool:
    """Whether whoever has this log-in name wants no account."""
    return turn.tx.one(Opposed, mark_of(turn, login)) is not None


def mark_of(turn: Turn, login: str) -> bytes:
    """What is kept of a log-in name."""
    spelled = login_name(login).encode("utf-8", "surrogatepass")
    return hmac.digest(turn.house.secrets.pepper, _LABEL + spelled, "sha256")


def _invited(turn: Turn, request: OpposeRequest) -> Account:
    account = turn.tx.one(Account, find_ticket(turn, request.ticket, "letter").account)
    named = turn.tx.one(Login, login_name(request.login))
    if account is None or account.state != "invited" or named is None or named.account != account.id:
        raise Refusal("ticketExpired")
    return account


def _seen(opposed: Opposed) -> Opposition:
    return Opposition(receipt=opposed.receipt, opposed_on=date_text(opposed.day * DAY)[:_DATE])
