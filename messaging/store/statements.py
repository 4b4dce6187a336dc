"""Core statements, compiled once for each database to the text that it prepares and keeps.

SQLAlchemy's own execution costs several times what a database needs for a row; the text is the same either way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Table, bindparam, delete, exists, func, literal_column, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql_asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from messaging.relay.ports import Numbered
from messaging.relay.records import (
    KEYS,
    Account,
    Act,
    Blob,
    Body,
    Device,
    Gone,
    LogEntry,
    LogNode,
    Message,
    Totp,
    Word,
)
from messaging.store.schema import TABLES

# SQLite's dialect writes LIMIT always with an OFFSET: both are named, so that the order of the signs is plain.
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Prepared:
    """SQL with `?` or `$1`, `$2`, ..., and the names of what they stand for, in order."""

    text: str
    names: tuple[str, ...]

    def values(self, given: dict[str, Any]) -> list[Any]:
        """`given` in the order of the signs."""
        return [given[name] for name in self.names]


def _kept(make: _F) -> _F:
    """functools.cache, keeping the types of the arguments. The two Statements below live as long as the program."""
    return cast("_F", cache(make))


def _order(kind: type) -> list[Any]:
    return [TABLES[kind].c[name] for name in KEYS[kind]]


def _by_key(kind: type) -> list[Any]:
    return [column == bindparam(f"key_{column.name}") for column in _order(kind)]


def _equal(table: Table, names: tuple[str, ...]) -> list[Any]:
    return [table.c[name] == bindparam(name) for name in names]


_accounts, _bodies, _totps, _blobs, _acts, _devices = (
    TABLES[kind] for kind in (Account, Body, Totp, Blob, Act, Device)
)
_entries, _nodes, _words = TABLES[LogEntry], TABLES[LogNode], TABLES[Word]


class Statements:
    """All of one database's. `insert` is its dialect's own, which knows what to do about a key that exists."""

    def __init__(self, dialect: Dialect, insert: Callable[[Table], Any]) -> None:
        self._dialect = dialect
        self._insert = insert
        self.next_change = self.text(
            update(_accounts)
            .values(changed=_accounts.c.changed + literal_column("1"), octets=_accounts.c.octets + bindparam("octets"))
            .where(_accounts.c.id == bindparam("account"))
            .returning(_accounts.c.changed)
        )
        self.add_body = self.text(
            insert(_bodies).values(sealed=bindparam("sealed"), copies=bindparam("copies")).returning(_bodies.c.number)
        )
        self.last_body = self.text(select(func.coalesce(func.max(_bodies.c.number), literal_column("0"))))
        self.fewer_copies = self.text(
            update(_bodies)
            .values(copies=_bodies.c.copies - literal_column("1"))
            .where(_bodies.c.number == bindparam("n"))
        )
        self.drop_body = self.text(
            delete(_bodies).where(_bodies.c.number == bindparam("n"), _bodies.c.copies <= literal_column("0"))
        )
        self.use_step = self.prepare(
            update(_totps)
            .values(last=bindparam("step"))
            .where(_totps.c.account == bindparam("account"), _totps.c.last < bindparam("before"))
        )
        self.unkept = self.text(
            # PostgreSQL's sum of bigint is a numeric, which no column of ours is.
            select(func.cast(func.coalesce(func.sum(_blobs.c.size), literal_column("0")), _blobs.c.size.type)).where(
                _blobs.c.account == bindparam("account"), _blobs.c.kept == literal_column("0")
            )
        )
        self.last_act = self.text(
            select(_acts).order_by(_acts.c.number.desc()).limit(bindparam("most")).offset(bindparam("skip"))
        )
        self.acts = self.text(
            select(_acts)
            .where(_acts.c.number > bindparam("after"))
            .order_by(_acts.c.number)
            .limit(bindparam("most"))
            .offset(bindparam("skip"))
        )
        own = (_acts.c.account == bindparam("account"), _acts.c.seq > bindparam("since"))
        self.last_act_of = self.text(
            select(_acts).where(*own).order_by(_acts.c.seq.desc()).limit(bindparam("most")).offset(bindparam("skip"))
        )
        self.acts_of = self.text(
            select(_acts).where(*own).order_by(_acts.c.seq).limit(bindparam("most")).offset(bindparam("skip"))
        )
        between = (*own, _acts.c.time >= bindparam("first"), _acts.c.time < bindparam("end"))
        self.query_acts = self.text(
            select(_acts.c.seq)
            .where(*between)
            .order_by(_acts.c.seq.desc())
            .limit(bindparam("most"))
            .offset(bindparam("skip"))
        )
        self.query_acts_total = self.text(select(func.count()).select_from(_acts).where(*between))
        self.log_entries = self.text(
            select(_entries.c.entry)
            .where(_entries.c.number >= bindparam("first"), _entries.c.number < bindparam("end"))
            .order_by(_entries.c.number)
        )
        self.log_nodes = self.text(
            select(_nodes.c.hash)
            .where(
                _nodes.c.level == bindparam("level"),
                _nodes.c.number >= bindparam("first"),
                _nodes.c.number < bindparam("end"),
            )
            .order_by(_nodes.c.number)
        )
        self.ended = self.text(select(_devices.c.id).where(_devices.c.ended >= bindparam("since")))

    def prepare(self, statement: ClauseElement) -> Prepared:
        """The text of a Core statement and its parameters' order."""
        compiled = statement.compile(dialect=self._dialect)
        names: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        return Prepared(str(compiled), tuple(names))

    def text(self, statement: ClauseElement) -> str:
        """The same where the order is that in which the statement is written."""
        return self.prepare(statement).text

    @_kept
    def one(self, kind: type) -> str:
        """By key."""
        return self.text(select(TABLES[kind]).where(*_by_key(kind)))

    @_kept
    def where(self, kind: type, names: tuple[str, ...], nulls: tuple[str, ...]) -> str:
        """By equal values, in no order: asked for one, SQLite walks all of an account instead of an index."""
        table = TABLES[kind]
        empty = [table.c[name].is_(None) for name in nulls]
        return self.text(select(table).where(*_equal(table, names), *empty))

    @_kept
    def count(self, kind: type, names: tuple[str, ...], nulls: tuple[str, ...]) -> str:
        """How many have these values."""
        table = TABLES[kind]
        empty = [table.c[name].is_(None) for name in nulls]
        return self.text(select(func.count()).select_from(table).where(*_equal(table, names), *empty))

    @_kept
    def add(self, kind: type) -> str:
        """A new row; parameters in the order of the columns."""
        return self.text(self._insert(TABLES[kind]).values(_all(kind)))

    @_kept
    def put(self, kind: type) -> str:
        """A new row or the same key's row replaced; parameters in the order of the columns."""
        statement = self._insert(TABLES[kind]).values(_all(kind))
        rest = {name: statement.excluded[name] for name in _all(kind) if name not in KEYS[kind]}
        keys = list(KEYS[kind])
        if not rest:
            return self.text(statement.on_conflict_do_nothing(index_elements=keys))
        return self.text(statement.on_conflict_do_update(index_elements=keys, set_=rest))

    @_kept
    def drop(self, kind: type) -> str:
        """By key."""
        return self.text(delete(TABLES[kind]).where(*_by_key(kind)))

    @_kept
    def expired(self, kind: type) -> str:
        """Rows whose `expires` is past, at most as many as asked for. Of blobs: those that no letter names."""
        table = TABLES[kind]
        statement = select(*_order(kind)).where(table.c.expires < bindparam("now"))
        if kind is Blob:
            statement = statement.where(table.c.kept == literal_column("0"))
        return self.text(statement.limit(bindparam("most")).offset(bindparam("skip")))

    @_kept
    def words(self, others: int) -> str:
        """Words of a range whose entries also have a word of each of `others` ranges; parameters as they stand."""
        again = [_words.alias(f"w{number}") for number in range(others)]
        has = [
            exists()
            .where(w.c.id == _words.c.id, w.c.word >= bindparam(f"from{n}"), w.c.word < bindparam(f"to{n}"))
            .correlate(_words)
            for n, w in enumerate(again)
        ]
        found = select(_words).where(_words.c.word >= bindparam("first"), _words.c.word < bindparam("end"), *has)
        ordered = found.order_by(*_order(Word))
        return self.text(ordered.limit(bindparam("most")).offset(bindparam("skip")))

    @_kept
    def count_words(self) -> str:
        """How many are in a range, at most so many."""
        found = select(_words.c.weight).where(_words.c.word >= bindparam("first"), _words.c.word < bindparam("end"))
        some = found.limit(bindparam("most")).offset(bindparam("skip")).subquery()
        return self.text(select(func.count()).select_from(some))

    @_kept
    def latest(self, kind: Numbered) -> Prepared:
        """The highest change number of a kind, destroyed ones included."""
        table, number = _marks(kind)
        gone = TABLES[Gone]
        alive = select(func.max(number).label("n")).where(table.c.account == bindparam("account"))
        dead = select(func.max(gone.c.changed)).where(
            gone.c.account == bindparam("account"), gone.c.kind == bindparam("kind")
        )
        both = union_all(alive, dead).subquery()
        return self.prepare(select(func.coalesce(func.max(both.c.n), literal_column("0"))))

    @_kept
    def changes(self, kind: Numbered) -> Prepared:
        """(id, number, created, gone) after a change number, oldest first."""
        table, number = _marks(kind)
        gone = TABLES[Gone]
        alive = select(table.c.id, number.label("number"), table.c.created, literal_column("0").label("gone")).where(
            table.c.account == bindparam("account"), number > bindparam("since")
        )
        dead = select(gone.c.id, gone.c.changed, literal_column("0"), literal_column("1")).where(
            gone.c.account == bindparam("account"),
            gone.c.kind == bindparam("kind"),
            gone.c.changed > bindparam("since"),
        )
        both = union_all(alive, dead).subquery()
        return self.prepare(select(both).order_by(both.c.number).limit(bindparam("most")).offset(bindparam("skip")))

    @_kept
    def query(self, names: tuple[str, ...], *, total: bool) -> Prepared:
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
            return self.prepare(select(func.count()).select_from(table).where(*used))
        rows = select(table.c.id).where(*used).order_by(table.c.created.desc())
        return self.prepare(rows.limit(bindparam("most")).offset(bindparam("skip")))


def _all(kind: type) -> dict[str, Any]:
    return {column.name: bindparam(column.name) for column in TABLES[kind].columns}


def _marks(kind: type) -> tuple[Table, Any]:
    table = TABLES[kind]
    return table, table.c.created if kind is Message else table.c.changed


def _by_client_id() -> Any:
    # Asked directly, SQLite walks all of an account instead of its index.
    table = TABLES[Message].alias("named")
    return select(table.c.created).where(
        table.c.account == bindparam("account"), table.c.client_id == bindparam("client_id")
    )


SQLITE: Final = Statements(sqlite.dialect(paramstyle="qmark"), sqlite.insert)
POSTGRES: Final = Statements(cast("Callable[[], Dialect]", postgresql_asyncpg.dialect)(), postgresql.insert)
