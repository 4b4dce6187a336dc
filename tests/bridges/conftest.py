"""Fixtures of the gateway's tests: an authority, a white list, parsing workers, a gateway over loopback TLS."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bridges.mail.workers import Workers
from bridges.mssante import incoming, keyfile
from bridges.mssante.certificates import Credentials, Reloading
from bridges.mssante.contacts import Contacts
from bridges.mssante.database import Database
from bridges.mssante.delivery import Delivery
from bridges.mssante.directory import Directory
from bridges.mssante.distinguished import DistinguishedName
from bridges.mssante.fetch import Fetcher
from bridges.mssante.handshake import PeerContext
from bridges.mssante.incoming import Connections, Incoming
from bridges.mssante.keyfile import GatewayKeys
from bridges.mssante.notices import Notices
from bridges.mssante.reports import Reports
from bridges.mssante.returned import Returned
from bridges.mssante.revocation import Revocation, Sources
from bridges.mssante.submissions import Submissions
from bridges.mssante.whitelist import Signer
from bridges.mssante.whitelist_keeper import Guard, WhitelistKeeper
from tests.bridges.authority import SIGNER, Authority, Issued, credentials, name, signed_list, written
from tests.bridges.fakes import DOMAIN, HOSTNAME, FakeMailbox, FakeRelay

OPERATOR = name("mail.operateur.example")


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def signer(authority: Authority) -> Issued:
    return authority.issue_signer(SIGNER)


@pytest.fixture(scope="session")
def operator(authority: Authority) -> Issued:
    """The operator of the doctor's domain."""
    return authority.issue(OPERATOR)


@pytest.fixture(scope="session")
async def workers() -> AsyncIterator[Workers]:
    pool = Workers(1)
    await pool.start()
    yield pool
    await pool.stop()


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as found:
        yield found


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database(tmp_path / "data")
    await found.start()
    yield found
    await found.close()


@pytest.fixture
async def whitelist(tmp_path: Path, authority: Authority, signer: Issued) -> WhitelistKeeper:
    (tmp_path / "list.xml").write_bytes(
        signed_list(signer, [(DOMAIN, written(OPERATOR)), ("other.example", "CN=other,C=FR")])
    )
    keeper = keeper_of(tmp_path, authority)
    await keeper.start()
    return keeper


def keeper_of(folder: Path, authority: Authority) -> WhitelistKeeper:
    trusted = Signer(DistinguishedName.parse(SIGNER), authority.save(folder, "signer-ca"))
    guard = Guard(0.5, timedelta(days=7))
    return WhitelistKeeper(folder / "list.xml", folder / "kept.xml", trusted, guard, structlog.get_logger())


@dataclass
class Running:
    """A gateway's incoming side over a fake relay."""

    host: str
    port: int
    relay: FakeRelay
    mailbox: FakeMailbox
    keys: GatewayKeys
    database: Database
    client: Credentials
    woken: list[bool] = field(default_factory=list)


@pytest.fixture
async def running(
    tmp_path: Path,
    authority: Authority,
    operator: Issued,
    workers: Workers,
    database: Database,
    whitelist: WhitelistKeeper,
) -> AsyncIterator[Running]:
    async for found in start(tmp_path, authority, operator, workers, database, whitelist):
        yield found


async def start(
    folder: Path, authority: Authority, operator: Issued, workers: Workers, database: Database,
    whitelist: WhitelistKeeper, **settings: Any,
) -> AsyncIterator[Running]:  # fmt: skip
    relay, keys, log, woken = FakeRelay(), keyfile.derive(b"k" * 32), structlog.get_logger(), list[bool]()
    mailbox = FakeMailbox(relay)
    reports = Reports(database, keys.outbox, HOSTNAME, 3600.0, lambda: 1e9, lambda: woken.append(True))
    submissions, contacts = Submissions(database), Contacts(database, relay, log)
    notices = Notices(submissions, contacts, keys.letters, log)
    returned = Returned(database, notices, {mailbox.account: mailbox}, HOSTNAME, log, lambda: 1e9)
    delivery = Delivery(
        workers, relay, {box.address: box for box in (mailbox, *settings.get("others", ()))}, submissions, contacts,
        returned, database, keys, HOSTNAME, reports.refused, log,
    )  # fmt: skip
    crl = folder / "revoked.crl"
    crl.write_bytes(settings.get("revoked", authority.revocations()))
    fetcher = Fetcher(seconds=5.0)
    revocation = Revocation(Sources(folder / "revocation", crl, settings.get("policy", "hard")), fetcher, log)
    directory = Directory(relay, mailbox.account)
    probing = settings.get("probing")
    handler = Incoming(delivery, directory, whitelist, revocation, "patient.pli.example", log, probing)
    server_files = credentials(authority, authority.issue(name("gateway")), folder, "server")
    tls = Reloading(server_files, PeerContext, lambda _: None)
    connections = Connections(settings.get("per_peer", 5), 50)
    server = await incoming.listen(handler, ("127.0.0.1", 0), tls, HOSTNAME, settings.get("timeout", 20.0), connections)
    host, port = server.sockets[0].getsockname()[:2]
    yield Running(host, port, relay, mailbox, keys, database, credentials(authority, operator, folder, "client"), woken)
    server.close()
    await server.wait_closed()
    await fetcher.close()
    await asyncio.sleep(0)
