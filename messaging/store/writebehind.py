"""A Transaction over one PostgreSQL connection. It neither begins nor commits: whoever made it does (postgres.py).

A statement is a journey to another process, and a batch has hundreds of works. So what is written is kept here until
flush(), which sends it together; reads see it as if it were there. What was read by key is remembered.

Law: only one transaction writes at a time (postgres.py takes the lock), so what was read here stays true meanwhile.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from messaging.relay.ports import Change, Numbered, Question, Range, Wanted
from messaging.relay.records import (
    KEYS,
    Account,
    Act,
    Blob,
    Body,
    Device,
    Edge,
    Emergency,
    Entry,
    Gone,
    Grant,
    LogEntry,
    LogNode,
    Message,
    Setting,
    State,
    Totp,
    Word,
)
from messaging.store.arrays import Step, step, together, turned
from messaging.store.foreseeing import Absent, foresee
from messaging.store.link import Link
from messaging.store.pending import Key, Pending
from messaging.store.remembered import Remembered
from messaging.store.statements import POSTGRES
from messaging.store.transaction import filters, split

R = TypeVar("R")
Value = str | bytes | int
Said = tuple[Step, Sequence[Any]]  # a part of a statement, and its parameters
_SWEEP: Final = 1_000
_MOST_ROWS: Final = 5_000  # so many wait, and so many sealed bytes, before they are sent early
_MOST_BYTES: Final = 8 << 20
_NUMBERED: Final[dict[str, type]] = {
    kind.__name__: kind for kind in (Message, Edge, State, Grant, Emergency, Entry, Setting)
}


class PostgresTransaction:
    """See messaging.relay.ports.Transaction."""

    def __init__(self, link: Link, remembered: Remembered) -> None:
        self._link = link
        self._remembered = remembered
        self.writes = 0
        self._pending: dict[type, Pending] = {kind: Pending(kind) for kind in KEYS}
        self._absent: Absent = {}
        self._rows = 0
        self._bytes = 0

    def foresee(self, questions: Iterable[Question]) -> None:
        """Ask now, together, what is going to be asked one by one."""
        self._absent = foresee(self._link, self._remembered, questions)

    def one(self, kind: type[R], *key: Value) -> R | None:
        if kind is Body:  # large, and asked for once: not remembered
            self.flush(Body)
            return self._one(kind, key)
        known = self._remembered.rows[kind]
        if key not in known:
            known[key] = self._one(kind, key)
        row: R | None = known[key]
        return row

    def _one(self, kind: type[R], key: Key) -> R | None:
        found = self._fetch(POSTGRES.one(kind), key)
        return kind(*found[0]) if found else None

    def where(self, kind: type[R], /, **equal: Value | None) -> list[R]:
        names, nulls, values = split(equal)
        none = not nulls and tuple(values) in self._absent.get((kind, names), ())
        found = [] if none else [kind(*row) for row in self._fetch(POSTGRES.where(kind, names, nulls), values)]
        pending = self._pending[kind]
        if pending:
            found = [record for record in found if pending.key(record) not in pending]
            found += [r for r in pending.equal(names, values) if all(getattr(r, name) is None for name in nulls)]
        return found if len(found) < 2 else sorted(found, key=attrgetter(*KEYS[kind]))

    def count(self, kind: type[R], /, **equal: Value | None) -> int:
        self.flush(kind)
        names, nulls, values = split(equal)
        return self._number(POSTGRES.count(kind, names, nulls), values)

    def add(self, *records: Any) -> None:
        self.writes += 1
        kind = type(records[0])
        known, pending = self._remembered.rows[kind], self._pending[kind]
        for record in records:
            key = pending.key(record)
            if known.get(key) is not None:
                raise RuntimeError(f"{kind.__name__} exists")
            pending.add(record)
            known[key] = record
            self._mark(kind, record)
        if kind is Act:
            self._remembered.last_act = records[-1]
            self._remembered.last_acts |= {act.account: act for act in records if act.seq}
        self._make_room(len(records))

    def put(self, record: Any) -> None:
        self.writes += 1
        kind = type(record)
        pending = self._pending[kind]
        pending.put(record)
        self._remembered.rows[kind][pending.key(record)] = record
        self._mark(kind, record)
        self._make_room(1)

    def drop(self, kind: type[R], *key: Value) -> None:
        self.writes += 1
        self._pending[kind].drop(key)
        self._remembered.drop(kind, key)
        self._make_room(1)

    def drop_expired(self, kind: type[R], now: int) -> int:
        self.flush(kind)
        keys = [tuple(row) for row in self._fetch(POSTGRES.expired(kind), (now, _SWEEP, 0))]
        for key in keys:
            self.drop(kind, *key)
        return len(keys)

    def next_change(self, account: str, octets: int = 0) -> int:
        row = self.one(Account, account)
        if row is None:
            raise RuntimeError("no Account")
        self.put(replace(row, changed=row.changed + 1, octets=row.octets + octets))
        return row.changed + 1

    def latest(self, kind: Numbered, account: str) -> int:
        known = self._remembered
        before = known.latest.get((kind, account))
        if before is None:
            prepared = POSTGRES.latest(kind)
            given = {"account": account, "kind": kind.__name__}
            before = known.latest[kind, account] = self._number(prepared.text, prepared.values(given))
        return max(before, known.marks.get((kind, account), 0))

    def changes(self, kind: Numbered, account: str, since: int, limit: int) -> list[Change]:
        self.flush(kind, Gone)
        prepared = POSTGRES.changes(kind)
        given = {"account": account, "kind": kind.__name__, "since": since, "most": limit, "skip": 0}
        rows = self._fetch(prepared.text, prepared.values(given))
        return [Change(id_, number, created, bool(gone)) for id_, number, created, gone in rows]

    def query(self, wanted: Wanted, position: int, limit: int) -> list[str]:
        names, given = filters(wanted)
        if position < 0:
            position = max(0, self.query_total(wanted) + position)
        self.flush(Message)
        prepared = POSTGRES.query(names, total=False)
        rows = self._fetch(prepared.text, prepared.values(given | {"most": limit, "skip": position}))
        return [row[0] for row in rows]

    def query_total(self, wanted: Wanted) -> int:
        self.flush(Message)
        names, given = filters(wanted)
        prepared = POSTGRES.query(names, total=True)
        return self._number(prepared.text, prepared.values(given))

    def words(self, ranges: Sequence[Range], limit: int) -> list[Word]:
        self.flush(Word)
        return [Word(*row) for row in self._fetch(POSTGRES.words(len(ranges) - 1), (*chain(*ranges), limit, 0))]

    def count_words(self, range_: Range, limit: int) -> int:
        self.flush(Word)
        return self._number(POSTGRES.count_words(), (*range_, limit, 0))

    def add_body(self, sealed: bytes, copies: int) -> int:
        # Nobody else numbers bodies meanwhile. A number whose body has gone is free: nothing names it any more.
        if self._remembered.last_body is None:
            self._remembered.last_body = self._number(POSTGRES.last_body, ())
        self._remembered.last_body += 1
        self._bytes += len(sealed)
        self.writes += 1
        self._pending[Body].add(Body(self._remembered.last_body, sealed, copies))
        self._make_room(1)
        return self._remembered.last_body

    def drop_copy(self, number: int) -> None:
        self.flush(Body)
        self.writes += 1
        self._fetch(POSTGRES.fewer_copies, (number,))
        self._fetch(POSTGRES.drop_body, (number,))
        self._remembered.last_body = None

    def use_step(self, account: str, step: int) -> bool:
        totp = self.one(Totp, account)
        if totp is None or totp.last >= step:
            return False
        self.put(replace(totp, last=step))
        return True

    def unkept_bytes(self, account: str) -> int:
        self.flush(Blob)
        return self._number(POSTGRES.unkept, (account,))

    def log_entries(self, first: int, count: int) -> list[bytes]:
        self.flush(LogEntry)
        return [row[0] for row in self._fetch(POSTGRES.log_entries, (first, first + count))]

    def log_nodes(self, level: int, first: int, count: int) -> list[bytes]:
        self.flush(LogNode)
        return [row[0] for row in self._fetch(POSTGRES.log_nodes, (level, first, first + count))]

    def due(self, kind: type[R], now: int) -> list[R]:
        self.flush(kind)
        keys = sorted(tuple(row) for row in self._fetch(POSTGRES.expired(kind), (now, _SWEEP, 0)))
        return [found for key in keys if (found := self.one(kind, *key)) is not None]

    def last_act_of(self, account: str) -> Act | None:
        if account not in self._remembered.last_acts:
            rows = self._fetch(POSTGRES.last_act_of, (account, 0, 1, 0))
            self._remembered.last_acts[account] = Act(*rows[0]) if rows else None
        return self._remembered.last_acts[account]

    def acts_of(self, account: str, since: int, limit: int) -> list[Act]:
        self.flush(Act)
        return [Act(*row) for row in self._fetch(POSTGRES.acts_of, (account, since, limit, 0))]

    def query_acts(self, account: str, after: int, before: int, position: int, limit: int) -> list[int]:
        self.flush(Act)
        given = (account, 0, after, before, limit, position)
        return [row[0] for row in self._fetch(POSTGRES.query_acts, given)]

    def query_acts_total(self, account: str, after: int, before: int) -> int:
        self.flush(Act)
        return self._number(POSTGRES.query_acts_total, (account, 0, after, before))

    def last_act(self) -> Act | None:
        if self._remembered.last_act is None:
            rows = self._fetch(POSTGRES.last_act, (1, 0))
            self._remembered.last_act = Act(*rows[0]) if rows else None
        return self._remembered.last_act

    def acts(self, after: int, limit: int) -> list[Act]:
        self.flush(Act)
        return [Act(*row) for row in self._fetch(POSTGRES.acts, (after, limit, 0))]

    def ended_devices(self, since: int) -> list[str]:
        self.flush(Device)
        return [row[0] for row in self._fetch(POSTGRES.ended, (since,))]

    def flush(self, *kinds: type, also: Sequence[Said] = ()) -> None:
        """Send what waits of these kinds, of all where none is named; and `also`, at the end."""
        saying: list[Said] = []
        for kind in kinds or self._pending:
            pending = self._pending[kind]
            if not pending:
                continue
            self._absent = {group: keys for group, keys in self._absent.items() if group[0] is not kind}
            said = [(step(kind, how), turned(rows, how)) for how, rows in pending.taken() if rows]
            # What is unique stays so only if a kind's steps come one after the other: all but the last go alone.
            for one in said[:-1]:
                self._say([one])
            saying.append(said[-1])
        self._say([*saying, *also])

    def _say(self, saying: Sequence[Said]) -> None:
        if saying:
            text = together(tuple(one for one, _ in saying))
            self._link.fetch(text, [value for _, values in saying for value in values])

    def _mark(self, kind: type, record: Any) -> None:
        match record:
            case Gone(account=account, kind=name, changed=number):
                kind = _NUMBERED[name]
            case Message(account=account, created=number):
                pass
            case Edge() | State() | Grant() | Emergency() | Entry() | Setting():
                account, number = record.account, record.changed
            case _:
                return
        marks = self._remembered.marks
        marks[kind, account] = max(marks.get((kind, account), 0), number)

    def _make_room(self, rows: int) -> None:
        self._rows += rows
        if self._rows < _MOST_ROWS and self._bytes < _MOST_BYTES:
            return
        self._rows = self._bytes = 0
        self.flush()

    def _fetch(self, text: str, values: Iterable[Value | None]) -> list[Any]:
        given = tuple(values)
        # PostgreSQL's text has no NUL, so no row has: it refuses to be asked.
        if any(type(value) is str and "\0" in value for value in given):
            return []
        return self._link.fetch(text, given)

    def _number(self, text: str, values: Iterable[Value | None]) -> int:
        rows = self._fetch(text, values)
        return int(rows[0][0]) if rows else 0
