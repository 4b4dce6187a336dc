"""A person who has a keyboard and nothing else. After each Tab the focus must be somewhere, in view, and drawn."""

from playwright.sync_api import Locator, Page

STOPS = 120  # Tab presses to anything on one page, at most


class Keyboard:
    """Everything is done by pressing keys; elements are only asked where they are."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.presses = 0

    def press(self, *keys: str) -> None:
        """One after the other."""
        for key in keys:
            self._page.keyboard.press(key)
            self.presses += 1

    def type(self, text: str) -> None:
        """Into what has the focus."""
        self._page.keyboard.type(text)
        self.presses += len(text)

    def reach(self, target: Locator) -> None:
        """Tab, or Shift+Tab where it stands before, until it has the focus. Each stop on the way is checked."""
        target.wait_for()
        way = ""
        for _ in range(STOPS):
            where = target.evaluate(_WHERE)
            if where == "here":
                return
            way = way or ("Tab" if where == "after" else "Shift+Tab")
            self.press(way)
            lost = self._page.evaluate(_LOST)
            assert lost == "", f"after {way}: {lost}"
        raise AssertionError(f"{STOPS} times {way} do not reach {target}")

    def use(self, target: Locator, key: str = "Enter") -> None:
        """Reach it and press."""
        self.reach(target)
        self.press(key)

    def fill(self, target: Locator, text: str) -> None:
        """Reach it, and type in the place of what is there."""
        self.reach(target)
        self.press("Control+a")
        self.type(text)

    def keep(self) -> None:
        """What was pressed may be gone: the focus is somewhere, all the same."""
        assert self._page.evaluate("() => document.activeElement !== document.body"), "the focus was lost"

    def row(self, rows: Locator, wanted: Locator) -> None:
        """A list is one stop of the Tab key; the arrows go from row to row."""
        self.reach(rows.and_(self._page.locator("[tabindex='0']")))
        self.press("Home")
        for _ in range(STOPS):
            if wanted.evaluate(_WHERE) == "here":
                return
            self.press("ArrowDown")
        raise AssertionError(f"the arrows do not reach {wanted}")


_WHERE = """(target) => {
  const active = document.activeElement ?? document.body
  if (target === active) return 'here'
  return active.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING &&
    !(active.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_CONTAINS) && active !== document.body
    ? 'before' : 'after'
}"""

# What is wrong with where the focus is, or nothing. Whatever is drawn for a control may be drawn on its label (files).
_LOST = """() => {
  const active = document.activeElement
  if (active === null || active === document.body || active === document.documentElement) return 'nothing has the focus'
  const said = active.outerHTML.slice(0, 120)
  const shown = active.matches('.choose-input') ? active.labels[0] : active
  const box = shown.getBoundingClientRect()
  const [left, top] = [Math.max(box.left, 0), Math.max(box.top, 0)]
  const [right, bottom] = [Math.min(box.right, innerWidth), Math.min(box.bottom, innerHeight)]
  if (right - left < 2 || bottom - top < 2) return 'out of view: ' + said
  const met = part => document.elementFromPoint((left + right) / 2, top + (bottom - top) * part)
  const own = spot => spot !== null && (spot === active || shown.contains(spot) || spot.contains(shown))
  if (![0.5, 0.15, 0.85].map(met).some(own)) return 'covered: ' + said
  const drawn = one => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(one)
    if (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) return outlineStyle + outlineWidth + outlineColor
    return boxShadow === 'none' ? '' : boxShadow
  }
  if (drawn(shown) === '') return 'no sign of the focus: ' + said
  const others = [...document.querySelectorAll('a, button, input, select, textarea, summary, label')]
  const same = others.find(one => one !== shown && one !== active && drawn(one) === drawn(shown))
  return same === undefined ? '' : 'looks the same without the focus: ' + same.outerHTML.slice(0, 120)
}"""
