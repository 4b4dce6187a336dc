"""The mailboxes of the clinical domain: enrolled at the relay at first, opened at each start."""

from collections.abc import Sequence
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from bridges.account import Bridged, bridged, enrolment
from bridges.mssante.config import MailboxTable
from clients.sdk import Client, Mailbox


class NotEnrolled(Exception):
    """The relay does not let the gateway have a mailbox; the words are for the operator."""


async def open_all(
    client: Client, root: bytes, wanted: Sequence[MailboxTable], now: datetime, log: FilteringBoundLogger
) -> dict[str, Mailbox]:
    """Every mailbox with its keys, by address in small letters. Raises NotEnrolled, Refusal, CannotOpen, Distrusted."""
    known = {table.address.lower(): (bridged(root, table.address), table) for table in wanted}
    await _enrol(client, [pair for pair in known.values() if pair[0].account not in client.accounts], now, log)
    return {
        address: await client.mailbox(box.account, box.device, name=table.name, address=address)
        for address, (box, table) in known.items()
    }


async def _enrol(
    client: Client, missing: Sequence[tuple[Bridged, MailboxTable]], now: datetime, log: FilteringBoundLogger
) -> None:
    if not missing:
        return
    outcomes = await client.enrol([enrolment(box, table.kind, now) for box, table in missing])
    await client.reload()
    for outcome in outcomes:
        if outcome.outcome == "refused" and outcome.account not in client.accounts:
            raise NotEnrolled(f"the relay refuses the mailbox of account {outcome.account}: {outcome.reason}")
        log.info("mailbox.enrolled", account=outcome.account, outcome=outcome.outcome)
