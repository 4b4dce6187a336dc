"""An enrolment that dies anywhere goes on: nobody is doubled, nobody left out, and each letter opens its account.

In one process at every fsync, before a relay that remembers; and killed by the system, again and again, before a real
one.
"""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from clients.cli.enrol_letters import Form
from crypto.code import parse_code
from crypto.encoding import unb64u
from crypto.keybox import LetterKey, open_box
from crypto.keys import SigningPublic
from messaging.wire.types import EnrolOutcome, EnrolPerson
from tests.clients.station import Station, person_row, write_list
from tests.clients.test_cli import Line, line, relay
from tests.relays import ROOT, RunningRelay

__all__ = ["line", "relay"]  # fixtures
ROWS = [person_row(name) for name in ("anne", "paul", "zoe", "luc", "eve")]


class Died(BaseException):
    """What a test raises where the machine would stop: nobody catches it."""


class Remembering:
    """A relay as it is to a station: it keeps whom it has, and knows them again."""

    def __init__(self) -> None:
        self.people: dict[str, EnrolPerson] = {}

    async def enrol(self, people: Sequence[EnrolPerson]) -> list[EnrolOutcome]:
        return [self._one(person) for person in people]

    def _one(self, person: EnrolPerson) -> EnrolOutcome:
        before = self.people.setdefault(str(person.login), person)
        if before.account != person.account:
            return EnrolOutcome(account=person.account, outcome="refused", reason="loginTaken")
        return EnrolOutcome(account=person.account, outcome="created" if before is person else "unchanged")


def _dying(monkeypatch: pytest.MonkeyPatch, at: int, after: bool) -> list[int]:
    """fsync as it is, until call number `at`: death before it, or after. What is returned counts the calls."""
    calls: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == at and not after:
            raise Died
        real(descriptor)
        if len(calls) == at:
            raise Died

    monkeypatch.setattr(os, "fsync", fsync)
    return calls


async def _killed_at(folder: Path, at: int, after: bool, form: Form) -> bool:
    """Whether it died there at all; afterwards it was run to its end, and all is as it should be."""
    station, there = Station(folder, form=form), Remembering()
    with pytest.MonkeyPatch.context() as patch:
        _dying(patch, at, after)
        try:
            await station.run(there, *ROWS)
            died = False
        except Died:
            died = True
    counts = await station.run(there, *ROWS)
    assert (counts.done, counts.refusals) == (len(ROWS), 0)
    assert not [name for name in station.everything() if name.endswith((".part", ".new"))]
    assert sorted(one.name for one in station.beside()) == ["letters", "people.csv", "second.csv"]
    assert sorted(row["login"] for row in station.second_codes()) == sorted(row.login for row in ROWS)
    seconds = {row["login"]: row for row in station.second_codes()}
    for row in ROWS:
        person = there.people[row.login]
        assert seconds[row.login]["account"] == person.account
        if form is Form.text:  # letter() fails where somebody has two
            key = LetterKey(parse_code(station.first_code(row.login)), parse_code(seconds[row.login]["second_code"]))
            assert open_box(unb64u(person.box), person.account, key).account == person.account
    return died


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_death_at_any_fsync_doubles_nobody(tmp_path: Path, after: bool) -> None:
    at = 1
    while await _killed_at(tmp_path / str(at), at, after, Form.text):
        at += 1

    assert at > 20  # every part has several


@pytest.mark.live
def test_a_thousand_people_are_enrolled_once_though_it_is_killed_again_and_again(
    line: Line, relay: RunningRelay
) -> None:
    count, station, letters = 1_000, line.folder / "station.key", line.folder / "letters"
    relay.add_station("station", SigningPublic(unb64u(line.json("keys", "new", station)["publicKey"])))
    rows = [person_row(f"p{n:05}", email="", post=("1 rue Haute", "38100 GRENOBLE")) for n in range(count)]
    listed = write_list(line.folder / "people.csv", rows)
    words = (
        "enrol", str(listed), "--relay", relay.origin, "--login", "station", "--key-file", str(station),
        "--letters", str(letters), "--per-file", "100",
    )  # fmt: skip

    for so_far in (1, 350, 250):
        _killed_after(so_far, words)
    done = line.json(*words)
    again = line.json(*words)

    assert done["created"] + done["unchanged"] + done["already"] == count
    assert done["already"] >= 600
    assert (again["already"], again["created"], again["papers"]) == (count, 0, 0)
    printed = _printed(letters)
    assert Counter(login for login, _ in printed) == Counter(row.login for row in rows)
    assert {login: parse_code(code).letter_login().public().raw for login, code in printed} == _letter_keys(relay)


def _killed_after(people: int, words: Sequence[str]) -> None:
    """Run it, and kill it as soon as it has told of so many."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pli", "--json", *words, "--show-codes"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    told = [json.loads(process.stdout.readline())["login"] for _ in range(people)]
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len(set(told)) == people


def _printed(letters: Path) -> list[tuple[str, str]]:
    """(log-in name, code) of every letter, read from its French page as a screen reader does."""
    found = []
    for path in sorted(letters.glob("*.pdf")):
        text = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout
        for page in text.split("\f"):
            if "Identifiant" in page:
                code = re.findall(r"^((?:\w{3}-){2}\w{3})$", page, re.MULTILINE)
                found.append((re.findall(r"Identifiant : (\S+)", page)[0], "-".join(code)))
    return found


def _letter_keys(relay: RunningRelay) -> dict[str, bytes]:
    """The log-in keys of all letters, as the relay has them, by log-in name."""
    with sqlite3.connect(f"file:{relay.data / 'relay.db'}?mode=ro", uri=True) as database:
        return dict(
            database.execute(
                "SELECT logins.name, factors.public FROM logins JOIN factors ON factors.account = logins.account "
                "WHERE factors.method = 'letter'"
            ).fetchall()
        )
