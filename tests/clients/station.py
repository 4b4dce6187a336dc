"""An enrolment station before a relay that says what a test wants; and what the station wrote."""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clients.cli.enrol_journal import Journal
from clients.cli.enrol_letters import Form, Printing
from clients.cli.enrol_pool import Pool
from clients.cli.enrol_run import Counts, Job, Run, folder
from clients.cli.paper.letterhead import Letterhead
from clients.cli.people import COLUMNS, POSTAL, Row
from clients.cli.second_codes import SecondCodes
from crypto.keys import SigningSeed
from messaging.wire.types import EnrolOutcome, EnrolPerson

STATION = SigningSeed(b"s" * 32)
HEAD = Letterhead(name="Ministère de la Santé", mail_from="ne-pas-repondre@sante.example")


def person_row(login: str = "anne", **changed: Any) -> Row:
    values: dict[str, Any] = {
        "kind": "patient", "login": login, "family_name": "Petit", "first_name": "Anne", "birth_date": "",
        "email": f"{login}@x.example", "addresses": (f"{login}@patient.pli.example",),
    }  # fmt: skip
    return Row(**(values | changed))


def write_list(path: Path, rows: Sequence[Row]) -> Path:
    """The rows as a CSV file; of a postal address the first line is the street, the last one the town."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow((*COLUMNS, *POSTAL))
        for row in rows:
            street, (postcode, _, city) = (row.post[0], row.post[-1].partition(" ")) if row.post else ("", ("", "", ""))
            own = (row.kind, row.login, row.family_name, row.first_name, row.birth_date, row.email)
            lines.writerow((*own, " ".join(row.addresses), "", street, postcode, city, ""))
    return path


@dataclass
class Relay:
    """Says the same of everybody, or of some `refused`; it fails, as a broken line does, at the requests told."""

    outcome: str = "created"
    broken: Callable[[int], bool] = lambda _: False
    refused: frozenset[str] = frozenset()
    heard: list[EnrolPerson] = field(default_factory=list)
    asked: int = 0

    async def enrol(self, people: Sequence[EnrolPerson]) -> list[EnrolOutcome]:
        self.asked += 1
        if self.broken(self.asked):
            raise ConnectionError
        self.heard += people
        return [self._said(one) for one in people]

    def _said(self, one: EnrolPerson) -> EnrolOutcome:
        if self.outcome == "refused" or one.login in self.refused:
            return EnrolOutcome(account=one.account, outcome="refused", reason="addressTaken")
        return EnrolOutcome(account=one.account, outcome=self.outcome)  # type: ignore[arg-type]  # a test's word


@dataclass
class Station:
    """A folder of letters, and a file of second codes beside it."""

    folder: Path
    two_codes: bool = True
    form: Form = Form.text
    per_file: int = 2
    mail_folder: Path | None = None
    server: Any = None

    @property
    def letters(self) -> Path:
        return self.folder / "letters"

    @property
    def seconds(self) -> Path:
        return self.folder / "second.csv"

    async def run(self, relay: Any, *rows: Row) -> Counts:
        """One run, from a journal that is read anew."""
        self.folder.mkdir(exist_ok=True)
        listed = write_list(self.folder / "people.csv", rows)
        for place in (folder(self.letters), *([self.mail_folder] if self.mail_folder else [])):
            place.mkdir(parents=True, exist_ok=True)
        seconds = SecondCodes(self.seconds, self.letters) if self.two_codes else None
        by_mail = self.mail_folder is not None or self.server is not None
        printing = Printing(self.letters, "https://pli.example", self.form, HEAD, by_mail, self.mail_folder)
        job = Job(listed, printing, STATION, self.per_file, seconds, self.server)
        with Journal(folder(self.letters) / "journal.db") as journal, Pool(0) as pool:
            return await Run(job, journal, pool, relay, lambda _: None).go()

    def letter(self, login: str = "anne") -> str:
        (found,) = self.letters.glob(f"{login}-*.txt")
        return found.read_text()

    def first_code(self, login: str = "anne") -> str:
        return str(re.findall(r"^Code +: (\S+)$", self.letter(login), re.MULTILINE)[0])

    def second_codes(self) -> list[dict[str, str]]:
        with self.seconds.open(newline="") as file:
            return list(csv.DictReader(file))

    def beside(self) -> list[Path]:
        """What lies in the station's own folder."""
        return list(self.folder.iterdir())

    def everything(self) -> dict[str, bytes]:
        """All that lies among the letters, by name."""
        return {
            str(path.relative_to(self.letters)): path.read_bytes() for path in self.letters.rglob("*") if path.is_file()
        }
