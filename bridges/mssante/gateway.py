"""The service put together: the one file that knows every part. Started with a configuration, ended by SIGTERM.

Laws: it says "ready" only when it takes mail; at the end it finishes what it is being given, and forgets nothing else.
"""

import asyncio
import contextlib
import random
import signal
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from prometheus_client import start_http_server
from structlog.typing import FilteringBoundLogger

from bridges.mail.copies import copyist
from bridges.mail.copies.copyist import Copyist
from bridges.mail.workers import Workers
from bridges.mssante import incoming, journal, keyfile, keylog, mailboxes, outbox, receipts, recipients
from bridges.mssante.certificates import Credentials, Reloading, client_context
from bridges.mssante.config import Config, endpoint
from bridges.mssante.contacts import Contacts
from bridges.mssante.database import Away, Database
from bridges.mssante.delivery import Delivery
from bridges.mssante.directory import Directory
from bridges.mssante.distinguished import DistinguishedName
from bridges.mssante.fetch import Fetcher
from bridges.mssante.handshake import PeerContext
from bridges.mssante.incoming import Connections, Incoming
from bridges.mssante.keyfile import GatewayKeys
from bridges.mssante.keylog import Remembering
from bridges.mssante.lag import Lag
from bridges.mssante.metrics import METRICS
from bridges.mssante.notices import Notices
from bridges.mssante.outgoing import MARKS_SECONDS, Outgoing, Style
from bridges.mssante.probing import Probing
from bridges.mssante.reports import Reports
from bridges.mssante.returned import Returned
from bridges.mssante.revocation import Revocation, Sources
from bridges.mssante.routes import Routes
from bridges.mssante.sender import Patience, Sender, Way
from bridges.mssante.submissions import Submissions
from bridges.mssante.whitelist import Signer
from bridges.mssante.whitelist_keeper import Guard, Source, WhitelistKeeper
from bridges.process import keep_no_core
from clients.sdk import Client, Distrusted, Mailbox, Trust
from crypto.errors import CryptoError
from messaging import memory
from messaging.wire.errors import Refusal

FINISH_SECONDS: Final = 20.0
HOUSEKEEPING_SECONDS: Final = 30.0
SWITCH_SECONDS: Final = 0.0005
PINS_SECONDS: Final = 5.0
LIST_SECONDS: Final = 60.0  # for 4 MB over a slow line
_LATER: Final = frozenset({"serverUnavailable", "serverFail", "rateLimit", "timeout", "tooManyAttempts"})


async def serve(config: Config, log: FilteringBoundLogger, ready: Callable[[str, int], None]) -> None:
    """Runs until SIGTERM or SIGINT. `ready` hears where mail is taken. Raises what is wrong with the configuration."""
    keep_no_core()
    # The database's thread needs the interpreter between its system calls: at the usual 5 ms a busy loop would make
    # every commit wait for several turns.
    sys.setswitchinterval(SWITCH_SECONDS)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(config, log, stop) as gateway:
        if gateway is None:
            return
        memory.settle()
        ready(*gateway.address)
        await gateway.until(stop)


