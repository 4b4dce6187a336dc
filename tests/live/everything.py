"""All that a mailbox has, as the programs of the live tests read it."""

from typing import Any

from clients.sdk import Mailbox


async def everything(mailbox: Mailbox) -> list[Any]:
    """Letters and what could not be read, oldest first. Raises as Mailbox.news()."""
    items: list[Any] = []
    state, more = None, True
    while more:
        news = await mailbox.news(state)
        items += news.items
        state, more = news.state, news.more
    return items
