"""Two relay processes on PostgreSQL and NATS: what is sent through one is there through the other, whatever fails."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests import postgres
from tests.live import swift
from tests.live.scale import NatsServer, Pair, blobs_in, events, nats_missing, visitors
from tests.live.swift import Swift
from tests.messaging.desk import Person, letter
from tests.messaging.doors import Visitor
from tests.postgres import Cluster

pytestmark = pytest.mark.live
RECEIVED_SECONDS = 30.0  # stack.md: a reader polls at least so often


@dataclass
class House:
    """Everything that runs, and who visits it: a doctor's bridge at both relays."""

    cluster: Cluster
    nats: NatsServer
    pair: Pair
    here: Visitor
    there: Visitor
    token: str
    token_there: str
    doctor: Person
    patient: Person

    async def send(self, visitor: Visitor, token: str) -> str:
        """The id of a letter that was acknowledged."""
        value = {"l": letter(self.patient, sealed=b"x" * 2000)}
        answer = await visitor.call(token, "SealedMessage/set", accountId=self.doctor.account, create=value)
        assert answer.status == 200, answer
        return str(answer.json["methodResponses"][0][1]["created"]["l"]["id"])

    async def ids(self, visitor: Visitor, token: str) -> list[str]:
        """All letters of the doctor that are seen there, page by page."""
        found: list[str] = []
        while True:
            page = await visitor.call(
                token, "SealedMessage/query", accountId=self.doctor.account, position=len(found), limit=500
            )
            if page.status == 503:  # a reader that found PostgreSQL away tries again when it is told to
                await asyncio.sleep(int(page.headers["retry-after"]))
                continue
            ids: list[str] = page.json["methodResponses"][0][1]["ids"]
            found += ids
            if len(ids) < 500:
                return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, NatsServer, Pair]]:
    if reason := postgres.missing() or nats_missing():
        pytest.skip(reason)
    with ExitStack() as stack:
        cluster = Cluster.start()
        stack.callback(cluster.end)
        nats = NatsServer.start()
        stack.callback(nats.kill)
        more = f'[bus]\nnats = "{nats.url}"\n'
        if not swift.missing():
            server = Swift.start()
            stack.callback(server.end)
            more += blobs_in(server.bucket("pli"))
        pair = Pair.start(tmp_path_factory.mktemp("scale"), cluster, more)
        stack.callback(pair.stop)
        yield cluster, nats, pair


@pytest_asyncio.fixture(scope="module")
async def house(running: tuple[Cluster, NatsServer, Pair]) -> AsyncIterator[House]:
    here, there = visitors(running[2])
    token, doctor, patient = await here.doctor_and_patient()
    yield House(*running, here, there, token, await there.log_in("bridge"), doctor, patient)


async def _heard_after(house: House, seconds: float) -> float:
    """How long it takes until a letter that was sent here is told there."""
    async with events(house.there.relay.port, house.token_there) as stream:
        began = time.monotonic()
        sent = await house.send(house.here, house.token)
        await stream.changed(house.doctor.account, "SealedMessage", seconds)
        took = time.monotonic() - began
    assert sent in await house.ids(house.there, house.token_there)
    return took


async def test_a_letter_sent_through_one_is_told_on_a_stream_of_the_other(house: House) -> None:
    assert await _heard_after(house, 10) < 2


async def test_a_file_uploaded_through_one_is_downloaded_through_the_other(house: House) -> None:
    if reason := swift.missing():
        pytest.skip(reason)
    data, account = b"sealed" * 100_000, house.doctor.account
    kept = await house.here.ask("POST", f"/jmap/upload/{account}", data, house.token)
    blob = kept.json["blobId"]
    path = f"/jmap/download/{account}/{blob}/file"
    whole = await house.there.ask("GET", path, None, house.token_there)
    part = await house.there.ask("GET", path, None, house.token_there, Range="bytes=6-11")
    assert (kept.status, whole.status, part.status) == (201, 200, 206)
    assert (whole.body, part.body) == (data, b"sealed")
    assert not (house.pair.first.data / "blobs").exists()


async def test_with_nats_frozen_it_is_told_within_thirty_seconds(house: House) -> None:
    house.nats.freeze()
    try:
        took = await _heard_after(house, RECEIVED_SECONDS)
    finally:
        house.nats.thaw()
    assert took < RECEIVED_SECONDS


async def test_with_nats_killed_it_is_told_and_nats_is_used_again_when_it_is_back(house: House) -> None:
    house.nats.kill()
    took = await _heard_after(house, RECEIVED_SECONDS)
    house.nats.run_again()
    assert took < RECEIVED_SECONDS
    assert await _heard_after(house, RECEIVED_SECONDS) < RECEIVED_SECONDS


async def test_who_logs_out_at_one_loses_the_streams_at_the_other_with_nats_frozen(house: House) -> None:
    token = await house.here.log_in("bridge")
    house.nats.freeze()
    try:
        async with events(house.there.relay.port, token) as stream:
            await house.here.ask("POST", "/auth/logout", b"", token)
            await stream.over(5)
    finally:
        house.nats.thaw()
    assert (await house.there.ask("GET", "/.well-known/jmap", None, token)).status == 401


@pytest.mark.parametrize("how", ["fast", "immediate"])
async def test_a_postgresql_restarted_under_load_loses_nothing_that_was_acknowledged(how: str, house: House) -> None:
    acknowledged: list[str] = []
    refused: list[tuple[int, str | None]] = []
    over = asyncio.Event()

    async def send_for_ever(visitor: Visitor, token: str) -> None:
        value = _one(house)
        while not over.is_set():
            answer = await visitor.call(token, "SealedMessage/set", accountId=house.doctor.account, create=value)
            if answer.status != 200:
                # The same letter again, as a client does: was it kept after all, that is what it is told.
                refused.append((answer.status, answer.headers.get("retry-after")))
                await asyncio.sleep(0.05)
                continue
            acknowledged.append(_kept(answer.json["methodResponses"][0][1]))
            value = _one(house)

    senders = [
        asyncio.create_task(send_for_ever(visitor, token))
        for visitor, token in ((house.here, house.token), (house.there, house.token_there))
        for _ in range(4)
    ]
    await _until(lambda: len(acknowledged) > 100)
    await asyncio.to_thread(house.cluster.halt, how)
    await _until(lambda: len(refused) >= 8)
    await asyncio.to_thread(house.cluster.run_again)
    after = len(acknowledged)
    await _until(lambda: len(acknowledged) > after + 100)
    over.set()
    await asyncio.gather(*senders)

    assert {status for status, _ in refused} == {503}
    assert all(again and int(again) > 0 for _, again in refused)
    seen, seen_there = await house.ids(house.here, house.token), await house.ids(house.there, house.token_there)
    assert seen == seen_there
    assert len(seen) == len(set(seen))
    assert set(acknowledged) <= set(seen)
    assert len(acknowledged) == len(set(acknowledged))


def _one(house: House) -> dict[str, Any]:
    return {"l": letter(house.patient, sealed=b"x" * 2000)}


def _kept(done: dict[str, Any]) -> str:
    if done["created"]:
        return str(done["created"]["l"]["id"])
    refusal = done["notCreated"]["l"]
    assert refusal["type"] == "alreadyExists", refusal
    return str(refusal["existingId"])


async def _until(condition: Any, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what it waits for is counted by whoever sends
            await asyncio.sleep(0.02)
