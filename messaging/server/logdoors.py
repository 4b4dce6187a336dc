"""The doors of the key log (docs/spec/transparency.md): for anyone, within a rate; what a tile holds never changes.

The checkpoint is the newest published one. Tiles are there as soon as they are signed for: a witness reads the entries
before it cosigns them, and nobody believes an entry without a published checkpoint.
"""

from typing import Final

from crypto.transparency.tiles import parse_tile_path
from messaging.relay.logasking import AskLog, AskTile
from messaging.relay.moments import SECOND
from messaging.relay.records import LogHead
from messaging.server.exchange import NO_STORE, Asked, Headers, Match, Reply, Route, Routes
from messaging.server.service import Service
from messaging.wire import names
from messaging.wire.errors import Refusal

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_IMMUTABLE: Headers = (("Cache-Control", "public, max-age=31536000, immutable"),)
_ROOT: Final = names.LOG_TILES.removesuffix("tile/")
_READING: Final = ("GET", "HEAD")


class LogDoors:
    """Three doors over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tile = Route("log tile", self.tile, _READING)

    def join(self, routes: Routes) -> None:
        """Add them."""
        routes.exact[names.LOG_CHECKPOINT] = Route("log checkpoint", self.checkpoint, _READING)
        routes.exact[names.LOG_POLICY] = Route("log policy", self.policy, _READING)
        routes.patterns.append(self._find)

    async def checkpoint(self, asked: Asked) -> Reply:
        """`GET /log/checkpoint`: the newest published one."""
        self._take(asked)
        head: LogHead = await self._service.ask(AskLog(), asked.caller)
        return Reply(200, head.published_note, NO_STORE, _TEXT)

    async def policy(self, asked: Asked) -> Reply:
        """`GET /log/policy`: whom this relay asks to cosign, and a client to trust."""
        self._take(asked)
        return Reply(200, self._service.house.policy.text, NO_STORE, _TEXT)

    async def tile(self, asked: Asked) -> Reply:
        """`GET /log/tile/L/N[.p/W]` and `/log/tile/entries/N[.p/W]`."""
        wanted = parse_tile_path(asked.path.removeprefix(_ROOT))
        if wanted is None:
            raise Refusal("notFound")
        self._take(asked)
        return Reply(200, await self._service.ask(AskTile(wanted), asked.caller), _IMMUTABLE, _BYTES)

    def _find(self, path: str) -> Match | None:
        if not path.startswith(names.LOG_TILES) or parse_tile_path(path.removeprefix(_ROOT)) is None:
            return None
        return self._tile, {}

    def _take(self, asked: Asked) -> None:
        meter, now, network = self._service.house.rates.log, self._service.now(), asked.caller.network
        if wait := meter.wait(network, now):
            raise Refusal("rateLimit", members={"retryAfter": -(-wait // SECOND)})
        meter.take(network, now)
