"""Tokens that end while many are at work: one renews, the others wait, and a renewal without an answer is no end."""

import asyncio
from collections import Counter

import pytest

from clients.sdk.connection import Connection
from clients.session.carried import HttpRequest, HttpResponse
from clients.session.session import Challenged, Session
from clients.session.transport import Transport
from crypto.keys import SigningSeed
from messaging.wire import names
from messaging.wire.errors import Refusal
from tests.clients.conftest import STATION, People


class Tiring(Transport):
    """The real one, at which the present token can be ended and a renewal be held, lost or refused."""

    def __init__(self, relay: str) -> None:
        super().__init__(relay)
        self.asked: Counter[str] = Counter()
        self.ended = ""
        self.free = asyncio.Event()
        self.free.set()
        self.refusal: Refusal | None = None

    async def carry(self, request: HttpRequest) -> HttpResponse:
        self.asked[request.path] += 1
        if self.ended and self.ended in request.headers.get("Authorization", ""):
            return HttpResponse(401, {}, b'{"type":"urn:ietf:params:jmap:error:unauthorized","status":401}')
        if request.path == names.CHALLENGE:
            await self.free.wait()
            if self.refusal is not None:
                raise self.refusal
        return await super().carry(request)


@pytest.fixture
async def line(people: People) -> tuple[Connection, Tiring]:
    """The station's, with a token that has just ended."""

    async def unlock(_: Challenged) -> SigningSeed:
        return STATION

    transport = Tiring(people.origin)
    connection = Connection(transport, Session(people.origin, "station", "key"), unlock, None)
    await connection.log_in()
    transport.ended = connection.token
    transport.asked.clear()
    return connection, transport


async def test_who_asks_while_another_renews_waits_for_it(line: tuple[Connection, Tiring]) -> None:
    connection, transport = line
    transport.free.clear()
    first = asyncio.create_task(connection.describe())
    async with asyncio.timeout(10):
        while not transport.asked[names.CHALLENGE]:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
    others = [asyncio.create_task(connection.describe()) for _ in range(20)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(task.done() for task in others)
    transport.free.set()

    await asyncio.gather(first, *others)
    assert (transport.asked[names.CHALLENGE], transport.asked[names.LOGIN]) == (1, 1)
    await connection.close()


async def test_a_renewal_that_nobody_answered_is_tried_again(line: tuple[Connection, Tiring]) -> None:
    connection, transport = line
    transport.refusal = Refusal("serverUnavailable")
    for _ in range(2):
        with pytest.raises(Refusal, match="serverUnavailable"):
            await connection.describe()
    transport.refusal = None

    await asyncio.gather(*(connection.describe() for _ in range(5)))
    assert transport.asked[names.LOGIN] == 1
    await connection.close()


async def test_a_renewal_that_was_refused_is_the_end(line: tuple[Connection, Tiring]) -> None:
    connection, transport = line
    transport.refusal = Refusal("wrongCredentials")
    with pytest.raises(Refusal, match="wrongCredentials"):
        await connection.describe()
    transport.refusal = None

    for _ in range(3):
        with pytest.raises(Refusal, match="unauthorized"):
            await connection.describe()
    assert (transport.asked[names.CHALLENGE], transport.asked[names.LOGIN]) == (1, 0)
    await connection.close()
