"""One connection to PostgreSQL for synchronous code: a loop of its own, run for as long as a statement takes.

Laws: every wait is bounded, by the server and again here; a connection that failed is given up, and the next use opens
another one and prepares anew. Used by one thread at a time, and never by one whose own loop runs.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg  # type: ignore[import-untyped] # it has no types
import uvloop

T = TypeVar("T")
OPEN_SECONDS: Final = 3.0
LOCK_SECONDS: Final = 4  # that another relay's batch is waited for
STATEMENT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 6.0  # a server that is frozen does not end its own statements
_AWAY_CLASSES: Final = ("08", "28", "3D", "40", "53", "57", "58")  # SQLSTATE, PostgreSQL's Appendix A
_AWAY: Final = ("25006", "25P02", "25P03", "55P03")

# All questions go through an index, however small a table was when a statement was prepared. A plan that is made once
# saves making it for each batch, and costs the same with a thousand rows as with a million.
_PLANS: Final = {
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_BOUNDS: Final = {
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    # A relay that is frozen inside a batch must not hold the others up.
    "idle_in_transaction_session_timeout": f"{STATEMENT_SECONDS}s",
}


class UnsafePassword(Exception):
    """The file with the database's password can be read by others."""


@dataclass(frozen=True)
class Where:
    """A `postgresql://` address without a password, and the file (0600) that has one."""

    url: str
    password_file: Path | None = None

    def password(self) -> str | None:
        """Read anew for each connection, so that it may change. Raises UnsafePassword, OSError."""
        if self.password_file is None:
            return None
        if self.password_file.stat().st_mode & 0o077:
            raise UnsafePassword(f"{self.password_file} can be read by others: chmod 600 {self.password_file}")
        return self.password_file.read_text().strip()

    async def connect(self, *, read_only: bool = False, patient: bool = False) -> "asyncpg.Connection[Any]":
        """A connection whose waits end, unless it is `patient`. Raises whatever the network and the server raise."""
        settings = {"application_name": "pli", "default_transaction_read_only": _on(read_only)}
        return await asyncpg.connect(
            self.url,
            password=self.password(),
            timeout=OPEN_SECONDS,
            command_timeout=None if patient else ANSWER_SECONDS,
            statement_cache_size=0,
            server_settings=settings | ({} if patient else _BOUNDS | _PLANS),
        )


class Link:
    """Opens itself at its first use."""

    def __init__(self, where: Where, *, read_only: bool = False) -> None:
        self._where = where
        self._read_only = read_only
        self._loop = uvloop.new_event_loop()
        self._connection: asyncpg.Connection[Any] | None = None
        self._prepared: dict[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is a connection that nobody has ended."""
        return self._connection is not None and not self._connection.is_closed()

    def fetch(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of one statement."""
        prepared = self._prepared.get(text)
        if prepared is None:
            prepared = self._prepared[text] = self._run(self._open().prepare(text))
        rows: list[Any] = self._run(prepared.fetch(*values))
        return rows

    def command(self, text: str) -> str:
        """Statements without parameters, in one journey; what the server says of the last, as `SELECT 1`."""
        return str(self._run(self._open().execute(text)))

    def reset(self) -> None:
        """Give the connection up; the next use opens another one."""
        connection, self._connection = self._connection, None
        self._prepared.clear()
        if connection is not None:
            connection.terminate()
            if not on_a_loop():  # whoever closes at a start that failed may be on one; it has nothing to wait for
                self._run(_turn())

    def rollback(self) -> None:
        """As if nothing had been begun. Never raises."""
        if self._connection is None:
            return
        try:
            if self._connection.is_closed():
                self.reset()
            elif self._connection.is_in_transaction():
                self.command("ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever keeps it from going back, it is not used any more
            self.reset()

    def close(self) -> None:
        """For good."""
        self.reset()
        self._loop.close()

    def _open(self) -> "asyncpg.Connection[Any]":
        if self._connection is None:
            self._connection = self._run(self._where.connect(read_only=self._read_only))
        return self._connection

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run_until_complete(work)
        except TimeoutError:
            # What was asked may still be answered, and would be taken for the answer to something else.
            if self._connection is not None:
                self._connection.terminate()
            raise


def is_away(error: BaseException) -> bool:
    """Whether PostgreSQL is away, full or busy, so that the same may be asked again; otherwise the asker is wrong."""
    if isinstance(error, asyncpg.PostgresError):
        state = str(getattr(error, "sqlstate", None) or "")
        return state[:2] in _AWAY_CLASSES or state in _AWAY
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)  # that would be a value which no column takes
    return isinstance(error, OSError | TimeoutError | asyncpg.InternalClientError)


def on_a_loop() -> bool:
    """Whether this thread's loop runs: another one cannot, inside it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _turn() -> None:
    """Let what was called back be done."""


def _on(whether: bool) -> str:
    return "on" if whether else "off"
