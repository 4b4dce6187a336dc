"""The directory put to use: recipients for whoever asks, and whether it shows the gateway's own mailboxes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from structlog.typing import FilteringBoundLogger

from bridges.mssante.annuaire import Annuaire, Answer, NoAnswer, key_of
from bridges.mssante.config import BadConfig, Config, MailboxTable
from bridges.mssante.fetch import Fetcher
from bridges.mssante.metrics import METRICS


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Annuaire]:
    """The directory of the configuration. Raises BadConfig."""
    table = config.directory
    if not table.key_file:
        raise BadConfig("[directory] key_file is not set: the directory's operator gives a key for its API")
    key = key_of(config.path(table.key_file))
    fetcher = Fetcher(ssl.create_default_context(cafile=str(config.path(table.url_ca)) if table.url_ca else None))
    try:
        yield Annuaire(table.url, key, fetcher)
    finally:
        await fetcher.close()


async def look_up(config: Config, name: str, city: str, address: str) -> Answer:
    """By address, or else by name and city. Raises BadConfig, NotAsked, NoAnswer."""
    async with opened(config) as annuaire:
        return await annuaire.mailbox(address) if address else await annuaire.search(name, city)


def lines(answer: Answer) -> list[str]:
    """One for each mailbox, for people."""
    found = [
        "  ".join(filter(None, (box.address, one.name, one.profession, one.organisation, one.city, box.service)))
        for one in answer.entries
        for box in one.mailboxes
    ]
    return [*found, *([] if answer.whole else ["… and more: say more of the name"])] or ["nobody"]


async def keep_checking(config: Config, log: FilteringBoundLogger) -> None:
    """Asks again and again whether the directory shows the gateway's mailboxes. Raises BadConfig."""
    async with opened(config) as annuaire:
        while True:
            await check(annuaire, config.mailbox, log)
            await asyncio.sleep(config.directory.check_hours * 3600)


async def check(annuaire: Annuaire, mailboxes: Iterable[MailboxTable], log: FilteringBoundLogger) -> int:
    """How many of the mailboxes the directory does not show; professionals elsewhere cannot find those."""
    hidden = 0
    try:
        for mailbox in mailboxes:
            hidden += not (await annuaire.mailbox(mailbox.address)).entries
    except NoAnswer as error:
        log.warning("directory.no_answer", reason=str(error))
        return 0
    METRICS.mailboxes_hidden.set(hidden)
    if hidden:
        log.warning("directory.mailboxes_not_shown", count=hidden)
    return hidden
