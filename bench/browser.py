"""The web client in Debian's Chromium on a real relay: what a person waits for, and what the page holds meanwhile.

LCP and INP: Web Vitals' definitions, by the browser's own observers, on a phone that is four times as slow as this
machine with Lighthouse's slow 4G (1.6 Mbit/s down, 750 kbit/s up, 150 ms). The rest is without any brake.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from playwright.sync_api import CDPSession, Page, Playwright, Request, expect, sync_playwright

from bench.plain import PlainBrowser
from bench.pss import Peak, held, spent
from bench.row import Row, at_least, at_most
from tests.live import browser, page
from tests.live.clinician import Clinician
from tests.live.codes import Codes
from tests.live.polling import until
from tests.relays import RunningRelay, start_relay_process

GROUP: Final = "browser"
WEB: Final = Path(__file__).parents[1] / "clients" / "web"
PASSWORD: Final = "une phrase assez longue pour la mesure"
LETTERS: Final = int(os.environ.get("PLI_BENCH_LETTERS", "10000"))
LARGE: Final = 100 * 1024 * 1024 - (1 << 16)  # bytes of a file: as much as one letter may carry
MB: Final = 1_000_000
SLOW: Final = 600_000  # milliseconds
PHONE: Final = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
FREE: Final = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
AWAY: Final = FREE | {"offline": True}
UPHILL: Final = FREE | {"uploadThroughput": 10e6}  # bytes a second: a file is sealed sooner than sent


def run() -> Iterator[Row]:
    """All rows of the group."""
    yield from _sizes()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        relay = start_relay_process(folder / "relay", web=WEB / "dist")
        stack.callback(relay.stop)
        clinician = Clinician(relay, folder / "clinician.log")
        stack.callback(clinician.close)
        playwright = stack.enter_context(sync_playwright())
        many, files = [clinician.patient(login, PASSWORD) for login in ("camille.durand", "zoe.garnier")]
        clinician.send_many(many[0], LETTERS)
        clinician.send_large(files[0], "Grand fichier", LARGE)
        yield from _phone(playwright, relay, folder / "phone")
        yield from _many(playwright, relay, many[1], folder / "many")
        yield from _files(playwright, relay, files[1], folder)


def _sizes() -> Iterator[Row]:
    said = subprocess.run(["npm", "run", "--silent", "size"], cwd=WEB, capture_output=True, text=True, check=False)
    for what, measured, limit in re.findall(r"^(\w+): ([\d.]+) kB of (\d+) kB", said.stdout, re.MULTILINE):
        yield at_most(GROUP, f"{what} of the first load, gzip", float(measured), "kB", float(limit))


def _phone(playwright: Playwright, relay: RunningRelay, profile: Path) -> Iterator[Row]:
    with browser.open_browser(playwright, relay.origin, profile, browser.PHONE) as seat:
        devtools = _throttled(seat.page)
        seat.page.add_init_script(_VITALS)
        seat.page.goto(f"{relay.origin}/")
        expect(seat.page.locator("main h1")).to_be_visible()
        seat.page.wait_for_timeout(500)  # the observer's last word
        yield at_most(GROUP, "first page on a slow phone, LCP", seat.page.evaluate("() => vitals.lcp"), "ms", 1500)
        seat.page.locator("a[href='/connexion']").first.click()
        field = seat.page.locator("input[autocomplete=username]")
        field.press_sequentially("camille.durand", delay=60)
        seat.page.locator("input[autocomplete=current-password]").press_sequentially("une phrase", delay=60)
        seat.page.wait_for_timeout(500)
        yield at_most(GROUP, "typing a log-in on a slow phone, INP", seat.page.evaluate("() => vitals.inp"), "ms", 200)
        devtools.detach()


def _throttled(seen: Page) -> CDPSession:
    devtools = seen.context.new_cdp_session(seen)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", PHONE)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return devtools


def _many(playwright: Playwright, relay: RunningRelay, codes: Codes, profile: Path) -> Iterator[Row]:
    with browser.open_browser(playwright, relay.origin, profile, browser.DESK) as seat:
        seen, what = seat.page, f"{LETTERS:,} letters"
        seen.add_init_script(_VITALS)
        began = time.perf_counter()
        page.log_in(seen, relay.origin, "camille.durand", PASSWORD, codes.fresh())
        seen.wait_for_function(_WHOLE, arg=LETTERS, timeout=SLOW)
        yield Row(GROUP, f"log-in and first reading of {what}", time.perf_counter() - began, "s")
        until(lambda: seen.evaluate(_KEPT) >= LETTERS // 256, "the letters are kept", 120)
        seen.wait_for_timeout(3000)  # the list of the pieces is written after them
        seen.reload()
        shown = float(seen.evaluate(_SHOWN, arg="a.row"))
        yield Row(GROUP, f"reload with {what} kept, until the list is there", shown, "ms")
        frames = sorted(seen.evaluate(_SCROLL))
        smooth = 100 * sum(frame < 25 for frame in frames) / len(frames)
        yield at_least(GROUP, f"scrolling {what}, frames in time for 60 a second", smooth, "%", 95)
        seen.evaluate(_FIND, arg="glycémie")  # the index is made when it is first asked
        yield at_most(GROUP, f"search in {what}, first result", _best(seen, _FIND, f"mot{LETTERS // 2:04}"), "ms", 100)
        seen.locator("button", has_text="Effacer").first.click()
        yield at_most(GROUP, "opening a message that is here", _best(seen, _OPEN, None), "ms", 50)
        yield at_most(GROUP, f"all of that, INP with {what}", seen.evaluate("() => vitals.inp"), "ms", 200)


def _best(seen: Page, script: str, argument: str | None) -> float:
    """The median of five."""
    return sorted(float(seen.evaluate(script, arg=argument)) for _ in range(5))[2]


def _files(playwright: Playwright, relay: RunningRelay, codes: Codes, folder: Path) -> Iterator[Row]:
    large, profile = folder / "large.bin", folder / "files"
    with large.open("wb") as out:
        for _ in range(LARGE // (1 << 16)):
            out.write(os.urandom(1 << 16))
    with PlainBrowser(profile, folder / "downloads", browser.DESK) as seat:
        visit = playwright.chromium.connect_over_cdp(seat.address)
        seen = visit.contexts[0].pages[0]
        page.log_in(seen, relay.origin, "zoe.garnier", PASSWORD, codes.fresh())
        page.open_conversation(seen, "Grand fichier")
        visit.close()  # nobody looks at the page's network while it is measured: bench/plain.py says why
        session = seat.attach()
        seat.run(session, "new Promise(resolve => setTimeout(resolve, 3000))")
        yield from _measured(profile, "fetched, opened and kept", lambda: _fetched(seat, session))
        yield from _measured(profile, "sealed and uploaded", lambda: _uploaded(seat, session, large))
    with browser.open_browser(playwright, relay.origin, folder / "again", browser.DESK) as again:
        page.log_in(again.page, relay.origin, "zoe.garnier", PASSWORD, codes.fresh())
        expect(page.open_conversation(again.page, "Grand fichier").locator("section.answer form")).to_be_visible()
        yield from _resumed(again.page, large)


def _measured(profile: Path, what: str, work: Callable[[], None]) -> Iterator[Row]:
    idle, before = held(profile), spent(profile)
    with Peak(profile) as peak:
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
    used = spent(profile) - before
    yield at_least(GROUP, f"100 MB {what}", LARGE / MB / seconds, "MB/s", 60)
    yield Row(GROUP, "processor time of the browser for that", used, "s")
    yield at_most(GROUP, "memory over idle meanwhile, pages and workers", peak.most.pages - idle.pages, "MiB", 64)
    yield Row(GROUP, "memory over idle meanwhile, the rest of the browser", peak.most.rest - idle.rest, "MiB")


def _fetched(seat: PlainBrowser, session: str) -> None:
    seat.run(session, "document.querySelector('.file-acts button:last-child').click()")
    seat.downloaded()


def _uploaded(seat: PlainBrowser, session: str, large: Path) -> None:
    seat.give(session, "section.answer form input[type=file]", large)
    seat.run(session, _READY)


def _resumed(seen: Page, large: Path) -> Iterator[Row]:
    """Bytes of uploads, as a part of the file: what is above 100 % was sent twice."""
    form = seen.locator("section.answer form")
    sent: list[int] = []
    context = seen.context
    context.on("requestfinished", lambda one: _note(sent, one))
    devtools = context.new_cdp_session(seen)
    devtools.send("Network.enable")
    form.locator("input[type=file]").first.set_input_files(str(large))
    _until(seen, lambda: len(sent) > 3)
    devtools.send("Network.emulateNetworkConditions", AWAY)
    expect(form.get_by_text("l’envoi du fichier reprendra tout seul")).to_be_visible(timeout=SLOW)
    devtools.send("Network.emulateNetworkConditions", UPHILL)
    _until(seen, lambda: len(sent) > 10)
    address = seen.url
    seen.close(run_before_unload=False)
    after = context.new_page()
    after.goto(address)
    after.locator("input[autocomplete=current-password]").fill(PASSWORD)
    after.locator("button[type=submit]").click()
    form = after.locator("section.answer form")
    expect(form.get_by_text(large.name).first).to_be_visible(timeout=SLOW)
    expect(form.locator("button[type=submit]")).to_be_enabled(timeout=SLOW)
    share = 100 * sum(sent) / LARGE
    yield at_most(GROUP, "bytes sent over a lost line and a closed tab", share, "%", 110)


def _until(seen: Page, over: Callable[[], bool]) -> None:
    """Playwright hears of requests only while it is asked for something."""
    while not over():
        seen.wait_for_timeout(20)


def _note(sent: list[int], request: Request) -> None:
    if "/jmap/upload/" in request.url:
        sent.append(int(request.all_headers()["content-length"]))  # of a Blob, sizes() says nothing


_READY = """new Promise(resolve => {
  const look = () => {
    const form = document.querySelector('section.answer form')
    const isOver = form.querySelector('.files .file') && !form.querySelector('progress, [role=progressbar]')
    isOver && !form.querySelector('button[type=submit]').disabled ? resolve() : setTimeout(look, 20)
  }
  look()
})"""
_VITALS = """
globalThis.vitals = { lcp: 0, inp: 0 }
new PerformanceObserver(list => { for (const one of list.getEntries()) vitals.lcp = one.startTime })
  .observe({ type: 'largest-contentful-paint', buffered: true })
