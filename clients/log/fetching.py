"""A log over HTTP: the only network of this package's readers. Deferreds end in this file.

Laws: no answer is waited for longer than a deadline, or taken beyond its limit; redirects are not followed; https,
except to this machine.
"""

import asyncio
import zlib
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.protocol import Protocol
from twisted.web.client import Agent, HTTPConnectionPool, PartialDownloadError, ResponseDone, ResponseFailed
from twisted.web.http_headers import Headers

from clients.log.reading import LogUnreachable
from clients.log.violation import Violated
from clients.session.transport import origin_of

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 30.0
_BROKEN = (ResponseFailed, ConnectionClosed, ConnectError, ConnectTimeout, DNSLookupError, PartialDownloadError)
_GONE: Final = (404, 410)
_TOO_MANY: Final = 429
_PATIENCE: Final = 6  # times that a log may put one question off
_LATER_MOST: Final = 30  # seconds
_HEADERS: Final = {"Accept-Encoding": ["gzip, identity"]}
_GZIP: Final = 31  # zlib's number for "a gzip header, and the largest window"


class HttpSource:
    """A log below one address, such as https://pli.example/log. `seconds` is the deadline of each answer."""

    def __init__(self, url: str, seconds: float = ANSWER_SECONDS) -> None:
        """Raises ValueError for an address that is none; http is for this machine only."""
        parts = urlsplit(url)
        if parts.query or parts.fragment:
            raise ValueError("a log's address looks like https://pli.example/log")
        self._base = origin_of(url) + parts.path.rstrip("/")
        self._seconds = seconds
        self._pool: Any = None
        self._agent: Any = None

    async def get(self, path: str, limit: int) -> bytes | None:
        """See clients.log.reading.Source. A log that asks for patience (429) is asked again after it."""
        for _ in range(_PATIENCE):
            found = await self._in_time(path, limit)
            if not isinstance(found, _Later):
                return found
            await asyncio.sleep(found.seconds)
        raise LogUnreachable("the log asks for too much patience")

    async def close(self) -> None:
        """Close the idle connections."""
        if self._pool is not None:
            await self._pool.closeCachedConnections().asFuture(asyncio.get_running_loop())

    async def _in_time(self, path: str, limit: int) -> "bytes | _Later | None":
        try:
            async with asyncio.timeout(self._seconds):
                return await self._get(f"{self._base}/{path}", limit)
        except _BROKEN as error:
            raise LogUnreachable("the log cannot be reached") from error
        except TimeoutError as error:
            raise LogUnreachable("the log did not answer in time") from error

    async def _get(self, url: str, limit: int) -> "bytes | _Later | None":
        response = await self._begin(url).asFuture(asyncio.get_running_loop())
        sink = _Body(limit)
        response.deliverBody(sink)
        try:
            body = await sink.done
        finally:
            sink.stop()
        if response.code in _GONE:
            return None
        if response.code == _TOO_MANY:
            return _Later(_seconds(response.headers.getRawHeaders("retry-after", ["1"])[0]))
        if response.code != 200:
            raise LogUnreachable(f"the log answers {response.code}")
        if body is None:
            raise Violated("oversized")
        packed = response.headers.getRawHeaders("content-encoding", [])
        return _unpacked(body, limit) if packed == ["gzip"] else body

    def _begin(self, url: str) -> Any:
        if self._agent is None:
            from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one: only for a network

            # Twisted's client has no types: what comes from it is Any, and stays in this file.
            self._pool = cast(Any, HTTPConnectionPool)(reactor)
            self._agent = cast(Any, Agent)(reactor, connectTimeout=CONNECT_SECONDS, pool=self._pool)
        return self._agent.request(b"GET", url.encode("ascii"), Headers(_HEADERS))


@dataclass(frozen=True)
class _Later:
    """The log is asked too often."""

    seconds: int


def _seconds(spelled: str) -> int:
    return min(int(spelled), _LATER_MOST) if spelled.isascii() and spelled.isdigit() else 1


def _unpacked(body: bytes, limit: int) -> bytes:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        found = unpacking.decompress(body, limit + 1)
    except zlib.error as error:
        raise LogUnreachable("the log's answer is damaged") from error
    if len(found) > limit:
        raise Violated("oversized")
    return found


class _Body(Protocol):
    """Collects a body. `done` is the bytes, or None when there are more than the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body = bytearray()
        self._whole = False
        self.done: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._body += data
        if len(self._body) > self._limit and not self.done.done():
            self.done.set_result(None)
            self.stop()

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802 - Twisted's name
        if self.done.done():
            return
        self._whole = reason is not None and reason.check(ResponseDone) is not None
        if self._whole:
            self.done.set_result(bytes(self._body))
        else:
            self.done.set_exception(LogUnreachable("the log's answer was cut"))

    def stop(self) -> None:
        """Cut the connection when the body has not come whole."""
        abort = getattr(self.transport, "abortConnection", None)
        if not self._whole and abort is not None:
            abort()
