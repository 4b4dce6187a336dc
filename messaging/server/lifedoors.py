"""The doors by which an account is opposed and closed (docs/spec/login.md)."""

from messaging.relay.lifeasking import LifeAsking
from messaging.server.cookie import CLEARED
from messaging.server.exchange import NO_STORE, Asked, Reply, Route, Routes, json_reply
from messaging.server.service import Service
from messaging.server.tombstones import Tombstones
from messaging.wire import names
from messaging.wire.codec import decode
from messaging.wire.life import CloseRequest, OpposeRequest

_SMALL = 4_096


class LifeDoors:
    """Both, over one service. They answer when the tombstone is beside the database as well."""

    def __init__(self, service: Service, tombstones: Tombstones) -> None:
        self._service, self._tombstones = service, tombstones

    def join(self, routes: Routes) -> None:
        """Add them."""
        routes.exact |= {
            names.OPPOSE: Route("oppose", self.oppose, limit=_SMALL, json=True),
            names.CLOSE: Route("close", self.close, limit=_SMALL, bearer=True, json=True),
        }

    async def oppose(self, asked: Asked) -> Reply:
        """`POST /auth/oppose`."""
        return json_reply(await self._ask(decode(asked.body, OpposeRequest), asked))

    async def close(self, asked: Asked) -> Reply:
        """`POST /auth/close`."""
        request = decode(asked.body, CloseRequest)
        closed = await self._ask(request, asked)
        mine = request.account == asked.caller.account
        return json_reply(closed, headers=(*NO_STORE, ("Set-Cookie", CLEARED)) if mine else NO_STORE)

    async def _ask(self, asking: LifeAsking, asked: Asked) -> object:
        answer: object = await self._service.ask(asking, asked.caller)
        await self._tombstones.keep()
        return answer
