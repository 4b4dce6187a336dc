"""Contacts that a professional closed stay closed when a program writes: the gateway's notices, and automatic mail.

The relay opens a contact at every letter of the professional. Laws: what was closed before such a letter is closed
again after it; that this is to be done is durable before the letter leaves.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import ColumnElement, Connection, and_, delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well
from structlog.typing import FilteringBoundLogger

from bridges.mssante import journal
from bridges.mssante.database import CLOSINGS, SUBMISSIONS, Database
from bridges.mssante.ports import RelayClient
from messaging.wire.errors import Refusal

Pair = tuple[str, str]  # a mailbox's account and a patient's


class Contacts:
    """One for the gateway."""

    def __init__(self, database: Database, client: RelayClient, log: FilteringBoundLogger) -> None:
        self._database, self._client, self._log = database, client, log
        self._pending: set[Pair] = set()

    async def resume(self) -> None:
        """Closes what a stop, or a relay that was away, left open."""
        for pair in await self._database.run(_waiting):
            self._pending.add(pair)
            await self._close(pair)

    @asynccontextmanager
    async def as_they_are(self, account: str, peer: str) -> AsyncIterator[None]:
        """Around a letter that no person wrote. Raises Refusal when the relay cannot say how the contact is."""
        pair = (account, peer)
        found = await self._client.contact(account, peer)
        if found is None or (found.may_write and pair not in self._pending):
            yield
            return
        await self._database.run(lambda c: _keep(c, pair))
        self._pending.add(pair)
        yield  # what fails is kept: the letter may be in the journal, and leave with the next resume()
        await self._close(pair)

    def opened(self, account: str, peer: str) -> None:
        """The professional wrote: what was to be closed again is open by their will."""
        if (account, peer) in self._pending or self._database.shared:
            self._forget((account, peer))

    async def _close(self, pair: Pair) -> None:
        if pair not in self._pending or not await self._database.run(lambda c: _is_kept(c, pair)):
            self._pending.discard(pair)  # another gateway closed it, or the professional wrote through it
            return
        try:
            await self._client.close_contact(*pair)
        except Refusal as refusal:  # kept: resume() tries again
            self._log.warning("contact.not_closed_yet", account=pair[0], peer=pair[1], reason=refusal.name)
            if refusal.name != "notFound":
                return
        if not await self._database.run(lambda c: _is_on_its_way(c, pair)):
            self._forget(pair)

    def _forget(self, pair: Pair) -> None:
        self._pending.discard(pair)
        self._database.ride(lambda c: _drop(c, pair))


def _waiting(connection: Connection) -> list[Pair]:
    return [(row.account, row.peer) for row in connection.execute(select(CLOSINGS))]


def _is_on_its_way(connection: Connection, pair: Pair) -> bool:
    ready = and_(SUBMISSIONS.c.account == pair[0], SUBMISSIONS.c.peer == pair[1], SUBMISSIONS.c.state == journal.READY)
    return connection.execute(select(SUBMISSIONS.c.letter).where(ready).limit(1)).first() is not None


def _keep(connection: Connection, pair: Pair) -> None:
    connection.execute(insert(CLOSINGS).values(account=pair[0], peer=pair[1]).on_conflict_do_nothing())


def _is_kept(connection: Connection, pair: Pair) -> bool:
    return connection.execute(select(CLOSINGS).where(_of(pair))).first() is not None


def _drop(connection: Connection, pair: Pair) -> None:
    connection.execute(delete(CLOSINGS).where(_of(pair)))


def _of(pair: Pair) -> ColumnElement[bool]:
    return and_(CLOSINGS.c.account == pair[0], CLOSINGS.c.peer == pair[1])
