"""What a report says of a mail that left here: RFC 3464 (delivery) and RFC 8098 (disposition). Runs in the worker.

Laws: an answer only for a multipart/report of one of these types; what it is about is named by message ids alone.
"""

from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from typing import Final, Literal

from bridges.mail import headers
from bridges.mail.parsed import Report

Event = Literal["failed", "delayed", "delivered", "read"]
_ACTIONS: Final[dict[str, Event]] = {
    "failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "delivered", "expanded": "delivered",
}  # fmt: skip
_WORST: Final[tuple[Event, ...]] = ("failed", "delayed", "delivered")


def report(message: Message) -> Report | None:
    """None for any other mail."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    parts = list(message.walk())[1:64]
    event = _delivery(parts) or _disposition(parts)
    return None if event is None else Report(event, tuple(dict.fromkeys(_ids(message, parts)))[:64])


def _delivery(parts: list[Message]) -> Event | None:
    told = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    blocks = [block for part in told for block in _blocks(part)]
    said = {_ACTIONS.get(headers.value(block, "Action").lower()) for block in blocks}
    return next((event for event in _WORST if event in said), None)


def _disposition(parts: list[Message]) -> Event | None:
    for part in parts:
        if part.get_content_type() == "message/disposition-notification":
            for block in _blocks(part):
                said = headers.value(block, "Disposition").lower()
                if said:
                    return "read" if "displayed" in said.partition(";")[2] else "delivered"
    return None


def _ids(message: Message, parts: list[Message]) -> Iterator[str]:
    for part in parts:
        match part.get_content_type():
            case "message/disposition-notification":
                for block in _blocks(part):
                    yield from headers.message_ids(str(block.get("Original-Message-ID", "")))
            case "text/rfc822-headers":
                yield from headers.message_ids(str(message_from_string(_text(part)).get("Message-ID", "")))
            case "message/rfc822":
                for inner in _blocks(part):
                    yield from headers.message_ids(str(inner.get("Message-ID", "")))
    yield from headers.message_ids(str(message.get("In-Reply-To", "")))
    yield from headers.message_ids(str(message.get("References", "")))


def _blocks(part: Message) -> list[Message]:
    """The groups of fields inside; a reader that knows the type gives them as messages, else they are text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [child for child in payload if isinstance(child, Message)]
    return [message_from_string(text) for text in _text(part).replace("\r\n", "\n").split("\n\n")]


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    return data.decode("latin-1") if isinstance(data, bytes) else str(part.get_payload())
