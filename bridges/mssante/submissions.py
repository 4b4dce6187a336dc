"""Letters to the relay, once each, whatever stops in between (journal.py holds what is on its way).

Laws: `post` returns only when the relay has the letter durably; the same letter id is the same letter; a refusal for
good leaves no trace in the conversation.
"""

import asyncio
import contextlib
import time
import weakref
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from bridges.mssante import journal
from bridges.mssante.database import Database
from bridges.mssante.journal import FIRST, Conversation, Entry, Place
from bridges.mssante.ports import RelayMailbox
from clients.sdk import Distrusted, Prepared
from messaging.wire.errors import Refusal

Prepare: TypeAlias = Callable[[Place], Awaitable[Prepared]]

# The letter as sealed will never be taken, but sealing it anew may help.
_SEAL_AGAIN: Final = frozenset({"recipientKeyStale", "blobNotFound"})
_LATER: Final = frozenset({
    "serverUnavailable", "serverFail", "rateLimit", "unauthorized", "timeout", "tooManyAttempts", "overQuota", "limit",
    "mfaRequired", "ticketExpired", "wrongCredentials", "accountNotFound", "stateMismatch",
})  # fmt: skip
_SEALINGS: Final = 3
_PLACES: Final = 20  # tries to take one before other gateways do


def comes_back(refusal: Refusal) -> bool:
    """Whether the same may be taken later."""
    return refusal.name in _LATER


def _is_there(refusal: Refusal) -> bool:
    # The relay has a letter of this id in other bytes. The id is a keyed hash of the mail itself: it is the same
    # letter, sealed before the journal was lost.
    return refusal.name == "invalidProperties" and refusal.members.get("properties") == ["clientId"]


class Submissions:
    """Keeps one order within a conversation; conversations do not wait for each other."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock
        self._locks: weakref.WeakValueDictionary[Conversation, asyncio.Lock] = weakref.WeakValueDictionary()

    async def post(
        self, letter: str, conversation: Conversation, mailbox: RelayMailbox, prepare: Prepare, *, begins: bool = False
    ) -> None:  # fmt: skip
        """The relay has the letter of this id when it returns. `prepare` seals it at a place, when it was not yet.

        `begins`: it looks like the first of its conversation, and to seal it in vain costs nobody much: it is sealed
        before the journal is asked, which then says with the same commit whether that was so.
        Raises Refusal: `comes_back` says whether trying again may help (the journal then holds the letter).
        """
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        async with lock:
            for attempt in range(1, _SEALINGS + 1):
                entry = await self._entry(letter, conversation, prepare, begins)
                if entry.prepared is None:
                    return
                try:
                    await self._submit(entry, entry.prepared, mailbox)
                except Refusal as refusal:
                    if refusal.name not in _SEAL_AGAIN or attempt == _SEALINGS:
                        raise
                else:
                    return

    async def resume(self, mailboxes: Mapping[str, RelayMailbox]) -> int:
        """Submits what a stop left behind; how many still wait. `mailboxes` by account."""
        left = 0
        for letter in await self._database.run(journal.waiting):
            entry = await self._database.run(partial(journal.find, letter=letter))
            mailbox = None if entry is None else mailboxes.get(entry.conversation.account)
            if entry is not None and mailbox is not None:
                left += not await self._resumed(entry.conversation, letter, mailbox)
        return left

    async def _resumed(self, conversation: Conversation, letter: str, mailbox: RelayMailbox) -> bool:
        async with self._locks.setdefault(conversation, asyncio.Lock()):
            # Read again: whoever held the lock may have submitted it, or sealed it anew.
            entry = await self._database.run(partial(journal.find, letter=letter))
            if entry is None or entry.prepared is None:
                return True
            try:
                await self._submit(entry, entry.prepared, mailbox)
            except Refusal as refusal:
                # Refused for good: nobody was told that it was taken, and whoever has the mail hands it over again.
                return not comes_back(refusal)
        return True

    async def _entry(self, letter: str, conversation: Conversation, prepare: Prepare, begins: bool) -> Entry:
        if begins:
            # Whoever may not be written to now may have the letter already: the journal knows.
            with contextlib.suppress(Refusal, Distrusted):
                entry = await self._prepared(conversation, FIRST, prepare)
                if entry is not None:
                    return entry
        for _ in range(_PLACES):
            found = await self._database.run(lambda c: journal.find(c, letter) or journal.next_place(c, conversation))
            entry = found if isinstance(found, Entry) else await self._prepared(conversation, found, prepare)
            if entry is not None:
                return entry
        raise Refusal("serverUnavailable", "other gateways write into this conversation")

    async def _prepared(self, conversation: Conversation, place: Place, prepare: Prepare) -> Entry | None:
        prepared = await prepare(place)
        return await self._database.run(lambda c: journal.keep(c, conversation, place, prepared, self._clock()))

    async def _submit(self, entry: Entry, prepared: Prepared, mailbox: RelayMailbox) -> None:
        try:
            await mailbox.submit(prepared)
        except Refusal as refusal:
            if not _is_there(refusal):
                if not comes_back(refusal):
                    await self._database.run(lambda c: journal.forget(c, entry))
                raise
        # Nobody waits for this mark: after a crash the letter is submitted once more, which the relay knows it by.
        self._database.ride(lambda c: journal.done(c, entry.letter))
