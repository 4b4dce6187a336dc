"""Twisted's HTTP, and the one step from its callbacks to async code: nothing above sees a Deferred.

Laws: who may not come in is refused before the body is read; a body is bounded by what it claims and by what it is, and
has a deadline; every answer carries the security headers.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Coroutine
from io import BytesIO
from time import monotonic
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

import structlog
from twisted.internet.interfaces import IPushProducer
from twisted.web import http, resource, server
from zope.interface import implementer  # type: ignore[import-untyped] # zope has no types

from messaging.relay.ports import Incoming
from messaging.relay.turn import Caller
from messaging.server.exchange import Asked, Match, Reply, Routes, problem
from messaging.server.metrics import Metrics
from messaging.wire.errors import Refusal

# Twisted's HTTP carries no types: these names keep that in one place.
_http: Any = http
_http_resource: Any = resource
_HTTPChannel: Any = http.HTTPChannel
_Request: Any = server.Request
_Site: Any = server.Site

IDLE_SECONDS: Final = 60  # between requests of a connection, and between the bytes of one
HEAD_SECONDS: Final = 20
BODY_SECONDS: Final = 20  # and a second more for each BODY_RATE bytes
BODY_RATE: Final = 20_000
LINGER_SECONDS: Final = 1.0  # so that who is refused may still read why

SECURITY: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)
API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
TRANSPORT_SECURITY: Final = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


class Identify(Protocol):
    """Who holds an access token, and until when. Raises Refusal `unauthorized`."""

    def __call__(self, token: str, network: str) -> tuple[Caller, int]: ...


class Front:
    """What all connections share: the routes, who is who, and the answers that are still being made."""

    def __init__(self, routes: Routes, identify: Identify, metrics: Metrics, *, secure: bool) -> None:
        self.routes = routes
        self.identify = identify
        self.metrics = metrics
        self.log = structlog.get_logger()
        self.always = (*SECURITY, *((TRANSPORT_SECURITY,) if secure else ()))
        self._open: set[asyncio.Task[None]] = set()

    def run(self, answer: Coroutine[Any, Any, None]) -> None:
        """Answer a request, without losing sight of it."""
        task = asyncio.get_running_loop().create_task(answer)
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def finish(self, seconds: float) -> None:
        """Give open answers so long, then cancel them (streams never end by themselves)."""
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)


class Channel(_HTTPChannel):  # type: ignore[misc] # its type is Any, see above
    """A connection."""

    site: "Door"
    refused = False
    _head_deadline: Any = None

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """A line of a head; the first starts the clock for all of them."""
        if self._head_deadline is None and not self.refused:
            self._head_deadline = self.callLater(HEAD_SECONDS, self.forceAbortClient)
        super().lineReceived(line)

    def allHeadersReceived(self) -> None:  # noqa: N802 - Twisted's name
        """Decide before the body is read."""
        self._stop_clock()
        request: Exchange = self.requests[-1]
        refusal = request.admit(self._command, self._path, self.length)
        if refusal is None:
            super().allHeadersReceived()
        elif self.length == 0:
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
        self.site.front.metrics.refused.inc()
        self.transport.write(_raw(problem(refusal), self.site.front.always))
        self._networkProducer.pauseProducing()
        self.callLater(LINGER_SECONDS, self.transport.loseConnection)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Bytes; of a refused request they are nobody's."""
        if not self.refused:
            super().dataReceived(data)

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Bytes of a body, also those that came together with the head of a refused request."""
        if not self.refused:
            super().rawDataReceived(data)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """The connection has gone."""
        self._stop_clock()
        super().connectionLost(reason)

    def _stop_clock(self) -> None:
        if self._head_deadline is not None and self._head_deadline.active():
            self._head_deadline.cancel()
        self._head_deadline = None


class Exchange(_Request):  # type: ignore[misc] # its type is Any, see above
    """A request and its answer."""

    channel: Channel
    early: Refusal | None = None
    _match: Match | None = None
    _asked: Asked | None = None
    _incoming: Incoming | None = None
    _read = 0
    _limit = 0
    _deadline: Any = None

    @property
    def front(self) -> Front:
        """What all connections share."""
        return self.channel.site.front

    def admit(self, command: bytes, target: bytes, length: int | None) -> Refusal | None:
        """Why this must not go on, knowing the head alone."""
        try:
            self._admit(command.decode("latin-1"), target.decode("latin-1"), length)
        except Refusal as refusal:
            return refusal
        return None

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """A body follows: start its clock. It stays in memory or goes where the door wants it."""
        self.content = BytesIO()
        if length != 0:
            allowed = self._limit if length is None else length
            self._deadline = self.channel.callLater(BODY_SECONDS + allowed / BODY_RATE, self._too_slow)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """The next bytes of the body, counted whatever was claimed."""
        self._read += len(data)
        if self._read > self._limit:
            self._stop()
            self.channel.refuse(_too_large(self._limit))
        elif self._incoming is not None:
            self._incoming.write(data)
        else:
            self.content.write(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802 - Twisted's name
        """All is there."""
        self._stop_clock()
        if not self.channel.refused:
            super().requestReceived(command, path, version)

    def process(self) -> None:
        """The one step from Twisted's callbacks to async code."""
        self.front.run(self._answer())

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """The asker has gone; what was begun is finished, and nobody is told."""
        self._stop()
        super().connectionLost(reason)

    def _admit(self, method: str, target: str, length: int | None) -> None:
        path, _, query = target.partition("?")
        self._match = route, parts = self.front.routes.find(method, path)
        network = self._network()
        if route.loopback and not _is_loopback(network):
            raise Refusal("notFound")
        caller = Caller(network=network)
        if route.bearer:
            caller, _ = self.front.identify(self._token(), network)
        self._asked = Asked(method, path, dict(parse_qsl(query)) | parts, caller, self._header)
        self._limit = route.limit
        if length is not None and length > route.limit:
            raise _too_large(route.limit)
        if route.json and length != 0 and (self._header("content-type") or "").partition(";")[0] != "application/json":
            raise Refusal("notJSON", "the Content-Type is not application/json")
        if route.admit is not None:
            self._incoming = route.admit(self._asked, route.limit if length is None else length)

    async def _answer(self) -> None:
        began = monotonic()
        name = self._match[0].name if self._match else "none"
        try:
            reply = await self._reply()
        except Refusal as refusal:
            reply = problem(refusal)
        except Exception:
            self.front.log.exception("a request failed", door=name)
            reply = problem(Refusal("serverFail"))
        if self._incoming is not None:
            self._incoming.discard()
        self.front.metrics.requests.labels(name, reply.status).inc()
        self.front.metrics.seconds.labels(name).observe(monotonic() - began)
        await self._send(reply)

    async def _reply(self) -> Reply:
        if self.early is not None:
            raise self.early
        if self._match is None or self._asked is None:
            raise Refusal("notFound")
        asked = self._asked
        body = b"" if self._incoming is not None else self.content.getvalue()
        whole = Asked(asked.method, asked.path, asked.arguments, asked.caller, asked.header, body, self._incoming)
        return await self._match[0].handler(whole)

    async def _send(self, reply: Reply) -> None:
        if self._disconnected:
            return
        self.setResponseCode(reply.status)
        self.responseHeaders.setRawHeaders(b"Date", [_http.datetimeToString()])
        for name, value in (*_content_headers(reply), *self.front.always, *reply.headers):
            self.responseHeaders.addRawHeader(name.encode(), value.encode())
        if reply.pour is None or self.method == b"HEAD":
            self.write(reply.body)
        else:
            await self._pour(reply)
        if not self._disconnected:
            self.finish()

    async def _pour(self, reply: Reply) -> None:
        if reply.pour is None:
            return
        flow = Flow(self)
        self.registerProducer(flow, streaming=True)
        self.notifyFinish().addBoth(lambda _: flow.end())
        try:
            await reply.pour(flow)
        except ConnectionError:
            return
        except asyncio.CancelledError:
            self.channel.loseConnection()
            raise
        finally:
            if not self._disconnected:
                self.unregisterProducer()

    def _header(self, name: str) -> str | None:
        values = self.requestHeaders.getRawHeaders(name)
        return values[0] if values else None

    def _token(self) -> str:
        scheme, _, token = (self._header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= 200:
            raise Refusal("unauthorized")
        return token.strip()

    def _network(self) -> str:
        host = getattr(self.channel.getPeer(), "host", "")
        return network_of(host)

    def _too_slow(self) -> None:
        self._stop()
        self.channel.refuse(Refusal("timeout"))

    def _stop(self) -> None:
        self._stop_clock()
        if self._incoming is not None:
            self._incoming.discard()

    def _stop_clock(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


@implementer(IPushProducer)
class Flow:
    """A long answer (exchange.Pipe), with the reader's back-pressure."""

    def __init__(self, request: Exchange) -> None:
        self._request = request
        self._free = asyncio.Event()
        self._free.set()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._on_drain: Callable[[], None] | None = None

    @property
    def paused(self) -> bool:
        """Whether the reader is slower than the writer."""
        return not self._free.is_set()

    def write(self, data: bytes) -> None:
        """The next bytes, unless nobody reads."""
        if not self._gone.done():
            self._request.write(data)

    async def drained(self) -> None:
        """Wait until not paused. Raises ConnectionError when the reader has gone."""
        await self._free.wait()
        if self._gone.done():
            raise ConnectionError("the reader has gone")

    async def gone(self) -> None:
        """Wait until the reader has gone."""
        await asyncio.shield(self._gone)

    def on_drain(self, call: Callable[[], None]) -> None:
        """Call this whenever writing may go on."""
        self._on_drain = call

    def end(self) -> None:
        """The reader has gone, or the answer is whole."""
        if not self._gone.done():
            self._gone.set_result(None)
        self._free.set()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader is slow."""
        self._free.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader has caught up."""
        self._free.set()
        if self._on_drain is not None:
            self._on_drain()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader has gone."""
        self.end()


class Door(_Site):  # type: ignore[misc] # its type is Any, see above
    """Twisted's factory of connections, without resources, sessions, form parsing or a log of its own."""

    protocol = Channel
    displayTracebacks = False  # noqa: N815 - Twisted's name

    def __init__(self, front: Front, reactor: Any) -> None:
        super().__init__(
            _http_resource.Resource(), Exchange, timeout=IDLE_SECONDS, reactor=reactor, parsePOSTFormSubmission=False
        )
        self.front = front

    def log(self, request: Any) -> None:
        """Nothing: targets hold ids; metrics count."""


def network_of(host: str) -> str:
    """What counts as one network at log-in: an IPv4 address, or the first 64 bits of an IPv6 one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _is_loopback(network: str) -> bool:
    return network in ("127.0.0.1", "::/64")


def _too_large(limit: int) -> Refusal:
    return Refusal("tooLarge", members={"limit": limit})


def _content_headers(reply: Reply) -> list[tuple[str, str]]:
    length = len(reply.body) if reply.pour is None and reply.length is None else reply.length
    found = [("Content-Type", reply.media_type)] if reply.status not in (204, 304) else []
    if length is not None and reply.status not in (204, 304):
        found.append(("Content-Length", str(length)))
    if not any(name == "Content-Security-Policy" for name, _ in reply.headers):
        found.append(("Content-Security-Policy", API_POLICY))
    return found


def _raw(reply: Reply, always: tuple[tuple[str, str], ...]) -> bytes:
    head = [f"HTTP/1.1 {reply.status} Refused", "Connection: close"]
    head += [f"{name}: {value}" for name, value in (*_content_headers(reply), *always, *reply.headers)]
    return "\r\n".join([*head, "", ""]).encode() + reply.body
