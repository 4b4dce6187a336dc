"""The bus within one process: who waits for an account is told that something changed. A hint only."""

from collections.abc import Iterable
from typing import Protocol

from messaging.wire import limits

Changed = dict[str, dict[str, str]]


class Waiting(Protocol):
    """Who is told."""

    device: str
    expires: int

    def tell(self, changed: Changed) -> None: ...
    def cut(self) -> None: ...


class Wake:
    """Only used on the loop's thread."""

    def __init__(self) -> None:
        self._by_account: dict[str, set[Waiting]] = {}
        self._all: dict[Waiting, set[str]] = {}
        self._by_device: dict[str, dict[Waiting, None]] = {}  # in the order of opening
        self.turns = 0  # how often it changed who may act for whom

    def __len__(self) -> int:
        return len(self._all)

    def join(self, waiting: Waiting, accounts: Iterable[str]) -> None:
        """Tell `waiting` of these accounts too. A device that opens stream after stream loses its oldest."""
        if waiting not in self._all:
            self._make_room(waiting.device)
            self._by_device.setdefault(waiting.device, {})[waiting] = None
        mine = self._all.setdefault(waiting, set())
        for account in accounts:
            mine.add(account)
            self._by_account.setdefault(account, set()).add(waiting)

    def _make_room(self, device: str) -> None:
        mine = list(self._by_device.get(device, ()))
        for oldest in mine[: max(0, len(mine) + 1 - limits.STREAMS_PER_DEVICE)]:
            oldest.cut()

    def leave(self, waiting: Waiting) -> None:
        """Tell it nothing any more."""
        mine = self._by_device.get(waiting.device, {})
        mine.pop(waiting, None)
        if not mine:
            self._by_device.pop(waiting.device, None)
        for account in self._all.pop(waiting, ()):
            others = self._by_account[account]
            others.discard(waiting)
            if not others:
                del self._by_account[account]

    def adopt(self, parent: str, accounts: list[str]) -> None:
        """A bridge or a delegate was given more accounts."""
        self.turns += bool(accounts)
        for waiting in list(self._by_account.get(parent, ())):
            self.join(waiting, accounts)

    def part(self, delegate: str, account: str) -> None:
        """A delegate may no longer act for an account: its streams end, and come back without it."""
        self.turns += 1
        for waiting in [w for w in self._by_account.get(account, ()) if delegate in self._all[w]]:
            waiting.cut()

    def announce(self, changed: Changed) -> None:
        """After the commit."""
        told: dict[Waiting, Changed] = {}
        for account, states in changed.items():
            for waiting in self._by_account.get(account, ()):
                told.setdefault(waiting, {})[account] = states
        for waiting, what in told.items():
            waiting.tell(what)

    def cut(self, ended: Iterable[str], now: int) -> None:
        """End the streams of ended devices, and of those whose time is up."""
        gone = set(ended)
        for waiting in [w for w in self._all if w.device in gone or w.expires <= now]:
            waiting.cut()

    def cut_all(self) -> None:
        """The relay stops."""
        for waiting in list(self._all):
            waiting.cut()
