"""A new person: timed from the letter's code to the first message, then every page looked at with axe-core."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Playwright, sync_playwright

from demo import sample
from demo.installation import Installation
from demo.names import Patient
from demo.report import Report
from demo.sample import PARIS, Words
from tests.live import browser, looking
from tests.live.browser import Seat
from tests.live.certificates import Certificates
from tests.live.handing import hand_over
from tests.live.human import Human
from tests.live.newcomer import Opened, open_account, read_first
from tests.live.places import Places

pytestmark = pytest.mark.live
ODETTE = Patient("239067505600139", "LEROY", "ODETTE", "1939-06-02", "F")
LOGIN = "odette.leroy"
SUBJECT = "Vos résultats d'analyse"
MINUTES = 3


@dataclass
class Visit:
    """After the first message was read."""

    seat: Seat
    human: Human
    opened: Opened
    origin: str


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if reason := browser.missing():
        pytest.skip(reason)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def visit(
    playwright: Playwright, pli: Installation, places: Places, certs: Certificates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Visit]:  # fmt: skip
    """A letter was printed and a message waits; then the person sits down."""
    code = pli.letter_codes({LOGIN: ODETTE})[LOGIN]
    now = dt.datetime.now(dt.UTC)
    report = Report(drawn=now.astimezone(PARIS).replace(microsecond=0), patient=ODETTE)
    plain = sample.default_words(report)
    words = Words(SUBJECT, plain.text, plain.html, plain.file_name)
    mail = sample.compose(now, report=report, words=words, recipient=ODETTE.address)
    said = hand_over(places.gateway, certs.authority, certs.operator, ODETTE.address, mail.raw)
    assert said.code == 250, said
    origin = pli.layout.origin
    with browser.open_browser(playwright, origin, tmp_path_factory.mktemp(LOGIN) / "profile", browser.DESK) as seat:
        human = Human(seat.page)
        opened = open_account(human, origin, LOGIN, code)
        read_first(human, SUBJECT)
        yield Visit(seat, human, opened, origin)


def test_from_the_letter_to_the_first_message_in_under_three_minutes(visit: Visit) -> None:
    print(visit.human.told())
    assert visit.human.total < MINUTES * 60, visit.human.told()


def test_every_page_holds_wcag_on_a_phone_and_at_a_desk_under_its_own_policy(visit: Visit) -> None:
    found = looking.at_every_page(visit.seat.page)
    assert found == []
    assert visit.seat.complaints == [], "no breach of the policy, no other origin, no error"


def test_nothing_of_the_code_the_sheet_or_the_password_stays_in_the_browser_readable(visit: Visit) -> None:
    kept = str(visit.seat.page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"))
    signs = "".join(one for one in kept.upper() if one.isalnum())
    for secret in (visit.opened.kit, visit.opened.secret, "tilleulparfumjuin1948"):
        assert "".join(one for one in secret.upper() if one.isalnum()) not in signs
