"""Closing an account: nobody gets in any more, nobody writes to it. What it holds stays where it is."""

from msgspec.structs import replace

from messaging.relay import delegations, devices, pairing
from messaging.relay.accesslog import log
from messaging.relay.login import drop_tickets
from messaging.relay.records import Account
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal


def close(turn: Turn, id_: str) -> Account:
    """The closed account; the same again is what is there. Raises Refusal `notFound`."""
    account = turn.tx.one(Account, id_)
    if account is None:
        raise Refusal("notFound")
    if account.state == "closed":
        return account
    closed = replace(account, state="closed")
    turn.tx.put(closed)
    devices.end_all(turn, id_)
    delegations.end_all(turn, id_)
    if account.parent:
        turn.parted.append((account.parent, id_))
    drop_tickets(turn, id_)
    pairing.drop_all(turn, id_)
    log(turn, "close", account=id_)
    return closed
