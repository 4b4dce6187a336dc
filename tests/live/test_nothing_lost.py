"""Two tabs, two devices, and everything that goes wrong while somebody writes: a sentence that says what to do, and
nothing that was typed is lost. In Chromium, on a real relay.
"""

import contextlib
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Playwright, Route, expect, sync_playwright

from tests.live import browser, page
from tests.live.clinician import Clinician
from tests.live.codes import Codes
from tests.live.conftest import SMALL
from tests.live.polling import until
from tests.live.storages import dump, kept_names
from tests.relays import RunningRelay

pytestmark = pytest.mark.live
PASSWORD = "une phrase assez longue pour tout le monde"
SUBJECT, LETTER = "Sujetcanari7081", "Lettrecanari4417"
ENDS = 5_000  # milliseconds until a device that was signed out elsewhere shows it
SLOW = 30_000
UNDO = 10_000
TESTS = 8
YEAR = 366 * 86400  # seconds


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if reason := browser.missing():
        pytest.skip(reason)
    with sync_playwright() as started:
        yield started


@dataclass
class Patient:
    """Somebody with one letter, who answers it."""

    relay: RunningRelay
    login: str
    account: str
    codes: Codes

    def enter(self, seen: Page) -> Page:
        """Log in. The page's clock can be turned forward from then on."""
        seen.clock.install()
        page.log_in(seen, self.relay.origin, self.login, PASSWORD, self.codes.fresh())
        return seen

    def form(self, seen: Page) -> Locator:
        """The form below the letter."""
        if not seen.url.endswith("/messages"):
            seen.goto(f"{self.relay.origin}/messages")
        return page.open_conversation(seen, SUBJECT).locator("section.answer form")

    def unlock(self, seen: Page) -> None:
        """The password alone, where the relay knows the browser."""
        seen.locator("input[autocomplete=current-password]").fill(PASSWORD)
        seen.locator("button[type=submit]").click()


@pytest.fixture(scope="module")
def people(small_relay: RunningRelay, clinician: Clinician) -> Iterator[Patient]:
    """One for each test, all made at once: a one-time code of the first minute is then nobody's to wait for."""
    made = []
    for number in range(TESTS):
        account, codes = clinician.patient(f"zoe.garnier{number}", PASSWORD)
        clinician.send(account, SUBJECT, LETTER)
        made.append(Patient(small_relay, f"zoe.garnier{number}", account, codes))
    return iter(made)


@pytest.fixture
def patient(people: Iterator[Patient]) -> Patient:
    return next(people)


@pytest.fixture
def sit(playwright: Playwright, small_relay: RunningRelay, tmp_path: Path) -> Iterator[Callable[[str], Page]]:
    """A browser of its own for each name."""
    with contextlib.ExitStack() as stack:

        def opened(name: str) -> Page:
            seat = browser.open_browser(playwright, small_relay.origin, tmp_path / name, browser.DESK)
            return stack.enter_context(seat).page

        yield opened


def test_two_tabs_share_a_draft_and_what_is_sent_and_a_log_out(
    patient: Patient, clinician: Clinician, sit: Callable[[str], Page], tmp_path: Path
) -> None:
    one = patient.enter(sit("one"))
    other = one.context.new_page()
    other.goto(f"{patient.relay.origin}/messages")
    patient.unlock(other)
    forms = [patient.form(one), patient.form(other)]
    text = [form.locator("textarea") for form in forms]
    name = forms[0].locator("input[autocomplete=name]")
    name.fill("Zoé Garnier")
    text[0].fill("Brouilloncanari1 de l’un.")
    text[1].fill("Brouilloncanari2 de l’autre.")
    for box in text:
        expect(box).to_have_value(_holding("Brouilloncanari1", "Brouilloncanari2"), timeout=SLOW)
    forms[0].locator("button[type=submit]").click()
    one.clock.fast_forward(UNDO)
    expect(other.locator(".letter", has_text="Brouilloncanari1 de l’un.")).to_be_visible(timeout=SLOW)
    expect(text[1]).to_have_value("", timeout=SLOW)
    assert len(clinician.heard(patient.account)) == 1
    text[1].fill("Brouilloncanari3, jamais envoyé")
    expect(forms[1]).to_contain_text("Brouillon gardé")
    _leave(one)
    expect(other.get_by_text("Votre connexion a pris fin")).to_be_visible(timeout=ENDS)
    expect(other.locator("body")).not_to_contain_text("canari")
    _nothing_readable(one, patient.login)
    one.context.close()
    words = {"subject": SUBJECT, "letter": LETTER, "draft": "Brouilloncanari", "password": PASSWORD}
    assert _on_disk(words, tmp_path / "one") == []


