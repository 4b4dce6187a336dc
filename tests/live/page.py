"""The web client as a patient uses it: each function is one thing that a person does or sees.

Elements are found by what they are (roles, autocomplete, addresses), so that a change of wording breaks nothing here.
"""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

PASSWORD_SECONDS = 30  # Argon2id in a browser, on a busy machine


def log_in(page: Page, origin: str, login: str, password: str, code: str) -> None:
    """From the log-in page to the messages."""
    give_password(page, origin, login, password)
    give_code(page, code)
    expect(page).to_have_url(f"{origin}/messages", timeout=PASSWORD_SECONDS * 1000)


def give_password(page: Page, origin: str, login: str, password: str) -> None:
    """The first step of the log-in."""
    page.goto(f"{origin}/connexion")
    page.locator("input[autocomplete=username]").fill(login)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.locator("button[type=submit]").click()


def give_code(page: Page, code: str) -> None:
    """The second step."""
    field = page.locator("input[autocomplete=one-time-code]")
    expect(field).to_be_visible(timeout=PASSWORD_SECONDS * 1000)
    field.fill(code)
    page.locator("button[type=submit]").click()


def said_wrong(page: Page) -> Locator:
    """The refusal on a form, announced as an alert."""
    return page.locator("main [role=alert]").first


def in_list(page: Page, subject: str) -> Locator:
    """The line of a conversation in the list."""
    return page.locator("a.row", has_text=subject)


def open_conversation(page: Page, subject: str) -> Locator:
    """The conversation, opened from the list."""
    in_list(page, subject).click()
    opened = page.get_by_role("region").filter(has=page.get_by_role("heading", level=1, name=subject))
    expect(opened).to_be_visible()
    return opened


def open_file(within: Locator, name: str) -> Locator:
    """A file's box, after its first button (open) was pressed."""
    box = within.locator(".file", has_text=name)
    box.locator("button[aria-expanded=false]").click()
    return box


def accept(within: Locator, summary: str) -> Locator:
    """The appointment's card, after the first answer (yes) was pressed."""
    card = within.locator("section.card[id^=rdv-]", has_text=summary)
    card.get_by_role("group").get_by_role("button").first.click()
    return card


def go_to(page: Page, place: str) -> None:
    """One of the four places, by its address in the navigation that is shown at this width."""
    page.locator(f"nav a[href='{place}']:visible").click()
    expect(page).to_have_url(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}{place}")


def answer(within: Locator, text: str, file: Path, name: str) -> None:
    """Write back with a file. The page waits ten seconds before it sends."""
    form = within.locator("section.answer form")
    own_name = form.locator("input[autocomplete=name]")
    if own_name.count():
        own_name.fill(name)
    form.locator("textarea").fill(text)
    form.locator("input[type=file]").first.set_input_files(str(file))
    expect(form.get_by_text(file.name)).to_be_visible()
    send = form.locator("button[type=submit]")
    expect(send).to_be_enabled()
    send.click()


def take_everything(page: Page, target: Path) -> Path:
    """The file of the page "take everything with you", as the browser saves it."""
    go_to(page, "/compte")
    page.locator("a[href='/compte/emporter']").click()
    with page.expect_download() as begun:
        page.locator("main button.button-main").click()
    begun.value.save_as(target)
    return target
