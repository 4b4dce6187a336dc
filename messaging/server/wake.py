"""The bus within one process: who waits for an account is told that something changed. A hint only."""

from collections.abc import Iterable
from typing import Final, Protocol

from messaging.wire import limits

Changed = dict[str, dict[str, str]]
_FEW: Final = 8  # accounts


class Waiting(Protocol):
    """Who is told."""

    device: str
    expires: int

    def tell(self, changed: Changed) -> None: ...
    def cut(self) -> None: ...


class Wake:
    """Only used on the loop's thread.

    Most readers wait for one account, and most accounts have one reader: a tuple of one costs a quarter of a set.
    """

    def __init__(self) -> None:
        self._by_account: dict[str, tuple[Waiting, ...]] = {}
        self._all: dict[Waiting, tuple[str, ...] | set[str]] = {}
        self._by_device: dict[str, tuple[Waiting, ...]] = {}  # in the order of opening
        self.turns = 0  # how often it changed who may act for whom

    def __len__(self) -> int:
        return len(self._all)

    def join(self, waiting: Waiting, accounts: Iterable[str]) -> None:
        """Tell `waiting` of these accounts too. A device that opens stream after stream loses its oldest."""
        if waiting not in self._all:
            self._make_room(waiting.device)
            self._by_device[waiting.device] = (*self._by_device.get(waiting.device, ()), waiting)
            self._all[waiting] = ()
        mine = self._all[waiting]
        more = [account for account in dict.fromkeys(accounts) if account not in mine]
        for account in more:
            self._by_account[account] = (*self._by_account.get(account, ()), waiting)
        if isinstance(mine, set):
            mine.update(more)
        else:
            self._all[waiting] = (*mine, *more) if len(mine) + len(more) <= _FEW else {*mine, *more}

    def _make_room(self, device: str) -> None:
        mine = self._by_device.get(device, ())
        for oldest in mine[: max(0, len(mine) + 1 - limits.STREAMS_PER_DEVICE)]:
            oldest.cut()

    def leave(self, waiting: Waiting) -> None:
        """Tell it nothing any more."""
        accounts = self._all.pop(waiting, None)
        if accounts is None:
            return
        _without(self._by_device, waiting.device, waiting)
        for account in accounts:
            _without(self._by_account, account, waiting)

    def adopt(self, parent: str, accounts: list[str]) -> None:
        """A bridge or a delegate was given more accounts."""
        self.turns += bool(accounts)
        for waiting in self._by_account.get(parent, ()):
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


def _without(found: dict[str, tuple[Waiting, ...]], name: str, waiting: Waiting) -> None:
    left = tuple(each for each in found[name] if each is not waiting)
    if left:
        found[name] = left
    else:
        del found[name]
