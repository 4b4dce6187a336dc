"""An account's end over a real relay: opposition, closing, coming back; and its log and letters, kept elsewhere."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from clients.content.agenda import Attendee, Invitation, Moment
from clients.content.agenda import Person as Named
from clients.content.as_eml import eml
from clients.content.export_page import Missing, Shown, page
from clients.content.file import FilePart
from clients.content.letter import from_bytes
from clients.sdk import Arrived, Client, Draft, Refusal, activate, new_receipt, oppose, recover
from clients.sdk.activation import new_totp_secret
from clients.sdk.exporting import MANIFEST, export, safe_name
from crypto.code import new_code
from messaging.wire.accesslog import BEGINNING, BrokenLog, verify
from tests.clients.conftest import PASSWORD, PATIENT, People, enrolled_patient
from tests.vectors.cases import export as export_vectors
from tests.vectors.generate import path, rendered

NEW = "un autre mot de passe tranquille"
HOSTILE = "../../<script>alert(1)</script>\u202e.pdf"


async def test_who_opposes_has_a_receipt_and_no_account(people: People) -> None:
    made, receipt = await enrolled_patient(people.station, "opposed"), new_receipt()

    done = await oppose(people.origin, "opposed", made.code, receipt)

    assert (done.receipt, done.opposed_on) == (receipt, f"{datetime.now(UTC):%Y-%m-%d}")
    with pytest.raises(Refusal, match="wrongCredentials"):
        await activate(people.origin, "opposed", made.code, PASSWORD, new_totp_secret())
    with pytest.raises(Refusal, match="recipientNotFound"):
        await people.doctor.send(Draft("Bonjour", "x"), [made.person.account])


async def test_where_the_answer_was_lost_the_same_receipt_is_given_again_and_no_other(people: People) -> None:
    made, receipt = await enrolled_patient(people.station, "opposed"), new_receipt()
    first = await oppose(people.origin, "opposed", made.code, receipt)

    assert await oppose(people.origin, "opposed", made.code, receipt) == first
    with pytest.raises(Refusal, match="wrongCredentials"):
        await oppose(people.origin, "opposed", made.code, new_receipt())


async def test_another_letters_code_and_an_activated_accounts_oppose_nothing(people: People) -> None:
    with pytest.raises(Refusal, match="wrongCredentials"):
        await oppose(people.origin, PATIENT, new_code(), new_receipt())
    assert (await people.patient.access_log())[-1].action != "oppose"


async def test_a_closed_account_is_gone_and_its_recovery_code_brings_it_back_with_its_letters(people: People) -> None:
    await people.doctor.send(Draft("Avant", "x"), [people.patient.account])
    closed = await people.patient.close_account()

    with pytest.raises(Refusal):
        await people.patient.contacts(people.patient.account)
    with pytest.raises(Refusal, match="recipientNotFound"):
        await people.doctor.send(Draft("Pendant", "x"), [people.patient.account])
    with pytest.raises(Refusal, match="wrongCredentials"):
        await Client.with_password(people.origin, PATIENT, PASSWORD, None)

    async with await recover(people.origin, PATIENT, people.recovery, NEW, new_totp_secret(), new_code()) as client:
        slot = client.password_key
        assert slot is not None
        mailbox = await client.mailbox(client.account, slot, name="Camille", address="c@patient.pli.example")
        items = (await mailbox.news(None)).items
        assert client.account == closed.account
    assert [item.letter.subject for item in items if isinstance(item, Arrived)] == ["Avant"]


async def test_nobody_closes_an_account_that_is_not_theirs(people: People) -> None:
    with pytest.raises(Refusal, match="accountNotFound"):
        await people.patient.close_account(people.doctor.account)


async def test_the_access_log_verifies_from_the_beginning_and_from_what_was_seen(people: People) -> None:
    whole = await people.patient.access_log()
    seen = verify(whole)
    await people.patient._connection.confirm()

    newer = await people.patient.access_log(seen=seen)

    assert [entry.action for entry in whole] == ["enrol", "login", "activate"]
    assert [entry.action for entry in newer] == ["confirm"]
    assert await people.patient.access_log(seen=verify(newer, seen[1], seen[0])) == []


async def test_a_log_that_lost_what_was_seen_is_said(people: People) -> None:
    number, digest = verify(await people.patient.access_log())

    for seen in ((number, BEGINNING), (number + 1, digest), (number + 600, digest)):
        with pytest.raises(BrokenLog):
            await people.patient.access_log(seen=seen)


# Export -------------------------------------------------------------------------------------------------------


async def _correspondence(people: People) -> None:
    at = datetime.fromisoformat("2026-05-04T09:00:00")
    meeting = Invitation(
        "REQUEST", "u1@x", 0, datetime(2026, 4, 1, tzinfo=UTC), Named(people.doctor.address, "Dr"),
        (Attendee(f"{PATIENT}@patient.pli.example"),), Moment(at, "Europe/Paris"), summary="Contrôle",
    )  # fmt: skip
    file = await people.doctor.attach("radio.pdf", "application/pdf", b"%PDF-1.7 " + bytes(70_000))
    draft = Draft("Résultats\u2028<b>", "Bonjour & <script>alert(1)</script>", parts=(FilePart(file), meeting))
    await people.doctor.send(draft, [people.patient.account])
    await people.letters.send(Draft("Merci", "x"), [people.doctor.account])


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    return {one["path"]: one for one in json.loads((folder / MANIFEST).read_text())["files"]}


async def test_everything_is_there_opened_and_the_manifest_names_each_file_with_its_hash(
    people: People, tmp_path: Path
) -> None:
    await _correspondence(people)

    done = await people.patient.export(people.letters, tmp_path / "out")

    folder, listed = done.folder, _listed(done.folder)
    (attached,) = folder.glob("files/*/*")
    assert (done.letters, done.files, done.unreadable) == (2, 1, 0)
    assert attached.name == "1-radio.pdf"
    assert attached.read_bytes().startswith(b"%PDF-1.7 ")
    assert all(hashlib.sha256((folder / p).read_bytes()).hexdigest() == one["sha256"] for p, one in listed.items())
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == {*listed, MANIFEST, ".account"}
    assert {"index.html", "agenda.ics", "account.json"} <= listed.keys()


async def test_a_letter_is_the_same_in_json_and_opens_as_mail(people: People, tmp_path: Path) -> None:
    await _correspondence(people)
    folder = (await people.patient.export(people.letters, tmp_path / "out")).folder

    (first,) = (p for p in folder.glob("letters/*.json") if from_bytes(p.read_bytes()).subject != "Merci")
    mail = message_from_bytes(first.with_suffix(".eml").read_bytes(), policy=default)

    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Bonjour & <script>alert(1)</script>"
    assert mail["Subject"] == "Résultats <b>"
    types = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert types == ["text/plain", "text/calendar", "application/pdf"]
    assert mail.defects == []


async def test_the_agenda_is_one_calendar_that_asks_nothing(people: People, tmp_path: Path) -> None:
    await _correspondence(people)
    folder = (await people.patient.export(people.letters, tmp_path / "out")).folder

    found: Any = Calendar.from_ical((folder / "agenda.ics").read_bytes())

    assert "method" not in found
    assert [str(event["summary"]) for event in found.walk("VEVENT")] == ["Contrôle"]
    assert [str(zone["tzid"]) for zone in found.walk("VTIMEZONE")] == ["Europe/Paris"]


async def test_an_export_that_was_interrupted_goes_on_and_fetches_nothing_twice(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _correspondence(people)
    folder = tmp_path / "out"

    def stop(_: str) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await export(people.letters, folder, tell=stop)
    fetched: list[str] = []
    real = people.letters.download_to

    async def counted(attachment: Any, sink: Any) -> None:
        fetched.append(attachment.name)
        await real(attachment, sink)

    monkeypatch.setattr(people.letters, "download_to", counted)
    assert not (folder / MANIFEST).exists()
    done = await export(people.letters, folder)

    assert (done.letters, fetched) == (2, [])


async def test_an_export_again_has_the_same_letters_and_files(people: People, tmp_path: Path) -> None:
    await _correspondence(people)
    now = datetime(2026, 1, 1, tzinfo=UTC)

    first = _listed((await export(people.letters, tmp_path / "a", now=now)).folder)
    second = _listed((await export(people.letters, tmp_path / "b", now=now)).folder)

    assert first == second


async def test_a_folder_with_other_files_or_of_another_account_is_refused(people: People, tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "x").write_text("x")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / ".account").write_text(people.doctor.account)

    for name in ("used", "theirs"):
        with pytest.raises(ValueError, match="folder"):
            await export(people.letters, tmp_path / name)
    assert (tmp_path / "used" / "x").read_text() == "x"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("radio.pdf", "1-radio.pdf"), ("../../etc/passwd", "1-_.._etc_passwd"), ("..", "1-file"), ("", "1-file"),
        ("a\x00b\nc.txt", "1-a b c.txt"), ("C:\\x.exe", "1-C_x.exe"), ("\u202egpj.exe", "1-_gpj.exe"),
        ("é" * 200 + ".pdf", "1-" + "é" * 58 + ".pdf"), (".hidden", "1-hidden"), ("a/", "1-a_"),
    ],
)  # fmt: skip
def test_no_name_of_a_letter_chooses_a_place(name: str, kept: str) -> None:
    assert safe_name(name, 1) == kept
    assert len(kept.encode()) <= 125


def test_the_vectors_of_exports_are_what_the_code_says() -> None:
    assert path(export_vectors).read_text("utf-8") == rendered(export_vectors)


class _Looked(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "action")]


def test_nothing_that_a_letter_says_is_markup_and_no_link_leaves_the_export() -> None:
    one = Shown(HOSTILE, HOSTILE, False, HOSTILE, HOSTILE, HOSTILE, ((HOSTILE, "files/m/1-x y#?.pdf"),), ())

    html = page(HOSTILE, HOSTILE, [one], [Missing(HOSTILE, HOSTILE, HOSTILE)], agenda=True).decode()

    looked = _Looked()
    looked.feed(html)
    assert not {"script", "img", "iframe", "object", "form", "base", "link"} & set(looked.tags)
    assert looked.links == ["agenda.ics", "files/m/1-x%20y%23%3F.pdf"]
    assert "default-src 'none'" in html


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y", "a\nb", "\x00", "\x85x", "a\u2028Bcc: x", "x" * 255])
async def test_no_text_of_a_letter_makes_a_header(people: People, subject: str) -> None:
    await people.doctor.send(Draft("x", "--=_\r\n\r\n.\r\nBcc: z@z"), [people.patient.account])
    (item,) = (await people.letters.news(None)).items
    assert isinstance(item, Arrived)
    sender = replace(item.letter.sender, name=subject, address=subject[:200])

    raw = eml(replace(item.letter, subject=subject, sender=sender), lambda _: b"")

    mail = message_from_bytes(raw, policy=default)
    assert mail["Bcc"] is None
    assert len(list(mail.walk())) == 1
    assert b"z@z" not in raw
