"""The event stream's text, piece by piece (WHATWG HTML, 9.2; RFC 8620, 7.3). Pure: bytes in, events out.

Law: however the bytes are cut, the events are the same.
"""

import re
from dataclasses import dataclass
from typing import Final

LINE_LIMIT: Final = 1 << 20  # bytes of one line, and of the data of one event
_LINE_END = re.compile(rb"\r\n|\n|\r")


class TooLong(ValueError):
    """A line or an event over the limit."""


@dataclass(frozen=True)
class ServerEvent:
    """`id` is the last one seen, also when this event had none."""

    name: str
    data: str
    id: str


class EventParser:
    """Feed it what arrives."""

    def __init__(self) -> None:
        self._buffer = b""
        self._after_cr = False
        self._first = True
        self._name, self._id = "", ""
        self._data: list[str] = []
        self._size = 0

    @property
    def last_id(self) -> str:
        """What to send as Last-Event-ID."""
        return self._id

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """The events that this piece completes. Raises TooLong."""
        return [event for line in self._lines(piece) if (event := self._take(line)) is not None]

    def _lines(self, piece: bytes) -> list[bytes]:
        if self._after_cr and piece:
            # The CR that ended the last piece ended its line: a LF here belongs to it.
            piece, self._after_cr = piece.removeprefix(b"\n"), False
        *lines, self._buffer = _LINE_END.split(self._buffer + piece)
        if piece.endswith(b"\r"):
            self._after_cr = True
        if len(self._buffer) > LINE_LIMIT:
            raise TooLong("a line")
        return lines

    def _take(self, line: bytes) -> ServerEvent | None:
        text = line.decode("utf-8", "replace")
        if self._first:
            text, self._first = text.removeprefix("\ufeff"), False
        if not text:
            return self._dispatch()
        name, _, value = text.partition(":")
        self._field(name, value.removeprefix(" "))
        return None

    def _field(self, name: str, value: str) -> None:
        if name == "event":
            self._name = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "data":
            self._data.append(value)
            self._size += len(value)
            if self._size > LINE_LIMIT:
                raise TooLong("an event")

    def _dispatch(self) -> ServerEvent | None:
        name, data = self._name or "message", self._data
        self._name, self._data, self._size = "", [], 0
        return ServerEvent(name, "\n".join(data), self._id) if data else None
