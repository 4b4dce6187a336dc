"""Failed attempts: each after the fifth in a row has to wait longer, and so has a network with many.

Laws: only what people remember or read off (passwords, one-time codes) is counted for an account, real or made up: a
key of 128 bits nobody guesses, and counting it would let anybody lock anybody out. What strangers may try, `password`,
has a count of its own; whoever shows a trust token, a ticket or a session first is not held up by theirs.
"""

from typing import Final, Literal, TypeAlias

from messaging.relay.accesslog import log
from messaging.relay.moments import DAY, SECOND
from messaging.relay.records import Failure
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal

# "" guesses nothing. `trusted` and `session` are the same password, by who shows a trust token or is logged in;
# `totp` needs the password's ticket; the rest prove a new second factor, behind a ticket or a confirmed session.
Guessed: TypeAlias = Literal["", "password", "trusted", "session", "totp", "letter", "recovery", "factors"]
_STRANGERS: Final = ("", "password")


def check_attempts(turn: Turn, account: str, guessed: Guessed) -> None:
    """Raises Refusal `tooManyAttempts` while this has to wait for the account, real or made up, or for the network."""
    failure = turn.tx.one(Failure, account, guessed) if guessed else None
    wait = 0 if failure is None else failure.until - turn.stamp
    if guessed in _STRANGERS:
        wait = max(wait, turn.house.rates.network.wait(turn.caller.network, turn.stamp))
    if wait > 0:
        raise Refusal("tooManyAttempts", members={"retryAfter": -(-wait // SECOND)})


def fail(turn: Turn, account: str, guessed: Guessed, name: str) -> Refusal:
    """Count a failure; the refusal to answer with. After five in a row each doubles the wait."""
    if guessed:
        _count(turn, account, guessed)
    turn.house.rates.network.take(turn.caller.network, turn.stamp)
    log(turn, "login", account=account, outcome=name)
    return Refusal(name)


def succeed(turn: Turn, account: str, method: str, *guessed: Guessed) -> None:
    """Forget the failures of what was shown, and say by which method it was."""
    forget_failures(turn, account, *guessed)
    log(turn, "login", account=account, target=method)


def forget_failures(turn: Turn, account: str, *guessed: Guessed) -> None:
    """The next failure is the first."""
    for one in guessed:
        if turn.tx.one(Failure, account, one) is not None:
            turn.tx.drop(Failure, account, one)


def _count(turn: Turn, account: str, guessed: Guessed) -> None:
    before = turn.tx.one(Failure, account, guessed)
    count = 1 if before is None or before.expires <= turn.stamp else before.count + 1
    over = count - limits.LOGIN_FREE_FAILURES
    delay = min(limits.LOGIN_FIRST_DELAY_SECONDS << min(over, 10), limits.LOGIN_MAX_DELAY_SECONDS) if over >= 0 else 0
    turn.tx.put(Failure(account, guessed, count, turn.stamp + delay * SECOND, turn.stamp + DAY))
