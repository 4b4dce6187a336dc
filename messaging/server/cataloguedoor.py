"""The catalogue of apps: read from the operator's file, again whenever that changes, and shown to anyone."""

import asyncio
from typing import Final

import structlog

from messaging.relay.catalogue import AskCatalogue, TakeCatalogue
from messaging.relay.moments import SECOND
from messaging.relay.relay import work
from messaging.relay.turn import Caller
from messaging.server.config import BadConfig
from messaging.server.exchange import Asked, Reply, Route, Routes, json_reply
from messaging.server.service import Service
from messaging.wire import names
from messaging.wire.errors import Refusal

_EACH_SECONDS: Final = 30
_A_WHILE: Final = (("Cache-Control", "public, max-age=300"),)


class CatalogueDoor:
    """`GET /catalogue`, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def join(self, routes: Routes) -> None:
        """Add it."""
        routes.exact[names.CATALOGUE] = Route("catalogue", self.catalogue, ("GET", "HEAD"))

    async def catalogue(self, asked: Asked) -> Reply:
        """`GET /catalogue`: as the authority signed it."""
        meter, now, network = self._service.house.rates.log, self._service.now(), asked.caller.network
        if wait := meter.wait(network, now):
            raise Refusal("rateLimit", members={"retryAfter": -(-wait // SECOND)})
        meter.take(network, now)
        return json_reply(await self._service.ask(AskCatalogue(), asked.caller), headers=_A_WHILE)


class Publication:
    """Takes the file at the start, which a wrong one prevents, and when it changes: then a wrong one is only told."""

    def __init__(self, service: Service) -> None:
        """Raises BadConfig."""
        self._service, self._path = service, service.config.catalogue
        self._chore: asyncio.Task[None] | None = None
        self._seen = (0, 0)
        if self._path is None:
            return
        try:
            run = work(service.house, self._read(), Caller(), service.clock.now())
            service.store.write(run)
        except OSError as error:
            raise BadConfig(f"[catalogue] file {self._path}: {error.strerror}") from error
        except Refusal as refusal:
            raise BadConfig(f"[catalogue] file {self._path}: {refusal.detail}") from refusal

    def begin(self) -> None:
        """Look at the file now and then."""
        if self._path is not None:
            self._chore = asyncio.create_task(self._each())

    async def close(self) -> None:
        """No more."""
        if self._chore is not None:
            self._chore.cancel()
            await asyncio.gather(self._chore, return_exceptions=True)

    async def look(self) -> None:
        """Take the file if it is another than the one that was looked at last. Raises Refusal, OSError."""
        if self._path is not None and self._mark() != self._seen:
            asking = await asyncio.to_thread(self._read)
            await self._service.ask(asking, Caller())

    def _read(self) -> TakeCatalogue:
        if self._path is None:
            raise FileNotFoundError
        self._seen = self._mark()
        return TakeCatalogue(self._path.read_bytes())

    def _mark(self) -> tuple[int, int]:
        if self._path is None:
            return 0, 0
        found = self._path.stat()
        return found.st_mtime_ns, found.st_ino

    async def _each(self) -> None:
        while True:
            await asyncio.sleep(_EACH_SECONDS)
            try:
                await self.look()
            except Refusal as refusal:
                structlog.get_logger().error("the catalogue was not taken", reason=refusal.detail)
            except OSError as error:
                structlog.get_logger().error("the catalogue was not read", errno=error.errno)
