"""A KeyLog behind HTTP on loopback; single paths may be answered in other ways."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from tests.clients.key_log import KeyLog
from tests.relays import install_reactor

Answering = Callable[[Any], Any]


@contextlib.asynccontextmanager
async def served(log: KeyLog, odd: dict[str, Answering] | None = None) -> AsyncIterator[str]:
    """Its address. `odd` are paths that a function of Twisted's request answers."""
    reactor = install_reactor()
    from twisted.web import resource, server

    class Log(resource.Resource):
        isLeaf = True  # noqa: N815 - Twisted's name

        def render_GET(self, request: Any) -> Any:  # noqa: N802 - Twisted's name
            path = "/".join(part.decode() for part in request.postpath).removeprefix("log/")
            if odd and path in odd:
                return odd[path](request)
            found = log.served(path)
            if found is None:
                request.setResponseCode(404)
            return found or b""

    site: Any = server.Site(Log())  # type: ignore[no-untyped-call]  # Twisted has no types here
    site.noisy, site.displayTracebacks = False, False
    port = reactor.listenTCP(0, site, interface="127.0.0.1")
    try:
        yield f"http://127.0.0.1:{port.getHost().port}/log"
    finally:
        await port.stopListening().asFuture(asyncio.get_running_loop())
