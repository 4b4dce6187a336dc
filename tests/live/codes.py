"""One-time codes for tests: the relay takes each time step once, so every log-in here gets a step of its own."""

import time
from typing import Final

import pyotp

from tests.live.polling import until

STEP: Final = 30  # seconds


class Codes:
    """Codes of one secret, each of a later step; waits when the next step is still too far ahead."""

    def __init__(self, secret: str, activated: float) -> None:
        """`activated`: when a code of it was used last, in seconds since 1970."""
        self._totp = pyotp.TOTP(secret)
        self._last = int(activated) // STEP

    def fresh(self) -> str:
        """A code that was never given out, good for half a step. The relay takes one step either side of now."""
        step = max(self._last + 1, int(time.time() - STEP / 2) // STEP)
        until(lambda: step <= _now() + 1, "the next one-time code counts", 2 * STEP + 5)
        self._last = step
        return self._totp.at(step * STEP)

    def used(self) -> str:
        """The code that was given out last."""
        return self._totp.at(self._last * STEP)

    def wrong(self) -> str:
        """Six digits that are no code of any step near now."""
        near = {self._totp.at((_now() + shift) * STEP) for shift in range(-3, 4)}
        return next(f"{number:06}" for number in range(len(near) + 1) if f"{number:06}" not in near)


def _now() -> int:
    return int(time.time()) // STEP
