"""Logs: account numbers and sizes, never content, addresses, keys or log-in names. To stderr, JSON or plain."""

import logging
import sys
from typing import Literal

import structlog


def configure(style: Literal["json", "plain"]) -> None:
    """Once, at the start of a process."""
    renderer = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
