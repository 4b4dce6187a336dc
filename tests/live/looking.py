"""Each page of an open account as different people have it before them: axe-core, 400 %, forced colours, no motion.

The checks are those of the walk (clients/web/walk/inpage.js), which goes through every state; here, every address.
"""

from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Page

from demo.installation import ROOT
from tests.live.browser import DESK, PHONE

ZOOMED: Final = (320, 256)  # 1280 x 1024 at 400 %
WALK: Final = ROOT / "clients" / "web" / "walk"
AXE: Final = ROOT / "clients" / "web" / "node_modules" / "axe-core" / "axe.min.js"
DOORS: Final = ("/comprendre", "/aide", "/accessibilite", "/nulle-part")
PLACES: Final = ("/messages", "/messages/ecrire", "/dossier", "/dossier/ajouter", "/agenda", "/agenda/noter", "/compte")


def at_every_page(page: Page) -> list[str]:
    """What is wrong, page by page: every address that the account leads to, in the state in which it opens."""
    go(page, "/compte")
    links = page.locator("main a.rows-row").evaluate_all("(all) => all.map(one => one.getAttribute('href'))")
    addresses = dict.fromkeys((*PLACES, *links, *DOORS))
    assert len(links) > 12, links
    return [f"{address} {one}" for address in addresses for one in _at(page, address)]


def go(page: Page, address: str) -> None:
    """To a page inside, without loading everything anew."""
    page.evaluate(_GO, address)
    page.wait_for_function(_SETTLED)


def _at(page: Page, address: str) -> Iterator[str]:
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.emulate_media(color_scheme="light")
    go(page, address)
    yield from _look(page, "phone, light", "axe", "reflow")
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.emulate_media(color_scheme="dark")
    yield from _look(page, "desk, dark", "axe", "reflow")
    page.set_viewport_size({"width": ZOOMED[0], "height": ZOOMED[1]})
    page.emulate_media(color_scheme="light", forced_colors="active", reduced_motion="reduce")
    yield from _look(page, "400 %, forced colours, no motion", "reflow", "reachable", "forced", "motion")
    page.emulate_media(forced_colors="null", reduced_motion="null")


def _look(page: Page, how: str, *names: str) -> Iterator[str]:
    if not page.evaluate("() => 'looks' in globalThis"):
        page.evaluate(f"{AXE.read_text()}\n{(WALK / 'inpage.js').read_text()}")
    for name in names:
        for one in page.evaluate("(name) => globalThis.looks[name]()", name):
            yield f"({how}): {name}: {one}"


# The page before stays while the next one's code is fetched: each page names the tab when it comes.
_GO: Final = """(to) => {
  if (location.pathname === to) return
  document.title = ''
  history.pushState(null, '', to)
  dispatchEvent(new PopStateEvent('popstate'))
}"""
# A page is there when it has its heading and waits for nothing.
_SETTLED: Final = """() => document.title !== '' &&
  document.querySelector('main h1') !== null && document.querySelector('main .waiting') === null"""
