"""`pli oppose`, `pli export` and `pli close`, as a script runs them against a relay of their own."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crypto.encoding import unb64u
from crypto.keys import SigningPublic
from tests.clients.test_cli import PEOPLE, Line, line, relay
from tests.relays import RunningRelay

__all__ = ["line", "relay"]  # fixtures
ONE, TWO = "279035121518989", "185050219045177"


@pytest.fixture
def codes(line: Line, relay: RunningRelay) -> dict[str, Path]:
    """The files with the letters' codes, by log-in name."""
    station, letters = line.folder / "station.key", line.folder / "letters"
    relay.add_station("station", SigningPublic(unb64u(line.json("keys", "new", station)["publicKey"])))
    (line.folder / "people.csv").write_text(PEOPLE)
    line.json(
        "enrol", line.folder / "people.csv", "--relay", relay.origin, "--login", "station", "--key-file", station,
        "--letters", letters, "--as", "text",
    )  # fmt: skip
    return {login: _code(line, letters, login) for login in (ONE, TWO)}


def _code(line: Line, letters: Path, login: str) -> Path:
    (letter,) = letters.glob(f"{login}-*.txt")
    code = next(row.split(":")[1].strip() for row in letter.read_text().splitlines() if row.startswith("Code"))
    return line.secret(f"code-{login}", code)


def _activated(line: Line, relay: RunningRelay, codes: dict[str, Path]) -> tuple[Any, ...]:
    person = (
        "--relay", relay.origin, "--login", ONE, "--totp-file", line.folder / "totp",
        "--password-file", line.secret("pw", "un mot tranquille"),
    )  # fmt: skip
    line.json("activate", *person, "--letter-code-file", codes[ONE], "--recovery-file", line.folder / "recovery")
    return person


def test_an_account_is_refused_with_a_receipt_that_can_be_asked_for_again(
    line: Line, relay: RunningRelay, codes: dict[str, Path]
) -> None:
    receipt = line.folder / "receipt"
    words = ("oppose", "--relay", relay.origin, "--login", TWO, "--letter-code-file", codes[TWO], "--receipt", receipt)

    asked = line.run(*words)
    first, again = line.json(*words, "--yes"), line.json(*words, "--yes")
    other = line.run(*words[:-2], "--yes")

    assert (asked.returncode, receipt.stat().st_mode & 0o777) == (2, 0o600)
    assert first == again
    assert first["receipt"] == receipt.read_text().strip()
    assert other.returncode == 5
    assert "Traceback" not in other.stderr


def test_everything_goes_into_one_file_and_then_the_account_is_closed(
    line: Line, relay: RunningRelay, codes: dict[str, Path]
) -> None:
    person, target = _activated(line, relay, codes), line.folder / "all.zip"

    done = line.json("export", target, *person)
    twice = line.run("export", target, *person)
    with zipfile.ZipFile(target) as archive:
        names, manifest = set(archive.namelist()), json.loads(archive.read("manifest.json"))
    asked = line.run("close", *person)
    closed = line.json("close", "--yes", *person)
    after = line.run("inbox", *person)

    assert (done["letters"], target.stat().st_mode & 0o777) == (0, 0o600)
    assert (
        names
        == {"index.html", "account.json", "manifest.json"}
        == {f["path"] for f in manifest["files"]} | {"manifest.json"}
    )
    assert not target.with_name("all.zip.partial").exists()
    assert (twice.returncode, asked.returncode, after.returncode) == (2, 2, 5)
    assert closed["account"] == manifest["account"]
