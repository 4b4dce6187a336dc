"""Two relays on one database, in this process: whoever is shut out at one is shut out at the other, in any weather."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from messaging.relay import closing
from messaging.relay.turn import Caller, Turn
from messaging.server.service import Service
from tests.live.scale import events
from tests.messaging.desk import letter
from tests.messaging.doors import Visitor
from tests.postgres import Cluster
from tests.relays import relay_in_process

SHUT_OUT_SECONDS = 5.0


@pytest_asyncio.fixture
async def pair(database: Cluster, tmp_path: Path) -> AsyncIterator[tuple[Visitor, Visitor]]:
    """The same bridge and station at two relays with one origin's secrets."""
    async with AsyncExitStack() as stack:
        relays: list[Any] = []
        for name in ("one", "two"):
            if relays:
                shutil.copytree(tmp_path / "one" / "relay" / "secrets", tmp_path / name / "relay" / "secrets")
            origin = relays[0].config.origin if relays else None
            made = relay_in_process(tmp_path / name, origin=origin, database=database.where())
            relays.append(await stack.enter_async_context(made))
        here = await stack.enter_async_context(Visitor.at(relays[0]))
        yield here, Visitor(relays[1], here.seeds)


def _deaf(visitor: Visitor) -> None:
    """As if no hint ever came: the relay looks by itself alone."""
    bus = visitor.relay.service._bus
    bus._woken = _Unwakeable()


class _Unwakeable(asyncio.Event):
    def set(self) -> None:
        """Nobody says so."""


async def test_a_letter_is_told_at_the_other_relay(pair: tuple[Visitor, Visitor]) -> None:
    here, there = pair
    token, doctor, patient = await here.doctor_and_patient()
    async with events(there.relay.port, token) as stream:
        sent = await here.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
        state = await stream.changed(doctor.account, "SealedMessage", 2)
    assert sent.json["methodResponses"][0][1]["newState"] == state


async def test_without_any_hint_a_letter_is_told_by_the_next_look(pair: tuple[Visitor, Visitor]) -> None:
    here, there = pair
    token, doctor, patient = await here.doctor_and_patient()
    _deaf(there)
    async with events(there.relay.port, token) as stream:
        await here.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
        await stream.changed(doctor.account, "SealedMessage", 30)


async def test_a_device_that_logs_out_at_one_has_no_stream_and_no_answer_at_the_other(
    pair: tuple[Visitor, Visitor],
) -> None:
    here, there = pair
    token = await here.log_in("bridge")
    _deaf(there)
    async with events(there.relay.port, token) as stream:
        began = time.monotonic()
        await here.ask("POST", "/auth/logout", b"", token)
        await stream.over(SHUT_OUT_SECONDS)
        assert time.monotonic() - began < SHUT_OUT_SECONDS
    assert (await there.ask("GET", "/.well-known/jmap", None, token)).status == 401


async def test_an_account_that_is_closed_at_one_loses_its_bridges_stream_at_the_other(
    pair: tuple[Visitor, Visitor],
) -> None:
    here, there = pair
    token, doctor, _ = await here.doctor_and_patient()
    _deaf(there)

    def close(tx: Any) -> Any:
        service: Service = here.relay.service
        turn = Turn(tx, service.house, Caller(), service.clock.now())
        return turn.outcome(closing.close(turn, doctor.account))

    async with events(there.relay.port, token) as stream:
        await asyncio.to_thread(here.relay.service.store.write, close)
        await stream.over(SHUT_OUT_SECONDS)


async def test_a_relay_that_heard_nothing_for_too_long_ends_its_streams(pair: tuple[Visitor, Visitor]) -> None:
    here, there = pair
    token, bus = await here.log_in("bridge"), there.relay.service._bus
    async with events(there.relay.port, token) as stream:
        bus._heard_at -= 3_600
        await bus._read()
        await stream.over(10)


async def test_who_logged_in_at_one_relay_is_known_at_the_other(
    pair: tuple[Visitor, Visitor],
) -> None:
    here, there = pair
    token = await here.log_in("bridge")
    assert (await there.ask("GET", "/.well-known/jmap", None, token)).status == 200


@pytest.mark.parametrize("copies", [16])
async def test_copies_of_one_send_through_both_relays_are_one_letter(
    pair: tuple[Visitor, Visitor], copies: int
) -> None:
    token, doctor, patient = await pair[0].doctor_and_patient()
    create = {"l": letter(patient)}
    answers = await asyncio.gather(
        *(pair[n % 2].call(token, "SealedMessage/set", accountId=doctor.account, create=create) for n in range(copies))
    )
    done = [answer.json["methodResponses"][0][1] for answer in answers]
    made = [one["created"]["l"]["id"] for one in done if one["created"]]
    again = [one["notCreated"]["l"]["existingId"] for one in done if not one["created"]]
    assert len(made) == 1
    assert again == made * (copies - 1)
