"""Refusals in the page: a wrong password, wrong and used codes, and a letter that somebody changed at the relay."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from demo import sample
from demo.installation import Installation, Member
from demo.report import Report
from demo.sample import PARIS, Words
from tests.live import browser, ledger, page
from tests.live.certificates import Certificates
from tests.live.codes import Codes
from tests.live.handing import hand_over
from tests.live.people import LOGIN
from tests.live.places import Places
from tests.live.tampering import flip_newest_letter

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if reason := browser.missing():
        pytest.skip(reason)
    with sync_playwright() as started:
        yield started


@pytest.fixture
def door(playwright: Playwright, pli: Installation, tmp_path: Path) -> Iterator[Page]:
    """A fresh browser that nobody has logged in with."""
    with browser.open_browser(playwright, pli.layout.origin, tmp_path / "profile", browser.DESK) as seat:
        yield seat.page


@pytest.fixture
def member(members: dict[str, Member]) -> Member:
    return members[LOGIN]


def test_a_wrong_password_is_refused_in_words(door: Page, pli: Installation, member: Member) -> None:
    before = ledger.take(pli.layout.relay_data)
    page.give_password(door, pli.layout.origin, member.login, "ce n'est pas la bonne phrase")
    expect(page.said_wrong(door)).to_contain_text("mot de passe", timeout=30_000)
    assert ledger.take(pli.layout.relay_data).since(before) == []


def test_an_unknown_name_is_refused_in_the_same_words(door: Page, pli: Installation, member: Member) -> None:
    said = []
    for login in (member.login, "personne.inconnue"):
        page.give_password(door, pli.layout.origin, login, "ce n'est pas la bonne phrase")
        expect(page.said_wrong(door)).to_be_visible(timeout=30_000)
        said.append(page.said_wrong(door).inner_text())
    assert said[0] == said[1]


def test_a_wrong_code_is_refused_in_words(
    door: Page, pli: Installation, member: Member, codes: dict[str, Codes]
) -> None:
    page.give_password(door, pli.layout.origin, member.login, member.password)
    page.give_code(door, codes[LOGIN].wrong())
    expect(page.said_wrong(door)).to_contain_text("code", timeout=30_000)


def test_a_used_code_is_refused_in_words(
    door: Page, pli: Installation, member: Member, codes: dict[str, Codes]
) -> None:
    page.log_in(door, pli.layout.origin, member.login, member.password, codes[LOGIN].fresh())
    door.context.clear_cookies()
    page.give_password(door, pli.layout.origin, member.login, member.password)
    page.give_code(door, codes[LOGIN].used())
    expect(page.said_wrong(door)).to_contain_text("code", timeout=30_000)


def test_a_changed_letter_is_said_to_be_closed_and_the_others_open(
    door: Page, pli: Installation, places: Places, certs: Certificates, member: Member, codes: dict[str, Codes]
) -> None:
    whole, changed = "La lettre entière", "La lettre changée"
    for subject in (whole, changed):
        raw = _mail(member, subject)
        said = hand_over(places.gateway, certs.authority, certs.operator, member.patient.address, raw)
        assert said.code == 250
    flip_newest_letter(pli.layout.relay_data, LOGIN)
    page.log_in(door, pli.layout.origin, member.login, member.password, codes[LOGIN].fresh())
    expect(door.locator(".row-closed")).to_contain_text("impossible à ouvrir")
    expect(page.in_list(door, changed)).to_have_count(0)
    expect(page.open_conversation(door, whole)).to_contain_text("Dr Claire MARTIN")


def _mail(member: Member, subject: str) -> bytes:
    now = dt.datetime.now(dt.UTC)
    report = Report(drawn=now.astimezone(PARIS).replace(microsecond=0))
    words = Words(subject, "Bonjour", "<p>Bonjour</p>", "resultats.pdf")
    return sample.compose(now, report=report, words=words, recipient=member.patient.address).raw
