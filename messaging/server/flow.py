"""A long answer (exchange.Pipe) over a Twisted request, with the reader's back-pressure."""

import asyncio
from typing import Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer  # type: ignore[import-untyped] # zope has no types


@implementer(IPushProducer)
class Flow:
    """What a door writes to, and what Twisted pauses."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self.bytes = 0
        self._free = asyncio.Event()
        self._free.set()
        self._gone = False

    @property
    def paused(self) -> bool:
        """Whether the reader is slower than the writer."""
        return not self._free.is_set()

    def write(self, data: bytes) -> None:
        """The next bytes, unless nobody reads."""
        if not self._gone:
            self.bytes += len(data)
            self._request.write(data)

    async def drained(self) -> None:
        """Wait until not paused. Raises ConnectionError when the reader has gone."""
        await self._free.wait()
        if self._gone:
            raise ConnectionError("the reader has gone")

    def end(self) -> None:
        """The reader has gone, or the answer is whole."""
        self._gone = True
        self._free.set()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader is slow."""
        self._free.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader has caught up."""
        self._free.set()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The reader has gone."""
        self.end()
