"""What a relay holds, counted: two equal counts mean that nothing was added, changed or taken away."""

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEPT: Final = ("accounts", "keys", "boxes", "addresses", "edges", "messages")


@dataclass(frozen=True)
class Ledger:
    """Rows by table with a digest of their bytes, and the files of the blob store."""

    tables: dict[str, tuple[int, str]]
    blobs: frozenset[str]


def take(relay_data: Path) -> Ledger:
    """The ledger of now, read beside the running relay."""
    with sqlite3.connect(f"file:{relay_data / 'relay.db'}?mode=ro", uri=True) as database:
        tables = {name: _table(database, name) for name in KEPT}
    database.close()
    blobs = frozenset(path.name for path in (relay_data / "blobs").rglob("*") if path.is_file())
    return Ledger(tables, blobs)


def _table(database: sqlite3.Connection, name: str) -> tuple[int, str]:
    rows = [repr(row) for row in database.execute(f"SELECT * FROM {name} ORDER BY 1, 2")]
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()
