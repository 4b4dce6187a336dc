"""The list of people to enrol: a CSV file, checked as a whole before anything is made."""

import csv
import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, get_args

from clients.cli.failing import Stop

Kind = Literal["patient", "professional", "organisation"]
COLUMNS: Final = ("kind", "login", "family_name", "first_name", "birth_date", "email", "address")
REQUIRED: Final = frozenset({"kind", "login", "family_name", "address"})
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")


@dataclass(frozen=True)
class Row:
    """One person. `addresses` are those that others write to; `email` is where a notice may go."""

    kind: Kind
    login: str
    family_name: str
    first_name: str
    birth_date: str
    email: str
    addresses: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.family_name}".strip()

    @property
    def key(self) -> str:
        """What names this row in the journal: a hash, so that the journal holds no names."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


def load(path: Path) -> list[Row]:
    """Every row. Raises Stop with the line of the first one that is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(csv.DictReader(file, strict=True)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Stop(f"{path} is not a CSV file in UTF-8: {error}", f"Its columns are: {', '.join(COLUMNS)}.") from None
    _refuse_twice(rows)
    return [row for _, row in rows]


def _rows(reader: "csv.DictReader[str]") -> list[tuple[int, Row]]:
    names = {"ins": "login"}
    headings = [names.get(heading.strip().lower(), heading.strip().lower()) for heading in reader.fieldnames or ()]
    missing = sorted(REQUIRED - set(headings))
    if missing:
        raise Stop(f"The columns {', '.join(missing)} are missing.", f"The first line is: {','.join(COLUMNS)}")
    reader.fieldnames = headings
    return [(reader.line_num, _row(reader.line_num, found)) for found in reader]


def _row(line: int, found: dict[str, str | None]) -> Row:
    values = {name: (found.get(name) or "").strip() for name in COLUMNS}
    addresses = tuple(values["address"].lower().split())
    if values["kind"] not in get_args(Kind):
        raise _wrong(line, "kind", "patient, professional or organisation")
    if not values["login"] or len(values["login"]) > 254:
        raise _wrong(line, "login", "1 to 254 characters: the INS matricule for a patient")
    spelled = bool(addresses) and len(addresses) <= 8 and all(_ADDRESS.fullmatch(address) for address in addresses)
    if not spelled or len(set(addresses)) != len(addresses):
        raise _wrong(line, "address", "1 to 8 mail addresses, each once, with spaces between them")
    if values["birth_date"] and not _is_date(values["birth_date"]):
        raise _wrong(line, "birth_date", "YYYY-MM-DD")
    return Row(
        values["kind"],  # type: ignore[arg-type]  # checked above
        values["login"], values["family_name"], values["first_name"], values["birth_date"], values["email"], addresses,
    )  # fmt: skip


def _refuse_twice(rows: list[tuple[int, Row]]) -> None:
    seen: dict[str, int] = {}
    for line, row in rows:
        if row.login in seen:
            raise Stop(f"Line {line}: the log-in of line {seen[row.login]} again.", "Each person has one line.")
        seen[row.login] = line


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _wrong(line: int, column: str, expected: str) -> Stop:
    return Stop(f"Line {line}: `{column}` is not right.", f"Expected: {expected}.")
