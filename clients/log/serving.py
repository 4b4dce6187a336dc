"""A witness as a process: opened, ready, ended by SIGTERM. The one file of this package that knows every part."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from clients.log.cosigning import Duty, Witness, system_clock
from clients.log.door import WitnessSite
from clients.log.fetching import HttpSource
from clients.log.reading import LogReader
from clients.log.store import LogStore
from crypto.transparency.checkpoint import WitnessSigner
from crypto.transparency.policy import Policy


@dataclass(frozen=True)
class Post:
    """What a witness is told. `listen` is host and port, 0 for any; `log` names no witnesses."""

    url: str
    log: Policy
    signer: WitnessSigner
    data: Path
    listen: tuple[str, int]
    enrollers: frozenset[bytes] | None = None


async def serve(post: Post, ready: Callable[[str], None]) -> None:
    """Runs until SIGTERM or SIGINT; `ready` hears its address. Raises Unusable, ValueError, OSError."""
    _configure_log()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = Running(post)
    try:
        ready(running.url)
        await stop.wait()
    finally:
        await running.close()


class Running:
    """A witness that listens. Made on the loop, with Twisted's reactor running on it."""

    def __init__(self, post: Post) -> None:
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

        self._source = HttpSource(post.url)
        self._store = LogStore(post.data, post.log.origin)
        duty = Duty(post.log, post.signer, post.enrollers)
        self._witness = Witness(duty, LogReader(self._source), self._store, system_clock)
        listening: Any = reactor
        try:
            self._port = self._listen(listening, post)
        except Exception as error:
            self._store.close()
            raise OSError(f"cannot listen at {post.listen[0]}:{post.listen[1]}") from error

    @property
    def url(self) -> str:
        """Where it listens, also when the system chose the port."""
        where = self._port.getHost()
        host = f"[{where.host}]" if ":" in where.host else where.host
        return f"http://{host}:{where.port}"

    async def close(self) -> None:
        """Take no more, finish what was begun, close the store."""
        stopped = self._port.stopListening()
        if stopped is not None:
            await stopped.asFuture(asyncio.get_running_loop())
        await self._witness.close()
        await self._source.close()
        self._store.close()

    def _listen(self, reactor: Any, post: Post) -> Any:
        host, port = post.listen
        return reactor.listenTCP(port, WitnessSite(self._witness, reactor), interface=host)


def _configure_log() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
