"""The relay and its witnesses over loopback HTTP: what is cosigned is published, whatever one of them does."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from crypto.transparency.policy import has_quorum, verify_checkpoint
from crypto.transparency.tree import EMPTY_ROOT
from messaging.relay.logasking import AskHead
from messaging.relay.turn import Caller, Turn
from messaging.server.loghead import LogLost
from messaging.wire import limits, names
from messaging.wire.types import EnrolRequest
from tests.messaging.desk import MovedClock, item, person
from tests.messaging.doors import Visitor
from tests.messaging.witness import TestWitness, running, until, witnessed

WAIT = 10.0


async def enrol(visitor: Visitor, login: str) -> None:
    """One person; it comes back when the door answers."""
    token = await visitor.log_in("station")
    request = EnrolRequest(people=[item(person("patient", login), managed=False, by=visitor.seeds["station"])])
    answer = await visitor.ask("POST", names.ENROL, request, token)
    assert answer.json["people"][0]["outcome"] == "created"


async def opened(relay: Any) -> None:
    """Until the relay may sign."""

    async def is_open() -> bool:
        return bool(relay.service.house.gate.open)

    await until(is_open)


async def published(relay: Any, size: int) -> Any:
    """The head, when so much is published."""
    assert await relay.service.progress.reach(size, WAIT)
    head = await relay.service.ask(AskHead(), Caller())
    verify_checkpoint(head.published_note, relay.service.house.policy, relay.service.clock.now())
    return head


async def test_a_door_answers_when_the_witnesses_have_cosigned(tmp_path: Path) -> None:
    one, two = TestWitness("one"), TestWitness("two")
    async with one.listening(), two.listening():
        config = witnessed(tmp_path, [one, two], 2)
        async with running(config) as relay, Visitor.at(relay) as visitor:
            await opened(relay)
            await enrol(visitor, "camille")
            assert relay.service.progress.published == 1
            head = await published(relay, 1)
            metrics = await visitor.ask("GET", "/metrics")
    assert (head.published, one.size, two.size) == (1, 1, 1)
    assert b"pli_log_size 1.0" in metrics.body
    assert b"pli_log_published 1.0" in metrics.body


@pytest.mark.parametrize("how", ["dead", "silent", "garbage", "huge", "cut", "403", "404", "409", "422", "500"])
async def test_one_witness_that_fails_delays_no_other(tmp_path: Path, how: str) -> None:
    good, bad = TestWitness("good"), TestWitness("bad", how)
    async with good.listening(), bad.listening():
        config = witnessed(tmp_path, [bad, good], 1)
        async with running(config) as relay, Visitor.at(relay) as visitor:
            await opened(relay)
            for login in ("one", "two", "three"):
                await enrol(visitor, login)
            head = await published(relay, 3)
            metrics = await visitor.ask("GET", "/metrics")
    assert (head.size, good.size, bad.size) == (3, 3, 0)
    assert (b'pli_witness_failures_total{witness="bad"}' in metrics.body) == (how != "silent")
    assert b'witness="good"' not in metrics.body


async def test_nothing_is_published_without_the_quorum_and_all_of_it_when_a_witness_comes_back(tmp_path: Path) -> None:
    good, bad = TestWitness("good"), TestWitness("bad", "503")
    async with good.listening(), bad.listening():
        config = witnessed(tmp_path, [bad, good], 2)
        async with running(config) as relay, Visitor.at(relay) as visitor:
            await opened(relay)
            grown = asyncio.create_task(enrol(visitor, "camille"))
            await bad.until(lambda: len(bad.asked) >= 3)
            assert relay.service.progress.published == 0
            bad.behave = "good"
            await published(relay, 1)
            await grown


async def test_a_door_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PUBLISH_SECONDS", 0.1)
    bad = TestWitness("bad", "503")
    async with bad.listening(), running(witnessed(tmp_path, [bad], 1)) as relay, Visitor.at(relay) as visitor:
        await opened(relay)
        await enrol(visitor, "camille")
        assert relay.service.progress.published == 0


async def test_a_witness_that_is_elsewhere_names_its_size_and_is_proven_from_there(tmp_path: Path) -> None:
    one, two = TestWitness("one"), TestWitness("two")
    async with one.listening(), two.listening():
        config = witnessed(tmp_path, [one, two], 1)
        two.behave = "503"
        async with running(config) as relay, Visitor.at(relay) as visitor:
            await opened(relay)
            for login in ("one", "two", "three"):
                await enrol(visitor, login)
            one.size, one.root = 0, EMPTY_ROOT
            await enrol(visitor, "four")
            two.behave = "good"
            await one.until(lambda: one.size == 4)
            await two.until(lambda: two.size == 4)
    assert (3, 4, 409) in one.asked
    assert (0, 4, 200) in one.asked


async def test_what_was_committed_and_not_published_is_published_after_the_next_start(tmp_path: Path) -> None:
    witness = TestWitness("one")
    async with witness.listening():
        config = witnessed(tmp_path, [witness], 1)
        async with running(config) as relay:
            await opened(relay)
            await published(relay, 0)
            witness.behave = "503"
            relay.service.store.write(_append(relay, b"an entry"))
            before = await relay.service.ask(AskHead(), Caller())
        assert (before.size, before.published) == (1, 0)
        witness.behave = "good"
        async with running(config) as relay:
            head = await published(relay, 1)
    assert head.published == 1


def _append(relay: Any, *entries: bytes) -> Any:
    from messaging.relay.logtree import Growth

    def append(tx: Any) -> None:
        growth = Growth(Turn(tx, relay.service.house, Caller(), relay.service.clock.now()))
        for entry in entries:
            growth.append(entry)
        growth.finish()

    return append


async def test_the_relay_stops_when_a_witness_knows_a_larger_log_than_its_database(tmp_path: Path) -> None:
    witness = TestWitness("one", size=7)
    async with witness.listening():
        config = witnessed(tmp_path, [witness], 1)
        async with running(config) as relay, Visitor.at(relay) as visitor:
            async with asyncio.timeout(WAIT):
                with pytest.raises(LogLost, match="witness one cosigned 7"):
                    await relay.lost
            token = await visitor.log_in("station")
            answer = await visitor.ask("POST", names.ENROL, EnrolRequest(people=[]), token)
            assert answer.status == 503
            assert not relay.service.house.gate.open


async def test_a_witness_that_names_a_larger_log_later_stops_nothing(tmp_path: Path) -> None:
    good, bad = TestWitness("good"), TestWitness("bad")
    async with good.listening(), bad.listening():
        config = witnessed(tmp_path, [good, bad], 1)
        async with running(config) as relay, Visitor.at(relay) as visitor:
            await opened(relay)
            await published(relay, 0)
            bad.size = 10**12
            await enrol(visitor, "camille")
            await enrol(visitor, "dominique")
            await published(relay, 2)
            assert not relay.lost.done()


async def test_a_witness_that_the_operator_skips_is_not_asked(tmp_path: Path) -> None:
    good, wrong = TestWitness("good"), TestWitness("wrong", size=10**12)
    async with good.listening(), wrong.listening():
        config = witnessed(tmp_path, [good, wrong], 1, skipped_witnesses=("wrong",))
        async with running(config) as relay, Visitor.at(relay) as visitor:
            await opened(relay)
            await enrol(visitor, "camille")
            await published(relay, 1)
    assert wrong.asked == []


async def test_witnesses_of_a_log_that_needs_none_are_told_and_keep_nobody_waiting(tmp_path: Path) -> None:
    witness = TestWitness("one")
    async with witness.listening():
        config = witnessed(tmp_path, [witness], 0)
        async with running(config) as relay, Visitor.at(relay) as visitor:
            await opened(relay)
            await enrol(visitor, "camille")
            assert relay.service.progress.published == 1
            await witness.until(lambda: witness.size == 1)


async def test_a_checkpoint_is_cosigned_anew_within_the_hour_although_nothing_came(tmp_path: Path) -> None:
    clock, witness = MovedClock(), TestWitness("one")
    witness.now = clock.now
    async with witness.listening(), running(witnessed(tmp_path, [witness], 1), clock=clock) as relay:
        await opened(relay)
        before = await published(relay, 0)
        clock.move(minutes=59)
        relay.service.progress.grown()

        async def is_new() -> bool:
            return bool((await relay.service.ask(AskHead(), Caller())).published_note != before.published_note)

        await until(is_new)
        after = await relay.service.ask(AskHead(), Caller())
        verify_checkpoint(after.published_note, relay.service.house.policy, clock.now())
        clock.move(hours=24, minutes=1)
        assert has_quorum(after.published_note, relay.service.house.policy)


async def test_people_who_come_all_at_once_are_published_in_a_few_steps(tmp_path: Path) -> None:
    one, two = TestWitness("one"), TestWitness("two")
    async with AsyncExitStack() as stack:
        for witness in (one, two):
            await stack.enter_async_context(witness.listening())
        relay = await stack.enter_async_context(running(witnessed(tmp_path, [one, two], 2)))
        visitor = await stack.enter_async_context(Visitor.at(relay))
        await opened(relay)
        await asyncio.gather(*(enrol(visitor, f"p{n}") for n in range(30)))
        assert relay.service.progress.published == 30
    assert len(one.asked) <= 34
