"""The gateway's database: what waits together is committed together, and nobody pays for a neighbour."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bridges.mssante import outbox
from bridges.mssante.database import BATCH, Database


def _put(number: int, connection: Connection) -> int:
    outbox.put(connection, "account", f"item-{number}", "x.example", b"sealed", 1.0, 2.0)
    return number


def _items(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT item FROM outbox ORDER BY item")).scalars())


def _fail(connection: Connection) -> int:
    _put(0, connection)
    raise LookupError


async def test_everybody_hears_their_own_outcome_in_the_order_that_was_asked(database: Database) -> None:
    asked = [database.run(partial(_put, number)) for number in range(3 * BATCH)]
    assert await asyncio.gather(*asked) == list(range(3 * BATCH))
    assert await database.run(outbox.waiting) == 3 * BATCH


async def test_a_failing_neighbour_leaves_nothing_and_undoes_nobody(database: Database) -> None:
    outcomes = await asyncio.gather(
        database.run(lambda c: _put(1, c)), database.run(_fail), database.run(lambda c: _put(2, c)),
        return_exceptions=True,
    )  # fmt: skip
    assert [outcomes[0], type(outcomes[1]), outcomes[2]] == [1, LookupError, 2]
    assert await database.run(_items) == ["item-1", "item-2"]


async def test_what_rides_along_is_done_before_what_is_run_next(database: Database) -> None:
    database.ride(lambda c: _put(1, c))
    assert await database.run(outbox.waiting) == 1


async def test_a_rider_that_fails_stops_nobody(database: Database) -> None:
    database.ride(_fail)
    assert await database.run(lambda c: _put(2, c)) == 2
    assert await database.run(outbox.waiting) == 1


async def test_what_rides_along_is_durable_after_the_end(tmp_path: Path) -> None:
    first = Database(tmp_path)
    await first.start()
    first.ride(lambda c: _put(1, c))
    await first.close()
    again = Database(tmp_path)
    await again.start()
    assert await again.run(outbox.waiting) == 1
    await again.close()


async def test_a_cancelled_caller_does_not_stop_the_thread(database: Database) -> None:
    asked = asyncio.ensure_future(database.run(lambda c: _put(1, c)))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await database.run(lambda c: c.execute(text("SELECT count(*) FROM outbox")).scalar()) == 1
