"""Somebody who holds a letter and has never seen the page: from its code to the first message."""

import re
import time
from dataclasses import dataclass

import pyotp
from playwright.sync_api import Page, expect

from tests.live.human import Human
from tests.live.page import PASSWORD_SECONDS, in_list, open_conversation

PASSWORD = "tilleul parfum juin 1948"
PRINTER = 10.0  # seconds from the button to the sheet in the hand
APP = 12.0  # seconds to take the phone, open the code app, aim at the square, and see six digits
SOON = 1000 * PASSWORD_SECONDS


_COUNT_PRINTS = """() => {
  globalThis.printed = 0
  addEventListener('beforeprint', () => { globalThis.printed += 1 })
}"""


@dataclass(frozen=True)
class Opened:
    """An account that was opened in the page. `activated` is when the code was used, in seconds since 1970."""

    login: str
    secret: str
    kit: str
    activated: float


def open_account(human: Human, origin: str, login: str, code: str) -> Opened:
    """From the page that asks for the letter's code to the messages."""
    page = human.page
    human.wait(lambda: _there(page, f"{origin}/activation"))
    main, further = page.locator("main"), page.locator("main button[type=submit]")
    human.read(main, "the letter's code")
    human.type(page.locator("input[autocomplete=username]"), login)
    human.type(page.locator("textarea"), code.replace("-", ""))
    assert page.locator("textarea").input_value().replace("\n", "-") == code, "the groups make themselves"
    human.click(further)
    begin = page.get_by_role("button", name="Commencer")
    human.wait(lambda: expect(begin).to_be_visible(timeout=SOON))
    human.read(main, "what is to be done")
    human.click(begin)
    _password(human)
    kit = _kit(human)
    secret = page.locator(".kept").inner_text().replace(" ", "").replace("\u00a0", "")
    human.read(main, "the second lock")
    human.away(APP, "the code app")
    human.type(page.locator("input[autocomplete=one-time-code]"), pyotp.TOTP(secret).now())
    activated = time.time()
    human.click(further)
    human.wait(lambda: expect(page).to_have_url(f"{origin}/messages", timeout=SOON))
    return Opened(login, secret, kit, activated)


def read_first(human: Human, subject: str) -> None:
    """The first message, from the list that it appears in."""
    page = human.page
    human.wait(lambda: expect(in_list(page, subject)).to_be_visible(timeout=SOON))
    human.read(page.locator("main"), "the list")
    opened = open_conversation(page, subject)
    human.away(1.2, "one click")
    letter = opened.locator(".letter").first
    human.wait(lambda: expect(letter).to_contain_text("La glycémie est bonne"))
    human.read(letter.locator(".letter-head, .letter-text, .markup"), "the first message")


def _there(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("textarea")).to_be_visible(timeout=SOON)


def _password(human: Human) -> None:
    page = human.page
    fields = page.locator("input[autocomplete=new-password]")
    human.wait(lambda: expect(fields).to_have_count(2))
    human.read(page.locator("main"), "the password")
    for number in range(2):
        human.type(fields.nth(number), PASSWORD)
    human.click(page.locator("main button[type=submit]"))


def _kit(human: Human) -> str:
    """Printed, and the two groups typed that the page asks for."""
    page = human.page
    human.wait(lambda: expect(page.locator(".kit")).to_be_visible(timeout=SOON))
    human.read(page.locator("main"), "the recovery sheet")
    kit = "-".join(page.locator(".kit .group").all_inner_texts())
    page.evaluate(
        "() => { globalThis.printed = 0; addEventListener('beforeprint', () => { globalThis.printed += 1 }) }"
    )
    human.click(page.get_by_role("button", name="Imprimer la feuille"))
    assert page.evaluate("() => globalThis.printed") == 1
    human.away(PRINTER, "the printer")
    human.click(page.get_by_role("button", name="Je l’ai imprimée ou recopiée"))
    fields = page.locator("main input[type=text], main input:not([type])")
    human.wait(lambda: expect(fields).to_have_count(2))
    human.read(page.locator("main"), "the two groups")
    for number in range(2):
        named = fields.nth(number).evaluate("(one) => one.labels[0].textContent")
        group = int(re.findall(r"\d", named)[0])
        human.type(fields.nth(number), kit.split("-")[group - 1].lower())
    human.click(page.locator("main button[type=submit]"))
    human.wait(lambda: expect(page.locator(".kept")).to_be_visible(timeout=SOON))
    return kit
