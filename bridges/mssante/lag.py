"""How long the event loop kept everybody waiting: measured on the loop itself, kept as the longest of each round."""

import asyncio
from dataclasses import dataclass
from typing import Final

STEP_SECONDS: Final = 0.05


@dataclass
class Lag:
    """`longest` in seconds, since the last `taken()`."""

    longest: float = 0.0

    async def run(self) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(STEP_SECONDS)
            self.longest = max(self.longest, loop.time() - began - STEP_SECONDS)

    def taken(self) -> float:
        """The longest wait, which is then counted anew."""
        longest, self.longest = self.longest, 0.0
        return longest
