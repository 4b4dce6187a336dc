"""The event stream (RFC 8620, 7.3): what changed, never what it is. A hint; readers also poll.

Bounded: a slow reader gets one event with the newest states instead of many with old ones.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from messaging.relay.moments import DAY
from messaging.relay.relay import AskStates
from messaging.relay.turn import NAMES, Caller
from messaging.server.exchange import Asked, Pipe, Reply
from messaging.server.service import Service
from messaging.server.wake import Changed
from messaging.wire import limits
from messaging.wire.codec import encode
from messaging.wire.errors import Refusal

_PING: Final = (1, 900)  # seconds
_NUMBERED: Final = frozenset(NAMES.values())


class Stream:
    """One reader."""

    def __init__(self, device: str, expires: int, types: frozenset[str] | None, *, once: bool) -> None:
        self.device = device
        self.expires = expires
        self._types = types
        self._once = once
        self._pending: Changed = {}
        self._highest = 0
        self._pipe: Pipe | None = None
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, changed: Changed) -> None:
        """Something changed: say it now, or with the next event if the reader is slow."""
        for account, states in changed.items():
            wanted = {n: s for n, s in states.items() if self._types is None or n in self._types}
            if wanted:
                self._pending.setdefault(account, {}).update(wanted)
        self._flush()

    def cut(self) -> None:
        """The device ended."""
        if not self._over.done():
            self._over.set_result(None)

    async def pour(self, pipe: Pipe, ping: int) -> None:
        """Until the reader has gone, or cut()."""
        self._pipe = pipe
        pipe.on_drain(self._flush)
        pipe.write(b": hello\n\n")
        self._flush()
        reader = asyncio.ensure_future(pipe.gone())
        try:
            while not (reader.done() or self._over.done()):
                await asyncio.wait((reader, self._over), timeout=ping, return_when=asyncio.FIRST_COMPLETED)
                if not (reader.done() or self._over.done() or pipe.paused):
                    pipe.write(_event("ping", {"interval": ping}))
        finally:
            reader.cancel()
            self._pipe = None

    def _flush(self) -> None:
        if self._pipe is None or self._pipe.paused or not self._pending or self._over.done():
            return
        changed, self._pending = self._pending, {}
        self._highest = max(self._highest, _highest(changed))
        data = {"@type": "StateChange", "changed": changed}
        self._pipe.write(_event("state", data, str(self._highest)))
        if self._once:
            self.cut()


async def events(service: Service, asked: Asked) -> Reply:
    """`GET /jmap/events`. Raises Refusal `invalidArguments`."""
    ping = _ping(asked.arguments.get("ping", ""))
    since = _since(asked.header("last-event-id"))
    stream = Stream(
        asked.caller.device, _until(service, asked.caller), _types(asked.arguments.get("types", "*")),
        once=asked.arguments.get("closeafter") == "state",
    )  # fmt: skip
    # Joined before the states are read, so that nothing falls between.
    service.wake.join(stream, [asked.caller.account])
    try:
        accounts, newer = await _accounts(service, asked.caller, since)
    except BaseException:
        service.wake.leave(stream)
        raise
    service.wake.join(stream, accounts)
    stream.tell(newer)

    async def pour(pipe: Pipe) -> None:
        service.metrics.streams.inc()
        try:
            await stream.pour(pipe, ping)
        finally:
            service.metrics.streams.dec()
            service.wake.leave(stream)

    headers = (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"))
    return Reply(200, b"", headers, "text/event-stream", pour)


def _until(service: Service, caller: Caller) -> int:
    # A log-in by OAuth ends by itself, and its streams with it.
    day = service.now() + DAY
    return min(day, caller.until) if caller.until else day


async def _accounts(service: Service, caller: Caller, since: int | None) -> tuple[list[str], Changed]:
    # Asked again when meanwhile somebody's right to act for an account began or ended: the answer may be older.
    while True:
        before = service.wake.turns
        accounts, newer = await service.ask(AskStates(since), caller)
        if service.wake.turns == before:
            return accounts, newer


def _event(kind: str, data: object, id_: str = "") -> bytes:
    head = f"event: {kind}\n" + (f"id: {id_}\n" if id_ else "")
    return head.encode() + b"data: " + encode(data) + b"\n\n"


def _highest(changed: Changed) -> int:
    return max((int(s) for states in changed.values() for n, s in states.items() if n in _NUMBERED), default=0)


def _types(text: str) -> frozenset[str] | None:
    return None if text in ("", "*") else frozenset(_split(text))


def _split(text: str) -> Iterable[str]:
    return text.split(",")[:32]


def _ping(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 7):
        raise Refusal("invalidArguments", "ping is a number of seconds")
    asked = int(text or limits.PING_SECONDS)
    # 0 means none (RFC 8620, 7.3), but a connection that is never written to is never seen to be dead.
    return min(max(asked or _PING[1], _PING[0]), _PING[1])


def _since(header: str | None) -> int | None:
    if header is None or not (header.isascii() and header.isdigit() and len(header) < 19):
        return None
    return int(header)