new PerformanceObserver(list => {
  for (const one of list.getEntries()) if (one.interactionId) vitals.inp = Math.max(vitals.inp, one.duration)
}).observe({ type: 'event', durationThreshold: 16, buffered: true })
"""
_WHOLE = """count => Number(document.querySelector('a.row')?.closest('[aria-setsize]')?.getAttribute('aria-setsize')
  ?? document.querySelectorAll('a.row').length) >= count"""
_KEPT = """() => new Promise(resolve => {
  const opening = indexedDB.open('pli sealed')
  opening.onsuccess = () => {
    const asking = opening.result.transaction('sealed').objectStore('sealed').getAllKeys()
    asking.onsuccess = () => {
      opening.result.close()
      resolve(asking.result.filter(key => / letters /.test(key)).length)
    }
  }
})"""
_SHOWN = """selector => new Promise(resolve => {
  const is = () => document.querySelector(selector) !== null
  const look = () => is() ? resolve(performance.now()) : requestAnimationFrame(look)
  look()
})"""
_SCROLL = """() => new Promise(resolve => {
  const row = document.querySelector('a.row')
  let box = row
  while (box !== document.documentElement && box.scrollHeight <= box.clientHeight + 1) box = box.parentElement
  const frames = []
  let last = performance.now()
  const step = now => {
    frames.push(now - last)
    last = now
    box.scrollBy(0, 120)
    if (frames.length < 300) requestAnimationFrame(step)
    else { box.scrollTo(0, 0); resolve(frames.slice(2)) }
  }
  requestAnimationFrame(step)
})"""
_FIND = """async word => {
  const field = document.querySelector('input[type=search]')
  const set = value => {
    field.value = value
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  const settled = found => new Promise(resolve => {
    const look = () => found() ? resolve(performance.now()) : setTimeout(look, 0)
    look()
  })
  const found = () => document.querySelector('.list-found')
  set('')
  await settled(() => found() === null)
  const began = performance.now()
  set(word)
  return await settled(() => found() !== null && document.querySelector('a.row') !== null) - began
}"""
_OPEN = """async () => {
  const rows = [...document.querySelectorAll('a.row')]
  const row = rows.find(one => one.getAttribute('aria-current') === null && !one.dataset.benched)
  row.dataset.benched = '1'
  const subject = row.textContent.match(/Lettre \\d+/)[0]
  const began = performance.now()
  row.click()
  return await new Promise(resolve => {
    const look = () => {
      const titles = [...document.querySelectorAll('h1')].map(one => one.textContent)
      const there = titles.includes(subject) && document.querySelector('.letter') !== null
      there ? resolve(performance.now() - began) : setTimeout(look, 0)
    }
    look()
  })
}"""
