"""Which of several gateways does what: a name (a domain's mails, a mailbox's letters) is one gateway's for a time.

Laws: a lease is kept by renewing it, let go when its work is done, and ends by itself; whoever restarts has its own
again at once; where there is one gateway, everything is its own. A lease that ends early doubles no mail: rows in the
outbox have leases of their own.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Column, Connection, Float, String, Table, and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from bridges.mssante.database import METADATA
from bridges.mssante.engines import instance_of

SECONDS: Final = 60.0
LEASES: Final = Table(
    "leases", METADATA,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", Float, nullable=False),
)  # fmt: skip


def hold(connection: Connection, names: Sequence[str], now: float) -> list[str]:
    """Those of the names that are this gateway's now, and for SECONDS; it takes what is free."""
    me = instance_of(connection)
    if not me or not names:
        return list(names)
    row = insert(LEASES)
    mine = or_(LEASES.c.holder == me, LEASES.c.until < now)
    taken = row.on_conflict_do_update(
        index_elements=["name"], set_={"holder": row.excluded.holder, "until": row.excluded.until}, where=mine
    )
    for name in sorted(names):
        connection.execute(taken, {"name": name, "holder": me, "until": now + SECONDS})
    held = select(LEASES.c.name).where(and_(LEASES.c.holder == me, LEASES.c.name.in_(names)))
    found = set(connection.execute(held).scalars())
    return [name for name in names if name in found]


def held(connection: Connection, prefix: str) -> list[str]:
    """What follows the prefix in the names that this gateway holds, or held when it was stopped."""
    mine = select(LEASES.c.name).where(LEASES.c.holder == instance_of(connection))
    return [name.removeprefix(prefix) for name in connection.execute(mine).scalars() if name.startswith(prefix)]


def let_go_of(connection: Connection, name: str) -> None:
    """There is nothing left to do under that name: whoever finds something need not wait for the lease's end."""
    me = instance_of(connection)
    if me:
        connection.execute(delete(LEASES).where(and_(LEASES.c.name == name, LEASES.c.holder == me)))


def let_go(connection: Connection) -> None:
    """At the end: others need not wait."""
    connection.execute(delete(LEASES).where(LEASES.c.holder == instance_of(connection)))
