"""The mailboxes of the clinical domain: enrolled at the relay at first, opened at each start."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from structlog.typing import FilteringBoundLogger

from bridges.account import Bridged, bridged, enrolment
from bridges.mssante import boxes
from bridges.mssante.config import MailboxTable
from bridges.mssante.database import Database
from bridges.mssante.keyfile import GatewayKeys
from clients.sdk import Client, Mailbox, Refusal
from messaging.wire.directory import EntryUpdate


class NotEnrolled(Exception):
    """The relay does not let the gateway have a mailbox; the words are for the operator."""


async def open_all(
    client: Client, database: Database, keys: GatewayKeys, wanted: Sequence[MailboxTable], now: datetime,
    log: FilteringBoundLogger,
) -> dict[str, Mailbox]:  # fmt: skip
    """Every mailbox with its keys, by address in small letters. Raises NotEnrolled, Refusal, CannotOpen, OlderBox (the
    relay shows a key box from before the one that was seen), Distrusted."""
    known = {table.address.lower(): (bridged(keys.root, table.address), table) for table in wanted}
    missing = [pair for pair in known.values() if pair[0].account not in client.accounts]
    await _enrol(client, missing, keys, now, log)
    return {address: await _open(client, database, box, table, address) for address, (box, table) in known.items()}


async def saw(database: Database, mailbox: Mailbox) -> None:
    """Keeps the version of the mailbox's key box."""
    await database.run(partial(boxes.saw, account=mailbox.account, seen=mailbox.box_version))


async def _open(
    client: Client, database: Database, box: Bridged, table: MailboxTable, address: str
) -> Mailbox:  # fmt: skip
    least = await database.run(partial(boxes.version, account=box.account))
    opened = await client.mailbox(box.account, box.device, name=table.name, address=address, minimum_version=least)
    await saw(database, opened)
    return opened


async def _enrol(
    client: Client, missing: Sequence[tuple[Bridged, MailboxTable]], keys: GatewayKeys, now: datetime,
    log: FilteringBoundLogger,
) -> None:  # fmt: skip
    if not missing:
        return
    outcomes = await client.enrol([enrolment(box, table.kind, now, keys.login) for box, table in missing])
    await client.reload()
    for outcome in outcomes:
        if outcome.outcome == "refused" and outcome.account not in client.accounts:
            raise NotEnrolled(f"the relay refuses the mailbox of account {outcome.account}: {outcome.reason}")
        log.info("mailbox.enrolled", account=outcome.account, outcome=outcome.outcome)
    for box, table in missing:
        await _publish(client, box.account, table, log)


async def _publish(client: Client, account: str, table: MailboxTable, log: FilteringBoundLogger) -> None:
    # So that patients find it. Whoever is not found has their mail all the same.
    try:
        await client.publish(account, EntryUpdate(name=table.name, address=table.address))
    except Refusal as refusal:
        log.warning("mailbox.unlisted", account=account, reason=refusal.name)
