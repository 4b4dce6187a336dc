"""Calls of several tasks in one request: while one is on its way, what is asked meanwhile gathers for the next.

Laws: whoever asks alone waits for nobody; each hears what became of its own calls; one that makes the relay stumble
does not take the others down; a task that is cancelled cancels nothing of another.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeAlias

from clients.session.calls import Call
from messaging.wire import limits
from messaging.wire.errors import Refusal

MOST_CALLS: Final = limits.MAX_CALLS_IN_REQUEST
MOST_BYTES: Final = 1 << 20  # of sealed bytes: more makes the ones in front wait for those behind
Batch: TypeAlias = Callable[[Sequence[Call]], Awaitable[list[Any]]]


@dataclass(eq=False)
class _Asked:
    calls: tuple[Call, ...]
    size: int
    done: "asyncio.Future[list[Any]]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, outcomes: list[Any]) -> None:
        if not self.done.done():
            self.done.set_result(outcomes)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class Gathering:
    """One for a connection, whose `batch` carries calls in one request."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._waiting: deque[_Asked] = deque()
        self._carrying: asyncio.Task[None] | None = None

    async def ask(self, calls: Sequence[Call], size: int) -> list[Any]:
        """An answer or a Refusal for each call; `size` is about how many bytes they are. Raises as `batch`."""
        asked = _Asked(tuple(calls), size)
        self._waiting.append(asked)
        if self._carrying is None:
            self._carrying = asyncio.get_running_loop().create_task(self._carry())
        return await asked.done

    async def _carry(self) -> None:
        try:
            while self._waiting:
                await self._together(self._next())
        finally:
            self._carrying = None
            for asked in self._waiting:  # the loop ends
                asked.done.cancel()
            self._waiting.clear()

    def _next(self) -> list[_Asked]:
        """Those in front that fit into one request; at least one."""
        taken = [self._waiting.popleft()]
        calls, size = len(taken[0].calls), taken[0].size
        while self._waiting:
            following = self._waiting[0]
            calls, size = calls + len(following.calls), size + following.size
            if calls > MOST_CALLS or size > MOST_BYTES:
                break
            taken.append(self._waiting.popleft())
        return [asked for asked in taken if not asked.done.done()]

    async def _together(self, taken: Sequence[_Asked]) -> None:
        try:
            outcomes = await self._batch([call for asked in taken for call in asked.calls]) if taken else []
        except Refusal as refusal:
            if len(taken) == 1 or refusal.name == "serverUnavailable":
                _fail(taken, refusal)
                return
            for asked in taken:  # which of them it was, each shows alone
                await self._together([asked])
        except Exception as error:  # noqa: BLE001 - whatever it was, it goes to whoever asked
            _fail(taken, error)
        except asyncio.CancelledError:
            for asked in taken:
                asked.done.cancel()
            raise
        else:
            answers = iter(outcomes)
            for asked in taken:
                asked.settle(list(islice(answers, len(asked.calls))))


def _fail(taken: Sequence[_Asked], error: Exception) -> None:
    for asked in taken:
        asked.fail(error)
