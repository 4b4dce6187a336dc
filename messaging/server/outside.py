"""HTTPS to hosts that clients named: push services and webhooks. Nothing that they say may point us inside.

Laws: https alone; the address that was checked is the one that is connected to; no redirects; private and special
addresses are refused unless the operator's setting allows them; answers are bounded in bytes and time.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates
from twisted.web.client import Agent
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory, IBodyProducer
from zope.interface import implementer  # type: ignore[import-untyped] # zope has no types

SECONDS: Final = 20.0  # for one request, from the name to the end of the answer
_CONNECT_SECONDS: Final = 10
_MOST: Final = 65_536  # bytes of an answer, which nobody reads
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotOutside(Exception):
    """The host has no address that this relay may connect to."""


@dataclass(frozen=True)
class Said:
    """An answer: its status, and the seconds of Retry-After (0 without one that is a number)."""

    status: int
    wait: int


class Outside:
    """Posts. `trust` None: the machine's own authorities."""

    def __init__(self, reactor: Any, *, allow_private: bool = False, trust: Any = None) -> None:
        factory = _Guarded(reactor, allow_private=allow_private, trust=trust)
        self._agent = cast(Any, Agent).usingEndpointFactory(reactor, factory)

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Said:
        """Raises NotOutside, TimeoutError, and what connecting raises."""
        async with asyncio.timeout(SECONDS):
            return await self._post(url, headers, body)

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Said:
        loop = asyncio.get_running_loop()
        if urlsplit(url).scheme != "https":
            raise NotOutside
        given = cast(Any, Headers)({name: [value] for name, value in headers.items()})
        asked: Deferred[Any] = self._agent.request(b"POST", url.encode("ascii"), given, _Body(body))
        response = await asked.asFuture(loop)
        read = _Unread(loop)
        response.deliverBody(read)
        try:
            await read.over
        finally:
            read.stop()
        return Said(int(response.code), _wait(response.headers.getRawHeaders("retry-after")))


def is_outside(text: str) -> bool:
    """Whether an address is one of the public internet: by itself, and by the IPv4 address that it may hold."""
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        held = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if held is None and address in _NAT64:
            held = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if held is not None and not is_outside(str(held)):
            return False
    return address.is_global and not address.is_multicast


@implementer(IAgentEndpointFactory)
class _Guarded:
    def __init__(self, reactor: Any, *, allow_private: bool, trust: Any) -> None:
        self._reactor, self._allow, self._trust = reactor, allow_private, trust

    def endpointForURI(self, uri: Any) -> Any:  # noqa: N802 - Twisted's name
        """For one request."""
        if uri.scheme != b"https":
            raise NotOutside
        host = uri.host.decode("ascii")
        named = optionsForClientTLS(host.strip("[]"), trustRoot=self._trust)
        return wrapClientTLS(
            named, cast(Any, _Checked(self._reactor, host.strip("[]"), uri.port, allow_private=self._allow))
        )


@implementer(IStreamClientEndpoint)
class _Checked:
    """Connects to an address of the host that was looked at: a name that answers otherwise later changes nothing."""

    def __init__(self, reactor: Any, host: str, port: int, *, allow_private: bool) -> None:
        self._reactor, self._host, self._port, self._allow = reactor, host, port, allow_private

    def connect(self, factory: Any) -> Any:
        """The connection's protocol, in a Deferred."""
        return Deferred.fromCoroutine(self._connect(factory))

    async def _connect(self, factory: Any) -> Any:
        loop = asyncio.get_running_loop()
        asked = loop.create_task(loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))
        found = await Deferred.fromFuture(asked)
        usable = [str(place[0]) for *_, place in found if self._allow or is_outside(str(place[0]))]
        if not usable:
            raise NotOutside
        endpoint = TCP6ClientEndpoint if ":" in usable[0] else TCP4ClientEndpoint
        made: Any = endpoint(self._reactor, usable[0], self._port, timeout=_CONNECT_SECONDS)
        return await made.connect(factory)


def trust_of(pem: bytes) -> Any:
    """The authorities of a PEM file, in place of the machine's. Raises ValueError."""
    begin = b"-----BEGIN CERTIFICATE-----"
    parts = [begin + part for part in pem.split(begin)[1:]]
    if not parts:
        raise ValueError("no certificate")
    return cast(Any, trustRootFromCertificates)([cast(Any, Certificate).loadPEM(part) for part in parts])


def _wait(values: list[str] | None) -> int:
    text = values[0] if values else ""
    return min(int(text), 86_400) if text.isascii() and text.isdigit() and len(text) < 9 else 0


@implementer(IBodyProducer)
class _Body:
    def __init__(self, data: bytes) -> None:
        self._data, self.length = data, len(data)

    def startProducing(self, consumer: Any) -> "Deferred[None]":  # noqa: N802 - Twisted's name
        """All of it."""
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing is left to pause."""

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing was paused."""

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing is left to stop."""


class _Unread(Protocol):
    """An answer's body, which is let go by."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.over: asyncio.Future[None] = loop.create_future()
        self._bytes = 0

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Counted."""
        self._bytes += len(data)
        if self._bytes > _MOST:
            self.stop()

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802 - Twisted's name
        """The end, whichever."""
        del reason
        if not self.over.done():
            self.over.set_result(None)

    def stop(self) -> None:
        """Nothing more is wanted."""
        whole = self.over.done() and self._bytes <= _MOST
        abort = getattr(self.transport, "abortConnection", None)
        if not self.over.done():
            self.over.set_result(None)
        if not whole and abort is not None:
            abort()
