"""Where mail for a domain goes: the configured route, else the hosts of its MX records (RFC 5321, 5.1).

Laws: what DNS says never leads into a private network or to this host, nor to an address that stands where a name
belongs: only a configured route does. Look-ups and what they answer are bounded.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from twisted.internet.defer import Deferred
from twisted.internet.error import TimeoutError as LookupTimeout
from twisted.names import client, dns, error

from bridges.loop import settled
from bridges.mssante.config import endpoint

SMTP_PORT = 25
LOOKUP_SECONDS: Final = 30.0  # for all look-ups of one domain
HOSTS: Final = 5  # the most preferred; RFC 5321, 5.1 lets a client limit them
ADDRESSES: Final = 2  # of one host
_NAME = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\.)+(?!-)[A-Za-z0-9-]{2,63}(?<!-)")
_THROUGH: Final = tuple(map(ipaddress.IPv6Network, ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48")))

Exchanges: TypeAlias = Callable[[str], Awaitable[list[tuple[int, str]]]]  # preference and host
Addresses: TypeAlias = Callable[[str], Awaitable[list[str]]]


class NoRoute(Exception):
    """Nowhere to go. `final`: the domain says that it takes no mail, or does not exist."""

    def __init__(self, final: bool) -> None:
        super().__init__("noRoute")
        self.final = final


async def exchanges(domain: str) -> list[tuple[int, str]]:
    """The MX records of a domain. Raises what Twisted's resolver raises."""
    answers, _, _ = await settled(_look_up(domain))
    return [(a.payload.preference, str(a.payload.name)) for a in answers if isinstance(a.payload, dns.Record_MX)]


async def addresses(host: str) -> list[str]:
    """The addresses of a host, as the system orders them (RFC 6724). Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, SMTP_PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Routes:
    """`routes`: domain -> host:port."""

    def __init__(
        self, routes: Mapping[str, str], exchanges: Exchanges = exchanges, addresses: Addresses = addresses,
        seconds: float = LOOKUP_SECONDS,
    ) -> None:  # fmt: skip
        self._routes = {domain.lower(): endpoint(where) for domain, where in routes.items()}
        self._exchanges, self._addresses, self._seconds = exchanges, addresses, seconds

    async def find(self, domain: str) -> list[tuple[str, int]]:
        """Where to connect, the preferred first: addresses that were looked at, or a route. Raises NoRoute."""
        if domain in self._routes:
            return [self._routes[domain]]
        if not is_name(domain):
            raise NoRoute(final=True)
        try:
            async with asyncio.timeout(self._seconds):
                hosts = await self._hosts(domain)
                places = [(each, SMTP_PORT) for host in hosts for each in await self._public(host)]
        except (error.DNSNameError, error.AuthoritativeDomainError):
            raise NoRoute(final=True) from None
        except (error.DomainError, LookupTimeout, TimeoutError, OSError):
            raise NoRoute(final=False) from None
        if not places:  # somebody may mend it: the mail waits, and its author hears of the delay
            raise NoRoute(final=False)
        return places

    async def _hosts(self, domain: str) -> list[str]:
        found = sorted(await self._exchanges(domain))
        named = [host.rstrip(".") for _, host in found if host not in ("", ".")]
        if found and not named:  # a null MX (RFC 7505)
            raise NoRoute(final=True)
        return [host for host in named if is_name(host)][:HOSTS] if found else [domain]

    async def _public(self, host: str) -> list[str]:
        try:
            found = await self._addresses(host)
        except OSError:  # the next host may have an address
            return []
        return [each for each in found if is_public(each)][:ADDRESSES]


def is_name(text: str) -> bool:
    """Whether it is a host's name with a dot in it, and no address: a last label of digits is one (RFC 1123, 2.1)."""
    return _NAME.fullmatch(text) is not None and not text.rpartition(".")[2].isdigit()


def is_public(text: str) -> bool:
    """Whether the address is one of the internet: not private, of this host, shared, multicast, or a tunnel to such."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and (mapped := address.ipv4_mapped) is not None:
        address = mapped
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _THROUGH):
        return False  # IPv4 in disguise: a mail host of the internet has no need of it
    return address.is_global and not address.is_multicast


def _look_up(domain: str) -> "Deferred[tuple[list[dns.RRHeader], list[dns.RRHeader], list[dns.RRHeader]]]":
    found: Deferred[tuple[list[dns.RRHeader], list[dns.RRHeader], list[dns.RRHeader]]]
    found = client.lookupMailExchange(domain)  # type: ignore[no-untyped-call]  # Twisted gives no types here
    return found
