"""How many addresses that are nobody's an operator may ask about: the gateway is no list of who has an account.

Law: whoever asked too often hears the same for every address, until the hour has passed.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

HOUR: Final = 3600.0
_KEPT: Final = 10_000  # operators: the white list bounds them


@dataclass
class Probing:
    """`an_hour` misses for each peer; they come back steadily. `clock` in seconds."""

    an_hour: int
    clock: Callable[[], float] = time.monotonic
    _misses: dict[Hashable, tuple[float, float]] = field(default_factory=dict)  # peer -> misses, when counted

    def missed(self, peer: Hashable) -> None:
        """One more address that is nobody's, or closed."""
        self._misses[peer] = (self._now(peer) + 1.0, self.clock())
        while len(self._misses) > _KEPT:
            self._misses.pop(next(iter(self._misses)))

    def too_often(self, peer: Hashable) -> bool:
        """Whether this peer hears nothing about anybody now."""
        return self._now(peer) >= self.an_hour

    def _now(self, peer: Hashable) -> float:
        misses, counted = self._misses.get(peer, (0.0, 0.0))
        return max(0.0, misses - (self.clock() - counted) * self.an_hour / HOUR)
