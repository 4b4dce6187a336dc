"""Whether it lives, whether it can answer, and what it has counted. For this machine alone."""

from messaging.relay.ports import Transaction
from messaging.server.exchange import NO_STORE, Asked, Reply, Route, json_reply
from messaging.server.service import Service
from messaging.wire.errors import Refusal


class Health:
    """Three doors."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.stopping = False

    def routes(self) -> dict[str, Route]:
        """Path by path."""
        return {
            "/health/live": Route("live", self.live, ("GET",), loopback=True),
            "/health/ready": Route("ready", self.ready, ("GET",), loopback=True),
            "/metrics": Route("metrics", self.metrics, ("GET",), loopback=True),
        }

    async def live(self, _: Asked) -> Reply:
        """The loop turns."""
        return json_reply({"status": "live"})

    async def ready(self, _: Asked) -> Reply:
        """The store answers, and new requests are welcome."""
        if self.stopping:
            raise Refusal("serverUnavailable")
        await self._service.in_reader(lambda: self._service.store.read(_touch))
        return json_reply({"status": "ready"})

    async def metrics(self, _: Asked) -> Reply:
        """The Prometheus text format."""
        return Reply(200, self._service.metrics.render(), NO_STORE, "text/plain; version=0.0.4")


def _touch(tx: Transaction) -> None:
    tx.last_act()
