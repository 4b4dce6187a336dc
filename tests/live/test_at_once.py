"""The same thing many times at once: it is done once, and all who asked hear the same."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.live.activated import STEP
from tests.live.nursery import Nursery, nursery
from tests.live.practice import Practice
from tests.messaging.desk import letter
from tests.messaging.doors import Heard
from tests.postgres import Cluster

pytestmark = pytest.mark.live
COPIES, CODES = 50, 20


@pytest.fixture(scope="module")
def relays() -> Iterator[Nursery]:
    with nursery() as made:
        yield made


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with postgres.running() as started:
        yield started


async def _open(relays: Nursery, folder: Path, more: str) -> Practice:
    relay = relays.relay(folder, more)
    relay.start()
    return await Practice.open(relay)


def _kept(answer: Heard) -> str:
    """The id of the letter that an answer speaks of, whether it was made by this copy or was there."""
    assert answer.status == 200, answer
    done = answer.json["methodResponses"][0][1]
    if done["created"]:
        return str(done["created"]["l"]["id"])
    refusal = done["notCreated"]["l"]
    assert refusal["type"] == "alreadyExists", refusal
    return str(refusal["existingId"])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_fifty_copies_of_one_send_and_twenty_uses_of_one_code(
    database: str, relays: Nursery, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more = ""
    if database == "postgresql":
        more = f'[store]\ndatabase = "{request.getfixturevalue("cluster").url()}"\n'
    practice = await _open(relays, tmp_path, more)
    await _copies(practice)
    await _another_content(practice)
    await _codes(practice)


async def _send(practice: Practice, value: dict[str, Any]) -> Heard:
    return await practice.visitor.call(
        practice.token, "SealedMessage/set", accountId=practice.doctor.account, create={"l": value}
    )


async def _copies(practice: Practice) -> None:
    value = letter(practice.patient.who, sealed=b"once 0")
    answers = await asyncio.gather(*(_send(practice, value) for _ in range(COPIES)))
    assert len({_kept(one) for one in answers}) == 1
    reader, written = practice.reader(), practice.written()
    assert (await reader.catch_up(), await written.catch_up()) == (1, 1)
    assert written.ids == [_kept(answers[0])]


async def _another_content(practice: Practice) -> None:
    value = letter(practice.patient.who, sealed=b"other 0")
    wrong = {**value, "sealed": letter(practice.patient.who, sealed=b"wrong")["sealed"]}
    answers = await asyncio.gather(*(_send(practice, one) for one in [value, wrong] * 10))
    said = [one.json["methodResponses"][0][1] for one in answers]
    refused = [one["notCreated"]["l"] for one in said if one["notCreated"]]
    # Whichever came first is the letter; the others with its content are told so, those with another are refused.
    assert sum(bool(one["created"]) for one in said) == 1
    assert [one["type"] for one in refused].count("invalidProperties") == 10
    assert all(one["properties"] == ["clientId"] for one in refused if one["type"] == "invalidProperties")
    assert len({one["existingId"] for one in refused if one["type"] == "alreadyExists"}) == 1


async def _codes(practice: Practice) -> None:
    tickets = [await practice.patient.ticket() for _ in range(CODES)]
    code = practice.patient.code(1)  # the one of now was used by the activation; the next one counts already
    answers = await asyncio.gather(*(practice.patient.enter(ticket, code) for ticket in tickets))
    assert [one.status for one in answers].count(200) == 1
    # After five failures the account has to wait, and the right code is not looked at either.
    assert {one.status for one in answers} - {200} <= {401, 429}
    assert len({json.dumps(one.json, sort_keys=True) for one in answers if one.status == 401}) == 1
    assert STEP == 30
