"""The parsing processes: what they take from a hostile mail, and that the service outlives them."""

import asyncio
import contextlib
import io
import os
import signal
import sys
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from bridges.mail import limits
from bridges.mail.parse import parse
from bridges.mail.parsed import ParsedMail, Refused
from bridges.mail.refusal import CannotRead
from bridges.mail.workers import WorkerDied, Workers
from tests.bridges.mails import mail

CORPUS = sorted((Path(__file__).parent / "corpus").rglob("*.eml"))

# Programs in place of the worker: they read the mail, then go wrong in one way.
READ = (
    "import sys,os,signal,resource,time; n=int.from_bytes(sys.stdin.buffer.read(4),'big'); sys.stdin.buffer.read(n); "
)
BURNS = READ + "resource.setrlimit(resource.RLIMIT_CPU,(1,60))\nwhile True: pass"
HANGS = READ + "time.sleep(60)"
DIES = READ + "os.kill(os.getpid(), signal.SIGKILL)"
# Out of memory at its first mail; its end takes a while, in which it reads no more.
LEAVES = (
    "import sys,time; from bridges.mail.worker import serve\ndef short(raw): raise MemoryError\n"
    "serve(sys.stdin.buffer, sys.stdout.buffer, short, b'memory'); sys.stdin.close(); time.sleep(0.3)"
)
CONFINED = "from bridges.mail.worker import confine; confine()\n"


def with_zip(data: bytes, name: str = "IHE_XDM.zip") -> EmailMessage:
    made = mail()
    made.add_attachment(data, maintype="application", subtype="zip", filename=name)
    return made


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_no_odd_mail_crashes_the_parser(path: Path) -> None:
    assert isinstance(parse(path.read_bytes()), ParsedMail | Refused)


def test_most_odd_mails_are_taken_and_the_cut_ones_are_not() -> None:
    answers = [parse(path.read_bytes()) for path in CORPUS]
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(CORPUS) == 103
    assert {answer.status for answer in refused} == {"5.6.0"}
    assert len(refused) <= 6


async def test_a_worker_answers_as_the_parser_does(workers: Workers) -> None:
    raw = mail().as_bytes()
    assert await workers.parse(raw) == parse(raw)


async def test_a_killed_worker_refuses_one_mail_for_now_and_is_replaced() -> None:
    pool = Workers(1, command=(sys.executable, "-c", DIES))
    await pool.start()
    for _ in range(2):
        with pytest.raises(WorkerDied):
            await pool.parse(b"x")
    assert pool.deaths == 2
    await pool.stop()


async def test_a_worker_that_was_killed_while_it_waited_costs_no_mail() -> None:
    pool = Workers(1)
    await pool.start()
    (pid,) = pool.alive()
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):  # the loop's watcher was first
        await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert (await pool.parse(mail().as_bytes())).subject == "Vos résultats"
    assert (pool.deaths, pid in pool.alive()) == (1, False)
    await pool.stop()


async def test_a_worker_that_leaves_after_its_answer_gets_no_other_mail() -> None:
    pool = Workers(1, command=(sys.executable, "-c", LEAVES))
    await pool.start()
    assert [await pool.ask(b"x", bytes) for _ in range(3)] == [b"memory"] * 3
    assert pool.deaths == 0
    await pool.stop()


@pytest.mark.parametrize("program", [BURNS, HANGS])
async def test_a_mail_that_takes_too_long_is_refused_for_good(program: str) -> None:
    pool = Workers(1, wall_seconds=3.0, command=(sys.executable, "-c", program))
    await pool.start()
    with pytest.raises(CannotRead) as refusal:
        await pool.parse(b"x")
    assert refusal.value.status == "5.6.0"
    await pool.stop()


async def test_a_sender_who_leaves_takes_no_worker_along() -> None:
    pool = Workers(1, command=(sys.executable, "-c", HANGS))
    await pool.start()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pool.parse(b"x"), 0.2)
    assert len(await asyncio.wait_for(_idle(pool), 10)) == 1
    await pool.stop()


async def _idle(pool: Workers) -> list[object]:
    worker = await pool._idle.get()
    return [worker]


