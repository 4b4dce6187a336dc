"""Statements for PostgreSQL that take columns as arrays: any number of rows of several kinds in one journey.

Law: the steps of one statement see the same rows and run in no order, so no two of them may touch the same table.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from msgspec.structs import astuple
from sqlalchemy import BigInteger, Column, Text
from sqlalchemy.dialects import postgresql

from messaging.relay.records import KEYS
from messaging.store.pending import How
from messaging.store.schema import TABLES

_quote: Final[Callable[[str], str]] = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Step:
    """Part of a statement: its text with `{0}`, `{1}`, ... for its parameters, and how many there are."""

    text: str
    count: int


@cache
def step(kind: type, how: How) -> Step:
    """Rows of one kind."""
    columns = list(TABLES[kind].columns)
    if how is How.DROP:
        return _dropping(kind)
    names = ", ".join(_quote(column.name) for column in columns)
    text = f"INSERT INTO {TABLES[kind].name} ({names}) SELECT * FROM unnest({_arrays(columns)})"  # noqa: S608 - the schema's own names
    return Step(text + (_replacing(kind) if how is How.PUT else ""), len(columns))


@cache
def asking(kind: type, names: tuple[str, ...]) -> str:
    """All rows whose `names` have any of the given values."""
    table = TABLES[kind].name
    return f"SELECT t.* FROM {_wanted(kind, names, 0)} JOIN {table} AS t ON {_equal(names)}"  # noqa: S608 - as above


@cache
def existing(groups: tuple[tuple[type, tuple[str, ...]], ...]) -> str:
    """(number of the group, values) for each group's wanted values that have a row; at most three values each."""
    texts, at = [], 0
    for number, (kind, names) in enumerate(groups):
        row = ", ".join(f"w{n}" if n < len(names) else "''" for n in range(3))
        found = f"EXISTS (SELECT FROM {TABLES[kind].name} AS t WHERE {_equal(names)})"
        texts.append(f"SELECT {number}, {row} FROM {_wanted(kind, names, at)} WHERE {found}")  # noqa: S608 - as above
        at += len(names)
    return " UNION ALL ".join(texts)


# Of each wanted account: the newest row of its access log, and the highest change number of its letters.
LAST_ACTS: Final = (
    "SELECT a.* FROM unnest($1::text[]) AS wanted(w) CROSS JOIN LATERAL "
    "(SELECT * FROM acts WHERE account = w AND seq > 0 ORDER BY seq DESC LIMIT 1) AS a"
)
LAST_LETTERS: Final = (
    "SELECT w, greatest((SELECT max(created) FROM messages WHERE account = w), "
    "(SELECT max(changed) FROM gones WHERE account = w AND kind = 'Message'), 0) FROM unnest($1::text[]) AS wanted(w)"
)
# The end of the access log, and the number of the newest body: what every batch that writes letters asks.
ENDS: Final = (
    "SELECT a.*, (SELECT coalesce(max(number), 0) FROM bodies) "
    "FROM (SELECT * FROM acts ORDER BY number DESC LIMIT 1) AS a"
)


@cache
def together(steps: tuple[Step, ...]) -> str:
    """One statement that takes all steps."""
    texts, at = [], 0
    for one in steps:
        texts.append(one.text.format(*_signs(at, one.count)))
        at += one.count
    before = ", ".join(f"s{n} AS ({text})" for n, text in enumerate(texts[:-1]))
    return f"WITH {before} {texts[-1]}" if before else texts[-1]


def turned(rows: Iterable[Any], how: How) -> list[list[Any]]:
    """The columns of these rows: of records, or of the keys to drop."""
    return [list(column) for column in zip(*(rows if how is How.DROP else map(astuple, rows)), strict=True)]


def _dropping(kind: type) -> Step:
    names = KEYS[kind]
    rows = f"unnest({_arrays([TABLES[kind].columns[name] for name in names])}) AS wanted({_named(names)})"
    text = f"DELETE FROM {TABLES[kind].name} AS t USING {rows} WHERE {_equal(names)}"  # noqa: S608 - as above
    return Step(text, len(names))


def _wanted(kind: type, names: tuple[str, ...], first: int) -> str:
    columns = [TABLES[kind].columns[name] for name in names]
    rows = f"unnest({_arrays(columns)}) AS u({_named(names)})".format(*_signs(first, len(columns)))
    # OFFSET 0 keeps PostgreSQL from beginning with the table: each wanted value goes through the index.
    return f"(SELECT * FROM {rows} OFFSET 0) AS wanted"  # noqa: S608 - as above


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(f"w{n}" for n in range(len(names)))


def _equal(names: tuple[str, ...]) -> str:
    return " AND ".join(f"t.{_quote(name)} = w{n}" for n, name in enumerate(names))


def _replacing(kind: type) -> str:
    keys = ", ".join(map(_quote, KEYS[kind]))
    rest = [_quote(column.name) for column in TABLES[kind].columns if column.name not in KEYS[kind]]
    if not rest:
        return f" ON CONFLICT ({keys}) DO NOTHING"
    return f" ON CONFLICT ({keys}) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in rest)


def _arrays(columns: Sequence[Column[Any]]) -> str:
    return ", ".join(f"{{{n}}}::{_type(column)}[]" for n, column in enumerate(columns))


def _type(column: Column[Any]) -> str:
    return "text" if isinstance(column.type, Text) else "bigint" if isinstance(column.type, BigInteger) else "bytea"


def _signs(first: int, count: int) -> list[str]:
    return [f"${n + 1}" for n in range(first, first + count)]
