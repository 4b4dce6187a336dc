"""Keeps the white list in use: fetches it, or loads it when its file changes, and never lets a worse one replace it.

The last good list is kept beside the database, signed as it was, and checked again at each start.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from bridges.mssante import whitelist
from bridges.mssante.distinguished import DistinguishedName
from bridges.mssante.fetch import Fetched, NotFetched
from bridges.mssante.files import write_durably
from bridges.mssante.metrics import METRICS
from bridges.mssante.whitelist import BadList, Signer, Whitelist


class Fetching(Protocol):
    """bridges.mssante.fetch.Fetcher."""

    async def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> Fetched: ...


@dataclass(frozen=True)
class Source:
    """Where the list is published, and how often it is asked for."""

    url: str
    fetcher: Fetching
    seconds: float


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
        self, file: Path | None, kept: Path, signer: Signer, guard: Guard, log: FilteringBoundLogger,
        now: Callable[[], datetime] = utc_now, source: Source | None = None,
    ) -> None:  # fmt: skip
        self._file, self._kept, self._signer, self._guard, self._log, self._now = file, kept, signer, guard, log, now
        self._source, self._fetched = source, 0.0
        self._answered: Mapping[str, str] = {}  # what the publisher said of the list that was read last
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
        """The kept list first, then the newest: a bad one at a start does not stop the service that has a good list."""
        await asyncio.to_thread(self._load_kept)
        if self._file is not None or self.current is None:  # a publisher that is slow holds up no start that has a list
            await self.check()

    async def run(self, seconds: float) -> None:
        """Looks at the file again and again."""
        while True:
            await asyncio.sleep(seconds)
            await self.check()

    async def check(self) -> None:
        """Loads the file when it changed since the last look; fetches the list when it is time."""
        if self._file is not None:
            await asyncio.to_thread(self._check, self._file)
        if self._source is not None and (not self._fetched or time.monotonic() - self._fetched >= self._source.seconds):
            self._fetched = time.monotonic()
            await self._fetch(self._source)

    async def _fetch(self, source: Source) -> None:
        known = {"etag": "if-none-match", "last-modified": "if-modified-since"}
        asked = {known[name]: value for name, value in self._answered.items() if name in known}
        try:
            found = await source.fetcher.get(source.url, whitelist.SIZE_LIMIT, asked)
        except NotFetched as error:
            METRICS.whitelist_refused.labels("notFetched").inc()
            self._log.error("whitelist.not_fetched", reason=str(error), kept=self.current is not None)
            self._warn_of_age()
            return
        if found.status != 304 and await asyncio.to_thread(self._offered, found.body):
            self._answered = found.headers
        self._warn_of_age()

    def _offered(self, raw: bytes) -> bool:
        """Takes the list, unless it must not be used."""
        try:
            self._take(raw)
        except BadList as error:
            self.refused += 1
            METRICS.whitelist_refused.labels("badList").inc()
            self._log.error("whitelist.refused", reason=str(error), kept=self.current is not None)
            return False
        return True

    def _check(self, file: Path) -> None:
        try:
            status = file.stat()
            mark = (status.st_mtime_ns, status.st_size, status.st_ino)
            if mark == self._seen:
                self._warn_of_age()
                return
            self._seen = mark
            self._offered(file.read_bytes())
        except OSError as error:
            self._log.error("whitelist.unreadable", reason=error.strerror)

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
