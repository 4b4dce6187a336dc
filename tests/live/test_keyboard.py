"""Each flow by keyboard alone: nothing is clicked, filled or focused by the test; each Tab leads to what is in view."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect, sync_playwright

from demo import sample
from demo.installation import Installation, Member
from demo.report import Report
from demo.sample import PARIS, Sample, Words
from tests.live import browser
from tests.live.browser import Seat
from tests.live.certificates import Certificates
from tests.live.codes import Codes
from tests.live.handing import hand_over
from tests.live.keyboard import Keyboard
from tests.live.page import PASSWORD_SECONDS, in_list
from tests.live.people import KEYS
from tests.live.places import Places

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("operator")]
SOON = 1000 * PASSWORD_SECONDS
SUBJECT = "Vos résultats"


@pytest.fixture
def seat(pli: Installation, tmp_path: Path) -> Iterator[Seat]:
    if reason := browser.missing():
        pytest.skip(reason)
    with (
        sync_playwright() as playwright,
        browser.open_browser(playwright, pli.layout.origin, tmp_path / "profile", browser.DESK) as seat,
    ):
        yield seat


@pytest.fixture
def member(members: dict[str, Member]) -> Member:
    return members[KEYS]


@pytest.fixture
def mail(member: Member, places: Places, certs: Certificates) -> Sample:
    """A message with a document and an appointment, which the gateway took."""
    now = dt.datetime.now(dt.UTC)
    report = Report(drawn=now.astimezone(PARIS).replace(microsecond=0), patient=member.patient)
    plain = sample.default_words(report)
    words = Words(SUBJECT, plain.text, plain.html, plain.file_name)
    made = sample.compose(now, report=report, words=words, recipient=member.patient.address)
    said = hand_over(places.gateway, certs.authority, certs.operator, member.patient.address, made.raw)
    assert said.code == 250, said
    return made


def test_every_flow_by_keyboard_alone(
    seat: Seat, pli: Installation, member: Member, codes: dict[str, Codes], mail: Sample, tmp_path: Path
) -> None:
    flows = Flows(seat, member, tmp_path)
    seat.page.goto(pli.layout.origin)
    flows.log_in(codes[KEYS])
    flows.read()
    flows.accept(mail)
    flows.answer_with_a_file()
    flows.add_a_document()
    flows.share_it()
    flows.write_down_an_appointment()
    flows.change_settings()
    flows.allow_an_app_and_take_it_back()
    flows.close_the_account()
    assert seat.complaints == []
    assert flows.keys.presses > 200


class Flows:
    """One thing a person does each, from any page inside to another."""

    def __init__(self, seat: Seat, member: Member, folder: Path) -> None:
        self.page, self.member, self.folder = seat.page, member, folder
        self.keys = Keyboard(seat.page)
        self.file = folder
        # Heard from the start: a chooser that opens before somebody listens is one that nobody sees.
        self.page.on("filechooser", lambda chooser: chooser.set_files(self.file))

    def log_in(self, codes: Codes) -> None:
        main = self.page.locator("main")
        self.keys.use(main.get_by_role("link", name="Se connecter").first)
        self.keys.fill(self.page.locator("input[autocomplete=username]"), self.member.login)
        self.keys.fill(self.page.locator("input[autocomplete=current-password]"), self.member.password)
        self.keys.press("Enter")
        self.page.locator("input[autocomplete=one-time-code]").wait_for(timeout=SOON)
        self.keys.fill(self.page.locator("input[autocomplete=one-time-code]"), codes.fresh())
        self.keys.press("Enter")
        expect(self.page.get_by_role("heading", level=1, name="Messages")).to_be_focused(timeout=SOON)

    def read(self) -> None:
        in_list(self.page, SUBJECT).wait_for(timeout=SOON)
        self.keys.row(self.page.locator(".list a.row"), in_list(self.page, SUBJECT))
        self.keys.press("Enter")
        expect(self._heading(SUBJECT)).to_be_focused()
        self.keys.use(self.page.locator(".file button[aria-expanded=false]").first)
        expect(self.page.locator(".cda, .pdf-page canvas").first).to_be_visible(timeout=SOON)
        self.keys.keep()

    def accept(self, mail: Sample) -> None:
        card = self.page.locator("section.card[id^=rdv-]", has_text=mail.visit.summary)
        self.keys.use(card.get_by_role("button", name="Accepter"))
        expect(card).to_contain_text("Vous avez accepté", timeout=SOON)
        expect(self.page.locator(".letter-own")).to_be_visible(timeout=SOON)
        self.keys.keep()

    def answer_with_a_file(self) -> None:
        form = self.page.locator("section.answer form")
        own_name = form.locator("input[autocomplete=name]")
        if own_name.count():
            self.keys.fill(own_name, self.member.patient.name)
        self.keys.fill(form.locator("textarea"), "Merci, voici mes mesures.")
        self._choose_file(form.locator("input[type=file]").first, "mesures.txt")
        expect(form.get_by_text("prêt")).to_be_visible(timeout=SOON)
        self.keys.use(form.locator("button[type=submit]"))
        expect(self.page.locator(".letter-own", has_text="voici mes mesures")).to_be_visible(timeout=SOON)

    def add_a_document(self) -> None:
        self._place("/dossier")
        self.keys.use(self.page.locator("main").get_by_role("link", name="Ajouter un document"))
        self._choose_file(self.page.locator("main input[type=file]").first, "ordonnance.txt")
        expect(self.page.get_by_text("prêt")).to_be_visible(timeout=SOON)
        self.keys.fill(self.page.get_by_label("Titre"), "Mon ordonnance")
        self.keys.reach(self.page.get_by_label("Type de document"))
        self.keys.press("ArrowDown")
        self.keys.use(self.page.get_by_role("button", name="Ajouter au dossier"))
        expect(self._heading("Dossier")).to_be_focused(timeout=SOON)

    def share_it(self) -> None:
        self.keys.use(self.page.locator("a.row", has_text="Mon ordonnance"))
        expect(self._heading("Mon ordonnance")).to_be_focused()
        self.keys.use(self.page.get_by_role("button", name="Envoyer à un soignant"))
        form = self.page.locator("form", has=self.page.get_by_label("Votre message"))
        self.keys.use(form.get_by_role("button", name="Envoyer", exact=True))
        expect(form).to_have_count(0, timeout=SOON)
        self.keys.keep()

    def write_down_an_appointment(self) -> None:
        self._place("/agenda")
        self.keys.use(self.page.locator("main").get_by_role("link", name="Noter un rendez-vous"))
        self.keys.fill(self.page.get_by_label("Quoi"), "Dentiste")
        day = self.page.locator("input[type=date]").first
        self.keys.reach(day)
        self.keys.type(f"{_either_way():%d%m%Y}")
        expect(day).to_have_value(f"{_either_way():%Y-%m-%d}")
        self.keys.use(self.page.get_by_role("button", name="Enregistrer"))
        expect(self._heading("Agenda")).to_be_focused(timeout=SOON)
        expect(self.page.locator("section.card", has_text="Dentiste")).to_be_visible(timeout=SOON)

    def change_settings(self) -> None:
        self._account("Lecture")
        normal = self.page.get_by_role("radio", name="Normale")
        self.keys.reach(normal)
        self.keys.press("ArrowDown")
        assert self.page.evaluate("() => document.documentElement.dataset.text") == "large"
        self.keys.press("ArrowUp")
        assert self.page.evaluate("() => document.documentElement.dataset.text") == "normal"

    def allow_an_app_and_take_it_back(self) -> None:
        self._account("Applications")
        self.keys.use(self.page.get_by_role("button", name="Autoriser Carnet de glycémie"))
        self.keys.use(self.page.get_by_role("checkbox").last, "Space")
        self.keys.use(self.page.get_by_role("button", name="Autoriser maintenant"))
        back = self.page.get_by_role("button", name="Reprendre l’autorisation")
        self._confirm(back)
        self.keys.use(back)
        self.keys.use(self.page.get_by_role("button", name="Oui, la reprendre"))
        expect(self.page.get_by_text("Terminé").first).to_be_visible(timeout=SOON)

    def close_the_account(self) -> None:
        self._account("Fermer mon compte")
        self.keys.use(self.page.get_by_role("button", name="Fermer le compte"))
        self.keys.use(self.page.get_by_role("button", name="Oui, fermer le compte"))
        closed = self._heading("Le compte est fermé")
        self._confirm(closed)
        expect(closed).to_be_focused(timeout=SOON)

    def _heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", level=1, name=name)

    def _place(self, path: str) -> None:
        self.keys.use(self.page.locator(f"nav a[href='{path}']:visible"))
        expect(self.page.locator("main h1").first).to_be_focused()

    def _account(self, title: str) -> None:
        self._place("/compte")
        self.keys.use(self.page.locator("main a.rows-row", has_text=title))
        expect(self._heading(title)).to_be_focused()

    def _choose_file(self, field: Locator, name: str) -> None:
        """The browser's own window for files is beyond the page; what is chosen there comes back."""
        file = self.folder / name
        file.write_text("12/8 lundi\n")
        self.file = file
        self.keys.use(field)

    def _confirm(self, there: Locator) -> None:
        """Where the relay wants to know who asks: the password, in a dialog that holds the focus."""
        dialog = self.page.get_by_role("dialog")
        expect(dialog.or_(there).first).to_be_visible(timeout=SOON)
        if dialog.is_visible():
            self.keys.fill(dialog.locator("input[autocomplete=current-password]"), self.member.password)
            self.keys.press("Enter")
            expect(dialog).to_have_count(0, timeout=SOON)
        expect(there).to_be_visible(timeout=SOON)


def _either_way() -> dt.date:
    """A day to come that is the same with day or month first: browsers ask in the order of their own language."""
    tomorrow = dt.datetime.now(PARIS).date() + dt.timedelta(days=1)
    days = (tomorrow + dt.timedelta(days=number) for number in range(366))
    return next(day for day in days if day.day == day.month)
