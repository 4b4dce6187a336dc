"""What a door is asked and what it replies: values, and the routes. No Twisted here, and none in the doors."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from messaging.relay.ports import Incoming
from messaging.relay.turn import Caller
from messaging.wire.codec import encode
from messaging.wire.errors import Refusal

Headers = tuple[tuple[str, str], ...]
NO_STORE: Headers = (("Cache-Control", "no-store"),)


class Pipe(Protocol):
    """Where a long answer goes. `paused` while the reader is slower than the writer."""

    @property
    def paused(self) -> bool: ...
    def write(self, data: bytes) -> None: ...
    async def drained(self) -> None:
        """Wait until not paused. Raises ConnectionError when the reader has gone."""


class Line(Protocol):
    """Where an answer that stays open goes. `paused` while the reader is slower than the writer."""

    paused: bool

    def write(self, data: bytes) -> None: ...
    def end(self) -> None:
        """Say no more."""


class Writer(Protocol):
    """Who writes an answer that stays open. Called on the loop, and never waits: no task is kept for it."""

    def begin(self, line: Line) -> None:
        """The head is written. Not called when the reader has gone before; then `gone` alone is."""

    def drained(self) -> None:
        """The reader has caught up."""

    def gone(self) -> None:
        """The reader has gone. Not called after `line.end()`."""


Pour = Callable[[Pipe], Awaitable[None]]


class Asked(Struct, frozen=True):
    """One HTTP request. `arguments` are the path's parts and the query; `body` is empty where `incoming` took it.

    `certificate` is the hash of the client's, at the doors that ask for it.
    """

    method: str
    path: str
    arguments: Mapping[str, str]
    caller: Caller
    header: Callable[[str], str | None]
    body: bytes = b""
    incoming: Incoming | None = None
    certificate: bytes = b""

    def with_body(self, body: bytes, incoming: Incoming | None) -> "Asked":
        """The same, now that all of it is there."""
        return Asked(self.method, self.path, self.arguments, self.caller, self.header, body, incoming, self.certificate)


class Reply(Struct, frozen=True):
    """One HTTP answer. `pour`, where there is one, writes the body, of `length` bytes if that is known; `writer`, where
    there is one, for as long as the reader stays.

    `methods` and `account` are for the log: known names of methods, and whose log-in it was.
    """

    status: int = 200
    body: bytes = b""
    headers: Headers = ()
    media_type: str = "application/json"
    pour: Pour | None = None
    writer: Writer | None = None
    length: int | None = None
    methods: tuple[str, ...] = ()
    account: str = ""


Handler = Callable[[Asked], Awaitable[Reply]]


@dataclass(frozen=True)
class Route:
    """One door. `limit` bounds its body in bytes; `limit_name` is what the session object calls that limit, if it does;
    `bearer`: refused unread without a token; `greets`: a token is taken where one is shown; `certified`: the
    client's certificate is looked at; `loopback`: for this machine alone; `in_turn`: a device's requests are
    answered a few at once (atonce.py); `admit` may refuse further, knowing the
    claimed length.
    """

    name: str
    handler: Handler
    methods: tuple[str, ...] = ("POST",)
    limit: int = 0
    bearer: bool = False
    greets: bool = False
    certified: bool = False
    loopback: bool = False
    json: bool = False
    in_turn: bool = False
    admit: Callable[[Asked, int], Incoming | None] | None = None
    limit_name: str = ""


Match = tuple[Route, dict[str, str]]


@dataclass
class Routes:
    """Paths to doors: exact ones, then patterns, then the rest for reading."""

    exact: dict[str, Route] = field(default_factory=dict)
    patterns: list[Callable[[str], Match | None]] = field(default_factory=list)
    rest: Callable[[str], Route | None] = lambda _: None

    def find(self, method: str, path: str) -> Match:
        """The door of a path. Raises Refusal `notFound`, `notAllowed`."""
        found = self._find(path)
        if found is None:
            raise Refusal("notFound")
        if method not in found[0].methods:
            raise Refusal("notAllowed", members={"allow": list(found[0].methods)})
        return found

    def _find(self, path: str) -> Match | None:
        if path in self.exact:
            return self.exact[path], {}
        for pattern in self.patterns:
            if (found := pattern(path)) is not None:
                return found
        rest = self.rest(path)
        return None if rest is None else (rest, {})


def json_reply(
    value: object,
    status: int = 200,
    headers: Headers = NO_STORE,
    *,
    methods: tuple[str, ...] = (),
    account: str = "",
) -> Reply:
    """An answer in JSON."""
    return Reply(status, encode(value), headers, methods=methods, account=account)


def problem(refusal: Refusal) -> Reply:
    """Problem details (RFC 9457); 429 and 503 say when to come back."""
    headers = NO_STORE
    if refusal.status in (429, 503):
        headers += (("Retry-After", str(refusal.members.get("retryAfter", 5))),)
    if refusal.status == 401:
        headers += (("WWW-Authenticate", "Bearer"),)
    if refusal.status == 405:
        headers += (("Allow", ", ".join(refusal.members.get("allow", ()))),)
    return Reply(refusal.status, encode(refusal.as_problem()), headers, "application/problem+json")
