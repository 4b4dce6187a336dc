"""Debian's Chromium as the patient's browser, driven over Playwright; every complaint of the page is kept.

A complaint is a console error, an uncaught exception, a violation of the content security policy, or a request to any
other host than the relay's.
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Playwright, Request

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK: Final = (1280, 900)
PHONE: Final = (390, 844)
_VIOLATIONS: Final = """
addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP violation: " + event.violatedDirective + " " + event.blockedURI + " " + event.sourceFile)
})
"""


@dataclass
class Seat:
    """One browser with one page, and what the page complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@contextlib.contextmanager
def open_browser(
    playwright: Playwright, origin: str, profile: Path, size: tuple[int, int], *, policy: bool = True, kept: bool = True
) -> Iterator[Seat]:
    """A fresh Chromium with its own profile in `profile`, in French, at that size in CSS pixels.

    Without `policy` it ignores the page's content security policy: what holds then holds by the page alone. Without
    `kept` no service worker answers in the relay's place.
    """
    width, height = size
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=CHROMIUM,
        headless=True,
        args=list(FLAGS),
        viewport={"width": width, "height": height},
        has_touch=size == PHONE,
        locale="fr-FR",
        timezone_id="Europe/Paris",
        accept_downloads=True,
        bypass_csp=not policy,
        service_workers="allow" if kept else "block",
    )
    try:
        yield _seat(context, origin)
    finally:
        # A route that still waits for its answer would break off in whatever the next browser does.
        with contextlib.suppress(Error):  # it is closed already
            context.unroute_all(behavior="ignoreErrors")
        context.close()


def _seat(context: BrowserContext, origin: str) -> Seat:
    context.add_init_script(_VIOLATIONS)
    context.set_default_timeout(15_000)
    seat = Seat(context.pages[0])
    seat.page.on("console", lambda message: _note_console(seat, message))
    seat.page.on("pageerror", lambda error: seat.complaints.append(f"exception: {error} {error.stack}"))
    context.on("request", lambda request: _note_request(seat, request, urlsplit(origin).netloc))
    return seat


def _note_console(seat: Seat, message: ConsoleMessage) -> None:
    # A log-in that needs a code, and a page that looks for an earlier session, are answered 401: Chromium notes it.
    asked = message.type == "error" and "401" in message.text and "/auth/" in message.location.get("url", "")
    if message.type == "error" and not asked:
        seat.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")


def _note_request(seat: Seat, request: Request, host: str) -> None:
    target = urlsplit(request.url)
    if target.scheme in ("http", "https", "ws", "wss") and target.netloc != host:
        seat.complaints.append(f"request to a third party: {request.url}")


def missing() -> str | None:
    """Why the browser cannot be started here, in words, or None."""
    if not shutil.which(CHROMIUM):
        return "Debian's chromium is not installed (scripts/debian-packages)"
    return None
