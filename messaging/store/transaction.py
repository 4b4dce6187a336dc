"""A Transaction over one SQLite connection. It neither begins nor commits: whoever made it does (sql.py).

Laws: accounts, edges and the end of the access log are read once and remembered: they are what all works of a batch
ask for. What is remembered changes with every write of it, and is gone with the transaction, committed or not.
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

from msgspec.structs import astuple, replace

from messaging.relay.ports import Change, Numbered, Range, Wanted
from messaging.relay.records import KEYS, Account, Act, Edge, Word
from messaging.store.statements import SQLITE

R = TypeVar("R")
_SWEEP = 1_000
_REMEMBERED = (Account, Edge)
Value = str | bytes | int


class SqlTransaction:
    """See messaging.relay.ports.Transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._run = connection.execute
        self._run_many = connection.executemany
        self.writes = 0
        self._known: dict[type, dict[tuple[Value, ...], Any]] = {kind: {} for kind in _REMEMBERED}
        self._last_act: Act | None = None
        self._last_acts: dict[str, Act | None] = {}

    def one(self, kind: type[R], *key: Value) -> R | None:
        known = self._known.get(kind)
        if known is None:
            return self._one(kind, key)
        if key not in known:
            known[key] = self._one(kind, key)
        found: R | None = known[key]
        return found

    def _one(self, kind: type[R], key: tuple[Value, ...]) -> R | None:
        row = self._run(SQLITE.one(kind), key).fetchone()
        return None if row is None else kind(*row)

    def where(self, kind: type[R], /, **equal: Value | None) -> list[R]:
        names, nulls, values = split(equal)
        found = [kind(*row) for row in self._run(SQLITE.where(kind, names, nulls), values)]
        return found if len(found) < 2 else sorted(found, key=attrgetter(*KEYS[kind]))

    def count(self, kind: type[R], /, **equal: Value | None) -> int:
        names, nulls, values = split(equal)
        return self._number(SQLITE.count(kind, names, nulls), values)

    def add(self, *records: Any) -> None:
        self.writes += 1
        kind = type(records[0])
        text = SQLITE.add(kind)
        if len(records) == 1:
            self._run(text, astuple(records[0]))
        else:
            self._run_many(text, [astuple(record) for record in records])
        if kind is Act:
            self._last_act = records[-1]
            self._last_acts |= {act.account: act for act in records if act.seq}
        self._forget(kind)

    def put(self, record: Any) -> None:
        self.writes += 1
        self._run(SQLITE.put(type(record)), astuple(record))
        self._forget(type(record))

    def drop(self, kind: type[R], *key: Value) -> None:
        self.writes += 1
        self._forget(kind)
        self._run(SQLITE.drop(kind), key)

    def drop_expired(self, kind: type[R], now: int) -> int:
        keys = self._run(SQLITE.expired(kind), (now, _SWEEP, 0)).fetchall()
        if keys:
            self.writes += 1
            self._run_many(SQLITE.drop(kind), keys)
            self._forget(kind)
        return len(keys)

    def next_change(self, account: str, octets: int = 0) -> int:
        self.writes += 1
        number = self._number(SQLITE.next_change, (octets, account))
        known = self._known[Account]
        if (before := known.get((account,))) is not None:
            known[account,] = replace(before, changed=number, octets=before.octets + octets)
        return number

    def latest(self, kind: Numbered, account: str) -> int:
        prepared = SQLITE.latest(kind)
        return self._number(prepared.text, prepared.values({"account": account, "kind": kind.__name__}))

    def changes(self, kind: Numbered, account: str, since: int, limit: int) -> list[Change]:
        prepared = SQLITE.changes(kind)
        given = {"account": account, "kind": kind.__name__, "since": since, "most": limit, "skip": 0}
        rows = self._run(prepared.text, prepared.values(given))
        return [Change(id_, number, created, bool(gone)) for id_, number, created, gone in rows]

    def query(self, wanted: Wanted, position: int, limit: int) -> list[str]:
        names, given = filters(wanted)
        if position < 0:
            position = max(0, self.query_total(wanted) + position)
        prepared = SQLITE.query(names, total=False)
        rows = self._run(prepared.text, prepared.values(given | {"most": limit, "skip": position}))
        return [row[0] for row in rows]

    def query_total(self, wanted: Wanted) -> int:
        names, given = filters(wanted)
        prepared = SQLITE.query(names, total=True)
        return self._number(prepared.text, prepared.values(given))

    def words(self, ranges: Sequence[Range], limit: int) -> list[Word]:
        return [Word(*row) for row in self._run(SQLITE.words(len(ranges) - 1), (*chain(*ranges), limit, 0))]

    def count_words(self, range_: Range, limit: int) -> int:
        return self._number(SQLITE.count_words(), (*range_, limit, 0))

    def add_body(self, sealed: bytes, copies: int) -> int:
        self.writes += 1
        return self._number(SQLITE.add_body, (sealed, copies))

    def drop_copy(self, number: int) -> None:
        self.writes += 1
        self._run(SQLITE.fewer_copies, (number,))
        self._run(SQLITE.drop_body, (number,))

    def use_step(self, account: str, step: int) -> bool:
        given = {"account": account, "step": step, "before": step}
        done = self._run(SQLITE.use_step.text, SQLITE.use_step.values(given)).rowcount == 1
        self.writes += done
        return done

    def unkept_bytes(self, account: str) -> int:
        return self._number(SQLITE.unkept, (account,))

    def log_entries(self, first: int, count: int) -> list[bytes]:
        return [row[0] for row in self._run(SQLITE.log_entries, (first, first + count))]

    def log_nodes(self, level: int, first: int, count: int) -> list[bytes]:
        return [row[0] for row in self._run(SQLITE.log_nodes, (level, first, first + count))]

    def due(self, kind: type[R], now: int) -> list[R]:
        keys = self._run(SQLITE.expired(kind), (now, _SWEEP, 0)).fetchall()
        return [found for key in sorted(keys) if (found := self.one(kind, *key)) is not None]

    def last_act_of(self, account: str) -> Act | None:
        if account not in self._last_acts:
            row = self._run(SQLITE.last_act_of, (account, 0, 1, 0)).fetchone()
            self._last_acts[account] = None if row is None else Act(*row)
        return self._last_acts[account]

    def acts_of(self, account: str, since: int, limit: int) -> list[Act]:
        return [Act(*row) for row in self._run(SQLITE.acts_of, (account, since, limit, 0))]

    def query_acts(self, account: str, after: int, before: int, position: int, limit: int) -> list[int]:
        return [row[0] for row in self._run(SQLITE.query_acts, (account, 0, after, before, limit, position))]

    def query_acts_total(self, account: str, after: int, before: int) -> int:
        return self._number(SQLITE.query_acts_total, (account, 0, after, before))

    def last_act(self) -> Act | None:
        if self._last_act is None:
            row = self._run(SQLITE.last_act, (1, 0)).fetchone()
            self._last_act = None if row is None else Act(*row)
        return self._last_act

    def acts(self, after: int, limit: int) -> list[Act]:
        return [Act(*row) for row in self._run(SQLITE.acts, (after, limit, 0))]

    def ended_devices(self, since: int) -> list[str]:
        return [row[0] for row in self._run(SQLITE.ended, (since,))]

    def _forget(self, kind: type) -> None:
        if (known := self._known.get(kind)) is not None:
            known.clear()

    def _number(self, text: str, values: Any) -> int:
        # The row is fetched to the end: an UPDATE ... RETURNING that is not finished would hold the commit up.
        ((value,),) = self._run(text, values).fetchall()
        return int(value)


def split(equal: dict[str, Value | None]) -> tuple[tuple[str, ...], tuple[str, ...], list[Value]]:
    """(names with a value, names without, the values)."""
    names = tuple(name for name, value in equal.items() if value is not None)
    nulls = tuple(name for name, value in equal.items() if value is None)
    return names, nulls, [value for value in equal.values() if value is not None]


def filters(wanted: Wanted) -> tuple[tuple[str, ...], dict[str, Any]]:
    """(names of the filters in use, all values)."""
    given = {name: getattr(wanted, name) for name in ("box", "after", "before", "client_id")}
    used = {name: value for name, value in given.items() if value is not None}
    return tuple(used), used | {"account": wanted.account}
