"""The one loop of a process: Twisted's reactor on asyncio over uvloop, with timers that no change of the wall clock
moves, and connections that hear of every reset. For programs; a library never installs it.
"""

import asyncio
import socket
import time
from typing import Any

import uvloop
from twisted.internet import asyncioreactor, main, tcp


def install() -> tuple[asyncio.AbstractEventLoop, Any]:
    """The loop and its reactor. Once for a process, before anything imports the reactor."""
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    reactor: Any = HearingReactor(loop)
    untyped: Any = main
    untyped.installReactor(reactor)
    # Twisted's timers follow the wall clock: a step back freezes them, a step forward fires them all.
    reactor.seconds = time.monotonic
    return loop, reactor


class HearingReactor(asyncioreactor.AsyncioSelectorReactor):
    """A reset that came with unread bytes is told once: libuv calls with an error, uvloop calls the reader and closes
    its own handle. Who then reads the bytes alone is never called again, and cannot write either."""

    def _readOrWrite(self, selectable: Any, read: bool) -> None:  # noqa: N802 - Twisted's name
        reactor: Any = super()  # Twisted has no types here
        reactor._readOrWrite(selectable, read)
        if isinstance(selectable, tcp.Connection) and self._has(selectable) and _is_reset(selectable):
            reactor._disconnectSelectable(selectable, main.CONNECTION_LOST, read)

    def _has(self, selectable: Any) -> bool:
        return selectable in self._readers or selectable in self._writers


def _is_reset(connection: Any) -> bool:
    return bool(connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
