"""How many API requests of one device are answered at once (RFC 8620, 2: maxConcurrentRequests): the next ones wait.

Laws: they get their turns in the order in which they came; a bounded number waits, one more is refused unread by the
rules; whoever waits counts for nobody else, so that one device cannot make a relay look busy.
"""

import asyncio
from collections import deque
from contextlib import suppress

from messaging.wire import limits
from messaging.wire.errors import Refusal


class AtOnce:
    """On the loop alone. Remembers a device only while it asks."""

    def __init__(self, waiting: int = limits.MAX_WAITING_REQUESTS) -> None:
        self._waiting = waiting
        self._running: dict[str, int] = {}
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, device: str, most: int) -> None:
        """A turn, at once or later; give() it back. Raises Refusal `limit` (RFC 8620, 3.6.1)."""
        running = self._running.get(device, 0)
        if running < most:
            self._running[device] = running + 1
            return
        line = self._lines.setdefault(device, deque())
        if len(line) >= self._waiting:
            raise Refusal("limit", members={"limit": "maxConcurrentRequests"})
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            with suppress(ValueError):
                line.remove(turn)
            if not turn.cancelled():
                self.give(device)  # it came at the same moment
            raise

    def give(self, device: str) -> None:
        """The turn is over: it is the next one's."""
        line = self._lines.get(device, deque())
        while line:
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._lines.pop(device, None)
        self._running[device] -= 1
        if not self._running[device]:
            del self._running[device]
