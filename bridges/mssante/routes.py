"""Where mail for a domain goes: the configured route, else the hosts of its MX records (RFC 5321, 5.1)."""

from collections.abc import Mapping

from twisted.internet.defer import Deferred
from twisted.internet.error import TimeoutError as LookupTimeout
from twisted.names import client, dns, error

from bridges.loop import settled
from bridges.mssante.config import endpoint

SMTP_PORT = 25


class NoRoute(Exception):
    """Nowhere to go. `final`: the domain says that it takes no mail, or does not exist."""

    def __init__(self, final: bool) -> None:
        super().__init__("noRoute")
        self.final = final


class Routes:
    """`routes`: domain -> host:port."""

    def __init__(self, routes: Mapping[str, str]) -> None:
        self._routes = {domain.lower(): endpoint(where) for domain, where in routes.items()}

    async def find(self, domain: str) -> list[tuple[str, int]]:
        """Hosts and ports, the preferred first. Raises NoRoute."""
        if domain in self._routes:
            return [self._routes[domain]]
        try:
            answers, _, _ = await settled(_look_up(domain))
        except (error.DNSNameError, error.AuthoritativeDomainError):
            raise NoRoute(final=True) from None
        except (error.DomainError, LookupTimeout, OSError):
            raise NoRoute(final=False) from None
        found = sorted(
            (a.payload.preference, str(a.payload.name)) for a in answers if isinstance(a.payload, dns.Record_MX)
        )
        hosts = [(host, SMTP_PORT) for _, host in found if host not in ("", ".")]
        if found and not hosts:  # a null MX (RFC 7505)
            raise NoRoute(final=True)
        return hosts or [(domain, SMTP_PORT)]


def _look_up(domain: str) -> "Deferred[tuple[list[dns.RRHeader], list[dns.RRHeader], list[dns.RRHeader]]]":
    found: Deferred[tuple[list[dns.RRHeader], list[dns.RRHeader], list[dns.RRHeader]]]
    found = client.lookupMailExchange(domain)  # type: ignore[no-untyped-call]  # Twisted gives no types here
    return found
