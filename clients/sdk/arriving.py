"""Letters in: opened, checked, marked. Knows no pages and no sending.

Law: a letter that was not there when the mailbox last had all of them is not older than that, whatever the relay says.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from clients.content.letter import LogSeen
from clients.sdk.connection import Connection
from clients.sdk.directory import Directory
from clients.sdk.memory import Memory
from clients.sdk.ownline import OwnKeys
from clients.sdk.values import Arrived, Item, Unreadable
from clients.session.incoming import Known, NotShown, Read, Reader, read
from clients.session.keyring import Chain, Distrusted, moved_pin
from crypto.encoding import unb64u
from crypto.errors import NotCanonical
from crypto.keys import blob_id
from messaging.wire.types import SealedMessage

FIRST: Final = "first."  # states of syncing.py while all is read for the first time
_STATES: Final = 64


class Complete:
    """When this mailbox had all letters, by the state that it had reached: what follows a state came after that."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}

    def after(self, state: str | None) -> datetime | None:
        """None while all is read for the first time, and for a state of another run."""
        return None if state is None or state.startswith(FIRST) else self._at.get(state)

    def reached(self, since: str | None, state: str, asked: datetime, *, more: bool) -> None:
        """After a page: asked for at that time, from `since` to `state`."""
        if since is None or (not more and not since.startswith(FIRST)):
            self.now(state, asked)
        elif since in self._at:
            # The state at the end of a first reading is of its beginning; one with more behind it is of before, too.
            self.now(state, self._at[since])

    def now(self, state: str, asked: datetime) -> None:
        """`state`, asked for at that time, leaves out all letters of then."""
        self._at[state] = asked
        while len(self._at) > _STATES:
            del self._at[next(iter(self._at))]


class Arriving:
    """One mailbox's reader."""

    def __init__(self, connection: Connection, directory: Directory, own: OwnKeys, memory: Memory) -> None:
        self._connection, self._directory, self._own, self._memory = connection, directory, own, memory

    async def items(self, messages: Sequence[SealedMessage], complete: datetime | None = None) -> tuple[Item, ...]:
        """What the messages hold, in order. `complete`: all of them came later.

        Raises Refusal; Distrusted when the whole log is not believed, or the account's own line; OlderBox.
        """
        await self._look_up(messages)
        items = []
        for message in messages:
            items.append(await self.item(message, complete))
            await asyncio.sleep(0)  # opening is work: a page of it in one go would keep others waiting
        return await self._held_together(items)

    async def item(self, message: SealedMessage, complete: datetime | None = None) -> Item:
        """One of them. Raises Refusal, Distrusted (the whole log)."""
        received = datetime.fromisoformat(message.received_at).astimezone(UTC)
        try:
            found = await self._read(message, complete)
        except NotShown as error:
            return Unreadable(
                message.id, error.reason, received, message.from_, message.box, error.proven, message.client_id,
                error.thread,
            )  # fmt: skip
        missing = self._memory.take(found.letter, found.hash)
        self.pin(message.from_, self._directory.held(message.from_))
        return Arrived(message.id, found.letter, received, message.box, missing, stale_key=found.stale_key)

    def pin(self, account: str, chain: Chain) -> None:
        """This line was proven: it is remembered."""
        pin = moved_pin(chain, self._memory.pins.get(account))
        if account != self._own.account and pin is not None:
            self._memory.pin(account, pin)

    async def _look_up(self, messages: Sequence[SealedMessage]) -> None:
        if not messages:
            return
        senders = {message.from_ for message in messages}
        self._own.ask_again()
        # One broken chain does not hide the other letters.
        await self._directory.each(self._own.account, sorted(senders | {self._own.account}))
        await self._own.take()

    async def _held_together(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """The same letters, marked by what they say of the log."""
        said = {item.letter.checkpoint for item in items if isinstance(item, Arrived) and item.box == "in"}
        doubts = await self._directory.log.check(self._own.account, [each for each in said if each is not None])
        return tuple(
            replace(item, forked=_says(item, doubts.forked), unsigned=_says(item, doubts.unsigned))
            if isinstance(item, Arrived)
            else item
            for item in items
        )

    async def _read(self, message: SealedMessage, complete: datetime | None) -> Read:
        sealed = await self._sealed(message)
        try:
            return self._checked(message, sealed, await self._chain_of(message.from_, fresh=False), complete)
        except NotShown as error:
            if error.reason != "unknownSenderKey" or message.from_ == self._own.account:
                raise
        return self._checked(message, sealed, await self._chain_of(message.from_, fresh=True), complete)

    async def _sealed(self, message: SealedMessage) -> bytes:
        if message.sealed is not None:
            try:
                return unb64u(message.sealed)
            except NotCanonical as error:
                raise NotShown("cannotOpen") from error
        if message.sealed_blob_id is None:
            raise NotShown("cannotOpen")
        sealed = await self._connection.download(self._own.account, message.sealed_blob_id)
        if blob_id(sealed) != message.sealed_blob_id:
            raise NotShown("cannotOpen")
        return sealed

    async def _chain_of(self, account: str, *, fresh: bool) -> Chain:
        if account == self._own.account:
            return self._own.line
        found = (await self._directory.each(self._own.account, [account], fresh=fresh)).get(account, ())
        if isinstance(found, Distrusted):
            raise NotShown("unknownSenderKey") from found
        return found

    def _checked(self, message: SealedMessage, sealed: bytes, chain: Chain, complete: datetime | None) -> Read:
        own = self._own
        reader = Reader(own.account, own.opened.content.sealing_seeds(), own.line)
        return read(message, sealed, reader, Known(chain, self._memory.pins, self._memory.seen, complete))


def _says(item: Arrived, claims: Collection[LogSeen]) -> bool:
    return item.box == "in" and item.letter.checkpoint in claims
