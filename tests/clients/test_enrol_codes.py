"""What an enrolment writes for people: letters, second codes, recovery codes; and that the two codes never meet."""

import csv
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clients.cli import enrol, exits, people, recovery
from clients.cli.enrol import Form
from clients.cli.enrol_journal import Journal
from clients.cli.failing import Stop
from clients.cli.letters import PaperLetter, as_html, as_text
from clients.cli.output import Output
from clients.cli.people import Row
from clients.cli.second_codes import COLUMNS, SecondCodes
from crypto.code import format_code, new_code, parse_code
from crypto.encoding import unb64u
from crypto.keybox import LetterKey, open_box
from crypto.keys import PublicKeys, SigningSeed
from crypto.transparency.statement import Announcement, verify_statement
from messaging.wire.types import EnrolPerson

ROOT = Path(__file__).parents[2]
STATION = SigningSeed(b"s" * 32)


def _row(login: str = "anne", address: str = "anne@patient.pli.example") -> Row:
    return Row("patient", login, "Petit", "Anne", "", "anne@x.example", (address,))


@dataclass
class Relay:
    """A relay that says the same of everybody; it fails, as a broken line does, when it is told to."""

    outcome: str = "created"
    broken: bool = False
    heard: list[EnrolPerson] = field(default_factory=list)

    async def enrol(self, made: Sequence[EnrolPerson]) -> list[Any]:
        if self.broken:
            raise ConnectionError
        self.heard += made
        return [SimpleNamespace(outcome=self.outcome, reason="addressTaken") for _ in made]


@dataclass
class Station:
    """A folder of letters, and a file of second codes beside it."""

    folder: Path
    two_codes: bool = True

    @property
    def letters(self) -> Path:
        return self.folder / "letters"

    @property
    def seconds(self) -> Path:
        return self.folder / "second.csv"

    async def run(self, relay: Relay, *rows: Row) -> dict[str, Any]:
        """One batch, from a journal that is read anew."""
        self.letters.mkdir(exist_ok=True)
        counts: dict[str, Any] = {"created": 0, "unchanged": 0, "already": 0, "refused": []}
        seconds = SecondCodes(self.seconds, self.letters) if self.two_codes else None
        job = enrol._Job(
            rows, self.letters, "https://pli.example", Form.text, STATION, seconds, False, Output(quiet=True)
        )  # fmt: skip
        journal = Journal(self.letters / "journal.jsonl")
        try:
            await enrol._one_batch(relay, journal, job, rows, counts)
        finally:
            journal.close()
        return counts

    def letter(self) -> str:
        (found,) = self.letters.glob("*.txt")
        return found.read_text()

    def first_code(self) -> str:
        return str(re.findall(r"^Code +: (\S+)$", self.letter(), re.MULTILINE)[0])

    def second_codes(self) -> list[dict[str, str]]:
        with self.seconds.open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


async def test_an_account_opens_by_both_codes_together(station: Station) -> None:
    relay = Relay()
    await station.run(relay, _row())
    (person,), (row,) = relay.heard, station.second_codes()

    key = LetterKey(parse_code(station.first_code()), parse_code(row["second_code"]))

    assert open_box(unb64u(person.box), person.account, key).account == row["account"]


async def test_the_codes_never_meet(station: Station) -> None:
    await station.run(Relay(), _row())
    (row,) = station.second_codes()
    first, second = station.first_code(), row["second_code"]

    beside = [path.read_text() for path in station.letters.iterdir()]

    assert not any(second in text for text in beside)
    assert first not in station.seconds.read_text()
    assert all(first not in text for text in beside if '"made"' in text)
    assert {path.stat().st_mode & 0o777 for path in (station.seconds, *station.letters.iterdir())} == {0o600}


async def test_the_station_answers_for_the_account_and_its_address(station: Station) -> None:
    relay = Relay()
    await station.run(relay, _row())
    (person,) = relay.heard
    voucher = unb64u(person.voucher or "")
    announced = Announcement(unb64u(person.statement), unb64u(person.signature), voucher)

    found = verify_statement(
        announced, None, account=person.account,
        keys=PublicKeys.load(unb64u(person.signing_key), unb64u(person.sealing_key)),
    )  # fmt: skip

    assert found.by == STATION.public()
    assert found.holds("anne@patient.pli.example", unb64u(person.salts[0]))


async def test_the_letter_names_the_key_that_was_made(station: Station) -> None:
    relay = Relay()
    await station.run(relay, _row())
    (person,) = relay.heard
    key_id = PublicKeys.load(unb64u(person.signing_key), unb64u(person.sealing_key)).key_id

    printed = re.findall(r"Empreinte de votre clé : (.+)$", station.letter(), re.MULTILINE)[0]

    assert printed.replace(" ", "") == key_id
    assert printed.split(" ")[0] == key_id[:4]


async def test_one_code_needs_no_second_file(station: Station) -> None:
    station.two_codes = False
    relay = Relay()

    await station.run(relay, _row())

    (person,) = relay.heard
    assert open_box(unb64u(person.box), person.account, LetterKey(parse_code(station.first_code())))
    assert not station.seconds.exists()


async def test_an_interrupted_run_sends_the_same_keys_with_the_same_codes(station: Station) -> None:
    with pytest.raises(ConnectionError):
        await station.run(Relay(broken=True), _row())
    before = (station.letter(), station.second_codes())
    relay = Relay()

    await station.run(relay, _row())

    assert (station.letter(), station.second_codes()) == before
    assert relay.heard[0].account == before[1][0]["account"]


