"""The tombstones beside the database: by them a relay that was given an older database makes up for what it forgot.

Laws: the file only grows, and is on the disk before a door says that something is gone. What it has and the database
has not means that the database was restored: then all sessions end first, and the missing rows are done again before
anybody is served.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

import structlog

from messaging.relay import restoring, tombstones
from messaging.relay.ports import Clock, Store
from messaging.relay.records import Tombstone
from messaging.relay.tombstones import WrongTombstones
from messaging.relay.turn import Caller, House, Turn
from messaging.server.service import Service

T = TypeVar("T")
NAME: Final = "tombstones"
_PIECE: Final = 100  # rows of one transaction
_EACH_SECONDS: Final = 60.0


class SystemTime:
    """Now, for commands."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Rows:
    """Those of one database, read and made up for in bounded transactions."""

    def __init__(self, store: Store, house: House, clock: Clock | None = None) -> None:
        self._store, self._house, self._clock = store, house, clock or SystemTime()

    def after(self, number: int) -> list[Tombstone]:
        """All that come after this one."""
        found: list[Tombstone] = []
        while piece := self._piece(number + len(found) + 1):
            found += piece
        return found

    def take(self, copied: list[Tombstone]) -> int:
        """Make up for what is missing here; how many rows were. Raises WrongTombstones, before anything is changed."""
        tombstones.verify(copied, self._house.secrets.log)
        here = self._read(tombstones.count)
        if copied[:here] != self.after(0)[: len(copied)]:
            raise WrongTombstones("the copy is not that of this database: it is of another relay, or of another branch")
        if len(copied) <= here:
            return 0
        self.end_sessions()
        for start in range(here, len(copied), _PIECE):
            piece = copied[start : start + _PIECE]
            self._write(lambda turn, piece=piece: restoring.take(turn, piece))  # type: ignore[misc]  # a bound default
        return len(copied) - here

    def end_sessions(self) -> None:
        """Everybody logs in again."""
        while self._write(restoring.end_sessions):
            pass

    def _piece(self, first: int) -> list[Tombstone]:
        return self._read(lambda turn: tombstones.rows(turn, first, first + _PIECE - 1))

    def _read(self, rule: Callable[[Turn], T]) -> T:
        return self._store.read(lambda tx: rule(Turn(tx, self._house, Caller(), self._clock.now())))

    def _write(self, rule: Callable[[Turn], T]) -> T:
        return self._store.write(lambda tx: rule(Turn(tx, self._house, Caller(), self._clock.now())))


class Tombstones:
    """The file of a running relay. Making it makes up for what the database lacks: before anybody is served."""

    def __init__(self, service: Service) -> None:
        """Raises WrongTombstones."""
        self._path = service.config.data / NAME
        self._rows = Rows(service.store, service.house, service.clock)
        self._log = structlog.get_logger()
        self._writing = Lock()
        self._chore: asyncio.Task[None] | None = None
        try:
            copied = read(self._path)
            if taken := self._rows.take(copied):
                self._log.warning("the database was an older one: sessions ended, people erased again", rows=taken)
        except BaseException:
            service.store.close()
            raise
        self._kept = len(copied)

    def begin(self) -> None:
        """Keep the file up to date with what others do: the sweep, other relays, the operator's commands."""
        self._chore = asyncio.create_task(self._each())

    async def keep(self) -> None:
        """What the database has is in the file, and on the disk, when this returns."""
        await asyncio.to_thread(self._append)

    async def close(self) -> None:
        """Once more, then no more."""
        if self._chore is not None:
            self._chore.cancel()
            await asyncio.gather(self._chore, return_exceptions=True)
        await self.keep()

    def _append(self) -> None:
        # A thread goes on when its task is cancelled: the lock is of threads, and the count is theirs.
        with self._writing:
            missing = self._rows.after(self._kept)
            append(self._path, missing)
            self._kept += len(missing)

    async def _each(self) -> None:
        while True:
            try:
                await self.keep()
            except Exception as error:  # noqa: BLE001 - told and tried again; the relay goes on
                self._log.error("the tombstones were not written", cause=type(error).__name__)
            await asyncio.sleep(_EACH_SECONDS)


def read(path: Path) -> list[Tombstone]:
    """The rows of a copy; none where there is no file, nor of a last line that was not finished.

    Raises WrongTombstones.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    return [tombstones.from_line(line) for line in raw.split(b"\n")[:-1]]


def append(path: Path, rows: list[Tombstone]) -> None:
    """Add those that are not there yet, after the last line that is whole, and flush to the disk.

    The relay and the operator's commands may do so at once: one after the other.
    """
    if not rows:
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = file.read()
        whole = found.rfind(b"\n") + 1
        file.seek(whole)
        file.truncate()
        file.write(b"".join(tombstones.to_line(row) for row in rows if row.number > found.count(b"\n")))
        file.flush()
        os.fsync(file.fileno())
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