def test_a_letter_for_a_relay_that_is_down_leaves_once_when_it_is_back(
    patient: Patient, clinician: Clinician, sit: Callable[[str], Page]
) -> None:
    seen = patient.enter(sit("one"))
    form = patient.form(seen)
    form.locator("input[autocomplete=name]").fill("Zoé Garnier")
    patient.relay.kill()
    try:
        form.locator("textarea").fill("Écrit sans relais")
        expect(form).to_contain_text("Brouillon gardé", timeout=SLOW)
        form.locator("button[type=submit]").click()
        seen.clock.fast_forward(UNDO)
        expect(seen.get_by_text("votre message partira tout seul")).to_be_visible(timeout=SLOW)
    finally:
        patient.relay.start_again()
    seen.clock.fast_forward(SLOW)
    expect(seen.locator(".letter", has_text="Écrit sans relais")).to_be_visible(timeout=SLOW)
    until(lambda: clinician.heard(patient.account), "the clinician has it")
    seen.reload()
    expect(patient.form(seen).locator("textarea")).to_have_value("")
    assert [text.split("\n")[0] for text in clinician.heard(patient.account)] == ["Écrit sans relais"]


def test_a_letter_whose_answer_was_lost_is_no_draft_after_its_tab_closed(
    patient: Patient, clinician: Clinician, sit: Callable[[str], Page]
) -> None:
    seen = patient.enter(sit("one"))
    form = patient.form(seen)
    form.locator("input[autocomplete=name]").fill("Zoé Garnier")
    form.locator("textarea").fill("Parti sans réponse")
    seen.context.route("**/jmap/api", _answer_lost)
    with seen.expect_event("requestfailed", lambda request: request.url.endswith("/jmap/api"), timeout=SLOW):
        form.locator("button[type=submit]").click()
        seen.clock.fast_forward(UNDO)
    until(lambda: clinician.heard(patient.account), "the clinician has it")
    other = seen.context.new_page()
    seen.close()
    other.context.unroute("**/jmap/api")
    other.goto(f"{patient.relay.origin}/messages")
    patient.unlock(other)
    box = patient.form(other).locator("textarea")
    expect(other.locator(".letter", has_text="Parti sans réponse")).to_be_visible(timeout=SLOW)
    expect(box).to_have_value("")
    assert len(clinician.heard(patient.account)) == 1


def test_a_full_mailbox_says_what_to_do_and_the_letter_stays(
    patient: Patient, sit: Callable[[str], Page], tmp_path: Path
) -> None:
    seen = patient.enter(sit("one"))
    form = patient.form(seen)
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(SMALL))
    form.locator("input[autocomplete=name]").fill("Zoé Garnier")
    form.locator("textarea").fill("Avec un gros fichier")
    form.locator("input[type=file]").first.set_input_files(str(large))
    expect(form.locator("button[type=submit]")).to_be_enabled(timeout=SLOW)
    form.locator("button[type=submit]").click()
    seen.clock.fast_forward(UNDO)
    said = seen.get_by_role("alert").filter(has_text="Votre espace est plein")
    expect(said).to_be_visible(timeout=SLOW)
    expect(said).to_contain_text("Retirez un fichier, puis réessayez.")
    said.get_by_role("button", name="Modifier").click()
    expect(form.locator("textarea")).to_have_value("Avec un gros fichier")
    expect(form.get_by_text("large.bin").first).to_be_visible()


def test_a_clock_that_is_wrong_is_named(patient: Patient, playwright: Playwright, tmp_path: Path) -> None:
    origin = patient.relay.origin
    # The worker's code must come from the relay: only there can it be given another clock.
    with browser.open_browser(playwright, origin, tmp_path / "one", browser.DESK, kept=False) as seat:
        _finds_its_clock_wrong(patient, seat.page)


def test_a_browser_without_room_says_that_the_draft_is_on_this_page_only(
    patient: Patient, sit: Callable[[str], Page]
) -> None:
    seen = sit("one")
    given = {"origin": patient.relay.origin, "quotaSize": 1}
    seen.context.new_cdp_session(seen).send("Storage.overrideQuotaForOrigin", given)
    form = patient.form(patient.enter(seen))
    patient.relay.kill()
    try:
        form.locator("textarea").fill("Nulle part ailleurs")
        expect(form.get_by_text("Laissez cette page ouverte")).to_be_visible(timeout=SLOW)
    finally:
        patient.relay.start_again()
    seen.clock.fast_forward(SLOW)
    expect(form.get_by_text("Laissez cette page ouverte")).to_have_count(0, timeout=SLOW)
    fresh = patient.enter(sit("two"))
    expect(patient.form(fresh).locator("textarea")).to_have_value("Nulle part ailleurs")