async def test_a_run_that_died_before_its_journal_leaves_no_code_that_opens_nothing(station: Station) -> None:
    await station.run(Relay(), _row())
    (station.letters / "journal.jsonl").write_text("")
    relay = Relay()

    await station.run(relay, _row())

    assert [row["account"] for row in station.second_codes()] == [relay.heard[0].account]


async def test_whoever_is_refused_has_neither_letter_nor_second_code(station: Station) -> None:
    counts = await station.run(Relay("refused"), _row())

    assert counts["refused"] == [{"login": "anne", "reason": "addressTaken"}]
    assert (station.second_codes(), list(station.letters.glob("*.txt"))) == ([], [])


async def test_codes_of_an_earlier_run_stay(station: Station) -> None:
    await station.run(Relay(), _row())
    await station.run(Relay(), _row("paul", "paul@patient.pli.example"))

    assert [row["login"] for row in station.second_codes()] == ["anne", "paul"]


def test_second_codes_do_not_lie_among_the_letters(tmp_path: Path) -> None:
    with pytest.raises(Stop) as raised:
        SecondCodes(tmp_path / "letters" / "in" / "second.csv", tmp_path / "letters")

    assert raised.value.failure.code == exits.USAGE


@pytest.mark.parametrize("text", ["", "noise\n", "account,login\n", ",".join(COLUMNS) + "\nonly,two\n"])
def test_another_file_is_never_overwritten_by_codes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "second.csv"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(Stop):
        SecondCodes(path, tmp_path / "letters")
    assert path.read_text() == text


def test_second_codes_that_others_may_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "second.csv"
    path.write_text(",".join(COLUMNS) + "\n")
    path.chmod(0o644)

    with pytest.raises(Stop):
        SecondCodes(path, tmp_path / "letters")


@pytest.mark.parametrize("write", [as_text, as_html])
def test_a_letter_says_that_a_second_code_comes_only_when_it_does(write: Any) -> None:
    one = PaperLetter("Anne", "anne", "AAA-BBB", "https://pli.example", "k234 5678")
    two = PaperLetter("Anne", "anne", "AAA-BBB", "https://pli.example", "k234 5678", two_codes=True)

    assert "second code" not in write(one)
    assert "second code" in write(two)
    assert "k234 5678" in write(one)


def test_the_link_of_a_letter_says_that_there_is_a_second_code_only_when_there_is() -> None:
    one = PaperLetter("Anne", "anne", "AAA-BBB", "https://pli.example")
    two = PaperLetter("Anne", "anne", "AAA-BBB", "https://pli.example", two_codes=True)

    assert one.link == "https://pli.example/#code=AAA-BBB&login=anne"
    assert two.link == f"{one.link}&codes=2"


def test_a_name_in_a_letter_is_text() -> None:
    page = as_html(PaperLetter("<script>x</script>", "anne", "AAA", "https://pli.example", "<b>"))

    assert "<script>" not in page
    assert "<b>" not in page


def test_an_address_twice_in_one_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("kind,login,family_name,address\npatient,anne,Petit,a@x.example A@x.example\n")

    with pytest.raises(Stop, match="Line 2"):
        people.load(path)


# --- the recovery code ---


def test_a_script_gets_its_recovery_code_in_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "recovery"

    first, again = recovery.hand_over("anne", path), recovery.hand_over("anne", path)

    assert first == again == parse_code(path.read_text().strip())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_script_without_a_place_for_it_is_stopped() -> None:
    done = _hand_over_without_terminal()

    assert done.returncode != 0
    assert "recovery-file" in done.stderr
    assert not re.search(r"(\w{3}-){8}\w{3}", done.stdout + done.stderr)


def _hand_over_without_terminal() -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pli", "activate", "--relay", "http://127.0.0.1:9", "--login", "anne", "--letter-code",
         format_code(new_code()), "--password-file", "/dev/fd/0"],
        capture_output=True, text=True, cwd=ROOT, input="un mot tranquille", check=False, timeout=60,
    )  # fmt: skip


class Terminal:
    """A person before a terminal: reads what is asked, and answers."""

    def __init__(self) -> None:
        self.master, inner = os.openpty()
        script = "from clients.cli.recovery import hand_over as h; from crypto.code import format_code as f; "
        self.process = subprocess.Popen(
            [sys.executable, "-c", script + "print(f(h('anne', None)))"], stdin=inner, stdout=subprocess.PIPE,
            stderr=inner, cwd=ROOT, text=True,
        )  # fmt: skip
        os.close(inner)
        self._read = ""

    def until(self, pattern: str) -> "re.Match[str]":
        """The next place in what is shown that looks so."""
        while (found := re.search(pattern, self._read)) is None:
            self._read += os.read(self.master, 4096).decode()
        self._read = self._read[found.end() :]
        return found

    def type(self, text: str) -> None:
        os.write(self.master, f"{text}\n".encode())

    def end(self) -> tuple[int, str]:
        said = self.process.communicate(timeout=20)[0]
        os.close(self.master)
        return self.process.returncode, said.strip()


def test_a_person_types_two_groups_of_the_code_back() -> None:
    person = Terminal()
    code = person.until(r"((?:\w{3}-){8}\w{3})")[1]
    for _ in range(2):
        number = int(person.until(r"Group (\d) of 9")[1])
        person.type(code.split("-")[number - 1].lower())

    assert person.end() == (0, code)


def test_who_has_not_copied_the_code_goes_no_further() -> None:
    person = Terminal()
    for _ in range(3):
        person.until(r"Group \d of 9")
        person.type("no")

    status, said = person.end()

    assert (status, said) == (1, "")
