"""A relay that lies: the real one, with a hand on its answers. It has its log's keys, and signs what it likes."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

import msgspec
from treq.client import HTTPClient
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool, ResponseDone
from twisted.web.http_headers import Headers

from clients.session.carried import HttpRequest
from clients.session.transport import Transport
from crypto.transparency.checkpoint import LogSigner
from crypto.transparency.tiles import decode_bundle, tile_path
from messaging.wire import names
from messaging.wire.types import PublicKey
from tests.clients.letters import Person
from tests.clients.logs import SmallLog

Lie: TypeAlias = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any] | None]
SEALING = frozenset({"SealedMessage/set"})


class Answer:
    """A whole response, as Twisted's clients see one."""

    def __init__(self, code: int, headers: Any, body: bytes) -> None:
        self.code, self.headers, self._body = code, headers, body

    def deliverBody(self, sink: Any) -> None:  # noqa: N802 - Twisted's name
        sink.dataReceived(self._body)
        sink.connectionLost(cast(Any, Failure)(ResponseDone()))


class Hostile:
    """The HTTP client of whoever is lied to. `lies` by method, `pages` and `doors` by path; `sealed` is
    what got through, `asked` every path."""

    def __init__(self, origin: str) -> None:
        from twisted.internet import reactor

        self.origin = origin
        self.lies: dict[str, Lie] = {}
        self.pages: dict[str, bytes] = {}
        self.doors: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self.asked: list[str] = []
        self.sealed: list[str] = []
        self._pool = cast(Any, HTTPConnectionPool)(reactor)
        self._http = HTTPClient(cast(Any, Agent)(reactor, pool=self._pool))

    def request(self, method: str, url: str, **more: Any) -> "Deferred[Answer]":
        """As treq's."""
        return Deferred.fromCoroutine(self._request(method, url, **more))

    async def close(self) -> None:
        await self._pool.closeCachedConnections().asFuture(asyncio.get_running_loop())

    async def _request(self, method: str, url: str, **more: Any) -> Answer:
        path = url.removeprefix(self.origin)
        self.asked.append(path)
        if path.startswith("/jmap/upload/"):
            self.sealed.append("upload")
        if path in self.pages:
            return Answer(200, Headers({}), self.pages[path])
        response = await self._http.request(method, url, **more | {"unbuffered": False})
        body: bytes = await response.content()
        if path == "/jmap/api" and response.code == 200:
            body = self._answered(msgspec.json.decode(more["data"]), msgspec.json.decode(body))
        if path in self.doors:
            body = msgspec.json.encode(self.doors[path](msgspec.json.decode(body)))
        return Answer(response.code, response.headers, body)

    def _answered(self, asked: dict[str, Any], said: dict[str, Any]) -> bytes:
        arguments = {call: given for _, given, call in asked["methodCalls"]}
        self.sealed += [name for name, _, _ in asked["methodCalls"] if name in SEALING]
        for response in said["methodResponses"]:
            name, answer, call = response
            if name in self.lies:
                response[1] = self.lies[name](arguments[call], answer) or answer
        return msgspec.json.encode(said)

    def shows(self, log: SmallLog, **lines: Sequence[PublicKey]) -> None:
        """Every answer about keys is of this log, and of these accounts' lines."""

        def lookup(asked: dict[str, Any], answer: dict[str, Any]) -> None:
            listed = [key for key in answer["list"] if key["account"] not in lines]
            for account in set(lines) & set(asked["accounts"]):
                listed += [msgspec.to_builtins(key) for key in lines[account]]
                answer["notFound"] = [each for each in answer["notFound"] if each != account]
            answer["list"] = [self._placed(log, key) for key in listed]
            answer["log"] = {"checkpoint": self.note(log), "consistency": _proof(log, asked.get("since") or 0)}

        def prove(asked: dict[str, Any], answer: dict[str, Any]) -> None:
            answer["checkpoint"] = self.note(log)
            answer["proofs"] = {str(size): _proof(log, size) for size in asked["sizes"]}

        self.lies |= {"PublicKey/lookup": lookup, "KeyLog/prove": prove}

    def note(self, log: SmallLog) -> str:
        """Signed now."""
        return log.note(at=dt.datetime.now(dt.UTC))

    def _placed(self, log: SmallLog, key: dict[str, Any]) -> dict[str, Any]:
        wire = msgspec.convert(key, PublicKey)
        if wire.inclusion is not None:
            wire = log.place(wire)
        return cast(dict[str, Any], msgspec.to_builtins(wire))


def _proof(log: SmallLog, size: int) -> list[str] | None:
    return log.consistency(size) if size <= len(log.entries) else None


async def real_log(origin: str, signer: LogSigner) -> SmallLog:
    """All that stands in the relay's log now."""
    transport = Transport(origin)
    note = (await transport.carry(HttpRequest("GET", names.LOG_CHECKPOINT))).body.decode()
    size = int(note.split("\n")[1])
    bundle = await transport.carry(HttpRequest("GET", f"/log/{tile_path('entries', 0, size)}"))
    await transport.close()
    return SmallLog(signer, decode_bundle(bundle.body))


def listed(log: SmallLog, person: Person) -> list[PublicKey]:
    """Their keys, entered into this log."""
    return log.add(person)[0]
