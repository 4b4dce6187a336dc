"""The sealed archive: what is known of a closed account while it waits for its end or for its owner."""

from messaging.relay.moments import DAY
from messaging.relay.records import Account, Archive
from messaging.relay.turn import Turn

OWNER, OPERATOR = "owner", "operator"


def begin(turn: Turn, account: str, by: str) -> Archive:
    """From now on, for as long as the settings say."""
    made = Archive(account, turn.stamp, turn.stamp + turn.house.life.archive_days * DAY, by)
    turn.tx.put(made)
    return made


def may_return(turn: Turn, account: str) -> bool:
    """Whether the owner closed it, and its time is not over: then the recovery code opens it again."""
    owner, held = turn.tx.one(Account, account), turn.tx.one(Archive, account)
    closed = owner is not None and owner.state == "closed"
    return closed and held is not None and held.by == OWNER and held.expires > turn.stamp
