"""From the station's CSV to an open account, with a letter and a second code, against a real relay."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto.encoding import unb64u
from crypto.keys import SigningPublic
from tests.clients.test_cli import Line
from tests.relays import RunningRelay, start_relay_process

_PEOPLE = """kind,ins,family_name,first_name,email,address
patient,279035121518989,DURAND,Camille,c@x.example,279035121518989@patient.pli.example
"""


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RunningRelay]:
    running = start_relay_process(tmp_path / "relay")
    yield running
    running.stop()


def test_an_account_with_two_codes_opens_by_both_and_not_by_one(line: Line, relay: RunningRelay) -> None:
    station, second = line.folder / "station.key", line.folder / "second.csv"
    relay.add_station("station", SigningPublic(unb64u(line.json("keys", "new", station)["publicKey"])))
    (line.folder / "people.csv").write_text(_PEOPLE)
    line.json(
        "enrol", line.folder / "people.csv", "--relay", relay.origin, "--login", "station", "--key-file", station,
        "--letters", line.folder / "letters", "--as", "text", "--two-codes", second,
    )  # fmt: skip
    (letter,) = (line.folder / "letters").glob("*.txt")
    first_code = next(row.split(":")[1].strip() for row in letter.read_text().splitlines() if row.startswith("Code"))
    with second.open(newline="") as file:
        (row,) = csv.DictReader(file)
    activate = (
        "activate", "--relay", relay.origin, "--login", "279035121518989", "--totp-file", line.folder / "totp",
        "--password-file", line.secret("pw", "un mot tranquille"), "--recovery-file", line.folder / "recovery",
        "--letter-code-file", line.secret("first", first_code),
    )  # fmt: skip

    alone = line.run(*activate)
    other = line.run(*activate, "--second-code-file", line.secret("same", first_code))
    both = line.json(*activate, "--second-code-file", line.secret("second", row["second_code"]))

    assert (alone.returncode, other.returncode) == (5, 5)
    assert both["account"] == row["account"]


def test_the_log_of_a_relay_shows_its_people_and_their_key_changes(line: Line, relay: RunningRelay) -> None:
    station = line.folder / "station.key"
    public = line.json("keys", "new", station)["publicKey"]
    relay.add_station("station", SigningPublic(unb64u(public)))
    (line.folder / "people.csv").write_text(_PEOPLE)
    line.json(
        "enrol", line.folder / "people.csv", "--relay", relay.origin, "--login", "station", "--key-file", station,
        "--letters", line.folder / "letters", "--as", "text",
    )  # fmt: skip

    said = line.json("log", "verify", "--log", f"{relay.origin}/log", "--enroller", public)
    strict = line.run("log", "verify", "--log", f"{relay.origin}/log", "--enroller", "A" * 43)

    assert (said["entries"], said["accounts"], said["keyChanges"]) == (1, 1, 0)
    assert strict.returncode == 1
