"""A relay that listens: opened, then closed in the right order."""

import asyncio
from typing import Any

import structlog

from crypto.webpush import VapidKey
from messaging.relay.ports import Clock
from messaging.server.carrier import Carrier
from messaging.server.cataloguedoor import CatalogueDoor, Publication
from messaging.server.certificates import Certificates, ask_for_one
from messaging.server.channel import Door
from messaging.server.config import Config
from messaging.server.doors import Doors
from messaging.server.factordoors import FactorDoors
from messaging.server.front import Front
from messaging.server.health import Health
from messaging.server.lifedoors import LifeDoors
from messaging.server.logdoors import LogDoors
from messaging.server.logs import RequestLog
from messaging.server.mailing import Mailer
from messaging.server.oauthdoors import OAuthDoors
from messaging.server.outside import Outside, trust_of
from messaging.server.peers import Peers
from messaging.server.posting import Poster
from messaging.server.publisher import Pace, Publisher
from messaging.server.service import Service
from messaging.server.static import Static
from messaging.server.tls import context
from messaging.server.tombstones import Tombstones
from messaging.server.witnesses import Asker, places

FINISH_SECONDS = 5.0  # for answers that are being made when the relay stops


class Running:
    """Made on the loop, with Twisted's reactor running on it."""

    def __init__(self, config: Config, reactor: Any, clock: Clock | None = None, pace: Pace | None = None) -> None:
        self.config = config
        self.service = Service(config, clock)
        self._tombstones = Tombstones(self.service)
        self._health = Health(self.service)
        self._published = self._publication()
        routes = Doors(self.service).routes()
        FactorDoors(self.service).join(routes)
        LifeDoors(self.service, self._tombstones).join(routes)
        LogDoors(self.service).join(routes)
        OAuthDoors(self.service).join(routes)
        CatalogueDoor(self.service).join(routes)
        routes.exact |= self._health.routes()
        if config.web is not None:
            routes.rest = Static(config.web).route
        self._requests = RequestLog(config.log)
        peers = Peers(config.trusted_proxies)
        self._front = Front(
            routes, self.service.caller, self.service.metrics, self._requests, peers,
            Certificates(config.client_certificates, peers), secure=config.secure,
        )  # fmt: skip
        asked = places(self.service.house.policy.witnesses, config.skipped_witnesses)
        self._publisher = Publisher(self.service, asked, Asker(reactor), pace)
        self.carrier = Carrier(self.service, *_ways(config, self.service, reactor))
        self._listening = self._listen(reactor)
        self.service.begin()
        self._publisher.begin()
        self._tombstones.begin()
        self._published.begin()
        self.carrier.begin()
        structlog.get_logger().info("started", port=self.port)

    @property
    def port(self) -> int:
        """Where it listens, also when the system chose."""
        return int(self._listening.getHost().port)

    @property
    def lost(self) -> "asyncio.Future[None]":
        """Done, with LogLost, when the relay must stop: it has not all of the key log that it signed for."""
        return self._publisher.lost

    async def close(self) -> None:
        """Take no more, finish what was begun, close the store."""
        self._health.stopping = True
        stopped = self._listening.stopListening()
        if stopped is not None:
            await stopped.asFuture(asyncio.get_running_loop())
        self.service.wake.cut_all()
        await self._front.finish(FINISH_SECONDS)
        await self.carrier.close()
        await self._publisher.close()
        await self._tombstones.close()
        await self._published.close()
        await self.service.close()
        self._requests.flush()
        structlog.get_logger().info("stopped")

    def _publication(self) -> Publication:
        try:
            return Publication(self.service)
        except BaseException:
            self.service.store.close()
            raise

    def _listen(self, reactor: Any) -> Any:
        door, config = Door(self._front, reactor), self.config
        port: Any
        if config.certificate is not None and config.key is not None:
            tls = context(config.certificate, config.key)
            if config.client_certificates == "tls":
                ask_for_one(tls.getContext())
            port = reactor.listenSSL(config.port, door, tls, backlog=512, interface=config.host)
        else:
            port = reactor.listenTCP(config.port, door, backlog=512, interface=config.host)
        return port


def _ways(config: Config, service: Service, reactor: Any) -> tuple[Mailer | None, Poster | None]:
    mailer = None if config.submission is None else Mailer(config.submission, config.origin, service.clock)
    if not config.pushes:
        return mailer, None
    trust = None if config.trust is None else trust_of(config.trust.read_bytes())
    outside = Outside(reactor, allow_private=config.allow_private, trust=trust)
    return mailer, Poster(outside, VapidKey(service.house.secrets.notices), config.contact, service.clock)
