"""Traces: who, when, what kind of act, what answer. Never content, addresses, keys: accounts, domains, ids, reasons.

They go to the standard error; whoever runs the service keeps them for six months.
"""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import FilteringBoundLogger, Processor


def configure(style: Literal["json", "plain"]) -> FilteringBoundLogger:
    """The log of the process."""
    renderer = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    # No exception formatter: a traceback's values could hold what somebody wrote.
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        renderer,
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    for library in ("aiosmtplib", "asyncio", "mail.log"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    log: FilteringBoundLogger = structlog.get_logger(service="gateway")
    return log
