"""Beats for many who wait: one timer for all that want the same interval, whatever their number."""

from collections.abc import Callable
from typing import Protocol


class Beating(Protocol):
    """Who is called."""

    def beat(self) -> None: ...


class Timer(Protocol):
    """What call_at() gave."""

    def cancel(self) -> None: ...


class Loop(Protocol):
    """What asyncio's loop is here."""

    def time(self) -> float: ...
    def call_at(self, when: float, call: Callable[[int], None], seconds: int, /) -> Timer: ...


class Pulse:
    """Only used on the loop's thread. Who joins is called every so many seconds until it leaves."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._rings: dict[int, dict[Beating, float]] = {}  # interval -> who, and when next: the soonest first
        self._timers: dict[int, Timer] = {}

    def join(self, one: Beating, seconds: int) -> None:
        """Call `one` in so many seconds, and again."""
        due = self._loop.time() + seconds
        self._rings.setdefault(seconds, {})[one] = due
        if seconds not in self._timers:
            self._timers[seconds] = self._loop.call_at(due, self._beat, seconds)

    def leave(self, one: Beating, seconds: int) -> None:
        """Not any more; nothing if it had not joined."""
        ring = self._rings.get(seconds, {})
        ring.pop(one, None)
        if not ring:
            self._rings.pop(seconds, None)
            if (timer := self._timers.pop(seconds, None)) is not None:
                timer.cancel()

    def _beat(self, seconds: int) -> None:
        del self._timers[seconds]
        now, ring = self._loop.time(), self._rings[seconds]
        try:
            while ring and ring[soonest := next(iter(ring))] <= now:
                del ring[soonest]
                ring[soonest] = now + seconds
                soonest.beat()
        finally:
            # Whoever was called may have left; the last one takes the ring away, and a newcomer brings its own timer.
            if self._rings.get(seconds) is ring and seconds not in self._timers:
                self._timers[seconds] = self._loop.call_at(next(iter(ring.values())), self._beat, seconds)
