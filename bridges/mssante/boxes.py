"""The highest version of each mailbox's key box that this gateway saw: a relay that shows an older one is caught."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well

from bridges.mssante.database import META


def version(connection: Connection, account: str) -> int:
    """At least 1, the version of a new box."""
    found = connection.execute(select(META.c.value).where(META.c.name == _name(account))).scalar()
    return 1 if found is None else int(found)


def saw(connection: Connection, account: str, seen: int) -> None:
    """Keeps the higher one."""
    value = str(max(seen, version(connection, account)))
    row = insert(META).values(name=_name(account), value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _name(account: str) -> str:
    return f"box {account}"
