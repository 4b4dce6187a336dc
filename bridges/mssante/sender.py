"""Empties the outbox: which mail goes when, how long it is tried, and what its author is told.

Laws: at least once, with the same bytes each time; a domain that does not answer holds up no other, and is asked once
a round, not once a mail; what nobody takes within its lifetime is given up and told; a mail that breaks its carrier
three times is quarantined and told, and stops nobody.
"""

import asyncio
import contextlib
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection
from structlog.typing import FilteringBoundLogger

from bridges.mssante import leases, outbox
from bridges.mssante.carrier import Carrier, NotCarried
from bridges.mssante.certificates import Reloading
from bridges.mssante.database import Away, Database
from bridges.mssante.metrics import METRICS
from bridges.mssante.notices import Notices
from bridges.mssante.outbox import Due, Outbound
from bridges.mssante.ports import RelayMailbox
from bridges.mssante.revocation import Revocation
from bridges.mssante.routes import NoRoute, Routes
from bridges.mssante.whitelist_keeper import WhitelistKeeper
from crypto.errors import CannotOpen
from messaging.wire.errors import Refusal

LEASE_SECONDS: Final = 900.0  # longer than one delivery may take
IDLE_SECONDS: Final = 30.0  # shorter than leases.SECONDS: each round renews them
AGAIN_SECONDS: Final = 2.0
GATHER_SECONDS: Final = 0.02  # mails come in bursts: what is queued meanwhile is looked for once
PER_CONNECTION: Final = 100
STUMBLES: Final = 3  # of one mail


@dataclass(frozen=True)
class Patience:
    """Seconds: the first gap, the longest, and after how long the author hears of a delay."""

    first: float
    longest: float
    delay_notice: float
    jitter: Callable[[], float] = random.random

    def gap(self, attempts: int) -> float:
        """Grows by half each time, a fifth of it by chance, so that a domain's mails do not come all at once."""
        return min(self.first * 1.5 ** min(attempts - 1, 40), self.longest) * (0.9 + 0.2 * self.jitter())


@dataclass(frozen=True)
class Way:
    """How operators are reached."""

    routes: Routes
    tls: Reloading[ssl.SSLContext]
    whitelist: WhitelistKeeper
    hostname: str
    per_domain: int
    domains: int
    revocation: Revocation | None = None


@dataclass
class _Round:
    """One domain's turn. `trying`: connections that did not fail to open; `dead`: why none of them does."""

    trying: int
    reached: bool = False
    dead: NotCarried | None = None


