"""Calls of several tasks in one request: who waits for whom, and who hears of what."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from clients.sdk.gathering import MOST_BYTES, MOST_CALLS, Gathering
from clients.session.calls import Call
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get


class Relay:
    """Answers each call with its name, when it is free to; keeps what each request held."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self.free = asyncio.Event()
        self.poison: dict[str, Exception] = {}

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        names = [call.name for call in calls]
        self.requests.append(names)
        await self.free.wait()
        for name in names:
            if name in self.poison:
                raise self.poison[name]
        return names


@pytest.fixture
def relay() -> Relay:
    return Relay()


def _ask(gathering: Gathering, *names: str, size: int = 10) -> "asyncio.Task[list[Any]]":
    return asyncio.ensure_future(gathering.ask([Call(name, Get(account_id="")) for name in names], size))


async def _all_asked() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


async def test_what_is_asked_meanwhile_goes_together_and_each_hears_its_own(relay: Relay) -> None:
    gathering = Gathering(relay.batch)
    first = _ask(gathering, "1")
    await _all_asked()
    others = [_ask(gathering, "2a", "2b"), _ask(gathering, "3")]
    await _all_asked()
    relay.free.set()
    assert await asyncio.gather(first, *others) == [["1"], ["2a", "2b"], ["3"]]
    assert relay.requests == [["1"], ["2a", "2b", "3"]]
    assert await _ask(gathering, "4") == ["4"]


async def test_a_request_holds_no_more_than_it_may(relay: Relay) -> None:
    gathering = Gathering(relay.batch)
    tasks = [_ask(gathering, "first")]
    await _all_asked()
    tasks += [_ask(gathering, "large", size=MOST_BYTES + 1), _ask(gathering, "small"), _ask(gathering, "half")]
    tasks += [_ask(gathering, *["many"] * (MOST_CALLS - 1)), _ask(gathering, "last")]
    await _all_asked()
    relay.free.set()
    await asyncio.gather(*tasks)
    many = ["many"] * (MOST_CALLS - 1)
    assert relay.requests == [["first"], ["large"], ["small", "half"], [*many, "last"]]


async def test_one_that_makes_the_relay_stumble_fails_alone(relay: Relay) -> None:
    gathering = Gathering(relay.batch)
    relay.poison["bad"] = Refusal("serverFail")
    tasks = [_ask(gathering, "first")]
    await _all_asked()
    tasks += [_ask(gathering, "good"), _ask(gathering, "bad"), _ask(gathering, "better")]
    await _all_asked()
    relay.free.set()
    first, good, bad, better = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, good, better) == (["first"], ["good"], ["better"])
    assert isinstance(bad, Refusal)


@pytest.mark.parametrize("error", [Refusal("serverUnavailable"), ValueError()])
async def test_a_relay_that_is_away_is_asked_once_for_all(relay: Relay, error: Exception) -> None:
    gathering = Gathering(relay.batch)
    relay.poison["2"] = error
    tasks = [_ask(gathering, "1")]
    await _all_asked()
    tasks += [_ask(gathering, "2"), _ask(gathering, "3")]
    await _all_asked()
    relay.free.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [["1"], error, error]
    assert len(relay.requests) == 2
    assert await _ask(gathering, "4") == ["4"]


async def test_a_task_that_is_cancelled_takes_nobody_along(relay: Relay) -> None:
    gathering = Gathering(relay.batch)
    first = _ask(gathering, "1")
    await _all_asked()
    second, third = _ask(gathering, "2"), _ask(gathering, "3")
    await _all_asked()
    first.cancel()
    second.cancel()
    await _all_asked()
    relay.free.set()
    assert await third == ["3"]
    assert relay.requests == [["1"], ["3"]]
    with pytest.raises(asyncio.CancelledError):
        await first
