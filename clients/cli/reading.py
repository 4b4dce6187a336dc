"""Letters as the command line shows them: rows, and one letter whole."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from clients.content import shape
from clients.sdk.values import Arrived, Item, Unreadable

REASONS: Mapping[str, str] = {
    "cannotOpen": "it does not open with your keys",
    "notCanonical": "its bytes are not a letter",
    "unknownMembers": "it is of a newer or unknown form",
    "notForYou": "it is not addressed to you",
    "hiddenRecipient": "somebody who is not named can read it",
    "mislabelled": "the relay labels it with another sender or id",
    "unknownSenderKey": "its signature is not by a key of its sender",
    "senderKeyChanged": "its sender's keys changed without a statement",
    "sealedToOtherKey": "it was sealed to a key that is not yours",
    "replayed": "another letter had the same id",
}


WARNINGS: Mapping[str, str] = {
    "logForked": "Its sender saw another key log than you are shown: see `pli log accept`, and tell the operator.",
    "staleKeyUsed": "It was sealed to keys that you replaced long before: somebody is shown your old keys. Tell them, "
    "and the operator.",
}


async def everything(mailbox: Any) -> list[Arrived]:
    """Every letter that can be read, oldest first."""
    return [item for item in await items(mailbox) if isinstance(item, Arrived)]


async def items(mailbox: Any) -> list[Item]:
    """Every letter, oldest first."""
    found: list[Item] = []
    news = await mailbox.news(None)
    found += news.items
    while news.more:
        news = await mailbox.news(news.state)
        found += news.items
    return found


def row(item: Item) -> dict[str, Any]:
    """One line of the list, for scripts and people."""
    base = {"id": item.id, "box": item.box, "receivedAt": shape.spell(item.received_at), "when": when(item.received_at)}
    if isinstance(item, Unreadable):
        return base | {
            "letter": "",
            "from": item.from_,
            "subject": f"✗ {REASONS[item.reason]}",
            "shown": f"✗ {REASONS[item.reason]}",
            "unreadable": item.reason,
        }
    letter = item.letter
    warned = "⚠ " if item.forked or item.stale_key else ""
    return base | {
        "letter": letter.message,
        "thread": letter.thread,
        "from": letter.sender.name or letter.sender.address,
        "fromAccount": letter.sender.account,
        "subject": letter.subject,
        "shown": f"{warned}{letter.subject}",
        "warnings": [name for name, said in (("logForked", item.forked), ("staleKeyUsed", item.stale_key)) if said],
        "files": len(letter.attachments()),
        "missing": item.missing,
        "arrow": "→" if item.box == "out" else "←",
    }


def whole(item: Arrived) -> dict[str, Any]:
    """Everything that a letter says, for scripts."""
    letter = item.letter
    return row(item) | {
        "text": letter.text,
        "html": letter.html,
        "inReplyTo": letter.in_reply_to,
        "sent": shape.spell(letter.sent),
        "parts": [{"kind": part.kind or "unknown", "title": part.title()} for part in letter.parts],
        "attachments": [{"name": a.name, "type": a.type, "size": a.size} for a in letter.attachments()],
    }


def when(moment: datetime) -> str:
    """Local time, to the minute."""
    return moment.astimezone().strftime("%d/%m/%Y %H:%M")
