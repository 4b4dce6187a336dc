"""A person at ordinary speed in front of the page: the browser acts at once, and the time a person needs is added up.

The model: 60 words a minute typed (200 ms a key), 1.2 s to aim and click, 200 words a minute read, of all that a page
shows and that was not on the page before: headings, sentences, hints, labels, words on buttons; not codes, and not what
is meant for paper. What happens beside the screen is given as it is named. Nothing is done at the same time; what
the page really let them wait is added.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page

KEY = 0.2  # seconds
CLICK = 1.2  # seconds
WORD = 60 / 200  # seconds
NOT_READ = ".kit, .kept, .group"  # the sheet for the printer, and codes


@dataclass
class Human:
    """`spent` is by kind of act, in seconds of a person; `machine` is what the page let them wait, in real seconds."""

    page: Page
    spent: Counter[str] = field(default_factory=Counter)
    steps: list[tuple[str, float]] = field(default_factory=list)
    machine: float = 0.0
    _known: Counter[str] = field(default_factory=Counter)

    def wait(self, seen: Callable[[], None]) -> None:
        """Until it is there: from the last press on, a person can do nothing else."""
        began = time.monotonic()
        seen()
        self.machine += time.monotonic() - began

    def read(self, what: Locator, name: str) -> int:
        """The words of it that were not there the last time something was read; how many."""
        said = "\n".join(what.all_inner_texts())
        for code in what.locator(NOT_READ).all_inner_texts():
            said = said.replace(code, "")
        words = Counter(word for word in said.split() if any(sign.isalpha() for sign in word))
        new = (words - self._known).total()
        self._known = words
        self._spend("reading", new * WORD, f"{name}: {new} words")
        return new

    def click(self, what: Locator) -> None:
        """Aim and press."""
        self.wait(what.click)
        self._spend("clicking", CLICK, "")

    def type(self, where: Locator, text: str) -> None:
        """Click into it and type each key; what it makes of them is its own affair."""
        self.click(where)
        where.press_sequentially(text)
        self._spend("typing", len(text) * KEY, "")

    def away(self, seconds: float, what: str) -> None:
        """Something that is done beside the screen."""
        self._spend("beside the screen", seconds, what)

    @property
    def total(self) -> float:
        """Seconds of the person and of the machine together, as if nothing were done at the same time."""
        return self.spent.total() + self.machine

    def told(self) -> str:
        """The breakdown, for people."""
        rows = [f"{kind:20} {seconds:6.1f} s" for kind, seconds in self.spent.items()]
        steps = [f"  {name} ({seconds:.1f} s)" for name, seconds in self.steps]
        return "\n".join([*rows, f"{'machine':20} {self.machine:6.1f} s", f"{'total':20} {self.total:6.1f} s", *steps])

    def _spend(self, kind: str, seconds: float, name: str) -> None:
        self.spent[kind] += seconds  # type: ignore[assignment]
        if name:
            self.steps.append((name, seconds))
