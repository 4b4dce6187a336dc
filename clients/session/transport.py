"""The only network of the clients: carries requests to one relay and answers back. Deferreds end in this file.

Every failure to get an answer is Refusal `serverUnavailable`; what the answer says is not judged here.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final, cast
from urllib.parse import urlsplit

from treq.client import HTTPClient
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool, ResponseDone, ResponseFailed
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer  # type: ignore[import-untyped]  # it has no types

from clients.session.carried import HttpRequest, HttpResponse, refusal_of
from messaging.wire import limits
from messaging.wire.errors import Refusal

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 60.0
ANSWER_LIMIT: Final = 100_000_000  # bytes: 500 sealed letters of 64 KiB in base64url, and some
IDLE_SECONDS: Final = 20  # shorter than a relay keeps an idle connection
CONNECTIONS: Final = limits.MAX_CONCURRENT_UPLOAD + 4
_BROKEN = (ResponseFailed, ConnectionClosed, ConnectError, ConnectTimeout, DNSLookupError)
# Twisted's client has no types: what comes from it is Any, and stays in this file.
_DONE: Any = cast(Any, Failure)(ResponseDone())
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def origin_of(relay: str) -> str:
    """Scheme, host and port of a relay's address: what a log-in signs. Raises ValueError; http is for loopback only."""
    parts = urlsplit(relay if "//" in relay else f"https://{relay}")
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise ValueError("a relay's address looks like https://pli.example")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("http is for a relay on this machine only: use https")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    standard = parts.port in (None, {"https": 443, "http": 80}[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if standard else f":{parts.port}")


@implementer(IBodyProducer)
class _Body:
    """A request's bytes, written at once: they are in memory anyway."""

    def __init__(self, data: bytes) -> None:
        self._data, self.length = data, len(data)

    def startProducing(self, consumer: Any) -> "Deferred[None]":  # noqa: N802 - Twisted's name
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing is left to pause."""

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing was paused."""

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing is left to stop."""


def _own_agent() -> tuple[Any, Any]:
    """Twisted's bare Agent: cookies, redirects and decoding, which treq adds to it, double a request's cost."""
    from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one: only when a network is wanted

    pool = cast(Any, HTTPConnectionPool)(reactor)
    pool.maxPersistentPerHost = CONNECTIONS
    pool.cachedConnectionTimeout = IDLE_SECONDS
    return pool, cast(Any, Agent)(reactor, connectTimeout=CONNECT_SECONDS, pool=pool)


class Transport:
    """One relay. `http` is for tests and for callers with a pool or trust of their own."""

    def __init__(self, relay: str, http: HTTPClient | None = None) -> None:
        self.origin = origin_of(relay)
        self._http = http
        self._agent: Any = None
        self._pool: Any = None

    async def carry(self, request: HttpRequest) -> HttpResponse:
        """The whole answer. Raises Refusal `serverUnavailable`; a repeatable request is tried twice."""
        try:
            return await self._carry(request)
        except Refusal:
            if not request.repeatable:
                raise
            return await self._carry(request)

    async def stream(self, request: HttpRequest) -> AsyncGenerator[bytes]:
        """The body as it arrives, until the relay ends it. Raises Refusal."""
        response = await self._ask(request, ANSWER_SECONDS)
        if response.code >= 400:
            refusal = refusal_of(HttpResponse(response.code, _headers(response), await _whole(response)))
            raise refusal or Refusal("serverFail")
        sink = _Stream()
        response.deliverBody(sink)
        try:
            while (piece := await sink.pieces.get()) is not None:
                yield piece
        finally:
            sink.stop()

    async def close(self) -> None:
        """Close the idle connections of an own pool; a client that was given stays open."""
        if self._pool is not None:
            await self._pool.closeCachedConnections().asFuture(asyncio.get_running_loop())

    async def _carry(self, request: HttpRequest) -> HttpResponse:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                response = await self._ask(request, None)
                return HttpResponse(response.code, _headers(response), await _whole(response))
        except TimeoutError as error:
            raise Refusal("serverUnavailable", "the relay did not answer in time") from error

    async def _ask(self, request: HttpRequest, seconds: float | None) -> Any:
        try:
            async with asyncio.timeout(seconds):
                return await self._begin(request).asFuture(asyncio.get_running_loop())
        except _BROKEN as error:
            raise Refusal("serverUnavailable", "the relay cannot be reached") from error
        except TimeoutError as error:
            raise Refusal("serverUnavailable", "the relay did not answer in time") from error

    def _begin(self, request: HttpRequest) -> "Deferred[Any]":
        # Redirects are not followed: the Bearer token is for this origin alone.
        headers, where = Headers({name: [value] for name, value in request.headers.items()}), self.origin + request.path
        if self._http is not None:
            asked: Deferred[Any] = self._http.request(
                request.method,
                where,
                headers=headers,
                data=request.body or None,
                allow_redirects=False,
                unbuffered=True,
            )
            return asked
        if self._agent is None:
            self._pool, self._agent = _own_agent()
        body = _Body(request.body) if request.body else None
        begun: Deferred[Any] = self._agent.request(request.method.encode(), where.encode(), headers, body)
        return begun


async def _whole(response: Any) -> bytes:
    sink = _Whole()
    response.deliverBody(sink)
    return await sink.done


def _headers(response: Any) -> dict[str, str]:
    listed = response.headers.getAllRawHeaders()
    return {name.decode("latin-1").lower(): values[-1].decode("latin-1") for name, values in listed}


class _Whole(Protocol):
    """Collects a body up to the limit."""

    def __init__(self) -> None:
        self._body = bytearray()
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._body += data
        if len(self._body) > ANSWER_LIMIT:
            self._end(Refusal("serverUnavailable", "the answer is over the limit"))
            _abort(self)

    def connectionLost(self, reason: Any = _DONE) -> None:  # noqa: N802 - Twisted's name
        whole = reason.check(ResponseDone) is not None
        self._end(None if whole else Refusal("serverUnavailable", "the answer was cut"))

    def _end(self, refusal: Refusal | None) -> None:
        if self.done.done():
            return
        if refusal is None:
            self.done.set_result(bytes(self._body))
        else:
            self.done.set_exception(refusal)


class _Stream(Protocol):
    """Hands a body on as it arrives; None ends it. The relay sends little: one short event for each change."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self.pieces.put_nowait(data)

    def connectionLost(self, reason: Any = _DONE) -> None:  # noqa: ARG002, N802 - Twisted's
        self.pieces.put_nowait(None)

    def stop(self) -> None:
        """Cut the connection, if it still stands."""
        _abort(self)


def _abort(protocol: Protocol) -> None:
    abort = getattr(protocol.transport, "abortConnection", None) or getattr(protocol.transport, "loseConnection", None)
    if abort is not None:
        abort()
