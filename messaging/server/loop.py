"""The one loop: Twisted's reactor on asyncio over uvloop, with timers that no change of the wall clock moves."""

import asyncio
import time
from typing import Any

import uvloop
from twisted.internet import asyncioreactor


def install() -> tuple[asyncio.AbstractEventLoop, Any]:
    """The loop and its reactor. Once for a process, before anything imports the reactor."""
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    untyped: Any = asyncioreactor
    untyped.install(loop)
    from twisted.internet import reactor as installed  # noqa: PLC0415 - importing it earlier would install another one

    # Twisted's timers follow the wall clock: a step back freezes them, a step forward fires them all.
    reactor: Any = installed
    reactor.seconds = time.monotonic
    return loop, reactor
