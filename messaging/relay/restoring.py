"""A database that was restored from a back-up becomes again what it had become: by the tombstones it has not yet.

Sessions are another matter: which of them ended since nobody knows, so all of them end.
"""

from collections.abc import Sequence
from typing import Final

from messaging.relay import closing, erasure, opposition, tombstones
from messaging.relay.records import (
    Access,
    Account,
    Device,
    EmailCode,
    Notice,
    Pairing,
    Refresh,
    Subscription,
    Ticket,
    Tombstone,
    Trust,
)
from messaging.relay.tombstones import WrongTombstones
from messaging.relay.turn import Turn

_SESSIONS: Final = (Access, Refresh, Ticket, Pairing, Trust, Device, Subscription)
_TOLD: Final = (Notice, EmailCode)  # what a back-up still had to tell was told long ago
_EVER: Final = 2**62


def take(turn: Turn, copied: Sequence[Tombstone]) -> int:
    """Keep and do those of a copy that are not here, in order; how many. Raises WrongTombstones, before any write.

    `copied` is a part of a chain that does not begin after the first one that is missing here.
    """
    here = tombstones.count(turn)
    for row in copied:
        if row.number <= here and turn.tx.one(Tombstone, row.number) != row:
            raise WrongTombstones(f"tombstone {row.number} is another one here: the copy is of another relay")
    missing = [row for row in copied if row.number > here]
    tombstones.verify(missing, turn.house.secrets.log, turn.tx.one(Tombstone, here))
    for row in missing:
        turn.tx.add(row)
        _do(turn, row)
    return len(missing)


def end_sessions(turn: Turn) -> int:
    """End a bounded number of log-ins, of whomever; how many. Until it is 0 there are some."""
    return sum(turn.tx.drop_expired(kind, _EVER) for kind in (*_SESSIONS, *_TOLD))


def _do(turn: Turn, row: Tombstone) -> None:
    match row.kind:
        case "opposed":
            opposition.remember(turn, row.mark, row.receipt, row.time)
            erasure.erase(turn, row.account, actor="relay")
        case "erased":
            erasure.erase(turn, row.account, actor="relay")
        case "closed":
            closing.shut_again(turn, row.account, row.time)
        case "reopened":
            owner = turn.tx.one(Account, row.account)
            if owner is not None and owner.state == "closed":
                closing.reopen(turn, owner)
        case _:
            raise WrongTombstones(f"tombstone {row.number} is of a kind that this version does not know")
