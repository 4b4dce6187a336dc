"""Who is at the other end of a connection, as far as the relay wants to know: a network. Never logged."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LOOPBACK: Final = ("127.0.0.1", "::/64")


@dataclass(frozen=True)
class Peers:
    """`trusted` are the reverse proxies: only from their addresses does X-Forwarded-For count."""

    trusted: tuple[Network, ...] = ()

    def network(self, host: str, forwarded: str | None) -> str:
        """What counts as one network at log-in: an IPv4 address, or the first 64 bits of an IPv6 one.

        Behind proxies it is the last address that is not a proxy's own: what stands before it anybody may have written.
        """
        if forwarded is None or not self._trusts(host):
            return network_of(host)
        for named in reversed(forwarded.split(",")):
            host = named.strip().strip("[]")
            if not self._trusts(host):
                break
        return network_of(host)

    def is_local(self, host: str, forwarded: str | None) -> bool:
        """Whether it is this machine itself, and not somebody behind a proxy on it."""
        return forwarded is None and network_of(host) in LOOPBACK

    def trusts(self, host: str) -> bool:
        """Whether it is one of the reverse proxies."""
        return self._trusts(host)

    def _trusts(self, host: str) -> bool:
        found = _address(host)
        return found is not None and any(found in network for network in self.trusted)


@lru_cache(4096)
def network_of(host: str) -> str:
    """The network of an address; what is no address stands for itself."""
    found = _address(host)
    if found is None:
        return host[:64]
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _address(host: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
