"""Letters of a hostile sender in Chromium on a real relay: no script runs, nothing is asked of another place, and
nothing leaves its letter's box or covers the page.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Playwright, expect, sync_playwright

from crypto.keys import random_id
from tests.live import browser, hostile, page
from tests.live.browser import Seat
from tests.live.clinician import Clinician, file_part

pytestmark = pytest.mark.live
PASSWORD = "une phrase assez longue pour tout le monde"
MARKED, FILED = "Balisage 7719", "Fichiers 7719"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if reason := browser.missing():
        pytest.skip(reason)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module", params=[True, False], ids=["policy", "no-policy"])
def seat(
    request: pytest.FixtureRequest,
    playwright: Playwright,
    clinician: Clinician,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Seat]:
    """A patient who has all of it, logged in, and again where the browser ignores the policy, which is the second
    wall only. Dialogs and windows count as complaints."""
    login = f"ines.petit{int(request.param)}"
    account, codes = clinician.patient(login, PASSWORD)
    thread = random_id()
    for markup in hostile.MARKUP:
        clinician.send(account, MARKED, hostile.TEXTS, html=markup, thread=thread)
    files = [file_part(name, "text/plain", hostile.TEXTS.encode()) for name in hostile.NAMES]
    files += [file_part("radio.svg", "image/svg+xml", hostile.SVG), file_part("radio.png", "image/png", hostile.SVG)]
    files += [file_part("page.html", "text/html", hostile.MARKUP[0].encode())]
    files += [file_part("bilan.pdf", "application/pdf", hostile.pdf())]
    entity = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{hostile.EVIL}/e">]>'
    documents = [hostile.cda(one) for one in hostile.NARRATIVES]
    documents.append(hostile.cda("<paragraph>&a;</paragraph>", doctype=entity))
    parts = [*files]
    for number, raw in enumerate(documents):
        file = file_part(f"cr{number}.xml", "text/xml", raw)
        parts.append(file | {"kind": "document", "title": hostile.TEXTS[:200]})
    words = dict.fromkeys(("summary", "location", "description"), hostile.TEXTS[:200])
    parts.append({"kind": "invitation"} | words)
    clinician.send(account, FILED, hostile.TEXTS, parts=parts)
    profile = tmp_path_factory.mktemp("hostile") / "profile"
    with browser.open_browser(playwright, clinician.origin, profile, browser.DESK, policy=request.param) as opened:
        opened.page.on("dialog", lambda dialog: _refuse(opened, dialog))
        opened.page.on("popup", lambda popup: opened.complaints.append(f"window: {popup.url}"))
        page.log_in(opened.page, clinician.origin, login, PASSWORD, codes.fresh())
        yield opened


def test_markup_is_only_words(seat: Seat) -> None:
    opened = page.open_conversation(seat.page, MARKED)
    expect(opened.locator(".letter .markup").nth(len(hostile.MARKUP) - 10)).to_be_attached()
    shown = opened.locator(".letter")
    assert shown.count() == len(hostile.MARKUP)
    assert seat.page.evaluate(_ACTING) == []
    _calm(seat)


def test_files_documents_and_appointments_are_only_words(seat: Seat) -> None:
    page.go_to(seat.page, "/messages")
    opened = page.open_conversation(seat.page, FILED)
    for name in ("radio.svg", "page.html"):
        expect(opened.locator(".file", has_text=name).locator("button[aria-expanded]")).to_have_count(0)
    buttons = opened.locator(".file button[aria-expanded]")
    assert buttons.count() >= len(hostile.NAMES) + len(hostile.NARRATIVES) + 2
    for button in buttons.all():
        button.click()
    expect(opened.locator(".file button[aria-expanded=false]")).to_have_count(0)
    expect(opened.locator(".pdf-page canvas")).to_have_count(1)
    expect(opened.locator(".pdf-text")).to_contain_text("Compte rendu")
    expect(opened.locator(".cda")).to_have_count(len(hostile.NARRATIVES))
    assert opened.locator(".pdf-page a, .pdf-page input, .pdf-page section").count() == 0
    assert "\u202e" not in "".join(opened.locator(".file-name").all_inner_texts())
    assert seat.page.evaluate(_ACTING) == []
    _calm(seat)
    page.go_to(seat.page, "/agenda")
    expect(seat.page.locator("section.card[id^=rdv-]")).to_have_count(1)
    _calm(seat)
    page.go_to(seat.page, "/dossier")
    expect(seat.page.locator("main a.row").first).to_be_visible()
    _calm(seat)


def _is_blocked_in_a_document_without_window(complaint: str) -> bool:
    """Chromium tells of each handler and style in XHTML inside a CDA document while it reads it, where nothing could
    run or show. That nothing does is what the run without the policy proves."""
    said = ("Executing inline event handler", "Applying inline style", "CSP violation: script-src-attr inline")
    return any(each in complaint for each in (*said, "CSP violation: style-src-elem inline", "style-src-attr inline"))


def _refuse(opened: Seat, dialog: Dialog) -> None:
    opened.complaints.append(f"dialog: {dialog.type}")
    dialog.dismiss()


def _calm(seat: Seat) -> None:
    """Nothing ran, nothing was asked of anybody else, and the bar above the page still takes the clicks."""
    assert seat.page.evaluate("() => globalThis.hit") is None
    assert seat.page.evaluate(_COVERED) == []
    assert seat.page.evaluate(_OUTSIDE) == []
    assert [each for each in seat.complaints if not _is_blocked_in_a_document_without_window(each)] == []


_ACTING = """() => {
  const names = 'script, style, link, base, meta, iframe, object, embed, video, audio, form, input, select, textarea,'
    + 'svg:not(.icon):not([aria-hidden=true]), math, template, dialog, [popover], [contenteditable],'
    + 'img:not([src^="blob:"])'
  const found = [...document.querySelectorAll('.letter')].flatMap(letter => [...letter.querySelectorAll(names)])
  const marked = [...document.querySelectorAll('.markup *, .cda *')]
  const acting = marked.flatMap(one => [...one.attributes].filter(({ name, value }) =>
    /^(on|style|id|name|ping|src|formaction|autofocus|tabindex|accesskey)/.test(name)
    || name === 'href' && !/^(https?|mailto|tel):/.test(value)))
  return [...found.map(one => one.outerHTML.slice(0, 120)), ...acting.map(({ name, value }) => name + '=' + value)]
}"""
_COVERED = """() => [...document.querySelectorAll('header a, header nav a, header button')].filter(one => {
  const { left, top, width, height } = one.getBoundingClientRect()
  if (width === 0) return false
  const there = document.elementFromPoint(left + width / 2, top + height / 2)
  return top >= 0 && !(one.contains(there) || there?.contains(one))
}).map(one => one.outerHTML.slice(0, 120))"""
_OUTSIDE = """() => [...document.querySelectorAll('.letter')].flatMap(letter => {
  const box = letter.getBoundingClientRect()
  return [...letter.querySelectorAll('.markup *, .cda *, .pdf-page, .file-name *')].filter(one => {
    const style = getComputedStyle(one)
    if (style.position === 'fixed' || style.position === 'sticky') return true
    let room = one.parentElement
    const clips = /auto|scroll|hidden|clip/
    while (room !== letter && !clips.test(getComputedStyle(room).overflow)) room = room.parentElement
    if (room !== letter) return false
    const { left, right, width, height } = one.getBoundingClientRect()
    return width > 0 && height > 0 && (left < box.left - 1 || right > box.right + 1)
  }).map(one => one.outerHTML.slice(0, 120))
})"""
