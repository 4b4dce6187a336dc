"""Mail out through the gateway: sealed answers of a patient, opened, rendered, queued durably, taken by an operator.

The letters wait at the relay before the gateway starts; what is measured lies between the first mail and the last that
the operator took. Each carries one file of its own.
"""

import asyncio
import datetime as dt
import os
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import aiosmtplib
import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.gateway import SIZE, _mail
from bench.row import Row, at_least
from clients.content.file import FilePart
from clients.content.letter import Letter
from clients.sdk import Arrived, Client, Mailbox
from clients.session.answering import answer
from demo.installation import Installation, Member
from demo.layout import Layout
from demo.names import CAMILLE, CAMILLE_LOGIN, CAMILLE_PASSWORD, CLINIC_DOMAIN, CLINICIAN_ADDRESS, OPERATOR_HOST, Ports
from demo.trust import Space, open_space
from tests.relays import free_port, install_reactor

GROUP = "outgoing"
MAILS = 400
LONGEST_SECONDS = 120.0
_UNHURRIED = "\n[limits]\npatient_per_hour = 1000000\npatient_per_day = 10000000\n"


@dataclass
class _Operator:
    """Takes every mail and forgets it; remembers when each came, and tells when all are there."""

    awaited: int
    taken: list[float] = field(default_factory=list)
    all_there: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - its name
        self.taken.append(perf_counter())
        if len(self.taken) >= self.awaited:
            self.all_there.set()
        return "250 2.0.0 OK"


def run() -> Iterator[Row]:
    """The rows of this group, in the order of the table."""
    with TemporaryDirectory() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner.run(_measure(Path(folder)))


async def _measure(folder: Path) -> Row:
    install_reactor()
    space = open_space(folder / "certificates", dt.datetime.now(dt.UTC))
    installation = Installation(Layout(folder, Ports(free_port(), free_port(), free_port(), free_port())))
    installation.configure(space.trust, {CLINIC_DOMAIN: f"localhost:{installation.layout.ports.operator}"})
    with installation.layout.relay_config.open("a") as config:
        config.write(_UNHURRIED)
    try:
        await asyncio.to_thread(installation.start)
        members = await asyncio.to_thread(
            installation.members, {CAMILLE_LOGIN: CAMILLE}, {CAMILLE_LOGIN: CAMILLE_PASSWORD}
        )
        await _write_to_the_patient(space, installation.layout.ports.gateway)
        await asyncio.to_thread(installation.gateway.stop)
        await _answer(installation.layout.origin, members[CAMILLE_LOGIN])
        async with _operator(space, installation.layout.ports.operator) as operator:
            await asyncio.to_thread(installation.gateway.start)
            async with asyncio.timeout(LONGEST_SECONDS):
                await operator.all_there.wait()
        rate = (MAILS - 1) / (operator.taken[MAILS - 1] - operator.taken[0])
        return at_least(GROUP, f"mails out of 20 kB, {MAILS} letters that wait", rate, "/s", 200)
    finally:
        await asyncio.to_thread(installation.stop)


async def _write_to_the_patient(space: Space, port: int) -> None:
    """One mail in: a patient writes only to who wrote to them."""
    context = ssl.create_default_context(cafile=str(space.trust.authority))
    context.load_cert_chain(space.operator.certificate, space.operator.key)
    async with aiosmtplib.SMTP(
        hostname="localhost", port=port, start_tls=True, tls_context=context, local_hostname=OPERATOR_HOST
    ) as client:
        await client.sendmail(CLINICIAN_ADDRESS, [CAMILLE.address], _mail())


async def _answer(relay: str, member: Member) -> None:
    client = await Client.with_password(relay, member.login, member.password, lambda: member.code(time.time()))
    async with client:
        key = client.password_key
        if key is None:
            raise RuntimeError("a log-in with a password gives a key")
        mailbox = await client.mailbox(client.account, key, name=CAMILLE.name, address=CAMILLE.address)
        letter = await _first(mailbox)
        for _ in range(MAILS):
            file = await mailbox.attach("mesure.bin", "application/octet-stream", os.urandom(SIZE))
            draft = answer(letter, CAMILLE.address, "Bonjour.", parts=(FilePart(file),))
            await mailbox.send(draft, [letter.sender.account])


async def _first(mailbox: Mailbox) -> Letter:
    news = await mailbox.news(None)
    return next(item.letter for item in news.items if isinstance(item, Arrived))


@asynccontextmanager
async def _operator(space: Space, port: int) -> AsyncIterator[_Operator]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(space.trust.authority))
    context.load_cert_chain(space.operator.certificate, space.operator.key)
    context.verify_mode = ssl.CERT_REQUIRED
    operator = _Operator(MAILS)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(operator, hostname=OPERATOR_HOST, tls_context=context, require_starttls=True), "127.0.0.1", port
    )
    try:
        yield operator
    finally:
        server.close()
