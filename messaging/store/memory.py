"""A store in memory, for tests and try-outs: the same contract as sql.py, and nothing lasts."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, TypeVar

from msgspec.structs import replace

from messaging.relay.ports import Change, Numbered, Range, Transaction, Wanted
from messaging.relay.records import KEYS, Account, Act, Blob, Body, Device, Gone, LogEntry, LogNode, Message, Totp, Word
from messaging.store.batches import only_read

R = TypeVar("R")
T = TypeVar("T")
Value = str | bytes | int
Tables = dict[type, dict[tuple[Any, ...], Any]]
_SWEEP = 1_000


class MemoryStore:
    """See messaging.relay.ports.Store."""

    def __init__(self) -> None:
        self._tables: Tables = {kind: {} for kind in KEYS}
        self._lock = Lock()

    def write(self, work: Callable[[Transaction], T]) -> T:
        with self._lock:
            transaction = MemoryTransaction(self._tables)
            try:
                return work(transaction)
            except BaseException:
                transaction.undo()
                raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        def checked(transaction: Transaction) -> T:
            found = work(transaction)
            only_read(transaction)
            return found

        return self.write(checked)

    def close(self) -> None:
        """Nothing to do."""


class MemoryTransaction:
    """See messaging.relay.ports.Transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._before: list[tuple[type, tuple[Any, ...], Any]] = []
        self.writes = 0

    def undo(self) -> None:
        """As if nothing had been written."""
        for kind, key, record in reversed(self._before):
            if record is None:
                self._tables[kind].pop(key, None)
            else:
                self._tables[kind][key] = record

    def one(self, kind: type[R], *key: Value) -> R | None:
        return self._tables[kind].get(key)

    def where(self, kind: type[R], /, **equal: Value | None) -> list[R]:
        rows = sorted(self._tables[kind].items(), key=lambda item: item[0])
        return [record for _, record in rows if all(getattr(record, n) == v for n, v in equal.items())]

    def count(self, kind: type[R], /, **equal: Value | None) -> int:
        return len(self.where(kind, **equal))

    def add(self, *records: Any) -> None:
        for record in records:
            if _key(record) in self._tables[type(record)]:
                raise RuntimeError(f"{type(record).__name__} exists")
            self.put(record)

    def put(self, record: Any) -> None:
        self._set(type(record), _key(record), record)

    def drop(self, kind: type[R], *key: Value) -> None:
        self._set(kind, key, None)

    def drop_expired(self, kind: type[R], now: int) -> int:
        rows: list[Any] = [r for r in self._tables[kind].values() if r.expires < now and not (kind is Blob and r.kept)]
        for record in rows[:_SWEEP]:
            self.drop(kind, *_key(record))
        return len(rows[:_SWEEP])

    def next_change(self, account: str, octets: int = 0) -> int:
        row = self._required(Account, account)
        self.put(replace(row, changed=row.changed + 1, octets=row.octets + octets))
        return row.changed + 1

    def latest(self, kind: Numbered, account: str) -> int:
        return max((change.number for change in self._all_changes(kind, account)), default=0)

    def changes(self, kind: Numbered, account: str, since: int, limit: int) -> list[Change]:
        found = [change for change in self._all_changes(kind, account) if change.number > since]
        return sorted(found, key=lambda change: change.number)[:limit]

    def query(self, wanted: Wanted, position: int, limit: int) -> list[str]:
        found = self._matching(wanted)
        start = position if position >= 0 else max(0, len(found) + position)
        return [message.id for message in found[start : start + limit]]

    def query_total(self, wanted: Wanted) -> int:
        return len(self._matching(wanted))

    def words(self, ranges: Sequence[Range], limit: int) -> list[Word]:
        (first, end), *others = ranges
        every = self.where(Word)
        has = [{word.id for word in every if low <= word.word < high} for low, high in others]
        return [w for w in every if first <= w.word < end and all(w.id in ids for ids in has)][:limit]

    def count_words(self, range_: Range, limit: int) -> int:
        return len(self.words([range_], limit))

    def add_body(self, sealed: bytes, copies: int) -> int:
        number = max((key[0] for key in self._tables[Body]), default=0) + 1
        self.put(Body(number, sealed, copies))
        return int(number)

    def drop_copy(self, number: int) -> None:
        body = self._required(Body, number)
        if body.copies > 1:
            self.put(replace(body, copies=body.copies - 1))
        else:
            self.drop(Body, number)

    def use_step(self, account: str, step: int) -> bool:
        totp = self.one(Totp, account)
        if totp is None or totp.last >= step:
            return False
        self.put(replace(totp, last=step))
        return True

    def unkept_bytes(self, account: str) -> int:
        return sum(blob.size for blob in self.where(Blob, account=account, kept=0))

    def log_entries(self, first: int, count: int) -> list[bytes]:
        found = (self._tables[LogEntry].get((number,)) for number in range(first, first + count))
        return [row.entry for row in found if row is not None]

    def log_nodes(self, level: int, first: int, count: int) -> list[bytes]:
        found = (self._tables[LogNode].get((level, number)) for number in range(first, first + count))
        return [row.hash for row in found if row is not None]

    def due(self, kind: type[R], now: int) -> list[R]:
        rows: list[Any] = self.where(kind)
        return [row for row in rows if row.expires < now][:_SWEEP]

    def last_act_of(self, account: str) -> Act | None:
        return max(self._acts_of(account), key=lambda act: act.seq, default=None)

    def acts_of(self, account: str, since: int, limit: int) -> list[Act]:
        return [act for act in self._acts_of(account) if act.seq > since][:limit]

    def query_acts(self, account: str, after: int, before: int, position: int, limit: int) -> list[int]:
        found = [act.seq for act in self._acts_of(account) if after <= act.time < before]
        return found[::-1][position : position + limit]

    def query_acts_total(self, account: str, after: int, before: int) -> int:
        return sum(after <= act.time < before for act in self._acts_of(account))

    def last_act(self) -> Act | None:
        return max(self._tables[Act].values(), key=lambda act: act.number, default=None)

    def acts(self, after: int, limit: int) -> list[Act]:
        return [act for act in self.where(Act) if act.number > after][:limit]

    def ended_devices(self, since: int) -> list[str]:
        return [device.id for device in self._tables[Device].values() if device.ended >= since]

    def _acts_of(self, account: str) -> list[Act]:
        return [act for act in self.where(Act, account=account) if act.seq]

    def _set(self, kind: type, key: tuple[Any, ...], record: Any) -> None:
        self.writes += 1
        self._before.append((kind, key, self._tables[kind].get(key)))
        if record is None:
            self._tables[kind].pop(key, None)
        else:
            self._tables[kind][key] = record

    def _required(self, kind: type[R], *key: Value) -> R:
        record = self.one(kind, *key)
        if record is None:
            raise RuntimeError(f"no {kind.__name__}")
        return record

    def _all_changes(self, kind: Numbered, account: str) -> list[Change]:
        rows: list[Any] = self.where(kind, account=account)
        alive = [Change(r.id, r.created if kind is Message else r.changed, r.created) for r in rows]
        gone = self.where(Gone, account=account, kind=kind.__name__)
        return alive + [Change(row.id, row.changed, 0, gone=True) for row in gone]

    def _matching(self, wanted: Wanted) -> list[Message]:
        found = self.where(Message, account=wanted.account)
        return sorted((m for m in found if _fits(m, wanted)), key=lambda m: -m.created)


def _fits(message: Message, wanted: Wanted) -> bool:
    return (
        wanted.box in (None, message.box)
        and wanted.client_id in (None, message.client_id)
        and (wanted.after is None or message.received >= wanted.after)
        and (wanted.before is None or message.received < wanted.before)
    )


def _key(record: Any) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in KEYS[type(record)])
