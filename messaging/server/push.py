"""The event stream (RFC 8620, 7.3): what changed, never what it is. A hint; readers also poll.

Bounded: a slow reader gets one event with the newest states instead of many with old ones.
"""

from collections.abc import Iterable
from typing import Final

from messaging.relay.moments import DAY
from messaging.relay.relay import AskStates
from messaging.relay.turn import NAMES, Caller
from messaging.server.exchange import Asked, Line, Reply
from messaging.server.service import Service
from messaging.server.wake import Changed
from messaging.wire import limits
from messaging.wire.codec import encode
from messaging.wire.errors import Refusal

_HEADERS: Final = (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"))
_PING: Final = (1, 900)  # seconds
_NUMBERED: Final = frozenset(NAMES.values())


class Stream:
    """One reader, known to the wake from before its answer until either leaves."""

    __slots__ = ("_highest", "_line", "_once", "_over", "_pending", "_ping", "_service", "_types", "device", "expires")

    def __init__(
        self, service: Service, caller: Caller, types: frozenset[str] | None, ping: int, *, once: bool
    ) -> None:
        """`ping` in seconds; `once`: it ends with its first event."""
        self.device = caller.device
        self.expires = _until(service, caller)
        self._service = service
        self._types = types
        self._ping = ping
        self._once = once
        self._pending: Changed = {}
        self._highest = 0
        self._line: Line | None = None
        self._over = False

    def tell(self, changed: Changed) -> None:
        """Something changed: say it now, or with the next event if the reader is slow."""
        for account, states in changed.items():
            wanted = {n: s for n, s in states.items() if self._types is None or n in self._types}
            if wanted:
                self._pending.setdefault(account, {}).update(wanted)
        self._flush()

    def begin(self, line: Line) -> None:
        """The reader hears from now on."""
        self._service.metrics.streams.inc()
        self._service.pulse.join(self, self._ping)
        self._line = line
        line.write(b": hello\n\n")
        if self._over:
            self._end()
        self._flush()

    def beat(self) -> None:
        """Nothing was said for a while, perhaps: whoever is dead shows by this."""
        if self._line is not None and not self._line.paused:
            self._line.write(_event("ping", {"interval": self._ping}))

    def drained(self) -> None:
        """The reader has caught up."""
        self._flush()

    def gone(self) -> None:
        """The reader has gone, perhaps before it heard anything."""
        self._leave()

    def cut(self) -> None:
        """The device ended, or its time is up."""
        self._over = True
        self._end()

    def _end(self) -> None:
        line = self._line
        if line is not None:
            self._leave()
            line.end()

    def _leave(self) -> None:
        self._service.wake.leave(self)
        if self._line is not None:
            self._line = None
            self._service.pulse.leave(self, self._ping)
            self._service.metrics.streams.dec()

    def _flush(self) -> None:
        if self._line is None or self._line.paused or not self._pending:
            return
        changed, self._pending = self._pending, {}
        self._highest = max(self._highest, _highest(changed))
        data = {"@type": "StateChange", "changed": changed}
        self._line.write(_event("state", data, str(self._highest)))
        if self._once:
            self.cut()


async def events(service: Service, asked: Asked) -> Reply:
    """`GET /jmap/events`. Raises Refusal `invalidArguments`."""
    ping = _ping(asked.arguments.get("ping", ""))
    since = _since(asked.header("last-event-id"))
    types, once = _types(asked.arguments.get("types", "*")), asked.arguments.get("closeafter") == "state"
    stream = Stream(service, asked.caller, types, ping, once=once)
    # Joined before the states are read, so that nothing falls between.
    service.wake.join(stream, [asked.caller.account])
    try:
        accounts, newer = await _accounts(service, asked.caller, since)
    except BaseException:
        service.wake.leave(stream)
        raise
    service.wake.join(stream, accounts)
    stream.tell(newer)
    return Reply(200, b"", _HEADERS, "text/event-stream", writer=stream)


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
