"""The access log: a row for each act, in the act's transaction, chained by an HMAC whose key nobody else has.

It holds who, when, what kind of act, on which id, with what outcome: never content, an address or a log-in name.
A row is the account's that was acted on or for, and says who else acted. Its rows are counted and hashed once more for
each account, by a hash that its owner can compute (accessentries.py).
"""

import hmac
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from crypto.keys import is_account
from messaging.relay.records import Account, Act
from messaging.relay.turn import Turn
from messaging.wire.accesslog import BEGINNING, chained
from messaging.wire.codec import encode

_BEGINNING: Final = bytes(32)


def log(
    turn: Turn, action: str, *, account: str = "", target: str = "", outcome: str = "done", actor: str = ""
) -> None:
    """Add a row. `account` is the target where that is one, else the caller's, where it is not named.

    `actor` is said where the caller is not who acts: an operator's command, or the relay by itself.
    """
    last = turn.tx.last_act()
    number, previous = (1, _BEGINNING) if last is None else (last.number + 1, last.mac)
    who = account or (target if is_account(target) else turn.caller.account)
    by = turn.caller.account if turn.caller.account != who else ""
    kind = actor or _actor(turn, who)
    act = Act(number, turn.stamp, who, turn.caller.device, action, target, outcome, b"", kind, by)
    act = _chained(turn, act)
    turn.tx.add(replace(act, mac=_mac(act, previous, turn.house.secrets.log)))


def verify(acts: Iterable[Act], key: bytes, previous: bytes = _BEGINNING, number: int = 0) -> int:
    """The number of the last row, when all follow each other from `number`. Raises ValueError, naming the bad row."""
    for act in acts:
        number += 1
        if act.number != number or not hmac.compare_digest(_mac(act, previous, key), act.mac):
            raise ValueError(f"the access log is broken at row {number}")
        previous = act.mac
    return number


def _actor(turn: Turn, who: str) -> str:
    if not turn.caller.account:
        return "anyone"
    if turn.caller.account == who:
        return "owner"
    return "delegate" if turn.caller.kind == "patient" else turn.caller.kind


def _chained(turn: Turn, act: Act) -> Act:
    # Failures of a log-in name that nobody has are rows of nobody.
    if turn.tx.one(Account, act.account) is None:
        return act
    last = turn.tx.last_act_of(act.account)
    counted = replace(act, seq=1 if last is None else last.seq + 1)
    return replace(counted, chain=chained(BEGINNING if last is None else last.chain, said(counted)))


def said(act: Act) -> tuple[int, int, str, str, str, str, str, str]:
    """What the owner is told of a row, in the order in which it is hashed."""
    return act.seq, act.time, act.actor, act.by, act.device, act.action, act.target, act.outcome


def _mac(act: Act, previous: bytes, key: bytes) -> bytes:
    # A list of numbers and plain texts is canonical as it is written (docs/spec/encodings.md); a test compares.
    said: tuple[int | str, ...] = (
        act.number, act.time, act.account, act.device, act.action, act.target, act.outcome,
    )  # fmt: skip
    if act.actor:  # rows from before it was said have the shorter form
        said = (*said, act.actor, act.by, act.seq, act.chain.hex())
    return hmac.digest(key, previous + encode(said), "sha256")
