"""The command line as a script sees it: exit codes, JSON, files, and no traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crypto.encoding import unb64u
from crypto.keys import SigningPublic
from tests.relays import RunningRelay, start_relay_process

ROOT = Path(__file__).parent.parent.parent
PEOPLE = """kind,ins,family_name,first_name,birth_date,email,address
patient,279035121518989,DURAND,Camille,1979-03-28,c@x.example,279035121518989@patient.pli.example
patient,185050219045177,Petit,Zoé,,,zoe@patient.pli.example
"""


@dataclass
class Line:
    """A command line in a folder of its own."""

    folder: Path

    def run(self, *words: object) -> "subprocess.CompletedProcess[str]":
        """`pli WORDS`, without a terminal."""
        environment = os.environ | {"XDG_CONFIG_HOME": str(self.folder / "config"), "COLUMNS": "200", "NO_COLOR": "1"}
        command = [sys.executable, "-m", "pli", *map(str, words)]
        return subprocess.run(  # noqa: PLW1510 - the exit code is what is tested
            command, capture_output=True, text=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, timeout=60
        )

    def json(self, *words: object) -> Any:
        """What it says with --json."""
        done = self.run("--json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def secret(self, name: str, text: str) -> Path:
        """A 0600 file."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RunningRelay]:
    running = start_relay_process(tmp_path / "relay")
    yield running
    running.stop()


def test_people_are_enrolled_once_and_one_opens_the_account(line: Line, relay: RunningRelay) -> None:
    station = line.folder / "station.key"
    relay.add_station("station", SigningPublic(unb64u(line.json("keys", "new", station)["publicKey"])))
    (line.folder / "people.csv").write_text(PEOPLE)
    enrol = (
        "enrol", line.folder / "people.csv", "--relay", relay.origin, "--login", "station", "--key-file", station,
        "--letters", line.folder / "letters", "--as", "text",
    )  # fmt: skip

    first, plain, again = line.json(*enrol), line.run(*enrol), line.json(*enrol)
    (letter,) = (line.folder / "letters").glob("279035121518989-*.txt")
    code = next(row.split(":")[1].strip() for row in letter.read_text().splitlines() if row.startswith("Code"))
    person = (
        "--relay", relay.origin, "--login", "279035121518989", "--totp-file", line.folder / "totp",
        "--password-file", line.secret("pw", "un mot tranquille"),
    )  # fmt: skip
    kit = line.folder / "recovery"
    activate = ("activate", *person, "--letter-code-file", line.secret("code", code), "--recovery-file", kit)
    opened = line.json(*activate)
    refused = line.run(*activate)
    inbox = line.json("inbox", *person)

    assert (first["created"], again["created"], again["already"]) == (2, 0, 2)
    assert plain.returncode == 0
    written = [path for path in (line.folder / "letters").rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in written)
    assert [path.name for path in written if code.encode() in path.read_bytes()] == [letter.name]
    assert code not in plain.stdout + plain.stderr
    assert opened["otpauth"].startswith("otpauth://totp/")
    assert (refused.returncode, inbox) == (5, [])
    assert kit.stat().st_mode & 0o777 == 0o600
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("inbox", "--relay", "http://127.0.0.1:9", "--login", "x", "--password-file", "{pw}"), 4),
        (("inbox", "--login", "x", "--password-file", "{pw}"), 2),
        (("inbox", "--relay", "http://example.org", "--login", "x", "--password-file", "{pw}"), 8),
        (("inbox", "--relay", "http://127.0.0.1:9", "--login", "x", "--password-file", "{open}"), 8),
        (("inbox", "--relay", "http://127.0.0.1:9", "--login", "x", "--password-file", "/no/such/file"), 8),
        (("--profile", "none", "inbox"), 8),
        (("send", "--to", "x"), 2),
        (
            (
                "activate",
                "--relay",
                "http://127.0.0.1:9",
                "--login",
                "x",
                "--letter-code",
                "AAA",
                "--password-file",
                "{pw}",
            ),
            5,
        ),
        (
            (
                "enrol",
                "{open}",
                "--relay",
                "http://127.0.0.1:9",
                "--login",
                "x",
                "--key-file",
                "{pw}",
                "--letters",
                "{pw}d",
            ),
            8,
        ),
        (("nonsense",), 2),
        (("doctor", "--relay", "http://127.0.0.1:9"), 1),
    ],
)
def test_a_failure_has_its_exit_code_and_two_lines(line: Line, words: tuple[str, ...], code: int) -> None:
    files = {"pw": line.secret("pw", "secret"), "open": line.folder / "open"}
    files["open"].write_text("kind\n")
    files["open"].chmod(0o644)

    done = line.run(*(word.format(**files) for word in words))

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout + done.stderr


def test_a_failure_is_json_for_scripts(line: Line) -> None:
    done = line.run(
        "inbox", "--json", "--relay", "http://127.0.0.1:9", "--login", "x", "--password-file", line.secret("pw", "x")
    )

    assert json.loads(done.stderr)["error"] == "serverUnavailable"


def test_a_key_file_is_its_owners_alone_and_never_overwritten(line: Line) -> None:
    path = line.folder / "key"
    first = line.json("keys", "new", path)

    again = line.run("keys", "new", path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert again.returncode == 8
    assert line.json("keys", "show", path) == first


def test_help_lists_every_command_and_the_exit_codes(line: Line) -> None:
    said = line.run("--help").stdout

    assert all(name in said for name in ("serve", "gateway", "enrol", "activate", "send", "inbox", "watch", "doctor"))
    assert "Exit codes" in said
