"""Places of which there are few (messages in memory, parsing processes), shared between peers.

Laws: whoever waits and holds the fewest is next; a peer that holds its share gets more only while nobody else waits and
`spare` places stay free, so that whoever comes finds one.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(eq=False)
class _Waiting:
    peer: Hashable
    turn: "asyncio.Future[None]"


@dataclass
class Shares:
    """`places` in all, `share` for each peer."""

    places: int
    share: int
    spare: int = 0
    _held: Counter[Hashable] = field(default_factory=Counter)
    _waiting: list[_Waiting] = field(default_factory=list)

    @asynccontextmanager
    async def hold(self, peer: Hashable) -> AsyncIterator[None]:
        """One place, as long as the block runs."""
        await self._take(peer)
        try:
            yield
        finally:
            self._give_back(peer)

    async def _take(self, peer: Hashable) -> None:
        waiting = _Waiting(peer, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._grant()
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.turn.cancelled():  # granted in the same moment
                self._give_back(peer)
            raise

    def _give_back(self, peer: Hashable) -> None:
        self._held[peer] -= 1
        if self._held[peer] <= 0:
            del self._held[peer]
        self._grant()

    def _grant(self) -> None:
        while self._waiting and (free := self.places - self._held.total()) > 0:
            following = min(self._waiting, key=lambda each: self._held[each.peer])
            if self._held[following.peer] >= self.share and free <= self.spare:
                return
            self._waiting.remove(following)
            if not following.turn.cancelled():
                self._held[following.peer] += 1
                following.turn.set_result(None)
