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
from messaging.server.tls import Renewable
from messaging.server.tombstones import Tombstones
from messaging.server.witnesses import Asker, places

_CERTIFICATE_SECONDS = 60.0  # between two looks at its files
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
        self._tls: Renewable | None = None
        self._listening = self._listen(reactor)
        self.service.begin()
        self._publisher.begin()
        self._tombstones.begin()
        self._published.begin()
        self.carrier.begin()
        self._front.load.begin()
        self._watching = asyncio.create_task(self._watch_certificate())
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
        self._watching.cancel()
        self.service.wake.cut_all()
        await self._front.finish(FINISH_SECONDS)
        await self._front.load.close()
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

    def renew_certificate(self) -> bool:
        """Use what the files of the certificate have now; whether it is another. What cannot be used is told."""
        try:
            renewed = self._tls is not None and self._tls.renew()
        except Exception as error:  # noqa: BLE001 - files that are half written, or do not belong together
            structlog.get_logger().error("the certificate was not read", cause=type(error).__name__)
            return False
        if renewed:
            structlog.get_logger().info("the certificate was read again")
        return renewed

    async def _watch_certificate(self) -> None:
        while True:
            await asyncio.sleep(_CERTIFICATE_SECONDS)
            self.renew_certificate()

    def _listen(self, reactor: Any) -> Any:
        door, config = Door(self._front, reactor), self.config
        port: Any
        if config.certificate is not None and config.key is not None:
            asks = ask_for_one if config.client_certificates == "tls" else None
            self._tls = Renewable(config.certificate, config.key, asks)
            port = reactor.listenSSL(config.port, door, self._tls, backlog=512, interface=config.host)
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
