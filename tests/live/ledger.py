"""What a relay holds, counted: two equal counts mean that nothing was added, changed or taken away."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEPT: Final = ("accounts", "keys", "boxes", "addresses", "edges", "messages")
# Clients write into their key box by themselves how far they know the key log: a new version, and one more change of
# its account. That it is there, and whose, is counted.
BY_ITSELF: Final = {"accounts": frozenset({"changed"}), "boxes": frozenset({"version", "box"})}
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
    left = BY_ITSELF.get(name, frozenset())
    return frozenset(
        ", ".join(f"{column}={value!r}" for column, value in zip(columns, row, strict=True) if column not in left)
        for row in rows
    )
