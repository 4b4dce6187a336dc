"""What changed, as it happens: the event stream, joined again when it breaks. An event is a hint."""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final, TypeAlias

import msgspec

from clients.sdk.connection import Connection
from clients.session.events import EventParser, ServerEvent, TooLong
from messaging.wire import codec, limits, names
from messaging.wire.errors import Refusal

Changed: TypeAlias = Mapping[str, Mapping[str, str]]
LOOK_AT_EVERYTHING: Final[Changed] = {}
FIRST_GAP_SECONDS: Final = 0.5
LAST_GAP_SECONDS: Final = 30.0
SILENCE_SECONDS: Final = 2.5 * limits.PING_SECONDS  # two pings missed: the connection is dead
_PATH: Final = names.EVENTS.format(types="*", closeafter="no", ping=limits.PING_SECONDS)
_FINAL: Final = frozenset({"wrongCredentials", "mfaRequired", "wrongCode"})
_HELD: Final = 1_000  # hints waiting for a slow reader; more become one "look at everything"


class _StateChange(msgspec.Struct):
    changed: dict[str, dict[str, str]]


async def watch(connection: Connection) -> AsyncGenerator[Changed]:
    """StateChange.changed, and {} ("look at everything") at the start, after a gap and at least every 30 seconds.

    Never ends by itself. Raises Refusal only when the log-in itself is refused.
    """
    hints: asyncio.Queue[Changed | Refusal] = asyncio.Queue(_HELD)
    reader = asyncio.create_task(_read(connection, hints))
    try:
        while True:
            hint = await _hint(hints)
            if isinstance(hint, Refusal):
                raise hint
            yield hint
    finally:
        reader.cancel()
        await asyncio.wait([reader])


async def _hint(hints: "asyncio.Queue[Changed | Refusal]") -> Changed | Refusal:
    try:
        async with asyncio.timeout(limits.POLL_SECONDS):
            return await hints.get()
    except TimeoutError:
        return LOOK_AT_EVERYTHING


async def _read(connection: Connection, hints: "asyncio.Queue[Changed | Refusal]") -> None:
    last, gap = _Last(), FIRST_GAP_SECONDS
    while True:
        _offer(hints, LOOK_AT_EVERYTHING)
        try:
            await _one_stream(connection, hints, last)
        except Refusal as refusal:
            if refusal.name in _FINAL:
                await hints.put(refusal)
                return
        except (TooLong, TimeoutError):
            pass
        gap = FIRST_GAP_SECONDS if last.heard else min(gap * 2, LAST_GAP_SECONDS)
        # Jitter: after a relay's restart its clients do not all come back in the same instant.
        await asyncio.sleep(gap * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


class _Last:
    """The last event's id, and whether the last stream said anything."""

    def __init__(self) -> None:
        self.id = ""
        self.heard = False


async def _one_stream(connection: Connection, hints: "asyncio.Queue[Changed | Refusal]", last: _Last) -> None:
    parser, token, last.heard = EventParser(), connection.token, False
    try:
        async with aclosing(connection.stream(_PATH, last.id)) as pieces:
            while (piece := await _piece(pieces)) is not None:
                last.heard = True
                for event in parser.feed(piece):
                    last.id = event.id or last.id
                    _take(event, hints)
    except Refusal as refusal:
        if refusal.name != "unauthorized":
            raise
        await connection.renew(token)


async def _piece(pieces: AsyncGenerator[bytes]) -> bytes | None:
    async with asyncio.timeout(SILENCE_SECONDS):
        return await anext(pieces, None)


def _take(event: ServerEvent, hints: "asyncio.Queue[Changed | Refusal]") -> None:
    if event.name != "state":
        return
    try:
        _offer(hints, codec.decode(event.data.encode(), _StateChange).changed)
    except Refusal:  # a hint that cannot be read is still a hint
        _offer(hints, LOOK_AT_EVERYTHING)


def _offer(hints: "asyncio.Queue[Changed | Refusal]", hint: Changed) -> None:
    if hints.full():
        while not hints.empty():
            hints.get_nowait()
        hint = LOOK_AT_EVERYTHING
    hints.put_nowait(hint)
