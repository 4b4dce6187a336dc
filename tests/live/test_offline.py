"""The service worker in Chromium, on a real relay: the page without a relay, newer builds, changed files, notices."""

import base64
import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from demo.installation import WEB
from tests.live import browser
from tests.live.browser import Seat
from tests.relays import RunningRelay, start_relay_process

pytestmark = pytest.mark.live
KEPT = 60_000  # milliseconds until a whole build is kept, on a busy machine


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if reason := browser.missing():
        pytest.skip(reason)
    with sync_playwright() as started:
        yield started


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A copy of the build, for a test to change."""
    return Path(shutil.copytree(WEB, tmp_path / "web"))


@pytest.fixture
def relay(served: Path, tmp_path: Path) -> Iterator[RunningRelay]:
    started = start_relay_process(tmp_path / "relay", web=served)
    yield started
    started.stop()


@contextlib.contextmanager
def visit(playwright: Playwright, origin: str, folder: Path) -> Iterator[Seat]:
    with browser.open_browser(playwright, origin, folder / "profile", browser.PHONE) as seat:
        yield seat


def test_a_newer_build_waits_until_the_person_reloads(
    playwright: Playwright, relay: RunningRelay, served: Path, tmp_path: Path
) -> None:
    with visit(playwright, relay.origin, tmp_path) as seat:
        seat.page.goto(relay.origin)
        _wait_until_kept(seat.page)
        expect(seat.page.get_by_role("button", name="Recharger")).to_have_count(0)
        _publish(served, "pli.svg", (served / "pli.svg").read_text() + "<!-- newer -->")
        seat.page.evaluate(_LOOK)
        expect(seat.page.get_by_text("Une nouvelle version est prête")).to_be_visible(timeout=KEPT)
        assert "newer" not in seat.page.evaluate(_PICTURE), "an open page goes on with its own build"
        with seat.page.expect_navigation():
            seat.page.get_by_role("button", name="Recharger").click()
        assert "newer" in seat.page.evaluate(_PICTURE)
        expect(seat.page.get_by_text("Une nouvelle version est prête")).to_have_count(0)


def test_a_build_with_a_changed_file_is_not_taken_and_the_one_before_opens_without_a_relay(
    playwright: Playwright, relay: RunningRelay, served: Path, tmp_path: Path
) -> None:
    with visit(playwright, relay.origin, tmp_path) as seat:
        seat.page.goto(relay.origin)
        _wait_until_kept(seat.page)
        _publish(served, "pli.svg", (served / "pli.svg").read_text() + "<!-- newer -->")
        (served / "pli.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        assert seat.page.evaluate(_TAKEN) is False
        expect(seat.page.get_by_text("Une nouvelle version est prête")).to_have_count(0)
        assert _kept(seat.page) <= _published(WEB), "only files of the manifest are kept, no answer of the relay"
        relay.kill()
        seat.page.reload()
        expect(seat.page.locator("#app header .brand")).to_be_visible()
        assert _inline_script_is_refused(seat.page), "the policy holds for the page that was kept"


def test_a_push_shows_that_there_is_something_and_nothing_of_what(
    playwright: Playwright, relay: RunningRelay, tmp_path: Path
) -> None:
    with visit(playwright, relay.origin, tmp_path) as seat:
        seat.page.context.grant_permissions(["notifications"], origin=relay.origin)
        seat.page.goto(relay.origin)
        _wait_until_kept(seat.page)
        pushing = _Pushing(seat.page, relay.origin)
        seat.page.evaluate(_HEAR)
        code = {"@type": "PushVerification", "pushSubscriptionId": "P1", "verificationCode": "c0de"}
        pushing.deliver(code)
        seat.page.wait_for_function("() => globalThis.heard.length === 1")
        assert seat.page.evaluate("() => globalThis.heard") == [code]
        pushing.deliver({"@type": "StateChange", "changed": {"A-secret": {"SealedMessage": "s"}}})
        seat.page.goto("about:blank")
        pushing.deliver({"@type": "StateChange", "changed": {"A-secret": {"SealedMessage": "s"}}})
        seat.page.goto(relay.origin)
        seat.page.wait_for_function(f"async () => (await ({_SHOWN})()).length > 0")
        assert seat.page.evaluate(_SHOWN) == [["Pli", "Il y a du nouveau pour vous. Ouvrez Pli pour le lire."]]


class _Pushing:
    """A push service, as far as the browser's own door for tests goes."""

    def __init__(self, seen: Page, origin: str) -> None:
        self._session, self._origin = seen.context.new_cdp_session(seen), origin
        self._registrations: list[str] = []
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._session.send("ServiceWorker.enable")
        seen.wait_for_function("() => navigator.serviceWorker.controller !== null")

    def _note(self, event: dict[str, Any]) -> None:
        self._registrations += [one["registrationId"] for one in event["registrations"]]

    def deliver(self, data: dict[str, Any]) -> None:
        said = {"origin": self._origin, "registrationId": self._registrations[-1], "data": json.dumps(data)}
        self._session.send("ServiceWorker.deliverPushMessage", said)


_LOOK = "async () => { await (await navigator.serviceWorker.ready).update() }"
_PICTURE = "async () => (await fetch('/pli.svg')).text()"
_SHOWN = """async () => {
  const shown = await (await navigator.serviceWorker.ready).getNotifications()
  return shown.map(one => [one.title, one.body])
}"""
_HEAR = """() => {
  globalThis.heard = []
  navigator.serviceWorker.addEventListener('message', event => globalThis.heard.push(event.data))
}"""
_TAKEN = """async () => {
  const registration = await navigator.serviceWorker.ready
  const found = new Promise(resolve => {
    registration.addEventListener('updatefound', () => resolve(registration.installing))
  })
  await registration.update()
  const worker = await found
  if (worker.state === 'installing') {
    await new Promise(resolve => worker.addEventListener('statechange', resolve, { once: true }))
  }
  return worker.state !== 'redundant'
}"""


def _wait_until_kept(seen: Page) -> None:
    seen.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=KEPT)


def _kept(seen: Page) -> set[str]:
    """The paths in every cache of the page's origin."""
    addresses = seen.evaluate("""async () => {
      const names = await caches.keys()
      const kept = await Promise.all(names.map(async name => (await caches.open(name)).keys()))
      return kept.flat().map(request => new URL(request.url).pathname)
    }""")
    assert addresses, "a build is kept"
    return {str(address).removeprefix("/") for address in addresses}


def _published(folder: Path) -> set[str]:
    return {line.split("  ", 1)[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}


def _inline_script_is_refused(seen: Page) -> bool:
    return bool(
        seen.evaluate("""() => {
          const script = document.createElement('script')
          try { script.textContent = 'globalThis.ran = true' } catch { return true }
          document.head.append(script)
          return globalThis.ran !== true
        }""")
    )


def _publish(served: Path, path: str, text: str) -> None:
    """A newer build in the same folder: this file is another, and the worker names its hash."""
    file, worker = served / path, served / "offline.js"
    before, data = file.read_bytes(), text.encode()
    said = worker.read_text()
    assert _hash(before) in said
    name = said.split("name:`", 1)[1].split("`", 1)[0]
    worker.write_text(said.replace(_hash(before), _hash(data)).replace(f"name:`{name}`", "name:`0123456789abcdef`"))
    file.write_bytes(data)


def _hash(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
