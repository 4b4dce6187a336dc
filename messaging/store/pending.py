"""What a transaction has written and the database does not have yet, one kind of record at a time.

Laws: a key has one state, the last; what equals given values is found without walking all of it.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from operator import attrgetter
from typing import Any

from messaging.relay.records import KEYS

Key = tuple[Any, ...]
Names = tuple[str, ...]


class How(Enum):
    """What is to be done with a row."""

    ADD = "add"
    PUT = "put"
    DROP = "drop"


class Pending:
    """Of one kind."""

    def __init__(self, kind: type) -> None:
        self._key = _getter(KEYS[kind])
        self._rows: dict[Key, tuple[How, Any]] = {}
        self._found: dict[Names, dict[Key, dict[Key, None]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def add(self, record: Any) -> None:
        """A new row. Raises RuntimeError where its key is here already."""
        key = self._key(record)
        before = self._rows.get(key)
        if before is not None and before[0] is not How.DROP:
            raise RuntimeError(f"{type(record).__name__} exists")
        self._set(key, How.ADD if before is None else How.PUT, record)

    def put(self, record: Any) -> None:
        """A new row, or another for the same key."""
        key = self._key(record)
        before = self._rows.get(key)
        self._set(key, How.ADD if before is not None and before[0] is How.ADD else How.PUT, record)

    def drop(self, key: Key) -> None:
        """No row."""
        before = self._rows.get(key)
        if before is not None and before[0] is How.ADD:
            self._unset(key)
        else:
            self._set(key, How.DROP, None)

    def equal(self, names: Names, values: Sequence[Any]) -> list[Any]:
        """The rows with these values."""
        index = self._found.get(names)
        if index is None:
            index = self._found[names] = {}
            for key, (_, record) in self._rows.items():
                if record is not None:
                    index.setdefault(_values(record, names), {})[key] = None
        return [self._rows[key][1] for key in index.get(tuple(values), ())]

    def key(self, record: Any) -> Key:
        """A record's key."""
        found: Key = self._key(record)
        return found

    def taken(self) -> Iterator[tuple[How, list[Any]]]:
        """What is to be done, in an order in which what is unique stays so: keys to drop, records to add and to put."""
        rows, self._rows = self._rows, {}
        self._found.clear()
        yield How.DROP, [key for key, (how, _) in rows.items() if how is How.DROP]
        for wanted in (How.PUT, How.ADD):
            yield wanted, [record for how, record in rows.values() if how is wanted]

    def _set(self, key: Key, how: How, record: Any) -> None:
        self._unset(key)
        self._rows[key] = (how, record)
        if record is not None:
            for names, index in self._found.items():
                index.setdefault(_values(record, names), {})[key] = None

    def _unset(self, key: Key) -> None:
        before = self._rows.pop(key, None)
        if before is not None and before[1] is not None:
            for names, index in self._found.items():
                index[_values(before[1], names)].pop(key, None)


def _getter(names: Names) -> Any:
    one = attrgetter(*names)
    return one if len(names) > 1 else lambda record: (one(record),)


def _values(record: Any, names: Names) -> Key:
    return tuple(getattr(record, name) for name in names)
