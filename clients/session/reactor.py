"""Programs on the one loop (messaging/loop.py). A library never calls this."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from messaging.loop import install

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end and stop the reactor; what it returns or raises comes out. Once for a process."""
    loop, reactor = install()
    tasks: list[asyncio.Task[T]] = []

    def begin() -> None:
        tasks.append(loop.create_task(main))
        tasks[0].add_done_callback(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    return _outcome(loop, tasks[0])


def _outcome(loop: asyncio.AbstractEventLoop, task: asyncio.Task[T]) -> T:
    if task.done():
        return task.result()
    task.cancel()  # the reactor was stopped by a signal: let `main` clean up
    loop.run_until_complete(asyncio.wait([task]))
    raise KeyboardInterrupt