def test_a_log_in_that_lapsed_while_somebody_writes_gives_the_draft_back(
    patient: Patient, sit: Callable[[str], Page]
) -> None:
    seen = patient.enter(sit("one"))
    form = patient.form(seen)
    patient.relay.kill()  # it remembers tokens for half a minute
    _lapse(patient)
    form.locator("textarea").fill("Tapé quand plus rien ne valait")
    patient.relay.start_again()
    expect(seen.get_by_text("Votre connexion a pris fin")).to_be_visible(timeout=SLOW)
    page.log_in(seen, patient.relay.origin, patient.login, PASSWORD, patient.codes.fresh())
    expect(patient.form(seen).locator("textarea")).to_have_value("Tapé quand plus rien ne valait")


def test_a_device_that_is_signed_out_elsewhere_ends_and_keeps_only_what_was_typed(
    patient: Patient, sit: Callable[[str], Page]
) -> None:
    lost = patient.enter(sit("lost"))
    patient.form(lost).locator("textarea").fill("Je voulais vous dire")
    lost.clock.fast_forward(UNDO)
    until(lambda: "letters" in kept_names(lost), "letters are kept", 20)
    mine = patient.enter(sit("mine"))
    page.go_to(mine, "/compte")
    mine.goto(f"{patient.relay.origin}/compte/appareils")
    mine.get_by_role("button", name="Déconnecter tous les autres").click()
    mine.locator(".sure-asking").get_by_role("button").first.click()
    expect(lost.get_by_text("Votre connexion a pris fin. Connectez-vous de nouveau")).to_be_visible(timeout=ENDS)
    until(lambda: all(one.startswith("drafts") for one in kept_names(lost)), "the sealed letters are gone", 5)
    assert dump(lost)["session"] == {}
    page.log_in(lost, patient.relay.origin, patient.login, PASSWORD, patient.codes.fresh())
    expect(patient.form(lost).locator("textarea")).to_have_value("Je voulais vous dire")


def _finds_its_clock_wrong(patient: Patient, seen: Page) -> None:
    page.give_password(seen, patient.relay.origin, patient.login, PASSWORD)
    page.give_code(seen, patient.codes.wrong())
    expect(page.said_wrong(seen)).to_contain_text("l’heure", timeout=SLOW)
    seen.context.route("**/assets/worker-*.js", _a_year_ahead)
    seen.clock.install(time=time.time() + YEAR)
    page.give_password(seen, patient.relay.origin, patient.login, PASSWORD)
    page.give_code(seen, patient.codes.fresh())
    expect(seen.get_by_text("Vérifiez la date et l’heure de l’appareil").first).to_be_visible(timeout=SLOW)


def _leave(seen: Page) -> None:
    page.go_to(seen, "/compte")
    seen.get_by_role("button", name="Se déconnecter").click()
    expect(seen.locator("input[autocomplete=username], a[href='/connexion']").first).to_be_visible(timeout=SLOW)


def _answer_lost(route: Route) -> None:
    """The relay takes the letter, and the line drops before it says so."""
    if "SealedMessage/set" not in (route.request.post_data or ""):
        route.continue_()
        return
    route.fetch()
    route.abort()


def _a_year_ahead(route: Route) -> None:
    """Playwright's clock is the page's; its workers have one of their own."""
    ahead = (
        f"{{const Real=Date;const ahead={YEAR}000;globalThis.Date=class extends Real{{"
        "constructor(...a){a.length?super(...a):super(Real.now()+ahead)}static now(){return Real.now()+ahead}}}"
    )
    answer = route.fetch()
    route.fulfill(response=answer, body=f"{ahead};{answer.text()}")


def _lapse(patient: Patient) -> None:
    """As time does: no token of this account is good any more."""
    with closing(sqlite3.connect(patient.relay.data / "relay.db", timeout=20)) as database, database:
        for table in ("accesses", "refreshes"):
            database.execute(f"DELETE FROM {table} WHERE account = ?", (patient.account,))


def _nothing_readable(seen: Page, login: str) -> None:
    said = str(dump(seen))
    for word in ("canari", PASSWORD, "Garnier", login, "MARTIN"):
        assert word not in said, word
    assert kept_names(seen) == []


def _on_disk(words: dict[str, str], folder: Path) -> list[tuple[str, str]]:
    """Each word in each file, as UTF-8 or UTF-16: what Chromium remembers of tabs and forms is one or the other."""
    shapes = [(label, word.encode(code)) for label, word in words.items() for code in ("utf-8", "utf-16-le")]
    files = [(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    return [(label, name) for name, raw in files for label, shape in shapes if shape in raw]


def _holding(*words: str) -> re.Pattern[str]:
    """All of them, in any order, on any line."""
    return re.compile("".join(rf"(?=[\s\S]*{word})" for word in words))
