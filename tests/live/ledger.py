"""What a relay holds, counted: two equal counts mean that nothing was added, changed or taken away."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# No key boxes: their owners write into them by themselves how far they know the key log.
KEPT: Final = ("accounts", "keys", "addresses", "edges", "messages")
PASSING: Final = frozenset({"changed", "notices"})  # of earlier letters: what clients and the post have yet to hear
_SHOWN: Final = 300  # characters of a row


@dataclass(frozen=True)
class Ledger:
    """The rows of each table, and the files of the blob store."""

    tables: dict[str, frozenset[str]]
    blobs: frozenset[str]

    def since(self, before: "Ledger") -> list[str]:
        """What is new, other or gone, in words; nothing where they are equal."""
        new = [f"+ {table}: {row[:_SHOWN]}" for table, row in self._rows() if row not in before.tables[table]]
        gone = [f"- {table}: {row[:_SHOWN]}" for table, row in before._rows() if row not in self.tables[table]]
        return new + gone + [f"blob {name}" for name in sorted(self.blobs ^ before.blobs)]

    def _rows(self) -> list[tuple[str, str]]:
        return [(table, row) for table, rows in self.tables.items() for row in sorted(rows)]


def take(relay_data: Path) -> Ledger:
    """The ledger of now, read beside the running relay."""
    with closing(sqlite3.connect(f"file:{relay_data / 'relay.db'}?mode=ro", uri=True)) as database:
        database.execute("BEGIN")
        tables = {name: _table(database, name) for name in KEPT}
    blobs = frozenset(path.name for path in (relay_data / "blobs").rglob("*") if path.is_file())
    return Ledger(tables, blobs)


def _table(database: sqlite3.Connection, name: str) -> frozenset[str]:
    rows = database.execute(f"SELECT * FROM {name}")
    columns = [column[0] for column in rows.description]
    return frozenset(_said(dict(zip(columns, row, strict=True))) for row in rows)


def _said(row: dict[str, object]) -> str:
    return ", ".join(f"{column}={value!r}" for column, value in row.items() if column not in PASSING)
