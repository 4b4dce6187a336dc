"""Traces: who, when, what kind of act, what answer. Never content, addresses, keys: accounts, domains, ids, reasons.

They go to the standard error, and into one file a day (UTC, JSON lines, mode 0600) that is kept for six months and then
deleted. A trace that cannot be written stops no mail: it is counted, and the standard error still has it.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, MutableMapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, TextIO

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger, Processor

from bridges.mssante.metrics import METRICS

_ENDING: Final = ".jsonl"
_ENCODER: Final = msgspec.json.Encoder(enc_hook=str)


def _line(event: Any) -> str:
    """JSON in ASCII: a terminal's encoding spoils nothing."""
    try:
        line = _ENCODER.encode(event)
    except (ValueError, TypeError, OverflowError):  # half a surrogate pair, a number without end
        line = b"\xff"
    return line.decode() if line.isascii() else json.dumps(event, default=str)


def _today() -> date:
    return datetime.now(UTC).date()


class Archive:
    """The days' files. `days`: how long each is kept after its day."""

    def __init__(self, folder: Path, days: int, today: Callable[[], date] = _today) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._days, self._today = folder, days, today
        self._day: date | None = None
        self._file: TextIO | None = None

    def __call__(self, _: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A processor of structlog's: keeps the line, changes nothing."""
        try:
            self._open().write(_line(event) + "\n")
        except OSError:
            METRICS.traces_lost.inc()
        return event

    def prune(self) -> int:
        """Deletes what is older than it may be; how many files."""
        first, gone = self._today() - timedelta(days=self._days), 0
        for path in self._folder.glob(f"*{_ENDING}"):
            try:
                old = date.fromisoformat(path.name.removesuffix(_ENDING)) < first
            except ValueError:
                continue
            if old:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _open(self) -> TextIO:
        day = self._today()
        if self._file is None or day != self._day:
            if self._file is not None:
                self._file.close()
            self._file = None
            self.prune()
            path = self._folder / f"{day.isoformat()}{_ENDING}"
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._file, self._day = os.fdopen(descriptor, "w", encoding="utf-8", buffering=1), day
        return self._file


def configure(style: Literal["json", "plain"], archive: Archive | None = None) -> FilteringBoundLogger:
    """The log of the process."""
    as_json = structlog.processors.JSONRenderer(serializer=lambda event, **_: _line(event))
    renderer = as_json if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    # No exception formatter: a traceback's values could hold what somebody wrote.
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([archive] if archive is not None else []),
        renderer,
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    for library in ("aiosmtplib", "asyncio", "mail.log"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    log: FilteringBoundLogger = structlog.get_logger(service="gateway")
    return log
