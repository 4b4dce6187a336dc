"""The second codes of an enrolment: one CSV for whoever sends them another way than the letters. 0600.

Laws: never in the folder of the letters; a row is on disk before the journal and the relay hear of the person; one row
a log-in name, so that one of an interrupted run gives way to that of the next.
"""

import csv
import io
import os
from pathlib import Path
from typing import Final

from clients.cli import exits, secretfile
from clients.cli.failing import Stop
from clients.cli.people import Row

COLUMNS: Final = ("account", "login", "name", "email", "second_code")


class SecondCodes:
    """One CSV file, whole after every write(). Gone on with when it exists."""

    def __init__(self, path: Path, letters: Path) -> None:
        """Raises Stop for a file among the letters, one that others may read, and one that is something else."""
        if path.resolve().is_relative_to(letters.resolve()):
            raise Stop(
                "The second codes would lie beside the first ones.", "Name a file outside of the letters.", exits.USAGE
            )
        self._path = path
        self._rows = _load(path) if path.exists() else {}

    def add(self, account: str, row: Row, code: str) -> None:
        """A person's second code; on disk after the next write()."""
        self._rows[row.login] = (account, row.login, row.name, row.email, code)

    def drop(self, row: Row) -> None:
        """The person was refused; gone after the next write()."""
        self._rows.pop(row.login, None)

    def write(self) -> None:
        """On disk, in one step."""
        text = io.StringIO()
        lines = csv.writer(text)
        lines.writerow(COLUMNS)
        lines.writerows(self._rows.values())
        partly = self._path.with_name(f"{self._path.name}.new")
        secretfile.write(partly, text.getvalue().encode(), replace=True)
        partly.replace(self._path)
        _sync_folder(self._path.parent)


def _load(path: Path) -> dict[str, tuple[str, ...]]:
    first, *rows = [*csv.reader(io.StringIO(secretfile.read(path)))] or [[]]
    if tuple(first) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise Stop(f"{path} is no list of second codes.", "Name another file, or a new one.")
    return {row[1]: tuple(row) for row in rows}


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
