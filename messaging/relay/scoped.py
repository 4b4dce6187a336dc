"""What a log-in by OAuth may ask: by its scopes, and by its one grant where it has one. All else is forbidden."""

from messaging.relay.oauth import may
from messaging.relay.records import Grant, Message
from messaging.relay.turn import Turn
from messaging.wire import scopes
from messaging.wire.errors import Refusal

_NARROW = "The scopes of this log-in do not reach so far."


def require(turn: Turn, *, sending: bool) -> None:
    """Raises Refusal `forbidden`."""
    if not may(turn.caller.scopes, sending=sending):
        raise Refusal("forbidden", _NARROW)


def require_method(turn: Turn, name: str) -> None:
    """Raises Refusal `forbidden`."""
    caller = turn.caller
    if caller.scopes and not scopes.allow(name, caller.scopes.split(), granted=bool(caller.granted)):
        raise Refusal("forbidden", _NARROW)


def require_full(turn: Turn) -> None:
    """Of what no scope opens. Raises Refusal `forbidden`."""
    if turn.caller.scopes:
        raise Refusal("forbidden", _NARROW)


def patient(turn: Turn) -> str:
    """Of whose grant the log-in is; empty where it is of none."""
    if not turn.caller.granted:
        return ""
    grant = turn.tx.one(Grant, turn.caller.account, turn.caller.granted)
    return "" if grant is None else grant.patient


def visible(turn: Turn, found: list[Message]) -> list[Message]:
    """Of letters, those that a log-in by one grant may see: the ones with its patient."""
    if not turn.caller.granted:
        return found
    who = patient(turn)
    return [letter for letter in found if who and (letter.sender == who or who in letter.to.split())]
