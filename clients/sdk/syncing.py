"""Pages of sealed messages, oldest first: everything once, then what changed.

The state that this hands out is the relay's, or, while everything is read for the first time, "first.N.STATE":
N letters from the oldest were read (destroyed ones counted), and STATE is where changes go on afterwards.
"""

from collections.abc import AsyncGenerator, Container
from dataclasses import dataclass
from typing import Final

from clients.sdk.connection import Connection
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changed, Changes, Get, Got, MessageFilter, MessageQuery, QueryDone
from messaging.wire.types import SealedMessage

PAGE: Final = 50  # letters; with 64 KiB inline each some 4 MB
MOST_LETTERS: Final = 2_000_000  # of one mailbox
COUNTED: Final = 500  # changes in one answer when only their number matters
_FIRST: Final = "first."


@dataclass(frozen=True)
class Page:
    """Messages oldest first, where to go on, and whether there is more now."""

    messages: tuple[SealedMessage, ...]
    state: str
    more: bool


async def page(connection: Connection, account: str, since: str | None, known: Container[str] = ()) -> Page:
    """What follows `since`; None: from the oldest on. Changes leave out the ids in `known`. Raises Refusal."""
    if since is None:
        return await _first_reading(connection, account, 0, await state(connection, account))
    if since.startswith(_FIRST):
        done, _, after = since.removeprefix(_FIRST).partition(".")
        return await _first_reading(connection, account, int(done), after)
    return await _changes(connection, account, since, known)


async def state(connection: Connection, account: str) -> str:
    """The present state: changes after it leave out all that is there now. Raises Refusal."""
    answer: Got[SealedMessage] = await connection.call("SealedMessage/get", Get(account_id=account, ids=[]))
    return answer.state


async def own_letters(connection: Connection, account: str) -> AsyncGenerator[tuple[SealedMessage, ...]]:
    """Every letter that the account sent, oldest first. Raises Refusal."""
    done, seen, begun = 0, set[str](), await state(connection, account)
    while True:
        start = max(0, done - await _destroyed(connection, account, begun))
        ids, total = await _from_the_oldest(connection, account, start, MessageFilter(box="out"))
        new = [id_ for id_ in ids if id_ not in seen]
        seen.update(new)
        if new:
            yield await _get(connection, account, new)
        done += len(ids)
        if not ids or start + len(ids) >= total:
            return


async def _first_reading(connection: Connection, account: str, done: int, state: str) -> Page:
    # Each letter destroyed since the beginning may have moved the others one place: as many places are read again.
    gone = await _destroyed(connection, account, state) if done else 0
    start = max(0, done - gone)
    ids, total = await _from_the_oldest(connection, account, start, None)
    messages = await _get(connection, account, ids)
    if ids and start + len(ids) < total:
        return Page(messages, f"{_FIRST}{done + len(ids)}.{state}", more=True)
    # What came while this was read was read with it, and is among the changes once more: the same bytes are one letter.
    return Page(messages, state, more=False)


async def _destroyed(connection: Connection, account: str, since: str) -> int:
    """How many letters were destroyed since that state. Raises Refusal."""
    gone, more = 0, True
    while more and gone <= MOST_LETTERS:
        asked = Changes(account_id=account, since_state=since, max_changes=COUNTED)
        changed: Changed = await connection.call("SealedMessage/changes", asked)
        gone += len(changed.destroyed)
        more = changed.has_more_changes and changed.new_state != since
        since = changed.new_state
    return gone


async def _from_the_oldest(
    connection: Connection, account: str, done: int, wanted: MessageFilter | None
) -> tuple[list[str], int]:
    """Ids of one page, oldest first, and how many there are in all. The relay lists the newest first: places are
    counted from its end, and total and ids are of one answer, so that what comes meanwhile moves none."""
    asked = MessageQuery(account_id=account, filter=wanted, position=-(done + PAGE), limit=PAGE, calculate_total=True)
    found: QueryDone = await connection.call("SealedMessage/query", asked)
    total = found.total if isinstance(found.total, int) else 0
    if total > MOST_LETTERS or done > MOST_LETTERS:
        raise Refusal("serverFail", "more letters than a mailbox can have")  # whoever reads pages would never end
    return found.ids[: max(0, min(PAGE, total - done))][::-1], total


async def _changes(connection: Connection, account: str, since: str, known: Container[str]) -> Page:
    asked = Changes(account_id=account, since_state=since, max_changes=PAGE)
    changed: Changed = await connection.call("SealedMessage/changes", asked)
    messages = await _get(connection, account, [id_ for id_ in changed.created if id_ not in known])
    return Page(messages, changed.new_state, changed.has_more_changes)


async def _get(connection: Connection, account: str, ids: list[str]) -> tuple[SealedMessage, ...]:
    if not ids:
        return ()
    answer: Got[SealedMessage] = await connection.call("SealedMessage/get", Get(account_id=account, ids=ids))
    found = {message.id: message for message in answer.list_}
    return tuple(found[id_] for id_ in ids if id_ in found)
