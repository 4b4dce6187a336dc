"""The doors of opposition and closing over a real loopback site: what is told, what is kept beside the database."""

import asyncio
from typing import Any

import pytest

from messaging.relay.records import Account
from messaging.server.tombstones import NAME, read
from messaging.wire import names
from messaging.wire.life import CloseRequest
from tests.messaging.household import refusal
from tests.messaging.test_factor_doors import Street, said, street
from tests.messaging.test_opposition import RECEIPT, asking

__all__ = ["street"]  # a fixture


async def test_an_opposition_answers_when_its_tombstone_is_beside_the_database(street: Street) -> None:
    patient = await asyncio.to_thread(street.desk.patient)
    request = await asyncio.to_thread(asking, street.desk, patient)

    first, again = [await street.post(names.OPPOSE, said(request)) for _ in range(2)]

    told = (200, {"receipt": RECEIPT, "opposedOn": "2026-03-01"})
    assert (first.status, first.json) == (again.status, again.json) == told
    assert [row.account for row in read(street.relay.config.data / NAME)] == [patient.account]


@pytest.mark.parametrize(
    ("changed", "status", "problem"),
    [
        ({"ticket": "x"}, 401, "ticketExpired"), ({"receipt": "x"}, 400, "notRequest"),
        ({"more": 1}, 400, "notRequest"),
        ({"login": ""}, 400, "notRequest"), ({"ticket": None}, 400, "notRequest"),
    ],
)  # fmt: skip
async def test_what_is_no_opposition_is_refused_and_nothing_goes(
    street: Street, changed: dict[str, Any], status: int, problem: str
) -> None:
    patient = await asyncio.to_thread(street.desk.patient)
    body = {"login": patient.login, "receipt": RECEIPT, "ticket": "x"} | changed

    answer = await street.post(names.OPPOSE, body)

    assert (answer.status, answer.json["type"].rpartition("/")[2].rpartition(":")[2]) == (status, problem)
    assert street.desk.store.read(lambda tx: tx.one(Account, patient.account)) is not None


async def test_closing_ends_streams_and_tokens_at_once_and_clears_the_cookie(street: Street) -> None:
    who = await street.member("camille")
    street.desk.clock.move(seconds=-90)
    stream = await street.listen(who)

    closed = await street.post(names.CLOSE, {"account": who.account}, who)
    heard = [await stream.event() for _ in range(2)]

    assert (closed.status, heard[-1]) == (200, "")
    assert "Max-Age=0" in closed.headers["set-cookie"]
    assert (await street.post(names.CLOSE, {"account": who.account}, who)).status == 401


@pytest.mark.parametrize("body", [{}, {"account": "x"}, {"account": None}, []])
async def test_a_close_that_names_no_account_closes_none(street: Street, body: Any) -> None:
    who = await street.member("camille")

    answer = await street.post(names.CLOSE, body, who)

    assert answer.status == 400
    assert refusal(street.desk, CloseRequest(account=who.account)) != "done"


async def test_nobody_closes_without_a_token(street: Street) -> None:
    who = await street.member("camille")

    assert (await street.post(names.CLOSE, {"account": who.account})).status == 401
