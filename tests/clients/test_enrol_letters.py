"""Letters as people get them: printed, as a file that a screen reader can read; by mail; never both codes one way."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from aiosmtpd.smtp import SMTP
from PIL import Image

from clients.cli import exits
from clients.cli.enrol_letters import Form
from clients.cli.enrol_post import Submission
from clients.cli.failing import Stop
from clients.cli.paper import letterhead, mails
from clients.cli.paper.letterhead import Letterhead, Term
from clients.cli.paper.letters import Letter, as_text
from clients.cli.paper.sheets import pdf
from tests.clients.station import HEAD, Relay, Station
from tests.clients.station import person_row as _row
from tests.relays import free_port

ONE = Letter("Anne Petit", "anne", "AAA-BBB-CCC-DDD-EEE-FFF-GGG-HHH-JJJ", "https://pli.example", "k234 5678")
TWO = Letter(
    ONE.name, ONE.login, ONE.code, ONE.origin, ONE.fingerprint, two_codes=True, post=("1 rue Haute", "38100 GRENOBLE")
)
DAY = date(2026, 11, 30)


def _text(folder: Path, data: bytes, *options: str) -> str:
    (folder / "x.pdf").write_bytes(data)
    done = subprocess.run(["pdftotext", *options, folder / "x.pdf", "-"], check=True, capture_output=True, text=True)
    return done.stdout


# Code that a telephone reads ----------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", [ONE, TWO], ids=["one code", "two codes"])
def test_a_camera_reads_the_link_off_the_printed_page(tmp_path: Path, letter: Letter) -> None:
    (tmp_path / "x.pdf").write_bytes(pdf("x", [letter], HEAD, DAY))
    subprocess.run(["pdftoppm", "-r", "110", "-gray", "-png", "x.pdf", "page"], check=True, cwd=tmp_path)

    read = [
        code.text
        for page in sorted(tmp_path.glob("page*.png"))
        for code in zxingcpp.read_barcodes(Image.open(page).rotate(3, fillcolor=255))
    ]

    assert read == [letter.link]


# Plain text ---------------------------------------------------------------------------------------------------


def test_a_letter_says_that_a_second_code_comes_only_when_it_does() -> None:
    one, two = (as_text(letter, HEAD, Term()) for letter in (ONE, TWO))

    assert "second code" not in one
    assert "second code" in two
    assert "k234 5678" in one


def test_the_link_of_a_letter_says_that_there_is_a_second_code_only_when_there_is() -> None:
    assert ONE.link == f"https://pli.example/#code={ONE.code}&login=anne"
    assert TWO.link == f"{ONE.link}&codes=2"


def test_the_last_day_to_oppose_is_six_weeks_after_the_keys_were_made() -> None:
    said = letterhead.term(HEAD, DAY)

    assert said == Term("30 novembre 2026", "11 janvier 2027", "11 January 2027")
    assert letterhead.term(Letterhead(opposition_days=0), date(2026, 12, 1)) == Term("1er décembre 2026")
    assert "jusqu'au 11 janvier 2027" in as_text(ONE, HEAD, said)


# Paper --------------------------------------------------------------------------------------------------------


def test_a_printed_letter_has_all_its_words_as_text_that_can_be_read_aloud(tmp_path: Path) -> None:
    data = pdf("Lettres 000001", [TWO], HEAD, DAY)

    front, back, _ = _text(tmp_path, data).split("\f")
    info = subprocess.run(["pdfinfo", tmp_path / "x.pdf"], check=True, capture_output=True, text=True).stdout

    code = "AAA-BBB-CCC\nDDD-EEE-FFF\nGGG-HHH-JJJ"
    block = "Anne Petit\n1 rue Haute\n38100 GRENOBLE"
    for words in (block, "Identifiant : anne", code, "11 janvier 2027", "Ministère de la Santé", "il faut les deux"):
        assert words in front
    for words in ("Log-in name: anne", "AAA-BBB-CCC", "11 January 2027", "both are needed"):
        assert words in back
    assert re.search(r"^Tagged: +yes$", info, re.MULTILINE)
    assert re.search(r"^Title: +Lettres 000001$", info, re.MULTILINE)
    assert re.search(r"^Page size: .*\(A4\)$", info, re.MULTILINE)
    assert b"pdfuaid" in data


def test_no_font_is_missing_on_the_printers_machine_and_nothing_is_small(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(pdf("x", [ONE, TWO], HEAD, DAY))

    fonts = subprocess.run(["pdffonts", tmp_path / "x.pdf"], check=True, capture_output=True, text=True).stdout
    boxes = subprocess.run(
        ["pdftotext", "-bbox-layout", tmp_path / "x.pdf", "-"], check=True, capture_output=True, text=True
    ).stdout

    rows = fonts.splitlines()[2:]
    assert len(rows) >= 3
    assert all("Atkinson" in row and re.search(r" yes yes yes ", row) for row in rows)  # embedded, subset, Unicode
    heights = [float(low) - float(high) for high, low in re.findall(r'<word .*?yMin="(.*?)" .*?yMax="(.*?)"', boxes)]
    assert min(heights) >= 12


def test_the_address_stands_in_the_window_and_nothing_else_does(tmp_path: Path) -> None:
    long = Letter(
        "Anne-Sophie de La Rochefoucauld-Montmorency", "anne", ONE.code, ONE.origin, "k", True,
        ("M" * 38, "12 rue de l'Église de Saint-Étienne", "38100 GRENOBLE", "FRANCE"),
    )  # fmt: skip
    # A window of 100 x 45 mm, 20 mm from the right and the bottom of 220 x 110 mm, wherever the sheet slides in it.
    points = 72 / 25.4
    window = ("-x", 100 * points, "-y", 45 * points, "-W", 90 * points, "-H", 34 * points)
    data = pdf("x", [long], HEAD, DAY)

    options = ("-l", "1", "-layout", *(word if isinstance(word, str) else str(int(word)) for word in window))
    shown = _text(tmp_path, data, *options)

    lines = [line.strip() for line in shown.splitlines() if line.strip()]
    assert " ".join(lines).startswith("Anne-Sophie de La Rochefoucauld- Montmorency MMM")
    assert lines[-3:] == ["12 rue de l'Église de Saint-Étienne", "38100 GRENOBLE", "FRANCE"]
    assert ONE.code[:11] not in shown


@pytest.mark.parametrize(
    "name", ["#set page(width: 1cm)", "*a* _b_ $x$ `c`", '\\u{41} "q"', "<script>", '@anne #image("/x")']
)
def test_no_name_is_ever_markup(tmp_path: Path, name: str) -> None:
    letter = Letter(name, name, ONE.code, ONE.origin, "k", post=(name,))

    shown = _text(tmp_path, pdf(name, [letter], Letterhead(name=name, help_fr=name), DAY))

    assert shown.split("\f")[0].count(name) >= 4


def test_a_name_that_no_font_here_has_does_not_stop_the_others(tmp_path: Path) -> None:
    letters = [Letter("王", "anne", ONE.code, ONE.origin, "k"), ONE]

    assert "Anne Petit" in _text(tmp_path, pdf("x", letters, HEAD, DAY))


def test_the_same_letters_are_the_same_bytes() -> None:
    assert pdf("x", [ONE, TWO], HEAD, DAY) == pdf("x", [ONE, TWO], HEAD, DAY)


async def test_letters_are_printed_in_files_of_so_many(tmp_path: Path) -> None:
    station = Station(tmp_path, two_codes=False, form=Form.pdf, per_file=2)

    await station.run(Relay(refused=frozenset({"c"})), *(_row(name) for name in "abcde"))

    pages = {
        path.name: _text(tmp_path, path.read_bytes()).count("Identifiant : ") for path in station.letters.glob("*.pdf")
    }
    assert pages == {"letters-000001.pdf": 2, "letters-000002.pdf": 1, "letters-000003.pdf": 1}


@pytest.mark.parametrize(
    "text",
    ["name = 3", "unknown = 1", "lines = ['a','b','c','d','e']", "opposition_days = -1", 'name = "a\\nb"', "name"],
)
def test_a_letterhead_that_is_not_right_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "head.toml"
    path.write_text(text)

    with pytest.raises(Stop):
        letterhead.load(path)


def test_a_letterhead_is_read(tmp_path: Path) -> None:
    path = tmp_path / "head.toml"
    path.write_text('name = "Ministère"\nlines = ["a", "b"]\nopposition_days = 30\n')

    assert letterhead.load(path) == Letterhead(name="Ministère", lines=("a", "b"), opposition_days=30)


# Mail ---------------------------------------------------------------------------------------------------------


def _mails(folder: Path) -> list[Any]:
    return [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.glob("*/*.eml"))]


async def test_who_has_an_e_mail_address_gets_mail_and_the_others_paper(tmp_path: Path) -> None:
    station = Station(tmp_path, two_codes=False, mail_folder=tmp_path / "mails")

    counts = await station.run(Relay(), _row(), _row("paul", email=""))

    (mail,) = _mails(tmp_path / "mails")
    body = mail.get_content().replace("\r\n", "\n")
    assert (counts.letters, counts.mails) == (1, 1)
    assert [path.name.partition("-")[0] for path in station.letters.glob("*.txt")] == ["paul"]
    assert (mail["To"], mail["From"], mail["Auto-Submitted"]) == ("anne@x.example", HEAD.mail_from, "auto-generated")
    assert re.search(r"^Code +: (\w{3}-){8}\w{3}$", body, re.MULTILINE)
    assert mail.defects == []


async def test_of_two_codes_the_second_alone_goes_by_mail(tmp_path: Path) -> None:
    station = Station(tmp_path, mail_folder=tmp_path / "mails")

    await station.run(Relay(), _row(), _row("paul", email=""))

    (mail,) = _mails(tmp_path / "mails")
    body, first = mail.get_content().replace("\r\n", "\n"), station.first_code()
    assert re.search(r" : ((\w{3}-){8}\w{3})$", body, re.MULTILINE)
    assert first not in body
    assert not re.search(r"\banne\b|https", body)
    assert [row["login"] for row in station.second_codes()] == ["paul"]  # whom no mail reaches
    assert sorted(path.name.partition("-")[0] for path in station.letters.glob("*.txt")) == ["anne", "paul"]


def test_the_first_of_two_codes_cannot_be_made_a_mail() -> None:
    with pytest.raises(ValueError, match="by post"):
        mails.letter_mail(TWO, "a", "a@x.example", HEAD, datetime(2026, 11, 30, tzinfo=UTC))


@dataclass
class Inbox:
    """A mail server that takes all but what it is told not to."""

    never: str = ""
    later: set[str] = field(default_factory=set)
    got: list[tuple[str, bytes]] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        if address == self.never:
            return "550 5.1.1 nobody"
        if address in self.later:
            return "451 4.3.0 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        self.got.append((envelope.rcpt_tos[0], envelope.content))
        return "250 OK"


@asynccontextmanager
async def _served(inbox: Inbox) -> AsyncIterator[Submission]:
    port = free_port()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(inbox), "127.0.0.1", port)
    try:
        yield Submission.of(f"smtp://127.0.0.1:{port}", None)
    finally:
        server.close()


async def test_who_cannot_be_reached_by_mail_gets_paper(tmp_path: Path) -> None:
    inbox = Inbox(never="anne@x.example")
    async with _served(inbox) as server:
        station = Station(tmp_path, two_codes=False, server=server)
        counts = await station.run(Relay(), _row(), _row("paul"))

    assert [to for to, _ in inbox.got] == ["paul@x.example"]
    assert [path.name.partition("-")[0] for path in station.letters.glob("*.txt")] == ["anne"]
    assert (counts.letters, counts.mails) == (1, 1)


async def test_a_mail_server_that_fails_stops_the_run_and_the_next_one_writes_to_nobody_twice(tmp_path: Path) -> None:
    inbox = Inbox(later={"paul@x.example"})
    async with _served(inbox) as server:
        station = Station(tmp_path, two_codes=False, server=server)
        with pytest.raises(Stop) as stopped:
            await station.run(Relay(), _row(), _row("paul"))
        inbox.later.clear()
        await station.run(Relay("unchanged"), _row(), _row("paul"))

    assert [to for to, _ in inbox.got] == ["anne@x.example", "paul@x.example"]
    assert "@" not in stopped.value.failure.what
    assert stopped.value.failure.code == exits.PARTLY


@pytest.mark.parametrize(
    "url", ["http://x", "smtp://", "smtps://a:secret@x", "smtps://a@x", "smtp://x:99999", "smtp://x/path", "x"]
)
def test_an_address_of_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(Stop):
        Submission.of(url, None)


def test_beyond_this_machine_a_mail_server_has_to_speak_tls() -> None:
    assert Submission.of("smtp://mail.example", None).start_tls is True
    assert Submission.of("smtps://mail.example", None).implicit_tls
    assert Submission.of("smtp://localhost:25", None).start_tls is None
