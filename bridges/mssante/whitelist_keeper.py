"""Keeps the white list in use: loads it, reloads it when its file changes, and never lets a worse one replace it.

The last good list is kept beside the database, signed as it was, and checked again at each start.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from bridges.mssante import whitelist
from bridges.mssante.distinguished import DistinguishedName
from bridges.mssante.files import write_durably
from bridges.mssante.whitelist import BadList, Signer, Whitelist


@dataclass(frozen=True)
class Guard:
    """`least_share`: a list below this share of the last one's entries is refused; `old_after`: then it is an alarm."""

    least_share: float
    old_after: timedelta


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


class WhitelistKeeper:
    """`matches` answers from the last good list; without one nobody matches."""

    def __init__(
        self, file: Path, kept: Path, signer: Signer, guard: Guard, log: FilteringBoundLogger,
        now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._file, self._kept, self._signer, self._guard, self._log, self._now = file, kept, signer, guard, log, now
        self._seen: tuple[int, int, int] | None = None
        self.current: Whitelist | None = None
        self.refused = 0

    def matches(self, domain: str, name: DistinguishedName) -> bool:
        """Whether a certificate of this name may speak for the domain."""
        return self.current is not None and self.current.matches(domain, name)

    def age(self) -> timedelta | None:
        """How long ago the list in use was made; None without one."""
        return None if self.current is None else self._now() - self.current.generated

    async def start(self) -> None:
        """The kept list first, then the file: a bad file at a start does not stop the service that has a good list."""
        await asyncio.to_thread(self._load_kept)
        await self.check()

    async def run(self, seconds: float) -> None:
        """Looks at the file again and again."""
        while True:
            await asyncio.sleep(seconds)
            await self.check()

    async def check(self) -> None:
        """Loads the file when it changed since the last look."""
        await asyncio.to_thread(self._check)

    def _check(self) -> None:
        try:
            status = self._file.stat()
            mark = (status.st_mtime_ns, status.st_size, status.st_ino)
            if mark == self._seen:
                self._warn_of_age()
                return
            self._seen = mark
            self._take(self._file.read_bytes())
        except OSError as error:
            self._log.error("whitelist.unreadable", reason=error.strerror)
        except BadList as error:
            self.refused += 1
            self._log.error("whitelist.refused", reason=str(error), kept=self.current is not None)

    def _take(self, raw: bytes) -> None:
        started = time.monotonic()
        found = whitelist.read(raw, self._signer, self._now())
        if self.current is not None:
            whitelist.check_successor(self.current, found, self._guard.least_share)
        self.current = found
        write_durably(self._kept, raw)
        self._log.info(
            "whitelist.loaded",
            entries=found.entries,
            domains=len(found.names),
            generated=found.generated.isoformat(),
            seconds=round(time.monotonic() - started, 2),
        )
        self._warn_of_age()

    def _load_kept(self) -> None:
        try:
            self.current = whitelist.read(self._kept.read_bytes(), self._signer, self._now())
        except FileNotFoundError:
            return
        except (OSError, BadList) as error:
            self._log.error("whitelist.kept_unusable", reason=str(error))

    def _warn_of_age(self) -> None:
        age = self.age()
        if age is not None and age > self._guard.old_after:
            self._log.warning("whitelist.old", days=age.days)
