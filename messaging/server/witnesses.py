"""One witness over HTTP (C2SP tlog-witness): it is shown a checkpoint with a proof, and cosigns it or says why not.

Everything that is no cosignature is WitnessFailed or Conflict; whether a cosignature is good is not judged here.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import Protocol
from twisted.web.client import Agent, ResponseDone
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer  # type: ignore[import-untyped] # zope has no types

from crypto.transparency.note import NoteKey, base64_text
from crypto.transparency.quorum import Witness

SECONDS: Final = 10.0  # for one answer, from the connection to its last byte
MOST: Final = 64 * 1024  # bytes of an answer
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,15})\n?")


class WitnessFailed(Exception):
    """No cosignature came. The text is of this program's making: nothing of what the witness said is in it."""


@dataclass(frozen=True)
class Conflict:
    """The witness has cosigned another size than the proof begins with: this one (409)."""

    size: int


@dataclass(frozen=True)
class Place:
    """Where a witness of the policy takes checkpoints: one address may sign with several of its keys."""

    name: str
    url: str
    keys: tuple[NoteKey, ...]


def places(witnesses: Iterable[Witness], skipped: Sequence[str]) -> list[Place]:
    """The witnesses with an address, each address once, without those that the operator skips by name."""
    by_url: dict[str, list[Witness]] = {}
    for witness in witnesses:
        if witness.url is not None and witness.name not in skipped:
            by_url.setdefault(witness.url, []).append(witness)
    return [Place(found[0].name, url, tuple(one.key for one in found)) for url, found in by_url.items()]


class Asker:
    """Asks witnesses, over connections of its own. Twisted's client has no types: what it gives stays in this file."""

    def __init__(self, reactor: Any, seconds: float = SECONDS) -> None:
        self._agent: Any = cast(Any, Agent)(reactor, connectTimeout=seconds)
        self._seconds = seconds

    async def add_checkpoint(self, place: Place, old: int, proof: Sequence[bytes], note: bytes) -> bytes | Conflict:
        """The signature lines that the witness answers with. Raises WitnessFailed."""
        lines = [f"old {old}\n", *(f"{base64_text(one)}\n" for one in proof), "\n"]
        said, url = "".join(lines).encode() + note, place.url.rstrip("/") + "/add-checkpoint"
        try:
            async with asyncio.timeout(self._seconds):
                status, body = await self._post(url, said)
        except WitnessFailed:
            raise
        except TimeoutError as error:
            raise WitnessFailed("no answer in time") from error
        except Exception as error:
            # There are many kinds of broken connections, names and certificates, with one meaning.
            raise WitnessFailed(f"not reached ({type(error).__name__})") from error
        return _read(status, body)

    async def _post(self, url: str, body: bytes) -> tuple[int, bytes]:
        loop = asyncio.get_running_loop()
        headers = cast(Any, Headers)({"Content-Type": ["text/plain; charset=utf-8"], "User-Agent": ["pli"]})
        asked: Deferred[Any] = self._agent.request(b"POST", url.encode(), headers, _Body(body))
        response = await asked.asFuture(loop)
        heard = _Heard(loop)
        response.deliverBody(heard)
        try:
            return int(response.code), await heard.whole
        finally:
            heard.stop()


def _read(status: int, body: bytes) -> bytes | Conflict:
    if status == 200:
        return body
    if status == 409 and (found := _SIZE.fullmatch(body)) is not None:
        return Conflict(int(found[1]))
    raise WitnessFailed(f"answered {status}")


@implementer(IBodyProducer)
class _Body:
    """A request's bytes, written at once: they are in memory anyway."""

    def __init__(self, data: bytes) -> None:
        self._data, self.length = data, len(data)

    def startProducing(self, consumer: Any) -> "Deferred[None]":  # noqa: N802 - Twisted's name
        """All of them."""
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing is left to pause."""

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing was paused."""

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing is left to stop."""


class _Heard(Protocol):
    """An answer's body, at most MOST bytes of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.whole: asyncio.Future[bytes] = loop.create_future()
        self._pieces = bytearray()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """The next bytes."""
        self._pieces += data
        if len(self._pieces) > MOST:
            self._end(WitnessFailed("answered too much"))
            self.stop()

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802 - Twisted's name
        """The end, or a broken connection."""
        whole = reason is not None and reason.check(ResponseDone) is not None
        self._end(None if whole else WitnessFailed("the answer broke off"))

    def stop(self) -> None:
        """Nothing more is wanted."""
        abort = getattr(self.transport, "abortConnection", None)
        if not self.whole.done() or len(self._pieces) > MOST:
            self.whole.cancel()
            if abort is not None:
                abort()

    def _end(self, error: WitnessFailed | None) -> None:
        if self.whole.done():
            return
        if error is None:
            self.whole.set_result(bytes(self._pieces))
        else:
            self.whole.set_exception(error)
