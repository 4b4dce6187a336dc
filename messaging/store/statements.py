"""Core statements, compiled once to the text that SQLite prepares and keeps.

SQLAlchemy's own execution costs several times what SQLite needs for a row; the text is the same either way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Table, bindparam, delete, func, literal_column, select, union_all, update
from sqlalchemy.dialects.sqlite import dialect, insert
from sqlalchemy.sql import ClauseElement

from messaging.relay.records import (
    KEYS,
    Account,
    Act,
    Blob,
    Body,
    Device,
    Edge,
    Gone,
    LogEntry,
    LogNode,
    Message,
    State,
    Totp,
)
from messaging.store.schema import TABLES

# SQLite's dialect writes LIMIT always with an OFFSET: both are named, so that the order of the question marks is plain.
_F = TypeVar("_F", bound=Callable[..., Any])
_DIALECT: Final = dialect(paramstyle="qmark")


@dataclass(frozen=True)
class Prepared:
    """SQL with `?` and the names of what they stand for, in order."""

    text: str
    names: tuple[str, ...]

    def values(self, given: dict[str, Any]) -> list[Any]:
        """`given` in the order of the question marks."""
        return [given[name] for name in self.names]


def _kept(make: _F) -> _F:
    """functools.cache, keeping the types of the arguments."""
    return cast("_F", cache(make))


def prepare(statement: ClauseElement) -> Prepared:
    """The text of a Core statement and its parameters' order."""
    compiled = statement.compile(dialect=_DIALECT)
    names: Sequence[str] = getattr(compiled, "positiontup", None) or ()
    return Prepared(str(compiled), tuple(names))


def _order(kind: type) -> list[Any]:
    return [TABLES[kind].c[name] for name in KEYS[kind]]


def _by_key(kind: type) -> list[Any]:
    return [column == bindparam(f"key_{column.name}") for column in _order(kind)]


def _equal(table: Table, names: tuple[str, ...]) -> list[Any]:
    return [table.c[name] == bindparam(name) for name in names]


@_kept
def one(kind: type) -> str:
    """By key."""
    return prepare(select(TABLES[kind]).where(*_by_key(kind))).text


@_kept
def where(kind: type, names: tuple[str, ...], nulls: tuple[str, ...]) -> str:
    """By equal values, in no order: asked for one, SQLite walks all of an account instead of an index."""
    table = TABLES[kind]
    empty = [table.c[name].is_(None) for name in nulls]
    return prepare(select(table).where(*_equal(table, names), *empty)).text


@_kept
def count(kind: type, names: tuple[str, ...], nulls: tuple[str, ...]) -> str:
    """How many have these values."""
    table = TABLES[kind]
    empty = [table.c[name].is_(None) for name in nulls]
    return prepare(select(func.count()).select_from(table).where(*_equal(table, names), *empty)).text


@_kept
def add(kind: type) -> str:
    """A new row; parameters in the order of the columns."""
    table = TABLES[kind]
    return prepare(insert(table).values({column.name: bindparam(column.name) for column in table.columns})).text


@_kept
def put(kind: type) -> str:
    """A new row or the same key's row replaced; parameters in the order of the columns."""
    table = TABLES[kind]
    statement = insert(table).values({column.name: bindparam(column.name) for column in table.columns})
    rest = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in KEYS[kind]}
    if not rest:
        return prepare(statement.on_conflict_do_nothing(index_elements=list(KEYS[kind]))).text
    return prepare(statement.on_conflict_do_update(index_elements=list(KEYS[kind]), set_=rest)).text


@_kept
def drop(kind: type) -> str:
    """By key."""
    return prepare(delete(TABLES[kind]).where(*_by_key(kind))).text


@_kept
def expired(kind: type) -> str:
    """Rows whose `expires` is past, at most as many as asked for. Of blobs: those that no letter names."""
    table = TABLES[kind]
    statement = select(*_order(kind)).where(table.c.expires < bindparam("now"))
    if kind is Blob:
        statement = statement.where(table.c.kept == literal_column("0"))
    return prepare(statement.limit(bindparam("most")).offset(bindparam("skip"))).text


_accounts, _bodies, _totps, _blobs, _acts, _devices = (
    TABLES[kind] for kind in (Account, Body, Totp, Blob, Act, Device)
)
_entries, _nodes = TABLES[LogEntry], TABLES[LogNode]

