"""A connection, on Twisted's HTTP: who may not come in is refused before the body is read, and nobody is waited for
longer than the deadlines.

A clock is started only for what has not come whole with the bytes at hand: most requests need none.
"""

from typing import Any, Final

from twisted.internet import tcp
from twisted.web import http, resource, server

from messaging.server import heads
from messaging.server.exchange import problem
from messaging.server.front import Front
from messaging.server.request import Request
from messaging.wire.errors import Refusal

# Twisted's HTTP carries no types: these names keep that in one place.
_http_resource: Any = resource
_HTTPChannel: Any = http.HTTPChannel
_Site: Any = server.Site

IDLE_SECONDS: Final = 60  # between requests of a connection, and between the bytes of one
HEAD_SECONDS: Final = 20
LINGER_SECONDS: Final = 1.0  # so that who is refused may still read why


class Channel(_HTTPChannel):  # type: ignore[misc] # its type is Any, see above
    """One connection."""

    site: "Door"
    refused = False
    timeOut: float | None = None  # noqa: N815 - Twisted's name
    body_seconds: float | None = None  # while a body arrives
    _in_head = False
    _held: Any = None  # a request that is answered, while its answer waits for the reader
    _deadline: Any = None
    _idle: Any = None
    _touched = 0.0

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Bytes; of a refused request they are nobody's."""
        if not self.refused:
            super().dataReceived(data)
            self._watch()

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """A line of a head."""
        self._in_head = True
        super().lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Bytes of a body, also those that came together with the head of a refused request."""
        if not self.refused:
            super().rawDataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802 - Twisted's name
        """Decide before the body is read."""
        self._in_head = False
        self._stop_clock()
        request: Request = self.requests[-1]
        refusal = request.admit(self._command, self._path, self.length)
        if refusal is None or self.length == 0:
            request.early = refusal
            super().allHeadersReceived()
        else:
            self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Say why, read no more, and close."""
        if self.refused:
            return
        self.refused = True
        self._stop_clock()
        front = self.site.front
        reply = problem(refusal)
        front.metrics.refused.inc()
        front.requests.add("refused", reply.status, sent=len(reply.body))
        self.transport.write(heads.whole(reply, secure=front.secure, close=True) + reply.body)
        self._networkProducer.pauseProducing()
        self.callLater(LINGER_SECONDS, self.transport.loseConnection)

    def requestDone(self, request: Any) -> None:  # noqa: N802 - Twisted's name
        """Go on with what came behind it: once the reader takes the answers.

        Twisted's own goes on at once: a packet of questions would pile up a hundred megabytes of answers.
        """
        if self._waitingForTransport and self.persistent:
            self._held = request
            self.setTimeout(self._savedTimeOut)
        else:
            super().requestDone(request)

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader takes answers again."""
        super().resumeProducing()
        held, self._held = self._held, None
        if held is not None:
            super().requestDone(held)

    def body_is_whole(self) -> None:
        """No more of it is waited for."""
        self.body_seconds = None
        self._stop_clock()

    def write_now(self, data: bytes) -> None:
        """Give an answer to the system at once, where nothing waits before it: a turn of the loop less, and four calls.

        What does not fit waits for the reader as ever; an error Twisted finds at its own next try. TLS has its own
        buffer, and is left alone.
        """
        transport: Any = self.transport
        if isinstance(transport, tcp.Connection) and not (transport.dataBuffer or transport._tempDataBuffer):
            sent = transport.writeSomeData(data)
            if isinstance(sent, int):
                data = data[sent:]
        if data:
            self.write(data)

    def setTimeout(self, period: float | None) -> float | None:  # noqa: N802 - Twisted's name
        """How long it may be idle. One timer serves many requests: it looks at when the last bytes came."""
        before, self.timeOut = self.timeOut, period
        self._touched = self.site.reactor.seconds()
        if period is not None and self._idle is None:
            self._idle = self.callLater(period, self._check_idle)
        return before

    def resetTimeout(self) -> None:  # noqa: N802 - Twisted's name
        """Bytes came."""
        self._touched = self.site.reactor.seconds()

    def timeoutConnection(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing came for too long. Twisted's own would log the address."""
        self._abortingCall = self.callLater(self.abortTimeout, self.forceAbortClient)
        self.loseConnection()

    def forceAbortClient(self) -> None:  # noqa: N802 - Twisted's name
        """End it, heard or not. Twisted's own would log the address."""
        self._abortingCall = None
        self.transport.abortConnection()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """The connection has gone."""
        self._stop_clock()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        super().connectionLost(reason)

    def _watch(self) -> None:
        if self.refused or self._deadline is not None:
            return
        if self.body_seconds is not None:
            self._deadline = self.callLater(self.body_seconds, self._too_slow)
        elif self._in_head or (self._buffer and not self._handlingRequest):
            self._deadline = self.callLater(HEAD_SECONDS, self.forceAbortClient)

    def _too_slow(self) -> None:
        self._deadline = None
        self.requests[-1].stop()
        self.refuse(Refusal("timeout"))

    def _check_idle(self) -> None:
        self._idle = None
        if self.timeOut is None:
            return
        left = self._touched + self.timeOut - self.site.reactor.seconds()
        if left > 0:
            self._idle = self.callLater(left, self._check_idle)
        else:
            self.timeoutConnection()

    def _stop_clock(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


class Door(_Site):  # type: ignore[misc] # its type is Any, see above
    """Twisted's factory of connections, without resources, sessions, form parsing or a log of its own."""

    protocol = Channel
    displayTracebacks = False  # noqa: N815 - Twisted's name

    def __init__(self, front: Front, reactor: Any) -> None:
        super().__init__(
            _http_resource.Resource(), Request, timeout=IDLE_SECONDS, reactor=reactor, parsePOSTFormSubmission=False
        )
        self.front = front

    def log(self, request: Any) -> None:
        """Nothing: targets hold ids. RequestLog has what may be said."""
