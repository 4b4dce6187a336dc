"""The doors by which factors change, codes recover, carers adopt and devices pair (docs/spec/login.md, pairing.md)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from messaging.relay.factorasking import ChangeFactors, FactorAsking
from messaging.server.cookie import tokens
from messaging.server.exchange import Asked, Reply, Route, Routes, json_reply
from messaging.server.service import Service
from messaging.wire import names
from messaging.wire.codec import decode
from messaging.wire.factors import AdoptRequest, ConfirmRequest, FactorsRequest, RecoverRequest
from messaging.wire.pairing import (
    PairingBegin,
    PairingClaim,
    PairingEnd,
    PairingFind,
    PairingGrant,
    PairingHello,
    PairingPoll,
)

T = TypeVar("T", bound=FactorAsking)
_SMALL: Final = 4_096
_SEALED: Final = 32_768  # a hello or a grant in base64url
_BOX: Final = 262_144  # a key box among the rest


class FactorDoors:
    """All of them, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def join(self, routes: Routes) -> None:
        """Add them."""
        routes.exact |= {
            names.CONFIRM: _route("confirm", self._plain(ConfirmRequest), bearer=True),
            names.FACTORS: _route("factors", self.factors, _BOX, bearer=True),
            names.RECOVER: _route("recover", self._tokens(RecoverRequest), _BOX),
            names.ADOPT: _route("adopt", self._plain(AdoptRequest), _BOX, bearer=True),
            names.PAIRING_BEGIN: _route("pairing begin", self._plain(PairingBegin)),
            names.PAIRING_POLL: _route("pairing poll", self._plain(PairingPoll)),
            names.PAIRING_FIND: _route("pairing find", self._plain(PairingFind), bearer=True),
            names.PAIRING_HELLO: _route("pairing hello", self._plain(PairingHello), _SEALED, bearer=True),
            names.PAIRING_GRANT: _route("pairing grant", self._plain(PairingGrant), _SEALED, bearer=True),
            names.PAIRING_END: replace(_route("pairing end", self._plain(PairingEnd)), greets=True),
            names.PAIRING_CLAIM: _route("pairing claim", self._tokens(PairingClaim)),
        }

    async def factors(self, asked: Asked) -> Reply:
        """`POST /auth/factors`, with `?account=` for an account that the caller may act for."""
        change = ChangeFactors(decode(asked.body, FactorsRequest), asked.arguments.get("account", ""))
        return json_reply(await self._service.ask(change, asked.caller))

    def _plain(self, kind: type[T]) -> Callable[[Asked], Awaitable[Reply]]:
        async def handler(asked: Asked) -> Reply:
            return json_reply(await self._service.ask(decode(asked.body, kind), asked.caller))

        return handler

    def _tokens(self, kind: type[T]) -> Callable[[Asked], Awaitable[Reply]]:
        async def handler(asked: Asked) -> Reply:
            return tokens(await self._service.ask(decode(asked.body, kind), asked.caller))

        return handler


def _route(
    name: str, handler: Callable[[Asked], Awaitable[Reply]], limit: int = _SMALL, *, bearer: bool = False
) -> Route:
    return Route(name, handler, limit=limit, bearer=bearer, json=True)
