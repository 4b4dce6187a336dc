"""The second codes of an enrolment: one CSV for whoever sends them another way than the letters. 0600.

Laws: never in the folder of the letters; only ever appended to; what an interrupted part has appended is taken back by
the next run, which appends the same codes again.
"""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from clients.cli import exits, secretfile
from clients.cli.enrol_parts import write_whole
from clients.cli.failing import Stop
from clients.cli.people import Row

COLUMNS: Final = ("account", "login", "name", "email", "second_code")


class SecondCodes:
    """One CSV file. Gone on with when it exists; begun anew when it was taken away."""

    def __init__(self, path: Path, letters: Path) -> None:
        """Raises Stop for a file among the letters, one that others may read, and one that is something else."""
        if path.resolve().is_relative_to(letters.resolve()):
            raise Stop(
                "The second codes would lie beside the first ones.", "Name a file outside of the letters.", exits.USAGE
            )
        self.path = path
        self._length = 0
        if path.exists():
            _check(path)

    def begin(self, length: int | None) -> int:
        """Go on at `length` bytes, which it had when the last part was done (None: no part of these letters has written
        to it), or begin it. Where it goes on. Raises Stop for a file that is shorter.
        """
        if not self.path.exists():
            write_whole(self.path, _lines([COLUMNS]))
            length = None
        size = self.path.stat().st_size
        if length is not None and size < length:
            raise Stop(f"{self.path} is shorter than it was.", "Restore it, or move it away: then a new one is begun.")
        self._length = size if length is None else length
        return self._length

    def append(self, codes: Iterable[tuple[str, Row, str]]) -> int:
        """(account, row, code) of each: on disk when this returns. The file's length then, in bytes."""
        rows = _lines((account, row.login, row.name, row.email, code) for account, row, code in codes)
        with self.path.open("r+b") as file:
            # What is behind was appended for a part that did not come to its end, and comes again.
            file.truncate(self._length)
            file.seek(self._length)
            file.write(rows)
            file.flush()
            os.fsync(file.fileno())
        self._length += len(rows)
        return self._length


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _check(path: Path) -> None:
    if secretfile.is_open(path):
        raise Stop(f"{path} can be read by others.", f"Run: chmod 600 {path}")
    # The first line alone: the file is as long as the list.
    with path.open(encoding="utf-8", newline="") as file:
        first = file.readline(1024)
    if first.rstrip("\r\n").split(",") != list(COLUMNS):
        raise Stop(f"{path} is no list of second codes.", "Name another file, or a new one.")
