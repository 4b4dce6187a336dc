"""The witness's HTTP side, on Twisted: bytes to a Witness and back. Deferreds end in this file.

Laws: a body over the limit is refused before it is read; nobody is waited for longer than a deadline; so many
connections and no more. TLS, where it is wanted, is a reverse proxy's.
"""

import asyncio
import hashlib
from typing import Any, Final

import structlog
from twisted.internet.defer import Deferred
from twisted.web import http, resource, server

from clients.log.cosigning import Witness
from clients.log.witness import BODY_LIMIT, Answer, refused

CONNECTIONS: Final = 64
REQUEST_SECONDS: Final = 20.0  # from the first byte of a request to its last
IDLE_SECONDS: Final = 60.0  # between two requests of a connection
_TOO_LARGE: Final = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
# Twisted's HTTP carries no types: these names keep that in one place.
_HTTPChannel: Any = http.HTTPChannel
_Request: Any = server.Request
_Resource: Any = resource.Resource
_Site: Any = server.Site


class WitnessSite(_Site):  # type: ignore[misc]  # its type is Any, see above
    """What a port listens with. The log of requests is the witness's own: without addresses."""

    noisy = False

    def __init__(self, witness: Witness, reactor: Any) -> None:
        super().__init__(_Root(witness), _Limited, timeout=IDLE_SECONDS, reactor=reactor, parsePOSTFormSubmission=False)
        self.protocol = _Channel
        self._connected = 0

    def buildProtocol(self, address: Any) -> Any:  # noqa: N802 - Twisted's name
        """A connection; None, which closes it, when there are too many."""
        return super().buildProtocol(address) if self._connected < CONNECTIONS else None

    def connected(self, change: int) -> None:
        """One more, or one less."""
        self._connected += change

    def log(self, request: Any) -> None:
        """Nothing: Twisted would write the address."""


class _Channel(_HTTPChannel):  # type: ignore[misc]  # its type is Any, see above
    """One connection, with a clock that runs while a request arrives."""

    _arriving: Any = None

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        super().connectionMade()
        self.site.connected(1)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._arriving is None:
            self._arriving = self.callLater(REQUEST_SECONDS, self._too_late)
        super().dataReceived(data)

    def whole(self) -> None:
        """The request has arrived."""
        if self._arriving is not None and self._arriving.active():
            self._arriving.cancel()
        self._arriving = None

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        self.whole()
        self.site.connected(-1)
        super().connectionLost(reason)

    def _too_late(self) -> None:
        self.transport.abortConnection()


class _Limited(_Request):  # type: ignore[misc]  # its type is Any, see above
    """A request whose body has a limit, counted as it arrives."""

    _taken = 0
    _over = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        super().gotLength(length)
        if length is not None and length > BODY_LIMIT:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._taken += len(data)
        if self._taken > BODY_LIMIT:
            self._refuse()
        if not self._over:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802 - Twisted's name
        self.channel.whole()
        if not self._over:
            super().requestReceived(command, path, version)

    def _refuse(self) -> None:
        if not self._over:
            self._over = True
            self.channel.transport.write(_TOO_LARGE)
            self.channel.transport.loseConnection()


class _Root(_Resource):  # type: ignore[misc]  # its type is Any, see above
    """Both doors, told apart by their path."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, witness: Witness) -> None:
        super().__init__()
        self._witness = witness
        self._origin_hash = hashlib.sha256(witness.origin.encode()).hexdigest()

    def render(self, request: Any) -> Any:
        """Every method comes here."""
        wanted = {"add-checkpoint": (b"POST",), f"{self._origin_hash}/checkpoint": (b"GET", b"HEAD")}
        methods = wanted.get("/".join(part.decode("latin-1") for part in request.postpath))
        if methods is None:
            return _written(request, refused(404, "no such door"))
        if request.method not in methods:
            request.setHeader("Allow", b", ".join(methods))
            return _written(request, refused(405, "method"))
        if request.method == b"POST":
            # The one step from Twisted's callbacks to async code: nothing below sees a Deferred.
            task = asyncio.ensure_future(self._answer(request))
            Deferred.fromFuture(task).addErrback(_unexpected, request)
            return server.NOT_DONE_YET
        return _written(request, self._published())

    async def _answer(self, request: Any) -> None:
        answer = await self._witness.answer(request.content.read())
        _finish(request, answer)

    def _published(self) -> Answer:
        note = self._witness.published
        return Answer(200, note) if note else refused(404, "nothing was cosigned yet")


def _written(request: Any, answer: Answer) -> bytes:
    request.setResponseCode(answer.status)
    request.setHeader("Content-Type", answer.type)
    request.setHeader("Content-Length", str(len(answer.body)))
    request.setHeader("Server", "pli")
    if answer.retry_after is not None:
        request.setHeader("Retry-After", str(answer.retry_after))
    return answer.body


def _unexpected(failure: Any, request: Any) -> None:
    structlog.get_logger().error("a request failed", cause=failure.type.__name__)
    _finish(request, Answer(500))


def _finish(request: Any, answer: Answer) -> None:
    if request.channel is not None:  # None: whoever asked has gone
        request.write(_written(request, answer))
        request.finish()
