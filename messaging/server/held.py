"""An answer that stays open with nobody at work on it, and what is kept of its request: streams are held by the
ten thousand, and mostly nothing happens.

Law: what a stream needs of its request is written down before `slim`; after it there is no header to look at.
"""

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer  # type: ignore[import-untyped] # zope has no types

from messaging.server.exchange import Writer

# What a request has of its own until slim(). A class of requests has an empty one of each.
TOLD: Final = frozenset(
    (
        "args", "client", "content", "cookies", "host", "path", "received_cookies", "requestHeaders", "responseHeaders",
        "uri", "_parsePOSTFormSubmission", "_match", "_asked", "early",
    )
)  # fmt: skip


@implementer(IPushProducer)
class Held:
    """What the writer of a held answer writes to, and what Twisted pauses. Over once, from either side."""

    __slots__ = ("_ended", "_request", "_sent", "_writer", "paused")

    def __init__(self, request: Any, writer: Writer, ended: Callable[[int], None]) -> None:
        """`ended` is told how many bytes were sent."""
        self._request, self._writer, self._ended = request, writer, ended
        self._sent = 0
        self.paused = False

    def begin(self) -> None:
        """Hand it to its writer."""
        self._request.registerProducer(self, True)
        if self._request is not None:  # a transport that is lost already says so at once
            self._writer.begin(self)

    def write(self, data: bytes) -> None:
        """The next bytes, unless nobody reads."""
        if self._request is not None:
            self._sent += len(data)
            self._request.write(data)

    def end(self) -> None:
        """The writer has no more to say."""
        request = self._over()
        if request is not None:
            request.unregisterProducer()
            request.finish()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader is slow."""
        self.paused = True

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader has caught up."""
        self.paused = False
        if self._request is not None:
            self._writer.drained()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader has gone."""
        if self._over() is not None:
            self._writer.gone()

    def _over(self) -> Any:
        request, self._request = self._request, None
        if request is not None:
            self._ended(self._sent)
        return request


def slim(request: Any) -> None:
    """Let go of what a request was told, once its answer's head is written: most of what it holds.

    Python's table of an object's names never gets smaller by itself: it is made anew.
    """
    request.__dict__ = {name: value for name, value in vars(request).items() if name not in TOLD}
    transport = request.channel.transport
    transport.__dict__ = {name: vars(transport)[name] for name in vars(transport)}
