"""Pages of sealed messages, oldest first: everything once, then what changed.

The state that this hands out is the relay's, or, while everything is read for the first time, "first.N.STATE":
N letters from the oldest were read, and STATE is where changes go on afterwards.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from clients.sdk.connection import Connection
from messaging.wire.methods import Changed, Changes, Get, Got, MessageFilter, MessageQuery, QueryDone
from messaging.wire.types import SealedMessage

PAGE: Final = 50  # letters; with 64 KiB inline each some 4 MB
_FIRST: Final = "first."


@dataclass(frozen=True)
class Page:
    """Messages oldest first, where to go on, and whether there is more now."""

    messages: tuple[SealedMessage, ...]
    state: str
    more: bool


async def page(connection: Connection, account: str, since: str | None) -> Page:
    """What follows `since`; None: from the oldest on. Raises Refusal."""
    if since is None:
        answer: Got[SealedMessage] = await connection.call("SealedMessage/get", Get(account_id=account, ids=[]))
        return await _first_reading(connection, account, 0, answer.state)
    if since.startswith(_FIRST):
        done, _, state = since.removeprefix(_FIRST).partition(".")
        return await _first_reading(connection, account, int(done), state)
    return await _changes(connection, account, since)


async def own_letters(connection: Connection, account: str) -> AsyncGenerator[tuple[SealedMessage, ...]]:
    """Every letter that the account sent, oldest first. Raises Refusal."""
    done, total = 0, 1
    while done < total:
        ids, total = await _from_the_oldest(connection, account, done, MessageFilter(box="out"))
        done += max(len(ids), 1)
        yield await _get(connection, account, ids)


async def _first_reading(connection: Connection, account: str, done: int, state: str) -> Page:
    ids, total = await _from_the_oldest(connection, account, done, None)
    messages = await _get(connection, account, ids)
    read = done + len(ids)
    if ids and read < total:
        return Page(messages, f"{_FIRST}{read}.{state}", more=True)
    # What came while this was read was read with it, and is among the changes once more: the same bytes are one letter.
    return Page(messages, state, more=False)


async def _from_the_oldest(
    connection: Connection, account: str, done: int, wanted: MessageFilter | None
) -> tuple[list[str], int]:
    """Ids of one page, oldest first, and how many there are in all. The relay lists the newest first."""
    counting = MessageQuery(account_id=account, filter=wanted, limit=0, calculate_total=True)
    counted: QueryDone = await connection.call("SealedMessage/query", counting)
    total = counted.total if isinstance(counted.total, int) else 0
    if total <= done:
        return [], total
    position = max(0, total - done - PAGE)
    asked = MessageQuery(account_id=account, filter=wanted, position=position, limit=total - done - position)
    found: QueryDone = await connection.call("SealedMessage/query", asked)
    return found.ids[::-1], total


async def _changes(connection: Connection, account: str, since: str) -> Page:
    asked = Changes(account_id=account, since_state=since, max_changes=PAGE)
    changed: Changed = await connection.call("SealedMessage/changes", asked)
    messages = await _get(connection, account, changed.created)
    return Page(messages, changed.new_state, changed.has_more_changes)


async def _get(connection: Connection, account: str, ids: list[str]) -> tuple[SealedMessage, ...]:
    if not ids:
        return ()
    answer: Got[SealedMessage] = await connection.call("SealedMessage/get", Get(account_id=account, ids=ids))
    found = {message.id: message for message in answer.list_}
    return tuple(found[id_] for id_ in ids if id_ in found)
