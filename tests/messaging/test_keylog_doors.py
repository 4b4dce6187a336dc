"""The doors of the key log: for anyone, exactly spelled, never more than is signed for, within a rate."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from crypto.transparency.policy import parse_policy, verify_checkpoint
from crypto.transparency.tiles import decode_bundle
from crypto.transparency.tree import leaf_hash
from messaging.relay.rates import Allowed
from messaging.server.publisher import Pace
from messaging.wire import names
from messaging.wire.types import EnrolRequest
from tests.messaging.desk import item, person
from tests.messaging.doors import Visitor
from tests.messaging.witness import TestWitness, running, witnessed
from tests.relays import relay_in_process

PEOPLE = 260


@pytest_asyncio.fixture(scope="module")
async def grown(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visitor]:
    """A relay with more than one tile of entries."""
    async with relay_in_process(tmp_path_factory.mktemp("grown")) as relay, Visitor.at(relay) as visitor:
        await enrol(visitor, PEOPLE)
        yield visitor


async def enrol(visitor: Visitor, count: int, prefix: str = "p") -> None:
    people = [item(person("patient", f"{prefix}{n}"), managed=False, by=visitor.seeds["station"]) for n in range(count)]
    token = await visitor.log_in("station")
    answer = await visitor.ask("POST", names.ENROL, EnrolRequest(people=people), token)
    assert {one["outcome"] for one in answer.json["people"]} == {"created"}


async def test_the_checkpoint_verifies_under_the_policy_that_the_relay_gives(grown: Visitor) -> None:
    policy = await grown.ask("GET", names.LOG_POLICY)
    checkpoint = await grown.ask("GET", names.LOG_CHECKPOINT)
    said = verify_checkpoint(checkpoint.body, parse_policy(policy.body), grown.relay.service.clock.now())
    assert said.size == PEOPLE
    assert said.origin == grown.origin.removeprefix("http://") + "/log"
    for answer in (policy, checkpoint):
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"


async def test_tiles_and_bundles_agree_and_never_change(grown: Visitor) -> None:
    tile = await grown.ask("GET", "/log/tile/0/000")
    bundle = await grown.ask("GET", "/log/tile/entries/000")
    assert b"".join(map(leaf_hash, decode_bundle(bundle.body))) == tile.body
    for answer in (tile, bundle):
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "size"),
    [("0/000", 8192), ("0/000.p/1", 32), ("0/000.p/255", 8160), ("0/001.p/4", 128), ("1/000.p/1", 32)],
)
async def test_what_is_covered_is_there_whole_or_in_part(grown: Visitor, path: str, size: int) -> None:
    answer = await grown.ask("GET", f"/log/tile/{path}")
    assert (answer.status, len(answer.body)) == (200, size)


@pytest.mark.parametrize(
    "path",
    ["0/001", "0/001.p/5", "0/002", "1/000", "1/000.p/2", "2/000", "entries/001", "entries/001.p/5", "63/000.p/1",
     "64/000.p/1", "0/x001/000", "0/x999/x999/x999/999"],
)  # fmt: skip
async def test_what_is_not_covered_does_not_exist(grown: Visitor, path: str) -> None:
    assert (await grown.ask("GET", f"/log/tile/{path}")).status == 404


@pytest.mark.parametrize(
    "path",
    ["0/0", "0/00", "0/0000", "00/000", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/", "0/000/", "/0/000",
     "0/x000/000", "entries/000.p/1.p/1", "data/000", "0/000?", "0/%30%30%30", "-1/000", "0/000.p/1/..", "", "0",
     "0/" + "x001/" * 2000 + "000", "0/٠٠٠"],
)  # fmt: skip
async def test_another_spelling_of_a_tile_is_no_tile(grown: Visitor, path: str) -> None:
    answer = await grown.say(f"GET /log/tile/{path} HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n".encode())
    assert answer.status in ((200,) if path == "0/000?" else (400, 404))


@pytest.mark.parametrize("path", [names.LOG_CHECKPOINT, names.LOG_POLICY, "/log/tile/0/000"])
async def test_the_log_is_for_reading(grown: Visitor, path: str) -> None:
    answer = await grown.ask("POST", path, {})
    assert answer.status in (405, 413)


@pytest.mark.parametrize("path", ["/log/", "/log/checkpoint/", "/log/size", "/log/tiles/0/000"])
async def test_there_is_nothing_else_in_the_log(grown: Visitor, path: str) -> None:
    assert (await grown.ask("GET", path)).status == 404


async def test_a_network_reads_within_a_rate_and_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with relay_in_process(tmp_path, allowed=Allowed(log_reads_per_minute=3)) as relay, Visitor.at(relay) as one:
        answers = [await one.ask("GET", names.LOG_POLICY) for _ in range(4)]
        refused = await one.ask("GET", "/log/tile/0/000.p/1")
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert (refused.status, int(refused.headers["retry-after"]) > 0) == (429, True)


async def test_what_no_witness_has_cosigned_has_tiles_and_no_checkpoint(tmp_path: Path) -> None:
    dead = TestWitness("dead", "503")
    async with dead.listening():
        config = witnessed(tmp_path, [dead], 1)
        async with running(config, Pace(first=0.1, again=0.05)) as relay, Visitor.at(relay) as visitor:
            head = relay.service.store.write(_grow(relay))
            checkpoint = await visitor.ask("GET", names.LOG_CHECKPOINT)
            tile = await visitor.ask("GET", "/log/tile/0/000.p/1")
            later = await visitor.ask("GET", "/log/tile/0/000.p/2")
            policy = await visitor.ask("GET", names.LOG_POLICY)
    assert (head, checkpoint.status, policy.status) == (1, 503, 200)
    assert (tile.status, tile.body, later.status) == (200, leaf_hash(b"an entry"), 404)


def _grow(relay: Any) -> Any:
    from messaging.relay.logtree import Growth
    from messaging.relay.turn import Caller, Turn

    def grow(tx: Any) -> int:
        relay.service.house.gate.open = True
        growth = Growth(Turn(tx, relay.service.house, Caller(), relay.service.clock.now()))
        growth.append(b"an entry")
        growth.finish()
        return growth.size

    return grow