@dataclass
class Gateway:
    """A running one. `address` is where mail is taken."""

    address: tuple[str, int]
    outgoing: Outgoing
    sender: Sender
    tasks: list[asyncio.Task[None]]

    async def until(self, stop: asyncio.Event) -> None:
        """Waits for `stop`; raises what ended a task that should not end."""
        waiting = asyncio.get_running_loop().create_task(_wait(stop))
        try:
            done, _ = await asyncio.wait([waiting, *self.tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {waiting}:
                task.result()
        finally:
            waiting.cancel()


@asynccontextmanager
async def running(
    config: Config, log: FilteringBoundLogger, stop: asyncio.Event
) -> AsyncIterator[Gateway | None]:  # fmt: skip
    """The gateway, from taking mail to having finished; None when it was stopped before the relay could be reached."""
    keys = keyfile.read(config.path(config.gateway.key_file), config.kek)
    async with AsyncExitStack() as stack:
        database = Database(config.path(config.gateway.data), url=config.gateway.database)
        stack.push_async_callback(database.close)
        await database.start()
        fetcher = Fetcher(seconds=config.revocation.timeout_seconds)
        stack.push_async_callback(fetcher.close)
        revocation = _revocation(config, fetcher, log)
        whitelist = _whitelist(config, log, stack)
        await whitelist.start()
        workers = Workers(config.gateway.workers)
        stack.push_async_callback(workers.stop)
        await workers.start()
        trust = await keylog.trust(config, database)
        keylog.tell_stations(log, trust)
        client = await _client(config, keys, trust, log, stop)
        if client is None:
            yield None
            return
        stack.push_async_callback(client.close)
        remembering = Remembering(database, trust.memory)
        stack.push_async_callback(remembering.keep)
        await remembering.take_up(client, log)
        opened = await mailboxes.open_all(client, database, keys, config.mailbox, datetime.now(UTC), log)
        parts = _Parts(config, log, keys, database, whitelist, revocation, workers, client, opened, remembering)
        yield await _assemble(parts, stack)


@dataclass(frozen=True)
class _Parts:
    config: Config
    log: FilteringBoundLogger
    keys: GatewayKeys
    database: Database
    whitelist: WhitelistKeeper
    revocation: Revocation
    workers: Workers
    client: Client
    opened: dict[str, Mailbox]
    remembering: Remembering


async def _assemble(parts: _Parts, stack: AsyncExitStack) -> Gateway:
    config, log, keys, database = parts.config, parts.log, parts.keys, parts.database
    by_account = {mailbox.account: mailbox for mailbox in parts.opened.values()}
    submissions = Submissions(database)
    directory = Directory(parts.client, next(iter(by_account)))
    contacts = Contacts(database, parts.client, log)
    notices = Notices(submissions, contacts, keys.letters, log)
    lifetime = config.outgoing.lifetime_hours * 3600
    sender = Sender(database, keys.outbox, _way(parts), _patience(config), notices, by_account, log)
    reports = Reports(database, keys.outbox, config.gateway.hostname, lifetime, time.time, sender.wake)
    style = Style(config.gateway.patient_domain, config.gateway.hostname, config.gateway.product, lifetime)
    copying = Workers(1, command=copyist.COMMAND)
    stack.push_async_callback(copying.stop)
    await copying.start()
    outgoing = Outgoing(database, keys, directory, notices, style, log, time.time, sender.wake, Copyist(copying, log))
    hostname = config.gateway.hostname
    returned = Returned(database, notices, by_account, hostname, log, time.time)
    delivery = Delivery(
        parts.workers, parts.client, parts.opened, submissions, contacts, returned, database, keys, hostname,
        reports.refused, log,
    )  # fmt: skip
    stack.push_async_callback(_keep_pins, by_account, database, log)
    await outgoing.begin(by_account.values())
    await submissions.resume(by_account)
    await contacts.resume()
    handler = Incoming(
        delivery, directory, parts.whitelist, parts.revocation, config.gateway.patient_domain, log,
        Probing(config.smtp.unknown_per_hour),
    )  # fmt: skip
    server = await _listen(handler, config, log)
    stack.push_async_callback(_finish, server, handler)
    lag = Lag()
    tasks = [
        _task(lag.run()),
        _task(outgoing.run(parts.client, by_account)),
        _task(sender.run()),
        _task(parts.whitelist.run(config.whitelist.check_seconds)),
        _task(_keep_house(parts, submissions, contacts, by_account, lag)),
    ]
    if config.directory.key_file:
        tasks.append(_task(recipients.keep_checking(config, log)))
    stack.push_async_callback(_cancelled, tasks)
    _serve_metrics(config, stack)
    host, port = server.sockets[0].getsockname()[:2]
    return Gateway((str(host), int(port)), outgoing, sender, tasks)


async def _client(
    config: Config, keys: GatewayKeys, trust: Trust, log: FilteringBoundLogger, stop: asyncio.Event
) -> Client | None:  # fmt: skip
    """Logs in, waiting for the relay as long as it takes; None when it was stopped. Raises Refusal: wrong log-in."""
    gap = 0.5
    while not stop.is_set():
        try:
            return await Client.with_key(config.gateway.relay, config.gateway.login, keys.login, trust=trust)
        except Refusal as refusal:
            if refusal.name not in _LATER:
                raise
            log.warning("relay.unavailable", reason=refusal.name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), gap * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
        gap = min(gap * 2, 15.0)
    return None


async def _listen(handler: Incoming, config: Config, log: FilteringBoundLogger) -> asyncio.Server:
    smtp = config.smtp
    credentials = Credentials(config.path(smtp.certificate), config.path(smtp.key), config.path(smtp.client_ca))
    tls = Reloading(credentials, PeerContext, lambda reason: log.error("smtp.credentials_unusable", reason=reason))
    connections = Connections(smtp.connections_per_peer, smtp.connections)
    address = endpoint(smtp.listen)
    return await incoming.listen(handler, address, tls, config.gateway.hostname, smtp.timeout_seconds, connections)


def _whitelist(config: Config, log: FilteringBoundLogger, stack: AsyncExitStack) -> WhitelistKeeper:
    table = config.whitelist
    signer = Signer(DistinguishedName.parse(table.signer_subject), config.path(table.signer_ca))
    guard = Guard(table.least_share, timedelta(days=table.old_after_days))
    kept = config.path(config.gateway.data) / "whitelist.xml"
    source = None
    if table.url:
        tls = ssl.create_default_context(cafile=str(config.path(table.url_ca)) if table.url_ca else None)
        fetcher = Fetcher(tls, LIST_SECONDS)
        stack.push_async_callback(fetcher.close)
        source = Source(table.url, fetcher, table.fetch_hours * 3600)
    file = config.path(table.file) if table.file else None
    return WhitelistKeeper(file, kept, signer, guard, log, source=source)


def _revocation(config: Config, fetcher: Fetcher, log: FilteringBoundLogger) -> Revocation:
    """Of both ways: the operators are the same."""
    table, file = config.revocation, config.smtp.crl or config.outgoing.crl
    folder = config.path(config.gateway.data) / "revocation"
    sources = Sources(folder, config.path(file) if file else None, table.policy, table.ocsp, table.lists)
    return Revocation(sources, fetcher, log)


def _way(parts: _Parts) -> Way:
    table, config = parts.config.outgoing, parts.config
    credentials = Credentials(
        config.path(table.certificate), config.path(table.key), config.path(table.ca),
        config.path(table.crl) if table.crl else None,
    )  # fmt: skip
    tls = Reloading(
        credentials, client_context, lambda reason: parts.log.error("outgoing.credentials_unusable", reason=reason)
    )
    return Way(
        Routes(table.routes),
        tls,
        parts.whitelist,
        config.gateway.hostname,
        table.connections_per_domain,
        table.domains_at_once,
        parts.revocation,
    )


def _patience(config: Config) -> Patience:
    table = config.outgoing
    return Patience(table.first_retry_seconds, table.longest_retry_seconds, table.delay_notice_hours * 3600)


def _serve_metrics(config: Config, stack: AsyncExitStack) -> None:
    if config.gateway.metrics:
        host, port = endpoint(config.gateway.metrics)
        server, _ = start_http_server(port, host)
        stack.callback(server.shutdown)


async def _keep_house(
    parts: _Parts, submissions: Submissions, contacts: Contacts, by_account: dict[str, Mailbox], lag: Lag
) -> None:  # fmt: skip
    """Letters that wait for the relay, marks that are old, figures for the metrics."""
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        METRICS.loop_lag.set(lag.taken())
        try:
            await _keep_house_once(parts, submissions, contacts, by_account)
        except Away as error:
            parts.log.error("database.away", reason=str(error))


async def _keep_house_once(
    parts: _Parts, submissions: Submissions, contacts: Contacts, by_account: dict[str, Mailbox]
) -> None:  # fmt: skip
    before = time.time() - MARKS_SECONDS
    await parts.remembering.take_up(parts.client, parts.log)
    await submissions.resume(by_account)
    await contacts.resume()
    await parts.database.run(partial(journal.purge, before=before))
    await parts.database.run(partial(outbox.purge, before=before))
    await parts.database.run(partial(receipts.purge, now=time.time()))
    age = parts.whitelist.age()
    METRICS.whitelist_age.set(-1 if age is None else age.total_seconds())
    METRICS.worker_deaths.set(parts.workers.deaths)
    await _keep_pins(by_account, parts.database, parts.log)


async def _keep_pins(by_account: dict[str, Mailbox], database: Database, log: FilteringBoundLogger) -> None:
    """Keys seen since the last time go into the key boxes; at the end as well, so that a restart knows them.

    What does not work now, whatever the reason, is tried again in the next round.
    """
    for mailbox in by_account.values():
        try:
            async with asyncio.timeout(PINS_SECONDS):
                await mailbox.keep_pins()
        except (Refusal, TimeoutError):
            pass
        except Distrusted as distrusted:
            keylog.tell(log, distrusted)
        except CryptoError as error:
            log.error("pins.not_kept", account=mailbox.account, error=type(error).__name__)
        await mailboxes.saw(database, mailbox)


async def _finish(server: asyncio.Server, handler: Incoming) -> None:
    """No new connections; what is being handed over is finished."""
    server.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(handler.idle(), FINISH_SECONDS)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)
