"""The one loop: Twisted's reactor on asyncio over uvloop. For programs; a library never calls this."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop
from twisted.internet import asyncioreactor

T = TypeVar("T")


def install() -> asyncio.AbstractEventLoop:
    """Make a uvloop loop and install Twisted's reactor on it. Once, before anything imports the reactor."""
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]  # Twisted has no types here
    reactor = _reactor()
    # Twisted's timers follow the wall clock, which a person or NTP may set: a step would freeze or fire them all.
    reactor.seconds = time.monotonic
    return loop


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end and stop the reactor; what it returns or raises comes out. Once for a process."""
    loop = install()
    reactor = _reactor()
    tasks: list[asyncio.Task[T]] = []

    def begin() -> None:
        tasks.append(loop.create_task(main))
        tasks[0].add_done_callback(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    return _outcome(loop, tasks[0])


def _reactor() -> Any:
    from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one, so only after install()

    return reactor


def _outcome(loop: asyncio.AbstractEventLoop, task: asyncio.Task[T]) -> T:
    if task.done():
        return task.result()
    task.cancel()  # the reactor was stopped by a signal: let `main` clean up
    loop.run_until_complete(asyncio.wait([task]))
    raise KeyboardInterrupt
