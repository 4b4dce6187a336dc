"""The directory of professionals, organisations and apps: searched, and one's own entry in it.

What an entry says is what its account says of itself; whose keys a letter is sealed to is proven elsewhere, by the log.
"""

import msgspec

from clients.sdk.connection import Connection
from clients.sdk.setting import set_one
from messaging.wire import codec
from messaging.wire.directory import DirectoryEntry, EntryFilter, EntryQuery, EntryUpdate
from messaging.wire.methods import Get, Got, QueryDone, Set


async def find(
    connection: Connection, account: str, asked: EntryFilter, *, position: int = 0, limit: int = 50
) -> list[DirectoryEntry]:  # fmt: skip
    """Those that fit, best first: at most 50 from `position` on. Raises Refusal (`rateLimit`, `unsupportedFilter`)."""
    query = EntryQuery(account_id=account, filter=asked, position=position, limit=limit)
    found: QueryDone = await connection.call("DirectoryEntry/query", query)
    if not found.ids:
        return []
    shown: Got[DirectoryEntry] = await connection.call("DirectoryEntry/get", Get(account_id=account, ids=found.ids))
    by_id = {entry.id: entry for entry in shown.list_}
    return [by_id[id_] for id_ in found.ids if id_ in by_id]


async def publish(connection: Connection, account: str, update: EntryUpdate) -> None:
    """Let an account be found, or change what is said of it. Raises Refusal."""
    given = {account: msgspec.Raw(codec.encode(update))}
    await set_one(connection, "DirectoryEntry/set", Set(account_id=account, update=given))


async def withdraw(connection: Connection, account: str) -> None:
    """It is not found any more. Raises Refusal."""
    await set_one(connection, "DirectoryEntry/set", Set(account_id=account, destroy=[account]))