async def test_a_bomb_of_nested_parts_is_refused(workers: Workers) -> None:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(5000))
    with pytest.raises(CannotRead) as refusal:
        await workers.parse(b"From: a@b.example\r\n" + head)
    assert refusal.value.status == "5.6.0"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"X: " + b"a" * 200_000 + b"\r\n\r\n", "header"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 1500 + b"--b--\r\n", "parts"),
        (b'Content-Type: multipart/mixed; boundary="' + b"b" * 3000 + b'"\r\n\r\n--x', "boundary"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ncut", "closing boundary"),
        (b"Content-Type: multipart/mixed\r\n\r\nno boundary at all", "closing boundary"),
        (b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJDR\r\n", "cut"),
        (b"x" * (limits.MAIL_RAW + 1), "25 MB"),
    ],
)
def test_what_is_over_a_limit_is_refused_by_its_name(raw: bytes, words: str) -> None:
    answer = parse(raw)
    assert isinstance(answer, Refused)
    assert words in answer.reason


async def test_a_bomb_in_an_archive_is_refused(workers: Workers) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("IHE_XDM/SUBSET01/METADATA.XML", b"0" * 90_000_000)
    with pytest.raises(CannotRead) as refusal:
        await workers.parse(with_zip(sink.getvalue()).as_bytes())
    assert "IHE_XDM" in refusal.value.reason


async def test_a_bomb_of_entities_in_an_archive_is_refused(workers: Workers) -> None:
    sink = io.BytesIO()
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("IHE_XDM/SUBSET01/METADATA.XML", bomb)
    with pytest.raises(CannotRead):
        await workers.parse(with_zip(sink.getvalue()).as_bytes())


async def test_an_ordinary_archive_is_a_file(workers: Workers) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.txt", b"a")
    found = await workers.parse(with_zip(sink.getvalue(), "photos.zip").as_bytes())
    assert [file.name for file in found.files] == ["photos.zip"]


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket()",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open('/etc/passwd').read()",
        "open('/tmp/pli-worker-must-not-write', 'w')",
        "x = bytearray(2 << 30)",
    ],
)
async def test_a_worker_can_do_nothing_but_parse(attempt: str) -> None:
    program = CONFINED + f"try:\n    {attempt}\nexcept (OSError, MemoryError):\n    raise SystemExit(7)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 7


async def test_a_worker_writes_no_core() -> None:
    program = CONFINED + "import resource; raise SystemExit(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0


def test_headers_cannot_start_other_headers() -> None:
    found = parse(b"From: =?utf-8?q?a=0D=0ABcc=3A_x?= <a@b.example>\r\nSubject: =?utf-8?q?x=0D=0AX-Evil:_1?=\r\n\r\nt")
    assert isinstance(found, ParsedMail)
    assert (found.from_[0].name, found.subject) == ("a Bcc: x", "x X-Evil: 1")


def test_file_names_are_only_names() -> None:
    made = mail()
    for bad in ("../../etc/passwd", "a\\b\\c.txt", "\u202egpj.exe", "x" * 400 + ".pdf"):
        made.add_attachment(b"x", maintype="application", subtype="pdf", filename=bad)
    found = parse(made.as_bytes())
    assert isinstance(found, ParsedMail)
    assert [file.name for file in found.files] == ["passwd", "c.txt", "gpj.exe", "x" * 251 + ".pdf"]


def test_appointments_sent_twice_are_one() -> None:
    ics = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1\r\nSEQUENCE:0\r\n"
        "DTSTAMP:20261101T080000Z\r\nDTSTART:20261201T090000Z\r\nDTEND:20261201T093000Z\r\nSUMMARY:Consultation\r\n"
        "ORGANIZER:mailto:dr@x.example\r\nATTENDEE:mailto:p@y.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    made = mail()
    made.add_alternative(ics, subtype="calendar", params={"method": "REQUEST"})
    made.add_attachment(ics.encode(), maintype="application", subtype="ics", filename="invite.ics")
    found = parse(made.as_bytes())
    assert isinstance(found, ParsedMail)
    assert [each["uid"] for each in found.invitations] == ["u1"]
    assert (found.text, found.files) == ("Bonjour,\nvos résultats.", ())
