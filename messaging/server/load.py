"""How busy this process is, and when it takes no more: it is better to say 503 at once than to answer late.

Laws: what is under way is finished; health and metrics are always answered; whoever is refused is told when to come
again, each a little differently.
"""

import asyncio
import random
from typing import Final

from messaging.wire import limits
from messaging.wire.errors import Refusal

_EACH_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = (2, 8)


class Load:
    """`under_way` counts answers that are being made: not streams, and not bodies on their way. `lag` in seconds."""

    def __init__(self, most: int = limits.MAX_ANSWERS_UNDER_WAY, lag: float = limits.MAX_LOOP_LAG_SECONDS) -> None:
        self.under_way = 0
        self.lag = 0.0
        self._most, self._most_lag = most, lag
        self._before = 0.0
        self._chore: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Watch the loop. On it."""
        self._chore = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Watch no more."""
        if self._chore is not None:
            self._chore.cancel()
            await asyncio.gather(self._chore, return_exceptions=True)

    @property
    def is_over(self) -> bool:
        """Whether there is too much to do: at once, or for two looks at the loop in a row."""
        return self.under_way >= self._most or min(self.lag, self._before) > self._most_lag

    def admit(self) -> None:
        """Raises Refusal `serverUnavailable` when there is too much to do."""
        if self.is_over:
            wait = random.randint(*_RETRY_SECONDS)  # noqa: S311 - no secret: it keeps askers apart
            raise Refusal("serverUnavailable", members={"retryAfter": wait})

    def saw(self, lag: float) -> None:
        """The loop came so much later than it should have."""
        self._before, self.lag = self.lag, max(lag, 0.0)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EACH_SECONDS
            await asyncio.sleep(_EACH_SECONDS)
            self.saw(loop.time() - due)
