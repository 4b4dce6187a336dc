"""The order in which several workers of pytest-xdist take the suite (`--dist worksteal`).

Each worker begins with one of as many equal runs of the list, and who has finished takes from another's end. What uses
the one large installation stands first in the first run: it is then built early and once, not by every worker in the
last minute. Other live tests, which mostly wait, stand first in the other runs; all runs end with small tests, which
are cheap to take over. No test depends on it.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final, Literal, TypeVar

T = TypeVar("T")
Kind = Literal["installed", "live", "small"]
SLOWEST_FIRST: Final = ("test_kill_at_flush", "test_disk_fails", "test_enrol_killed", "test_nothing_lost")


def packed(items: Sequence[T], workers: int, kind: Callable[[T], Kind], module: Callable[[T], str]) -> list[T]:
    """The same items, for that many workers. The live tests of a module stay together, all in their order."""
    if workers < 2:
        return list(items)
    heads: list[list[T]] = [[] for _ in range(workers)]
    heads[0] += [item for item in items if kind(item) == "installed"]
    live = [list(group) for _, group in groupby((item for item in items if kind(item) == "live"), key=module)]
    live.sort(key=lambda group: _place(module(group[0])))
    for number, group in enumerate(live):
        heads[1 + number % (workers - 1)] += group
    small = [item for item in items if kind(item) == "small"]
    return _filled(heads, small, len(items))


def _place(name: str) -> int:
    return next((place for place, slow in enumerate(SLOWEST_FIRST) if slow in name), len(SLOWEST_FIRST))


def _filled(heads: list[list[T]], small: list[T], total: int) -> list[T]:
    """Each run as long as xdist cuts them: what is left, divided by the workers that are left."""
    whole: list[T] = []
    for number, head in enumerate(heads):
        length = max(len(head), (total - len(whole)) // (len(heads) - number))
        taken = length - len(head)
        whole += head + small[:taken]
        small = small[taken:]
    return whole + small
