"""Nothing that a person would call content is ever readable at the relay, nor on the gateway's disk.

A mail and an answer full of random words go the whole way; then every file, backup, log, deleted file and the relay's
memory is searched for each word in every shape. The search itself is proven by test_search.py and by controls here.
"""

import dataclasses
import datetime as dt
import os
import signal
import smtplib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from demo.installation import Installation
from demo.names import CLINICIAN_ADDRESS
from tests.live import memory
from tests.live.canaries import Laced, lace
from tests.live.desk import Desk
from tests.live.dovecot import Dovecot
from tests.live.people import PEOPLE, PROGRAM
from tests.live.places import Places
from tests.live.polling import until
from tests.live.search import look, look_in, shapes

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("operator")]
PATIENT = PEOPLE[PROGRAM].address


@dataclasses.dataclass(frozen=True)
class Carried:
    """The mail and the answer after their way, and when it began."""

    laced: Laced
    began: float


@pytest.fixture(scope="module")
def carried(places: Places, clinic: Dovecot, desk: Desk) -> Carried:
    """A mail with a word in everything, read by the patient, and an answer with words, read by the clinician."""
    now = dt.datetime.now(dt.UTC)
    laced = lace(now, PATIENT)
    with smtplib.SMTP("127.0.0.1", places.submission) as program:
        program.sendmail(CLINICIAN_ADDRESS, [PATIENT], laced.mail.raw)
    letter = desk.wait_for(laced.mail.message_id)
    assert laced.words["subject"] in letter["subject"]
    answer = laced.answer
    data = answer["answer content"].encode() * 1_000
    sent = desk.answer(letter["id"], answer["answer text"], f"{answer['answer file']}.txt", data)
    arrived = clinic.wait_for(lambda mail: sent in str(mail["Message-ID"]), "the clinician has the answer")
    assert {part.get_filename() for part in arrived.iter_attachments()} == {f"{answer['answer file']}.txt"}
    return Carried(laced, now.timestamp() - 2)


def _written(folder: Path, carried: Carried) -> list[Path]:
    """The files below `folder` that were written since the mail was made: older ones cannot hold its words."""
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mtime >= carried.began]


@pytest.fixture
def planted(pli: Installation, carried: Carried) -> Iterator[Path]:
    """A leak on purpose in the relay's folder."""
    path = pli.layout.relay_data / "blobs" / "planted"
    path.write_bytes(b"\0" * 100 + carried.laced.words["text"].encode("utf-16-le") + b"\0" * 100)
    yield path
    path.unlink()


def test_the_search_finds_a_leak_that_was_planted(pli: Installation, carried: Carried, planted: Path) -> None:
    found = look(carried.laced.all(), _written(pli.layout.relay_data, carried))
    assert {(one.label, one.path) for one in found} == {("text", str(planted))}


def test_the_relays_files_hold_no_word(pli: Installation, carried: Carried) -> None:
    files = _written(pli.layout.relay_data, carried)
    assert any(path.name.startswith("relay.db") for path in files)
    assert any("blobs" in path.parts for path in files)
    assert look(carried.laced.all(), files) == []


def test_a_backup_of_the_relays_database_holds_no_word(pli: Installation, carried: Carried, tmp_path: Path) -> None:
    source = sqlite3.connect(f"file:{pli.layout.relay_data / 'relay.db'}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(tmp_path / "backup.db")) as backup:
        source.backup(backup)
    assert (tmp_path / "backup.db").stat().st_size > 0
    assert look(carried.laced.all(), [tmp_path]) == []


def test_the_gateways_files_hold_no_word(pli: Installation, carried: Carried) -> None:
    files = _written(pli.layout.gateway_data, carried)
    assert any(path.name.startswith("gateway.db") for path in files)
    assert look(carried.laced.all(), files) == []


def test_logs_and_temporary_files_hold_no_word(pli: Installation, carried: Carried) -> None:
    folders = [pli.layout.logs, pli.layout.temporary]
    assert look(carried.laced.all(), [path for folder in folders for path in _written(folder, carried)]) == []


@pytest.mark.parametrize("part", ["relay", "gateway"])
def test_deleted_files_that_are_still_open_hold_no_word(part: str, pli: Installation, carried: Carried) -> None:
    pid = pli.relay.pid if part == "relay" else pli.gateway.pid
    found = [look_in(carried.laced.all(), raw, name) for name, raw in memory.unnamed_files(pid)]
    assert [one for one in found if one] == []


def _workers(pli: Installation) -> list[int]:
    """The gateway's parsing processes."""
    gateway = pli.gateway.pid
    return [int(pid) for pid in Path(f"/proc/{gateway}/task/{gateway}/children").read_text().split()]


def test_the_parsing_processes_have_no_file_to_write_into(pli: Installation, carried: Carried) -> None:
    pids = _workers(pli)
    assert pids
    for pid in pids:
        links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
        assert [link for link in links if not link.startswith(("pipe:", "socket:", "/dev/null"))] == []
        found = [look_in(carried.laced.all(), raw, name) for name, raw in memory.unnamed_files(pid)]
        assert [one for one in found if one] == []


@pytest.mark.parametrize("part", ["gateway", "worker"])
def test_no_core_may_be_made_of_what_sees_plaintext(part: str, pli: Installation, carried: Carried) -> None:  # noqa: ARG001 - it saw the mail
    for pid in [pli.gateway.pid] if part == "gateway" else _workers(pli):
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        (core,) = (line.split()[-3:] for line in limits if line.startswith("Max core file size"))
        assert core == ["0", "0", "bytes"]


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_a_gateway_that_crashes_leaves_no_word_behind(number: int, pli: Installation, carried: Carried) -> None:
    worker = _workers(pli)[0]
    os.kill(worker, number)
    until(lambda: not Path(f"/proc/{worker}").exists(), "the worker is gone")
    os.kill(pli.gateway.pid, number)
    pli.gateway.stop()
    places = [pli.layout.folder, pli.layout.temporary, Path.cwd()]
    cores = [path for place in places for path in place.glob("core*") if path.stat().st_mtime >= carried.began]
    assert cores == []
    assert look(carried.laced.all(), _written(pli.layout.gateway_data, carried)) == []
    assert look(carried.laced.all(), _written(pli.layout.temporary, carried)) == []
    pli.gateway.start()


def test_the_relays_memory_holds_no_word(pli: Installation, carried: Carried, desk: Desk) -> None:
    held = memory.of(pli.relay.pid)
    assert desk.account.encode() in held  # the control: what the relay does know is found
    found = [
        (label, how) for label, text in carried.laced.all().items() for how, shape in shapes(text) if shape in held
    ]
    assert found == []
