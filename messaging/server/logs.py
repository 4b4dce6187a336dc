"""Logs: account numbers and sizes, never content, addresses, keys or log-in names. To stderr, JSON or plain."""

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import Any, Final, Literal, TextIO, cast

import msgspec
import structlog

Style = Literal["json", "plain"]
_FLUSH_SECONDS: Final = 0.25
_MOST: Final = 2_000  # lines that wait; then they are written at once
_QUIET: Final = ("live", "ready", "metrics")  # asked every few seconds by the operator's own tools


def configure(style: Style) -> None:
    """Once, at the start of a process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _BestEffort())),
    )


class RequestLog:
    """One line a request: door, methods, status, account number, bytes in and out, milliseconds. Nothing else.

    Lines are written together a few times a second: one at a time costs as much as the rules of a send.
    """

    def __init__(self, style: Style, to: TextIO | None = None) -> None:
        self._say: Callable[[_Line], str] = _json if style == "json" else _plain
        self._to = to
        self._waiting: list[tuple[Any, ...]] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(
        self,
        door: str,
        status: int,
        methods: tuple[str, ...] = (),
        account: str = "",
        *,
        received: int = 0,
        sent: int = 0,
        seconds: float = 0.0,
    ) -> None:
        """One answered request; `methods` are names that the relay knows. On the loop."""
        if door in _QUIET and status < 400:
            return
        self._waiting.append((time(), door, status, methods, account, received, sent, seconds))
        if len(self._waiting) >= _MOST:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._waiting = self._waiting, []
        to = self._to or _BestEffort()
        to.write("".join(self._say(_named(*line)) for line in lines))
        to.flush()


class _BestEffort:
    """stderr, whose disk may be full: a line is lost then, and whatever was being done goes on. Raising, it took the
    answer with it, and whoever asked waited for ever.
    """

    def write(self, text: str) -> None:
        """All of it or some."""
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """What is there."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()


class _Line(msgspec.Struct, kw_only=True, rename={"received": "in", "sent": "out"}):
    event: str = "request"
    level: str = "info"
    door: str
    status: int
    account: str
    methods: tuple[str, ...] | msgspec.UnsetType
    received: int
    sent: int
    ms: float
    timestamp: str


def _named(
    at: float,
    door: str,
    status: int,
    methods: tuple[str, ...],
    account: str,
    received: int,
    sent: int,
    seconds: float,
) -> _Line:
    timestamp = f"{_second(int(at))}.{int(at * 1000) % 1000:03d}+00:00"
    return _Line(
        door=door, status=status, account=account, methods=methods or msgspec.UNSET,
        received=received, sent=sent, ms=round(seconds * 1e3, 1), timestamp=timestamp,
    )  # fmt: skip


@lru_cache(8)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _json(line: _Line) -> str:
    return msgspec.json.encode(line).decode() + "\n"


def _plain(line: _Line) -> str:
    methods = "" if line.methods is msgspec.UNSET else " ".join(line.methods)
    size = f"{line.received} in {line.sent} out {line.ms} ms"
    said = f"{line.timestamp} {line.door} {line.status} {line.account or '-'} {methods}".rstrip()
    return f"{said} {size}\n"
