"""The access log: a row for each act, in the act's transaction, chained by an HMAC whose key nobody else has.

It holds who, when, what kind of act, on which id, with what outcome: never content, an address or a log-in name.
"""

import hmac
from collections.abc import Iterable
from typing import Final

from messaging.relay.records import Act
from messaging.relay.turn import Turn
from messaging.wire.codec import encode

_BEGINNING: Final = bytes(32)


def log(turn: Turn, action: str, *, account: str = "", target: str = "", outcome: str = "done") -> None:
    """Add a row. `account` is the caller's where it is not named."""
    last = turn.tx.last_act()
    number, previous = (1, _BEGINNING) if last is None else (last.number + 1, last.mac)
    who = account or turn.caller.account
    act = Act(number, turn.stamp, who, turn.caller.device, action, target, outcome, b"")
    turn.tx.add(_sealed(act, previous, turn.house.secrets.log))


def verify(acts: Iterable[Act], key: bytes, previous: bytes = _BEGINNING, number: int = 0) -> int:
    """The number of the last row, when all follow each other from `number`. Raises ValueError, naming the bad row."""
    for act in acts:
        number += 1
        if act.number != number or not hmac.compare_digest(_mac(act, previous, key), act.mac):
            raise ValueError(f"the access log is broken at row {number}")
        previous = act.mac
    return number


def _sealed(act: Act, previous: bytes, key: bytes) -> Act:
    mac = _mac(act, previous, key)
    return Act(act.number, act.time, act.account, act.device, act.action, act.target, act.outcome, mac)


def _mac(act: Act, previous: bytes, key: bytes) -> bytes:
    # A list of numbers and plain texts is canonical as it is written (docs/spec/encodings.md); a test compares.
    said = encode((act.number, act.time, act.account, act.device, act.action, act.target, act.outcome))
    return hmac.digest(key, previous + said, "sha256")
