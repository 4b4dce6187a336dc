"""A request and its answer, and the one step from Twisted's callbacks to async code: no door sees a Deferred.

Law: a body is bounded by what it claims and by what it is.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from io import BytesIO
from time import monotonic
from typing import Any, Final
from urllib.parse import parse_qsl

from twisted.web import server

from messaging.relay.ports import Incoming
from messaging.relay.session import concurrent_requests, concurrent_uploads
from messaging.relay.turn import Caller
from messaging.server import heads
from messaging.server.exchange import Asked, Match, Reply, Route, Writer, problem
from messaging.server.flow import Flow
from messaging.server.front import Front
from messaging.server.held import Held, slim
from messaging.wire.errors import Refusal

_Request: Any = server.Request  # Twisted's HTTP carries no types

BODY_SECONDS: Final = 20  # and a second more for each BODY_RATE bytes
BODY_RATE: Final = 20_000


class Request(_Request):  # type: ignore[misc] # its type is Any, see above
    """Twisted makes it when a head begins."""

    channel: Any
    front: Front  # what all connections share: kept, for Twisted takes the channel away from whoever left
    early: Refusal | None = None
    _match: Match | None = None
    _asked: Asked | None = None
    _incoming: Incoming | None = None
    _uploader: str | None = None  # the device whose upload this is, while it is counted
    _held: Held | None = None
    _read = 0
    _limit = 0
    # What is left where held.slim() took away what the request was told.
    client: Any = None
    host: Any = None
    content: Any = None
    args: Any = None
    cookies: Any = None
    received_cookies: Any = None
    requestHeaders: Any = None  # noqa: N815 - Twisted's name
    responseHeaders: Any = None  # noqa: N815 - Twisted's name
    uri = path = b""

    def admit(self, command: bytes, target: bytes, length: int | None) -> Refusal | None:
        """Why this must not go on, knowing the head alone."""
        self.front = self.channel.site.front
        try:
            self._admit(command.decode("latin-1"), target.decode("latin-1"), length)
        except Refusal as refusal:
            self.stop()  # Twisted may never hear of this request again
            return refusal
        except OSError:
            self.stop()
            return _no_room()
        return None

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """A body follows: say how long it may take. It stays in memory or goes where the door wants it."""
        self.content = BytesIO()
        if length != 0:
            self.channel.body_seconds = BODY_SECONDS + (self._limit if length is None else length) / BODY_RATE

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """The next bytes of the body, counted whatever was claimed."""
        self._read += len(data)
        if self._read > self._limit:
            self._refuse(_too_large(self._match[0] if self._match else None))
        elif self._incoming is None:
            self.content.write(data)
        else:
            try:
                self._incoming.write(data)
            except OSError:
                self._refuse(_no_room())

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802 - Twisted's name
        """All is there."""
        self.channel.body_is_whole()
        if not self.channel.refused:
            super().requestReceived(command, path, version)

    def process(self) -> None:
        """The one step from Twisted's callbacks to async code."""
        self.front.run(self._answer())

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """The asker has gone; what was begun is finished, and nobody is told."""
        self.stop()
        if self._held is not None:
            self._held.stopProducing()
        super().connectionLost(reason)

    def stop(self) -> None:
        """Nothing of the body is wanted any more."""
        if self._incoming is not None:
            self._incoming.discard()
        if self._uploader is not None:
            self.front.uploads.end(self._uploader)
            self._uploader = None

    def _refuse(self, refusal: Refusal) -> None:
        self.stop()
        self.channel.refuse(refusal)

    def _admit(self, method: str, target: str, length: int | None) -> None:
        path, _, query = target.partition("?")
        self._match = route, parts = self.front.routes.find(method, path)
        host, forwarded = getattr(self.channel.getPeer(), "host", ""), self._forwarded()
        if route.loopback and not self.front.peers.is_local(host, forwarded):
            raise Refusal("notFound")
        if not route.loopback:
            self._take_on()
        network = self.front.peers.network(host, forwarded)
        is_named = route.bearer or (route.greets and self._header("authorization") is not None)
        caller = self.front.identify(self._token(), network)[0] if is_named else Caller(network=network)
        arguments = dict(parse_qsl(query)) | parts if query else parts
        shown = self._certificate(host) if route.certified or caller.bound else b""
        if caller.bound and caller.bound != shown:  # RFC 8705, 3
            raise Refusal("unauthorized")
        self._asked = Asked(method, path, arguments, caller, self._header, certificate=shown)
        self._limit = route.limit
        if length is not None and length > route.limit:
            raise _too_large(route)
        if route.json and length != 0 and (self._header("content-type") or "").partition(";")[0] != "application/json":
            raise Refusal("notJSON", "the Content-Type is not application/json")
        if route.admit is not None:
            self.front.uploads.begin(caller.device, concurrent_uploads(caller.kind))
            self._uploader = caller.device
            self._incoming = route.admit(self._asked, route.limit if length is None else length)

    def _take_on(self) -> None:
        try:
            self.front.load.admit()
        except Refusal:
            self.front.metrics.shed.inc()
            raise

    async def _answer(self) -> None:
        front, began = self.front, monotonic()
        name = self._match[0].name if self._match else "none"
        reply = await self._reply(name)
        self.stop()
        took = monotonic() - began
        front.metrics.count(name, reply.status, took)
        account = reply.account or (self._asked.caller.account if self._asked else "")
        written = partial(front.requests.add, name, reply.status, reply.methods, account, received=self._read)
        if reply.writer is not None:
            self._hold(reply, reply.writer, lambda sent: written(sent=sent, seconds=took))
        else:
            written(sent=await self._send(reply), seconds=took)

    async def _reply(self, name: str) -> Reply:
        try:
            return await self._from_door()
        except Refusal as refusal:
            if refusal.__cause__ is not None:
                self.front.log.error("the store refused", door=name, cause=type(refusal.__cause__).__name__)
            return problem(refusal)
        except OSError as error:
            self.front.log.error("the disk refused", door=name, errno=error.errno)
            return problem(_no_room())
        except Exception as error:  # noqa: BLE001 - whatever it was, the asker gets an answer and the log the place
            self.front.log.error("a request failed", door=name, cause=type(error).__name__, at=_place(error))
            return problem(Refusal("serverFail"))

    async def _from_door(self) -> Reply:
        if self.early is not None:
            raise self.early
        if self._match is None or self._asked is None:
            raise Refusal("notFound")
        route, caller, at_once = self._match[0], self._asked.caller, self.front.at_once
        if not route.in_turn:
            return await self._handled(route, self._asked)
        await at_once.take(caller.device, concurrent_requests(caller.kind))
        try:
            return await self._handled(route, self._asked)
        finally:
            at_once.give(caller.device)

    async def _handled(self, route: Route, asked: Asked) -> Reply:
        body = b"" if self._incoming is not None else self.content.getvalue()
        self.front.load.under_way += 1
        try:
            return await route.handler(asked.with_body(body, self._incoming))
        finally:
            self.front.load.under_way -= 1

    async def _send(self, reply: Reply) -> int:
        if self._disconnected:
            return 0
        if reply.pour is None or self.method == b"HEAD":
            return self._send_whole(reply)
        return await self._pour(reply)

    def _send_whole(self, reply: Reply) -> int:
        body = b"" if self.method == b"HEAD" else reply.body
        head = heads.whole(reply, secure=self.front.secure, close=not self.channel.persistent)
        self.startedWriting = 1  # or finish() would write a head of its own
        self.channel.write_now(head + body)
        self.finish()
        return len(body)

    def _hold(self, reply: Reply, writer: Writer, ended: Callable[[int], None]) -> None:
        if self._disconnected:
            writer.gone()
            ended(0)
            return
        self._begin_by_pieces(reply)
        self._held = Held(self, writer, ended)
        self._held.begin()
        if not (self.finished or self._disconnected):  # it may have had one thing to say, to nobody even
            slim(self)

    def _begin_by_pieces(self, reply: Reply) -> None:
        self.setResponseCode(reply.status)
        for name, value in heads.each(reply, secure=self.front.secure):
            self.responseHeaders.addRawHeader(name.encode(), value.encode())

    async def _pour(self, reply: Reply) -> int:
        self._begin_by_pieces(reply)
        flow = Flow(self)
        self.registerProducer(flow, streaming=True)
        self.notifyFinish().addBoth(lambda _: flow.end())
        try:
            await self._poured(reply, flow)
        except asyncio.CancelledError:
            self.channel.loseConnection()
            raise
        finally:
            if not self._disconnected:
                self.unregisterProducer()
        if not self._disconnected:
            self.finish()
        return flow.bytes

    async def _poured(self, reply: Reply, flow: Flow) -> None:
        if reply.pour is None:
            return
        try:
            await reply.pour(flow)
        except ConnectionError:
            # The reader has gone, or the answer cannot be whole: it must not look as if it were.
            self.channel.loseConnection()

    def _header(self, name: str) -> str | None:
        # Asked for as text, Twisted would decode as UTF-8, and raise for whoever sends something else.
        values = self.requestHeaders.getRawHeaders(name.encode())
        return values[0].decode("latin-1") if values else None

    def _certificate(self, host: str) -> bytes:
        return self.front.certificates.shown(self.channel.transport, host, self._header)

    def _forwarded(self) -> str | None:
        values = self.requestHeaders.getRawHeaders(b"x-forwarded-for")
        return b",".join(values).decode("latin-1") if values else None

    def _token(self) -> str:
        scheme, _, token = (self._header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= 200:
            raise Refusal("unauthorized")
        return token.strip()


def _too_large(route: Route | None) -> Refusal:
    if route is not None and route.limit_name:
        return Refusal("limit", members={"limit": route.limit_name})  # RFC 8620, 3.6.1
    return Refusal("tooLarge", members={"limit": 0 if route is None else route.limit})


def _no_room() -> Refusal:
    return Refusal("serverUnavailable", members={"retryAfter": 10})


def _place(error: BaseException) -> str:
    # File and line, without the text: a message may quote what was sent.
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return "" if at is None else f"{at.tb_frame.f_code.co_filename.rpartition('/')[2]}:{at.tb_lineno}"
