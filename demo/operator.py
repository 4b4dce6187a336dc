"""A demonstration MSSanté operator: the clinician's Maildir, a door for the gateway and one for the mail program.

Laws: mail from outside only over TLS with a certificate of the authority; mail from the mail program is spooled before
250, then carried to the gateway by STARTTLS with the operator's certificate; a refusal becomes a mail to its author.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import mailbox
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.names import CLINIC_DOMAIN, OPERATOR_HOST
from demo.refusal import Refused, write_refusal
from demo.spool import Spool, Waiting

LIMIT: Final = 40_000_000  # bytes; over the gateway's 25 MB, so that the refusal is the gateway's
RETRY_SECONDS: Final = 2.0
_LOG: Final = logging.getLogger("operator")


@dataclass(frozen=True)
class Settings:
    """Files and ports of one operator; `gateway` is host and port of the patients' domain."""

    folder: Path
    certificate: Path
    key: Path
    authority: Path
    operator_port: int
    submission_port: int
    gateway: tuple[str, int]

    @property
    def maildir(self) -> Path:
        return self.folder / "Maildir"


class Operator:
    """The two doors and the carrier between them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spool = Spool(settings.folder / "spool")
        settings.folder.mkdir(parents=True, exist_ok=True)
        self._box = mailbox.Maildir(str(settings.maildir), create=True)
        self._client = client_context(settings)
        self._wake = asyncio.Event()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Both doors open and the carrier at work, until the block ends."""
        loop, ports = asyncio.get_running_loop(), self._settings
        doors = [
            await loop.create_server(self._door_for_gateway, "127.0.0.1", ports.operator_port),
            await loop.create_server(self._door_for_author, "127.0.0.1", ports.submission_port),
        ]
        carrier = asyncio.create_task(self._carry())
        try:
            yield
        finally:
            carrier.cancel()
            for door in doors:
                door.close()

    def file(self, raw: bytes) -> None:
        """Put one mail into the clinician's Maildir, on disk when this returns."""
        self._box.add(raw)

    def accept(self, author: str, recipients: list[str], raw: bytes) -> None:
        """Spool one mail of the clinician; at home it is filed at once."""
        for recipient in recipients:
            if recipient.lower().endswith(f"@{CLINIC_DOMAIN}"):
                self.file(raw)
            else:
                self._spool.keep(author, recipient, raw)
        self._wake.set()

    def _door_for_gateway(self) -> SMTP:
        tls = server_context(self._settings)
        return SMTP(
            _Filing(self), hostname=OPERATOR_HOST, tls_context=tls, require_starttls=True, data_size_limit=LIMIT
        )

    def _door_for_author(self) -> SMTP:
        return SMTP(_Submission(self), hostname=OPERATOR_HOST, data_size_limit=LIMIT)

    async def _carry(self) -> None:
        while True:
            for waiting in list(self._spool.waiting()):
                await self._try(waiting)
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), RETRY_SECONDS)

    async def _try(self, waiting: Waiting) -> None:
        refused = await self._hand_over(waiting)
        if refused and refused.code < 500:
            _LOG.info("the gateway cannot take a mail now: %s", refused.code)
            return
        if refused:
            self.file(write_refusal(waiting.raw, waiting.author, refused, dt.datetime.now(dt.UTC)))
        self._spool.done(waiting)

    async def _hand_over(self, waiting: Waiting) -> Refused | None:
        host, port = self._settings.gateway
        client = aiosmtplib.SMTP(
            hostname=host, port=port, start_tls=True, tls_context=self._client, local_hostname=OPERATOR_HOST
        )
        try:
            async with client:
                await client.sendmail(waiting.author, [waiting.recipient], waiting.raw)
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            return Refused(waiting.recipient, first.code, first.message)
        except aiosmtplib.SMTPResponseException as error:
            return Refused(waiting.recipient, error.code, error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Refused(waiting.recipient, 451, f"4.4.1 {type(error).__name__}")
        return None


@dataclass(frozen=True)
class _Filing:
    """The handler of the gateway's door (aiosmtpd's hooks)."""

    operator: Operator

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not address.lower().endswith(f"@{CLINIC_DOMAIN}"):
            return "550 5.1.1 Adresse inconnue ici. / No such address here."
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        self.operator.file(envelope.original_content or b"")
        return "250 2.0.0 Remis. / Delivered."


@dataclass(frozen=True)
class _Submission:
    """The handler of the mail program's door."""

    operator: Operator

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        self.operator.accept(envelope.mail_from or "", envelope.rcpt_tos, envelope.original_content or b"")
        return "250 2.0.0 En file. / Queued."


def server_context(settings: Settings) -> ssl.SSLContext:
    """TLS of a door that asks for a client certificate of the authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(settings.authority))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.certificate, settings.key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(settings: Settings) -> ssl.SSLContext:
    """TLS towards the gateway, with the operator's own certificate."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(settings.authority))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.certificate, settings.key)
    return context
