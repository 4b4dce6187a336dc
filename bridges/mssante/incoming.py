"""Mail in: what each SMTP command is answered, and the identity that a session is bound to.

Laws: before TLS nothing but STARTTLS; without a listed certificate for the sender's domain no recipient is named; 250
after DATA only when every recipient's letter is durable at the relay.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiosmtpd.smtp import Session, TLSSetupException
from structlog.typing import FilteringBoundLogger

from bridges.mail import limits
from bridges.mail.headers import is_address
from bridges.mssante import keylog, rules
from bridges.mssante.certificates import Reloading
from bridges.mssante.delivery import NOBODY, Delivery, Handover, Recipient
from bridges.mssante.directory import Directory
from bridges.mssante.distinguished import DistinguishedName
from bridges.mssante.handshake import PeerContext, PeerTLS
from bridges.mssante.metrics import METRICS
from bridges.mssante.probing import Probing
from bridges.mssante.revocation import Revocation, Revoked, Unknown
from bridges.mssante.rules import NotTaken
from bridges.mssante.shares import Shares
from bridges.mssante.smtp import Handed, Manners, StrictSMTP, has_bare_endings
from bridges.mssante.whitelist_keeper import WhitelistKeeper, utc_now
from clients.sdk import Distrusted

_OFFERED: Final = ("SIZE", "8BITMIME", "STARTTLS")
MISSES_AN_HOUR: Final = 200  # recipients that are nobody's, an operator
_MISSES: Final = frozenset({"unknownPatient", "invalidAddress", "closedMailbox"})
RECEIVING: Final = 16  # messages in memory at once, each up to limits.MAIL_RAW
RECEIVING_SHARE: Final = 4  # of them for one peer while others wait, and as many kept free of a peer that has these


@dataclass
class Connections:
    """How many stand, per peer and in all."""

    per_peer: int
    in_all: int
    standing: Counter[str] = field(default_factory=Counter)

    def admit(self, peer: str) -> bool:
        """Counts one more, unless that is too many."""
        if self.standing[peer] >= self.per_peer or self.standing.total() >= self.in_all:
            return False
        self.standing[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """Counts one less."""
        self.standing[peer] -= 1
        if self.standing[peer] <= 0:
            del self.standing[peer]


class Incoming:
    """aiosmtpd's handler: one for all connections. `patient_domain` is whose patients these are."""

    def __init__(
        self, delivery: Delivery, directory: Directory, whitelist: WhitelistKeeper, revocation: Revocation,
        patient_domain: str, log: FilteringBoundLogger, probing: Probing | None = None,
    ) -> None:  # fmt: skip
        self._probing = probing or Probing(MISSES_AN_HOUR)
        self._delivery, self._directory = delivery, directory
        self._whitelist, self._revocation = whitelist, revocation
        self._domain, self._log = patient_domain.lower(), log
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def idle(self) -> None:
        """Returns when no message is under way."""
        await self._quiet.wait()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        _server: StrictSMTP,
        session: Session,
        _envelope: Handed,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Offers what there is."""
        session.host_name = hostname
        offered = [line[4:] for line in responses[1:] if line[4:].split(" ")[0] in _OFFERED] + ["ENHANCEDSTATUSCODES"]
        lines = [responses[0][4:], *offered]
        return [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]

    def handle_STARTTLS(self, server: StrictSMTP, session: Session, _envelope: Handed) -> bool:  # noqa: N802 - aiosmtpd's
        """Learns who the peer is. Whatever its certificate lacks is said at MAIL, in the same words."""
        tls = (session.ssl or {}).get("ssl_object")
        server.shown = tls.shown() if isinstance(tls, PeerTLS) else None
        if server.shown is not None and not server.shown.fault:
            server.identity = DistinguishedName.of(server.shown.certificate.subject)
        return True

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: StrictSMTP,
        _session: Session,
        envelope: Handed,
        address: str,
        options: list[str],
    ) -> str:
        """Binds the sender's domain to the certificate. Reports come from nobody, with a listed certificate."""
        try:
            self._check_sender(server, address)
            await self._check_revocation(server)
        except NotTaken as refusal:
            return self._refused(refusal, server)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: StrictSMTP,
        _session: Session,
        envelope: Handed,
        address: str,
        _options: list[str],
    ) -> str:
        """Says whether a patient has this address."""
        if len(envelope.rcpt_tos) >= limits.RECIPIENTS:
            return f"452 4.5.3 At most {limits.RECIPIENTS} recipients a message"
        try:
            if self._probing.too_often(server.peer):
                raise rules.asked_too_often()
            recipient = await self._recipient(address)
        except NotTaken as refusal:
            if refusal.reason in _MISSES:
                self._probing.missed(server.peer)
            return self._refused(refusal, server)
        if recipient not in envelope.recipients:
            envelope.recipients.append(recipient)
            envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: StrictSMTP, _session: Session, envelope: Handed) -> str:  # noqa: N802 - aiosmtpd's
        """Delivers."""
        content = envelope.content
        if not isinstance(content, bytes) or has_bare_endings(content):
            return self._refused(
                NotTaken(554, "5.6.0", "The message has a bare CR, a bare LF or a NUL", "bareEndings"), server
            )
        handover = Handover(
            str(envelope.mail_from), tuple(envelope.recipients), self._speaker(server.identity), server.peer
        )
        try:
            await self._deliver(content, handover)
        except NotTaken as refusal:
            return self._refused(refusal, server)
        METRICS.mails_in.labels("taken").inc()
        self._log.info(
            "incoming.taken",
            operator=_operator(server),
            code=250,
            recipients=len(envelope.recipients),
            size=len(content),
        )
        return "250 2.0.0 OK: delivered"

    async def _deliver(self, content: bytes, handover: Handover) -> None:
        self._under_way += 1
        self._quiet.clear()
        try:
            with METRICS.mail_in_seconds.time():
                await self._delivery.deliver(content, handover)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    async def handle_exception(self, error: Exception) -> str:
        """Words of ours go to the log, none to the stranger."""
        if isinstance(error, TLSSetupException):
            self._log.warning("incoming.tls_refused", reason=_tls_reason(error.__cause__))
        else:
            self._log.error("incoming.failed", error=type(error).__name__)
        METRICS.mails_in.labels("failed").inc()
        return rules.unavailable("exception").line

    def _check_sender(self, server: StrictSMTP, address: str) -> None:
        identity, shown = server.identity, server.shown
        if shown is None or identity is None:
            raise rules.not_trusted("noCertificate" if shown is None else shown.fault)
        if shown.certificate.not_valid_after_utc < utc_now():  # since the handshake
            raise rules.not_trusted("expired")
        if address != NOBODY and not is_address(address):
            raise NotTaken(553, "5.1.7", "The sender's address is not one that can be answered", "badSender")
        if self._whitelist.current is None:
            raise rules.unavailable("noWhitelist")
        if address == NOBODY:
            if not self._whitelist.current.domains_of(identity):
                raise rules.not_trusted("certificateNotListed")
            return
        if not self._whitelist.matches(rules.domain_of(address), identity):
            raise rules.not_trusted(self._why_not(identity, rules.domain_of(address)))

    async def _check_revocation(self, server: StrictSMTP) -> None:
        shown = server.shown
        if shown is None or shown.issuer is None:
            raise rules.not_trusted("unknownAuthority")
        try:
            await self._revocation.check(shown.certificate, shown.issuer)
        except Revoked:
            raise rules.not_trusted("revoked") from None
        except Unknown:
            raise rules.unavailable("revocationUnknown") from None

    def _why_not(self, identity: DistinguishedName, domain: str) -> str:
        current = self._whitelist.current
        if current is None or domain not in current.names:
            return "domainNotListed"
        return "otherDomainsCertificate" if current.domains_of(identity) else "certificateNotListed"

    def _speaker(self, identity: DistinguishedName) -> Callable[[str], bool]:
        return lambda domain: self._whitelist.matches(domain, identity)

    async def _recipient(self, address: str) -> Recipient:
        if rules.domain_of(address) != self._domain:
            raise rules.foreign_recipient()
        try:
            found = await self._directory.find(address.lower())
        except Distrusted as error:
            keylog.tell(self._log, error)
            raise rules.distrusted(error.reason) from None
        if found is None:
            raise rules.unknown_recipient(address)
        if found.state == "closed":
            raise rules.closed_recipient()
        return Recipient(address.lower(), found.account)

    def _refused(self, refusal: NotTaken, server: StrictSMTP) -> str:
        METRICS.mails_in.labels("refused").inc()
        self._log.warning(
            "incoming.refused",
            reason=refusal.reason,
            code=refusal.code,
            status=refusal.status,
            operator=_operator(server),
        )
        return refusal.line


def _operator(server: StrictSMTP) -> str:
    return server.identity.organisation if isinstance(server.identity, DistinguishedName) else ""


def _tls_reason(cause: BaseException | None) -> str:
    if isinstance(cause, ssl.SSLError):
        return cause.reason or "handshake"
    return type(cause).__name__


async def listen(
    handler: Incoming,
    address: tuple[str, int],
    tls: Reloading[PeerContext],
    hostname: str,
    idle_seconds: float,
    connections: Connections,
) -> asyncio.Server:
    """A server that takes connections now."""
    receiving = Shares(RECEIVING, RECEIVING_SHARE, RECEIVING_SHARE)
    manners = Manners(hostname, idle_seconds, tls.get, receiving, connections.admit, connections.leave)

    def connection() -> Any:
        return StrictSMTP(handler, manners)

    return await asyncio.get_running_loop().create_server(connection, *address)
