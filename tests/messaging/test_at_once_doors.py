"""A device's API requests at once: some are answered, a bounded number waits, one more is refused (RFC 8620, 3.6.1)."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from messaging.server.atonce import AtOnce
from messaging.wire import limits, names
from messaging.wire.errors import Refusal
from tests.live.activated import activate
from tests.messaging.doors import Visitor

MOST, WAITING = limits.MAX_CONCURRENT_REQUESTS, limits.MAX_WAITING_REQUESTS


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what changes is another task's
            await asyncio.sleep(0.01)


class Line:
    """Askers by name, in the order in which they got their turns."""

    def __init__(self, waiting: int = 3) -> None:
        self.at_once = AtOnce(waiting)
        self.began: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, name: str, device: str = "phone") -> None:
        """Until it has a turn or waits for one."""

        async def asking() -> None:
            await self.at_once.take(device, 2)
            self.began.append(name)

        self.tasks[name] = asyncio.create_task(asking())
        await asyncio.sleep(0)

    async def give(self, device: str = "phone") -> None:
        self.at_once.give(device)
        await asyncio.sleep(0)


async def test_turns_are_had_in_the_order_of_asking() -> None:
    line = Line()
    for name in "abcde":
        await line.ask(name)
    assert line.began == ["a", "b"]
    await line.give()
    assert line.began == ["a", "b", "c"]
    await line.give()
    await line.give()
    assert line.began == ["a", "b", "c", "d", "e"]


async def test_one_more_than_may_wait_is_refused_and_holds_nothing() -> None:
    line = Line()
    for name in "abcdef":
        await line.ask(name)
    with pytest.raises(Refusal, match="limit") as refused:
        await line.tasks["f"]
    assert refused.value.members == {"limit": "maxConcurrentRequests"}
    assert line.began == ["a", "b"]


async def test_another_device_waits_for_nobody() -> None:
    line = Line(waiting=0)
    for name in "ab":
        await line.ask(name)
    await line.ask("other", "laptop")
    assert line.began == ["a", "b", "other"]


async def test_who_goes_while_waiting_is_passed_over() -> None:
    line = Line()
    for name in "abcd":
        await line.ask(name)
    line.tasks["c"].cancel()
    await asyncio.sleep(0)
    await line.give()
    assert line.began == ["a", "b", "d"]


async def test_a_turn_that_comes_as_its_asker_goes_is_the_next_ones() -> None:
    line = Line()
    for name in "abcd":
        await line.ask(name)
    line.at_once.give("phone")
    line.tasks["c"].cancel()
    await asyncio.gather(line.tasks["c"], return_exceptions=True)
    await asyncio.sleep(0)
    assert line.began == ["a", "b", "d"]


async def test_nothing_is_remembered_of_who_asks_no_more() -> None:
    line = Line()
    for name in "abcde":
        await line.ask(name)
    line.tasks["e"].cancel()
    for _ in range(4):
        await line.give()
    assert (line.at_once._running, line.at_once._lines) == ({}, {})


async def test_a_relay_answers_eight_of_a_device_at_once_lets_some_wait_and_refuses_one_more(visitor: Visitor) -> None:
    patient, bridge = await activate(visitor), await visitor.log_in("bridge")
    relay, held, go = visitor.relay, threading.Event(), threading.Event()

    def hold(_: Any) -> None:
        held.set()
        go.wait(20)

    async def write() -> Any:
        given: dict[str, Any] = {"update": {"settings": {"language": "en"}}, "accountId": patient.who.account}
        return await visitor.call(patient.token, "NotificationSettings/set", **given)

    session = (await visitor.ask("GET", names.WELL_KNOWN, None, patient.token)).json
    of_bridge = (await visitor.ask("GET", names.WELL_KNOWN, None, bridge)).json
    holding = asyncio.create_task(asyncio.to_thread(relay.service.store.write, hold))
    try:
        await asyncio.to_thread(held.wait, 10)
        asked = [asyncio.create_task(write()) for _ in range(MOST + WAITING)]
        at_once = relay._front.at_once
        await _until(lambda: any(len(line) == WAITING for line in at_once._lines.values()))
        assert relay._front.load.under_way == MOST
        more = await write()
        other = await visitor.call(bridge, "Core/echo", x=1)
    finally:
        go.set()
    answers = await asyncio.gather(*asked)
    await holding
    assert session["capabilities"][names.CORE]["maxConcurrentRequests"] == MOST
    assert of_bridge["capabilities"][names.CORE]["maxConcurrentRequests"] == limits.MAX_CONCURRENT_REQUESTS_FOR_MANY
    assert (more.status, more.json["type"]) == (400, "urn:ietf:params:jmap:error:limit")
    assert more.json["limit"] == "maxConcurrentRequests"
    assert other.status == 200
    assert [one.status for one in answers] == [200] * len(asked)
    assert (at_once._running, at_once._lines, relay._front.load.under_way) == ({}, {}, 0)
