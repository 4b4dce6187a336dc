"""The demonstration's operator with a gateway of three lines: mail goes on, refusals come back as mail, queues last."""

import asyncio
import contextlib
import datetime as dt
import email
import mailbox
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo import pki
from demo.names import CAMILLE, CLINICIAN_ADDRESS
from demo.operator import Operator, Settings, client_context, server_context
from demo.spool import Spool
from tests.live.polling import free_ports, until

NOW = dt.datetime.now(dt.UTC)
MAIL = b"Subject: Bonjour\r\nMessage-ID: <1@cabinet.mssante.example>\r\n\r\nTexte\r\n"


@dataclass
class Gateway:
    """Takes mail, or says what it is told to say."""

    answer: str = "250 2.0.0 OK"
    taken: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        self.taken.append(envelope.original_content or b"")
        return self.answer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    tree = pki.make_authority(NOW)
    name = pki.organisation_name("operateur.mssante.example", "OPERATEUR", "12345678901234")
    files = pki.write(pki.issue(tree, name, ("localhost",), NOW), tree, tmp_path, "operator")
    (tmp_path / "authority.pem").write_bytes(tree.pem)
    ports = free_ports(3)
    return Settings(
        folder=tmp_path,
        certificate=files.certificate,
        key=files.key,
        authority=tmp_path / "authority.pem",
        operator_port=ports[0],
        submission_port=ports[1],
        gateway=("localhost", ports[2]),
    )


@contextlib.asynccontextmanager
async def _gateway(settings: Settings, gateway: Gateway) -> AsyncIterator[None]:
    def door() -> SMTP:
        return SMTP(gateway, hostname="localhost", tls_context=server_context(settings), require_starttls=True)

    server = await asyncio.get_running_loop().create_server(door, "127.0.0.1", settings.gateway[1])
    try:
        yield
    finally:
        server.close()


async def _submit(settings: Settings, recipient: str = CAMILLE.address) -> None:
    await aiosmtplib.send(
        MAIL, sender=CLINICIAN_ADDRESS, recipients=[recipient], hostname="127.0.0.1", port=settings.submission_port
    )


async def _until(condition: Callable[[], object], what: str) -> None:
    await asyncio.to_thread(until, condition, what)


def _mails(settings: Settings) -> list[EmailMessage]:
    return [email.message_from_bytes(raw.as_bytes(), policy=default) for raw in mailbox.Maildir(str(settings.maildir))]


async def test_mail_of_the_clinician_reaches_the_gateway_byte_for_byte(settings: Settings) -> None:
    gateway = Gateway()
    async with _gateway(settings, gateway), Operator(settings).listening():
        await _submit(settings)
        await _until(lambda: gateway.taken, "the gateway took it")
    assert gateway.taken == [MAIL]


async def test_a_refusal_becomes_a_mail_to_its_author(settings: Settings) -> None:
    gateway = Gateway("550 5.1.1 Ce patient n'existe pas.")
    async with _gateway(settings, gateway), Operator(settings).listening():
        await _submit(settings)
        await _until(lambda: _mails(settings), "a mail is filed")
    assert _mails(settings)[0].get_content_type() == "multipart/report"
    assert list(Spool(settings.folder / "spool").waiting()) == []


async def test_mail_waits_on_disk_while_the_gateway_is_away(settings: Settings) -> None:
    async with Operator(settings).listening():
        await _submit(settings)
    gateway = Gateway()
    async with _gateway(settings, gateway), Operator(settings).listening():
        await _until(lambda: gateway.taken, "the gateway took it")
    assert gateway.taken == [MAIL]


async def test_the_gateways_mail_is_filed(settings: Settings) -> None:
    async with Operator(settings).listening():
        tls = client_context(settings)
        await aiosmtplib.send(
            MAIL,
            sender="x@pli.example",
            recipients=[CLINICIAN_ADDRESS],
            hostname="localhost",
            port=settings.operator_port,
            start_tls=True,
            tls_context=tls,
        )
    assert [mail["Subject"] for mail in _mails(settings)] == ["Bonjour"]


async def test_the_gateways_door_wants_a_certificate(settings: Settings) -> None:
    bare = ssl.create_default_context(cafile=str(settings.authority))
    client = aiosmtplib.SMTP(hostname="localhost", port=settings.operator_port, start_tls=True, tls_context=bare)
    async with Operator(settings).listening():
        with pytest.raises((aiosmtplib.SMTPException, OSError)):
            async with client:
                await client.noop()
    assert _mails(settings) == []
