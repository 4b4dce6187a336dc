"""One-time codes at the command line: given, made from a secret in a file, or typed.

A relay takes each code once, and one step early or late: a script that logs in often uses the next, or waits for it.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyotp
import typer

from clients.cli import secretfile
from clients.cli.failing import Stop
from messaging.wire.errors import Refusal

T = TypeVar("T")
_STEP = 30


@dataclass(frozen=True, repr=False)
class CodeSource:
    """At most one of a given code and a secret; neither: somebody types."""

    given: str | None = None
    secret: str | None = None

    @classmethod
    def of(cls, given: str | None, totp_file: Path | None) -> "CodeSource":
        """Raises Stop when the file is not a secret, or can be read by others."""
        if given is not None or totp_file is None:
            return cls(given)
        secret = secretfile.read(totp_file)
        try:
            pyotp.TOTP(secret).now()
        except ValueError:
            raise Stop(f"{totp_file} is not a secret in base 32.", "Write what `pli activate` printed.") from None
        return cls(secret=secret)

    async def log_in(self, with_code: Callable[[Callable[[], str] | None], Awaitable[T]]) -> T:
        """The log-in; with a secret, again with the next codes while the present one was used already."""
        for ahead in (0, _STEP):
            try:
                return await with_code(self._ask(ahead))
            except Refusal as refusal:
                if refusal.name != "wrongCode" or self.secret is None:
                    raise
        await asyncio.sleep(_STEP - time.time() % _STEP)
        return await with_code(self._ask(_STEP))

    def _ask(self, ahead: int) -> Callable[[], str] | None:
        if self.given is not None:
            return lambda: str(self.given)
        if self.secret is not None:
            totp = pyotp.TOTP(self.secret)
            return lambda: str(totp.at(int(time.time()) + ahead))
        return _typed if sys.stdin.isatty() else None


def _typed() -> str:
    return str(typer.prompt("One-time code", err=True)).replace(" ", "")
