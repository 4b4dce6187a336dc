"""The one step from Twisted's Deferreds to asyncio in bridges/. clients/session/reactor.py makes the loop itself."""

import asyncio
from typing import TypeVar

from twisted.internet.defer import Deferred

T = TypeVar("T")


async def settled(deferred: "Deferred[T]") -> T:
    """The Deferred's result, or its exception."""
    result: T = await deferred.asFuture(asyncio.get_running_loop())
    return result