NEXT_CHANGE: Final = prepare(
    update(_accounts)
    .values(changed=_accounts.c.changed + literal_column("1"))
    .where(_accounts.c.id == bindparam("account"))
    .returning(_accounts.c.changed)
).text
ADD_BODY: Final = prepare(
    insert(_bodies).values(sealed=bindparam("sealed"), copies=bindparam("copies")).returning(_bodies.c.number)
).text
FEWER_COPIES: Final = prepare(
    update(_bodies).values(copies=_bodies.c.copies - literal_column("1")).where(_bodies.c.number == bindparam("n"))
).text
DROP_BODY: Final = prepare(
    delete(_bodies).where(_bodies.c.number == bindparam("n"), _bodies.c.copies <= literal_column("0"))
).text
USE_STEP: Final = prepare(
    update(_totps)
    .values(last=bindparam("step"))
    .where(_totps.c.account == bindparam("account"), _totps.c.last < bindparam("before"))
)
UNKEPT: Final = prepare(
    select(func.coalesce(func.sum(_blobs.c.size), literal_column("0"))).where(
        _blobs.c.account == bindparam("account"), _blobs.c.kept == literal_column("0")
    )
).text
LAST_ACT: Final = prepare(
    select(_acts).order_by(_acts.c.number.desc()).limit(bindparam("most")).offset(bindparam("skip"))
).text
ACTS: Final = prepare(
    select(_acts)
    .where(_acts.c.number > bindparam("after"))
    .order_by(_acts.c.number)
    .limit(bindparam("most"))
    .offset(bindparam("skip"))
).text
LOG_ENTRIES: Final = prepare(
    select(_entries.c.entry)
    .where(_entries.c.number >= bindparam("first"), _entries.c.number < bindparam("end"))
    .order_by(_entries.c.number)
).text
LOG_NODES: Final = prepare(
    select(_nodes.c.hash)
    .where(
        _nodes.c.level == bindparam("level"),
        _nodes.c.number >= bindparam("first"),
        _nodes.c.number < bindparam("end"),
    )
    .order_by(_nodes.c.number)
).text
ENDED: Final = prepare(select(_devices.c.id).where(_devices.c.ended >= bindparam("since"))).text


def _marks(kind: type) -> tuple[Table, Any]:
    table = TABLES[kind]
    return table, table.c.created if kind is Message else table.c.changed


@_kept
def latest(kind: type[Message] | type[Edge] | type[State]) -> Prepared:
    """The highest change number of a kind, destroyed ones included."""
    table, number = _marks(kind)
    gone = TABLES[Gone]
    alive = select(func.max(number).label("n")).where(table.c.account == bindparam("account"))
    dead = select(func.max(gone.c.changed)).where(
        gone.c.account == bindparam("account"), gone.c.kind == bindparam("kind")
    )
    both = union_all(alive, dead).subquery()
    return prepare(select(func.coalesce(func.max(both.c.n), literal_column("0"))))


@_kept
def changes(kind: type[Message] | type[Edge] | type[State]) -> Prepared:
    """(id, number, created, gone) after a change number, oldest first."""
    table, number = _marks(kind)
    gone = TABLES[Gone]
    alive = select(table.c.id, number.label("number"), table.c.created, literal_column("0").label("gone")).where(
        table.c.account == bindparam("account"), number > bindparam("since")
    )
    dead = select(gone.c.id, gone.c.changed, literal_column("0"), literal_column("1")).where(
        gone.c.account == bindparam("account"), gone.c.kind == bindparam("kind"), gone.c.changed > bindparam("since")
    )
    both = union_all(alive, dead).subquery()
    return prepare(select(both).order_by(both.c.number).limit(bindparam("most")).offset(bindparam("skip")))


def _by_client_id() -> Any:
    # Asked directly, SQLite walks all of an account instead of its index.
    table = TABLES[Message].alias("named")
    return select(table.c.created).where(
        table.c.account == bindparam("account"), table.c.client_id == bindparam("client_id")
    )


@_kept
def query(names: tuple[str, ...], *, total: bool) -> Prepared:
    """Letters of an account, newest first; `names` are the filters in use."""
    table = TABLES[Message]
    conditions = {
        "box": table.c.box == bindparam("box"),
        "after": table.c.received >= bindparam("after"),
        "before": table.c.received < bindparam("before"),
        "client_id": table.c.created.in_(_by_client_id()),
    }
    used = [table.c.account == bindparam("account"), *(conditions[name] for name in names)]
    if total:
        return prepare(select(func.count()).select_from(table).where(*used))
    rows = select(table.c.id).where(*used).order_by(table.c.created.desc())
    return prepare(rows.limit(bindparam("most")).offset(bindparam("skip")))
