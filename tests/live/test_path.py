"""The whole path: mail program, Postfix, gateway, relay, Chromium, and back to the mailbox in Dovecot."""

import datetime as dt
import hashlib
import json
import os
import smtplib
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import icalendar
import pytest
from playwright.sync_api import Locator, Playwright, expect, sync_playwright

from demo import sample
from demo.installation import Installation, Member
from demo.names import CLINICIAN_ADDRESS
from demo.report import Report
from demo.sample import PARIS, Sample, Words
from tests.live import browser, page
from tests.live.browser import Seat
from tests.live.codes import Codes
from tests.live.dovecot import Dovecot
from tests.live.people import DESK, PHONE
from tests.live.places import Places

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("operator")]
ARRIVES = 2_000  # milliseconds from the operator's 250 to the open page


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if reason := browser.missing():
        pytest.skip(reason)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module", params=[(DESK, browser.DESK), (PHONE, browser.PHONE)], ids=["desk", "phone"])
def visit(
    request: pytest.FixtureRequest,
    playwright: Playwright,
    pli: Installation,
    members: dict[str, Member],
    codes: dict[str, Codes],
    clinic: Dovecot,
    places: Places,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator["Visit"]:
    """The patient logged in, the mail sent and seen to arrive: at the desk, then on the phone."""
    login, size = request.param
    member, folder = members[login], tmp_path_factory.mktemp(login)
    with browser.open_browser(playwright, pli.layout.origin, folder / "profile", size) as seat:
        page.log_in(seat.page, pli.layout.origin, login, member.password, codes[login].fresh())
        yield Visit(seat, member, clinic, places.submission, folder)


class Visit:
    """One patient in front of the page, and the clinician's two doors."""

    def __init__(self, seat: Seat, member: Member, clinic: Dovecot, submission: int, folder: Path) -> None:
        self.seat, self.member, self.clinic, self.folder = seat, member, clinic, folder
        self._submission = submission
        self._sent: Sample | None = None

    def sent(self) -> Sample:
        """The mail of this visit, sent when first asked for; it appears in the open page in time."""
        if self._sent is None:
            now = dt.datetime.now(dt.UTC)
            report = Report(drawn=now.astimezone(PARIS).replace(microsecond=0))
            plain = sample.default_words(report)
            words = Words(f"Vos résultats {now:%H%M%S%f}", plain.text, plain.html, plain.file_name)
            mail = sample.compose(now, report=report, words=words, recipient=self.member.patient.address)
            with smtplib.SMTP("127.0.0.1", self._submission) as program:
                program.sendmail(CLINICIAN_ADDRESS, [mail.recipient], mail.raw)
            expect(page.in_list(self.seat.page, words.subject)).to_be_visible(timeout=ARRIVES)
            self._sent = mail
        return self._sent

    def conversation(self) -> Locator:
        """The mail, opened."""
        subject = self.sent().words.subject
        page.go_to(self.seat.page, "/messages")
        return page.open_conversation(self.seat.page, subject)

    def wait_for_mail(self, of: str, what: str) -> EmailMessage:
        """The patient's mail whose text holds `of`, or that holds it anywhere, in the clinician's mailbox."""
        return self.clinic.wait_for(lambda mail: of in _all_text(mail) and _from(mail, self.member), what, 45)


def test_the_mail_appears_without_reloading(visit: Visit) -> None:
    assert page.in_list(visit.seat.page, visit.sent().words.subject).count() == 1


def test_the_text_is_there_to_read(visit: Visit) -> None:
    opened = visit.conversation()
    said = opened.locator(".letter").first
    expect(said).to_contain_text("Dr Claire MARTIN")
    texts = [said.inner_text(), *(frame.locator("body").inner_text() for frame in visit.seat.page.frames[1:])]
    assert any("La glycémie est bonne" in text for text in texts)


def test_the_pdf_opens_in_the_page(visit: Visit) -> None:
    box = page.open_file(visit.conversation(), visit.sent().words.file_name)
    picture = box.locator("canvas").first
    expect(picture).to_be_visible()
    visit.seat.page.wait_for_function(_IS_DRAWN, arg=picture.element_handle())


def test_the_document_is_shown_and_filed(visit: Visit) -> None:
    visit.conversation()
    page.go_to(visit.seat.page, "/dossier")
    visit.seat.page.locator("a.row", has_text="Compte rendu d'examens biologiques").first.click()
    page.open_file(visit.seat.page.locator("main"), "Compte rendu d'examens biologiques")
    shown = visit.seat.page.locator(".cda")
    expect(shown).to_contain_text("Bilan lipidique")
    expect(shown.get_by_role("cell", name="5,62 mmol/L")).to_be_visible()


def test_an_accepted_appointment_is_in_the_agenda_and_the_clinician_hears(visit: Visit) -> None:
    mail = visit.sent()
    card = page.accept(visit.conversation(), mail.visit.summary)
    expect(card.get_by_role("group")).to_have_count(0, timeout=30_000)
    page.go_to(visit.seat.page, "/agenda")
    entry = visit.seat.page.locator(f"section.card[id^='rdv-'][id$='-{mail.uid}']")
    expect(entry).to_contain_text(mail.visit.location)
    answered = visit.wait_for_mail(f"UID:{mail.uid}", "the clinician has the reply")
    event = _reply(answered)
    assert str(event["ATTENDEE"].params["PARTSTAT"]) == "ACCEPTED"
    assert str(event["ATTENDEE"]).lower() == f"mailto:{mail.recipient}".lower()
    assert event["UID"] == mail.uid


def test_an_answer_with_a_file_is_read_over_imap(visit: Visit) -> None:
    mail, data = visit.sent(), os.urandom(300_000)
    file = visit.folder / "tension.bin"
    file.write_bytes(data)
    said = f"voici mes mesures de {mail.message_id[1:13]}"
    page.answer(visit.conversation(), f"Merci docteur, {said}.", file, visit.member.patient.name)
    answered = visit.wait_for_mail(said, "the clinician has the answer")
    attached = {part.get_filename(): part.get_payload(decode=True) for part in answered.iter_attachments()}
    assert attached["tension.bin"] == data
    assert answered["In-Reply-To"] == mail.message_id
    assert mail.message_id in str(answered["References"])
    assert str(answered["From"]).count(mail.recipient) == 1


def test_everything_is_taken_along_and_is_what_it_was(visit: Visit) -> None:
    mail = visit.sent()
    taken = page.take_everything(visit.seat.page, visit.folder / "tout.zip")
    with zipfile.ZipFile(taken) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        listed = {one["path"]: (one["size"], one["sha256"]) for one in manifest["files"]}
        held = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}
    assert listed == {name: (len(raw), hashlib.sha256(raw).hexdigest()) for name, raw in held.items()}
    assert (manifest["missing"], manifest["unreadable"]) == ([], [])
    originals = {hashlib.sha256(raw).hexdigest() for raw in (mail.pdf, mail.cda)}
    assert originals <= {digest for _, digest in listed.values()}
    assert mail.visit.summary in held["agenda.ics"].decode().replace("\r\n ", "")
    assert mail.words.subject in held["index.html"].decode()
    assert b"<script" not in held["index.html"]


def test_the_page_never_complained(visit: Visit) -> None:
    assert visit.seat.complaints == []


_IS_DRAWN = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  return data.some((value, at) => at % 4 < 3 && value < 128 && data[at - (at % 4) + 3] > 0)
}"""


def _all_text(mail: EmailMessage) -> str:
    return "\n".join(str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")


def _from(mail: EmailMessage, member: Member) -> bool:
    return member.patient.address in str(mail["From"])


def _reply(mail: EmailMessage) -> icalendar.Event:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert part.get_param("method") == "REPLY"
    event = icalendar.Calendar.from_ical(part.get_content()).events[0]
    assert isinstance(event, icalendar.Event)
    return event