class Sender:
    """`mailboxes` by account. `wake` may be called from anywhere on the loop."""

    def __init__(
        self, database: Database, key: bytes, way: Way, patience: Patience, notices: Notices,
        mailboxes: Mapping[str, RelayMailbox], log: FilteringBoundLogger, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._database, self._key, self._way, self._patience = database, key, way, patience
        self._notices, self._mailboxes, self._log, self._clock = notices, mailboxes, log, clock
        self._domains: dict[str, asyncio.Task[None]] = {}
        self._elsewhere = False  # another gateway carries what is due
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is mail."""
        self._woken.set()

    async def run(self) -> None:
        """Until it is cancelled; deliveries under way are then cut, and repeated at the next start."""
        try:
            await self._database.run(lambda c: outbox.release_leases(c, self._clock()))
            while True:
                self._woken.clear()
                try:
                    await self._begin()
                    await self._rest()
                    await asyncio.sleep(GATHER_SECONDS)
                except Away as error:
                    self._log.error("database.away", reason=str(error))
                    await asyncio.sleep(AGAIN_SECONDS)
        finally:
            tasks = list(self._domains.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(Away):
                await self._database.run(leases.let_go)

    async def once(self) -> None:
        """Sends what is due now, and returns."""
        await self._begin()
        await asyncio.gather(*self._domains.values())

    async def _begin(self) -> None:
        mine, self._elsewhere = await self._database.run(partial(self._due, running=list(self._domains)))
        for domain in mine:
            task = asyncio.get_running_loop().create_task(self._domain(domain))
            self._domains[domain] = task
            task.add_done_callback(partial(self._ended, domain))
        METRICS.outbox.set(await self._database.run(outbox.waiting))

    def _due(self, connection: Connection, running: list[str]) -> tuple[list[str], bool]:
        """Domains whose mails this gateway carries from now on; whether another gateway carries some that are due."""
        now = self._clock()
        outbox.hold_domains(connection, running, now)
        mine: list[str] = []
        elsewhere = False
        for domain in outbox.domains_due(connection, now):
            if domain in running:
                continue
            if len(mine) + len(running) >= self._way.domains:
                break  # it takes no more than it can carry: the rest is another gateway's, if there is one
            held = outbox.hold_domains(connection, [domain], now)
            mine += held
            elsewhere |= not held
        return mine, elsewhere

    def _ended(self, domain: str, _: asyncio.Task[None]) -> None:
        self._domains.pop(domain, None)
        self._woken.set()

    async def _rest(self) -> None:
        if self._elsewhere:
            wait = AGAIN_SECONDS
        elif self._domains or (due := await self._database.run(outbox.next_due)) is None:
            wait = IDLE_SECONDS
        else:
            wait = min(max(due - self._clock(), 0.05), IDLE_SECONDS)
        try:
            await asyncio.wait_for(self._woken.wait(), wait)
        except TimeoutError:
            return

    async def _domain(self, domain: str) -> None:
        try:
            turn = _Round(self._way.per_domain)
            await asyncio.gather(*(self._connection(domain, turn) for _ in range(self._way.per_domain)))
            if self._database.shared:
                await self._database.run(lambda c: outbox.leave_domain(c, domain))
        except Exception as error:  # noqa: BLE001 - one domain's trouble is not the service's; its mails are due again after the lease
            self._log.error("outgoing.domain_failed", domain=domain, error=type(error).__name__)

    async def _connection(self, domain: str, turn: _Round) -> None:
        carrier: Carrier | None = None
        carried, sent = 0, None
        try:
            while (due := await self._take(domain, sent)) is not None:
                sent = None
                if carried >= PER_CONNECTION:
                    carrier, carried = await _close(carrier), 0
                outbound = await self._opened(due)
                if outbound is None:
                    continue
                try:
                    carrier = carrier or await self._open(domain, turn)
                    await carrier.carry(outbound)
                except NotCarried as failure:
                    await self._failed(due, outbound, failure)
                    if carrier is None and turn.dead is None:
                        return  # the others may yet reach it, or did: what waits is theirs
                    if failure.broken:
                        carrier = await _close(carrier)
                    continue
                except Exception as error:  # noqa: BLE001 - whatever a mail does to its carrier, it stops no other
                    carrier = await _close(carrier)
                    await self._stumbled(due, outbound, error)
                    continue
                self._sent(due)
                carried, sent = carried + 1, due.id
        finally:
            await _close(carrier)

    async def _take(self, domain: str, sent: int | None) -> Due | None:
        return await self._database.run(lambda c: outbox.take_due(c, domain, self._clock(), LEASE_SECONDS, sent))

    async def _opened(self, due: Due) -> Outbound | None:
        try:
            return outbox.unseal(self._key, due)
        except CannotOpen:
            self._log.error("outgoing.cannot_open", account=due.account, item=due.item)
            await self._database.run(lambda c: outbox.left(c, due.id, outbox.GIVEN_UP))
            return None

    async def _open(self, domain: str, turn: _Round) -> Carrier:
        """Raises NotCarried: at once where all connections of this turn failed, so that ten thousand mails do not wait
        ten thousand times for a host that is down."""
        if turn.dead is not None:
            raise turn.dead
        try:
            carrier = await self._connect(domain)
        except NotCarried as failure:
            turn.trying -= 1
            if not turn.reached and turn.trying <= 0:
                turn.dead = failure
            raise
        turn.reached = True
        return carrier

    async def _connect(self, domain: str) -> Carrier:
        try:
            places = await self._way.routes.find(domain)
        except NoRoute as error:
            raise NotCarried("noRoute", final=error.final) from None
        failure = NotCarried("noHost")
        for host, port in places:
            carrier = Carrier(domain, host, port, self._way.hostname, self._way.tls.get())
            try:
                await carrier.open(self._way.whitelist, self._way.revocation)
            except NotCarried as error:
                failure = error
                continue
            return carrier
        raise failure

    def _sent(self, due: Due) -> None:
        METRICS.mails_out.labels("sent").inc()
        self._log.info(
            "outgoing.sent", account=due.account, item=due.item, domain=due.domain, attempts=due.attempts + 1
        )

    async def _failed(self, due: Due, outbound: Outbound, failure: NotCarried) -> None:
        METRICS.mails_out.labels("failed").inc()
        now, attempts = self._clock(), due.attempts + 1
        self._log.warning(
            "outgoing.failed", account=due.account, item=due.item, domain=due.domain, reason=failure.reason,
            final=failure.final, attempts=attempts,
        )  # fmt: skip
        again = now + self._patience.gap(attempts)
        await self._database.run(lambda c: outbox.later(c, due.id, attempts, again))
        if failure.final or now >= due.expires:
            # Told first: if that cannot be done now, the mail stays and the next attempt tells.
            if await self._told("given-up", due, outbound):
                await self._database.run(lambda c: outbox.left(c, due.id, outbox.GIVEN_UP))
        elif (
            not due.delay_told
            and now - due.at >= self._patience.delay_notice
            and await self._told("late", due, outbound)
        ):
            await self._database.run(lambda c: outbox.delay_told(c, due.id))

    async def _stumbled(self, due: Due, outbound: Outbound, error: Exception) -> None:
        times = await self._database.run(lambda c: outbox.stumbled(c, due.id))
        self._log.error(
            "outgoing.stumbled", account=due.account, item=due.item, domain=due.domain, times=times,
            error=type(error).__name__,
        )  # fmt: skip
        attempts = due.attempts + 1
        again = self._clock() + self._patience.gap(attempts)
        await self._database.run(lambda c: outbox.later(c, due.id, attempts, again))
        if times >= STUMBLES and await self._told("not-sent", due, outbound):
            METRICS.mails_out.labels("quarantined").inc()
            await self._database.run(lambda c: outbox.quarantine(c, due.id))

    async def _told(self, what: str, due: Due, outbound: Outbound) -> bool:
        mailbox = self._mailboxes.get(due.account)
        if mailbox is None or outbound.notice:
            return True
        try:
            await self._notices.tell(what, mailbox, outbound.author, outbound.thread, outbound.letter, outbound.subject)
        except Refusal as refusal:
            self._log.warning("notice.postponed", account=due.account, reason=refusal.name)
            return False
        return True


async def _close(carrier: Carrier | None) -> Carrier | None:
    """No connection, whatever there was."""
    if carrier is not None:
        await carrier.close()
    return None
