"""Failed attempts, counted for accounts, real or made up, and for networks: each after the fifth has to wait longer."""

from messaging.relay.accesslog import log
from messaging.relay.moments import DAY, SECOND
from messaging.relay.records import Failure
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal


def check_attempts(turn: Turn, account: str) -> None:
    """Raises Refusal `tooManyAttempts` while the account, real or made up, or the network has to wait."""
    failure = turn.tx.one(Failure, account)
    until = 0 if failure is None else failure.until
    wait = max(until - turn.stamp, turn.house.rates.network.wait(turn.caller.network, turn.stamp))
    if wait > 0:
        raise Refusal("tooManyAttempts", members={"retryAfter": -(-wait // SECOND)})


def fail(turn: Turn, account: str, name: str) -> Refusal:
    """Count a failure; the refusal to answer with. After five in a row each doubles the wait."""
    before = turn.tx.one(Failure, account)
    count = 1 if before is None or before.expires <= turn.stamp else before.count + 1
    over = count - limits.LOGIN_FREE_FAILURES
    delay = min(limits.LOGIN_FIRST_DELAY_SECONDS << min(over, 10), limits.LOGIN_MAX_DELAY_SECONDS) if over >= 0 else 0
    turn.tx.put(Failure(account, count, turn.stamp + delay * SECOND, turn.stamp + DAY))
    turn.house.rates.network.take(turn.caller.network, turn.stamp)
    log(turn, "login", account=account, outcome=name)
    return Refusal(name)


def succeed(turn: Turn, account: str, method: str) -> None:
    """Forget the failures, and say by which method it was."""
    forget_failures(turn, account)
    log(turn, "login", account=account, target=method)


def forget_failures(turn: Turn, account: str) -> None:
    """The next failure is the first."""
    if turn.tx.one(Failure, account) is not None:
        turn.tx.drop(Failure, account)
