"""What all connections share: the routes, who is who, what is counted and logged, and answers still being made."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

import structlog

from messaging.relay.turn import Caller
from messaging.server.atonce import AtOnce
from messaging.server.certificates import Certificates
from messaging.server.exchange import Routes
from messaging.server.load import Load
from messaging.server.logs import RequestLog
from messaging.server.metrics import Metrics
from messaging.server.peers import Peers
from messaging.server.uploads import Uploads


class Identify(Protocol):
    """Who holds an access token, and until when. Raises Refusal `unauthorized`."""

    def __call__(self, token: str, network: str) -> tuple[Caller, int]: ...


class Front:
    """Made once by running.py."""

    def __init__(
        self,
        routes: Routes,
        identify: Identify,
        metrics: Metrics,
        requests: RequestLog,
        peers: Peers,
        certificates: Certificates | None = None,
        *,
        secure: bool,
    ) -> None:
        self.routes = routes
        self.identify = identify
        self.metrics = metrics
        self.requests = requests
        self.peers = peers
        self.certificates = certificates or Certificates("off", peers)
        self.secure = secure
        self.log = structlog.get_logger()
        self.load = Load()
        self.at_once = AtOnce()
        self.uploads = Uploads()
        metrics.watch(self.load)
        self._open: set[asyncio.Task[None]] = set()

    def run(self, answer: Coroutine[Any, Any, None]) -> None:
        """Answer a request, without losing sight of it."""
        task = asyncio.get_running_loop().create_task(answer)
        self._open.add(task)
        task.add_done_callback(self._done)

    async def finish(self, seconds: float) -> None:
        """Give open answers so long, then cancel them (streams never end by themselves)."""
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._open.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.error("an answer failed", cause=type(error).__name__)
