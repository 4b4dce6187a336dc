"""Hostile input at a real relay's port: refused, with memory and disk bounded, while somebody else goes on working.

Drips that are cut off after their time are in tests/messaging/test_edge.py, under a clock that a test moves.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest

from clients.sdk.connection import Connection
from clients.session.session import Challenged, Session
from clients.session.transport import Transport
from crypto.keys import SigningSeed
from messaging.wire import names
from tests.live.attacks import BODY, MB, Bystander, Watched, dripping, large, pour, say, session_question, unread
from tests.relays import RunningRelay, install_reactor, start_relay_process

pytestmark = pytest.mark.live
REFUSED = frozenset({400, 401, 404, 405, 411, 413, 414, 431, 501, 505})
NOTHING: frozenset[int] = frozenset()
JSON = "Content-Type: application/json\r\n"
SMUGGLED = "GET /health/live HTTP/1.1\r\nHost: relay\r\n\r\n"
END = f"0\r\n\r\n{SMUGGLED}"
CHUNKED = "Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    running = start_relay_process(tmp_path_factory.mktemp("hostile"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
async def bystander(relay: RunningRelay) -> AsyncIterator[Bystander]:
    """A station that is logged in, and asks for its session again and again."""
    install_reactor()
    seed = SigningSeed.generate()
    relay.add_station("station", seed.public())

    async def unlock(_: Challenged) -> SigningSeed:
        return seed

    transport = Transport(relay.origin)
    connection = Connection(transport, Session(relay.origin, "station", "key"), unlock, None)
    await connection.log_in()
    yield Bystander(int(relay.origin.rsplit(":", 1)[1]), session_question(connection.token))
    await transport.close()


@pytest.fixture
def port(relay: RunningRelay) -> int:
    return int(relay.origin.rsplit(":", 1)[1])


def _post(path: str, more: str, body: str = "") -> str:
    return f"POST {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n{JSON}{more}\r\n{body}"


def _get(target: str, more: str = "") -> str:
    return f"GET {target} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n{more}\r\n"


def _json(path: str, body: str) -> bytes:
    raw = body.encode("utf-8", "surrogateescape")
    return _post(path, f"Content-Length: {len(raw)}\r\n").encode() + raw


FRAMING = {
    "length and chunks": _post(names.LOGIN, "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", END),
    "chunks and length": _post(names.LOGIN, "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", END),
    "two lengths": _post(names.LOGIN, "Content-Length: 0\r\nContent-Length: 44\r\n", SMUGGLED),
    "two equal lengths": _post(names.LOGIN, "Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
    "a list of lengths": _post(names.LOGIN, "Content-Length: 2, 2\r\n", "{}"),
    "a negative length": _post(names.LOGIN, "Content-Length: -1\r\n", SMUGGLED),
    "a signed length": _post(names.LOGIN, "Content-Length: +2\r\n", "{}"),
    "a length in hex": _post(names.LOGIN, "Content-Length: 0x2\r\n", "{}"),
    "a length with a line": _post(names.LOGIN, "Content-Length: 2_0\r\n", "{}" * 10),
    "a length of many digits": _post(names.LOGIN, f"Content-Length: {'9' * 4000}\r\n"),
    "chunks twice": _post(names.LOGIN, "Transfer-Encoding: chunked, chunked\r\n", END),
    "chunks of chunks": _post(names.LOGIN, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", END),
    "identity, then chunks": _post(names.LOGIN, "Transfer-Encoding: identity, chunked\r\n", END),
    "an unknown coding": _post(names.LOGIN, "Transfer-Encoding: xchunked\r\n", END),
    "a coding behind a tab": _post(names.LOGIN, "Transfer-Encoding:\tchunked\x0b\r\n", END),
    "a space before the colon": _post(names.LOGIN, "Content-Length : 44\r\n", SMUGGLED),
    "a folded header": _post(names.LOGIN, "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
    "a bare CR in a header": _post(names.LOGIN, "X: a\rContent-Length: 44\r\n", SMUGGLED),
    "a NUL in a header": _get("/log/checkpoint", "X: a\x00b\r\n"),
    "a chunk size with a sign": _post(names.LOGIN, CHUNKED, f"-1\r\n{SMUGGLED}"),
    "a chunk size in another base": _post(names.LOGIN, CHUNKED, f"0x5\r\nhello\r\n{END}"),
    "a chunk of more than it says": _post(names.LOGIN, CHUNKED, f"2\r\nhello\r\n{END}"),
    "a chunk extension of a megabyte": _post(names.LOGIN, CHUNKED, "2;" + "x" * MB),
    "a chunk size of a megabyte": _post(names.LOGIN, CHUNKED, "0" * MB),
    "trailers of a megabyte": _post(names.LOGIN, CHUNKED, "2\r\n{}\r\n0\r\nX: " + "x" * MB),
    "trailers without end": _post(names.LOGIN, CHUNKED, "2\r\n{}\r\n0\r\n" + "X: x\r\n" * 100_000),
}  # fmt: skip
HEADS = {
    "a header of a megabyte": _get("/log/checkpoint", f"X: {'x' * MB}\r\n"),
    "a header name of a megabyte": _get("/log/checkpoint", f"{'x' * MB}: x\r\n"),
    "a hundred thousand headers": _get("/log/checkpoint", "X: x\r\n" * 100_000),
    "a target of a megabyte": _get("/" + "a" * MB),
    "a query of a megabyte": _get("/log/checkpoint?" + "a=b&" * 250_000),
    "a method of a megabyte": "G" * MB + " / HTTP/1.1\r\n\r\n",
    "no line end at all": "G" * MB,
    "line ends without end": "\r\n" * 500_000,
    "no version": "GET /log/checkpoint\r\n\r\n",
    "another version": "GET /log/checkpoint HTTP/9.9\r\nHost: relay\r\n\r\n",
    "HTTP/2 with prior knowledge": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS where there is none": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 400 + "\r\n\r\n",
    "a tunnel": "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n",
    "a token of a megabyte": _get(names.WELL_KNOWN, f"Authorization: Bearer {'a' * MB}\r\n"),
    "a token of another alphabet": _get(names.WELL_KNOWN, "Authorization: Bearer \xff\xfe\r\n"),
}
PATHS = {
    target: _get(target)
    for target in (
        "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/%252e%252e/etc/passwd",
        "//etc/passwd", "/./relay.toml", "/\\..\\relay.db", "/%00", "/log/tile/%00", "/log/tile/../../relay.db",
        "/log/tile/0/x001/../000", "/%c0%ae%c0%ae/relay.db", "/%ff%fe", "/assets/..;/relay.db", "/secrets/log",
        "http://relay/../secrets/log", "*", "relay.db", "/jmap/download/../../secrets/pepper",
        "/jmap/download/" + "a" * 27 + "/..%2f..%2fsecrets%2flog/x", "/jmap/upload/" + "a" * 4000,
        "/log/tile/0/" + "x000/" * 1000 + "000", "/schemas/../openapi.json%00.json",
    )
}  # fmt: skip
BODIES = {
    "deep lists": "[" * 100_000,
    "deep objects": '{"login":' * 100_000,
    "deep and closed": "[" * 20_000 + "]" * 20_000,
    "no JSON": "x" * 100,
    "another encoding": '{"login": "\udcff"}',
    "a number for a name": '{"login": 3, "method": "key"}',
    "null for a name": '{"login": null, "method": "key"}',
    "a list for all": "[]",
    "an unknown member": '{"login": "x", "method": "key", "admin": true}',
    "a member twice": '{"login": "x", "login": {}, "method": "key"}',
    "an unknown method": '{"login": "x", "method": "none"}',
    "a number without end": '{"login": ' + "9" * 50_000 + ', "method": "key"}',
    "a number that is none": '{"login": NaN, "method": "key"}',
    "a name of half a megabyte": '{"login": "' + "a" * 500_000 + '", "method": "key"}',
    "very many members": "{" + ",".join(f'"{n}":0' for n in range(40_000)) + "}",
    "half of it": '{"login": "x", "meth',
}


@pytest.mark.parametrize("name", FRAMING)
async def test_where_a_body_ends_is_read_one_way_and_nothing_behind_it_is_heard(port: int, name: str) -> None:
    outcome = await say(port, FRAMING[name].encode("latin-1"))

    assert len(outcome.statuses) <= 1
    assert set(outcome.statuses) <= REFUSED


@pytest.mark.parametrize("name", HEADS)
async def test_a_head_that_is_none_or_too_large_is_refused(port: int, name: str) -> None:
    outcome = await say(port, HEADS[name].encode("latin-1"))

    assert len(outcome.statuses) <= 1
    assert set(outcome.statuses) <= REFUSED


@pytest.mark.parametrize("target", PATHS)
async def test_no_path_leads_out_of_what_is_served(port: int, target: str) -> None:
    outcome = await say(port, PATHS[target].encode("latin-1"))

    assert len(outcome.statuses) == 1
    assert set(outcome.statuses) <= {400, 401, 404}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_is_not_what_the_door_takes_is_the_senders_mistake(port: int, name: str) -> None:
    outcome = await say(port, _json(names.CHALLENGE, BODIES[name]))

    assert outcome.statuses in ((400,), (413,))


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("path", ["/nowhere", names.LOGIN, names.API, names.ENROL, "/jmap/upload/" + "a" * 27])
async def test_three_hundred_megabytes_are_refused_before_they_are_taken(
    relay: RunningRelay, port: int, path: str, chunked: bool
) -> None:
    watched = Watched(relay.process.pid, relay.data)

    outcome = await pour(port, large(path, chunked=chunked), chunked=chunked)

    assert set(outcome.statuses) <= {401, 404, 405, 413}
    assert outcome.taken < 16 * MB < BODY  # what two kernels' buffers hold
    assert watched.memory < 16 * MB
    assert watched.disk < MB


async def test_eight_such_bodies_at_once_cost_no_more(relay: RunningRelay, port: int) -> None:
    watched = Watched(relay.process.pid, relay.data)

    outcomes = await asyncio.gather(*(
        pour(port, large(path, chunked=chunked), chunked=chunked)
        for path in ("/nowhere", names.LOGIN) for chunked in (False, True) for _ in range(2)
    ))  # fmt: skip

    assert all(outcome.taken < 16 * MB for outcome in outcomes)
    assert (watched.memory < 32 * MB, watched.disk < MB) == (True, True)


async def test_four_hundred_slow_senders_cost_little_and_hold_nobody_up(
    relay: RunningRelay, port: int, bystander: Bystander
) -> None:
    watched = Watched(relay.process.pid, relay.data)
    begun = [
        b"POST /auth/login HTTP/1.1\r\nHost: x\r\nX: ",
        _post(names.LOGIN, "Content-Length: 9000\r\n", "{").encode(),
    ]

    async with dripping(port, begun * 200) as writers:
        took = [await bystander.during(lambda: asyncio.sleep(0)) for _ in range(3)]
        for writer in writers:
            writer.write(b"x")

    assert sorted(took)[1] < 0.25
    assert watched.memory < 400 * 64 * 1024


async def test_answers_that_nobody_reads_do_not_pile_up(relay: RunningRelay, port: int) -> None:
    watched = Watched(relay.process.pid, relay.data)

    taken = await asyncio.gather(*(unread(port, 200_000) for _ in range(4)))

    assert max(taken) < 8 * MB  # of 9: what two kernels' buffers hold
    assert watched.memory < 32 * MB


ATTACKS: dict[str, Callable[[int], Coroutine[Any, Any, object]]] = {
    "large bodies": lambda port: pour(port, large("/nowhere", chunked=True), chunked=True),
    "deep JSON": lambda port: say(port, _json(names.CHALLENGE, BODIES["deep objects"])),
    "many members": lambda port: say(port, _json(names.CHALLENGE, BODIES["very many members"])),
    "header floods": lambda port: say(port, HEADS["a hundred thousand headers"].encode()),
    "pipelined floods": lambda port: unread(port, 20_000),
}


@pytest.mark.parametrize("name", ATTACKS)
async def test_meanwhile_somebody_else_is_answered_in_a_quarter_of_a_second(
    port: int, bystander: Bystander, name: str
) -> None:
    async def attack() -> None:
        for _ in range(4):
            await asyncio.gather(*(ATTACKS[name](port) for _ in range(4)))

    quiet = await bystander.during(lambda: asyncio.sleep(0), at_least=200)
    took = [await bystander.during(attack) for _ in range(3)]

    # The middle of three; and where the machine itself is so slow that nothing is known, ten times what is usual on it.
    assert sorted(took)[1] < max(0.25, 10 * quiet)


async def test_afterwards_it_serves_as_before(relay: RunningRelay, port: int) -> None:
    outcome = await say(port, _get("/log/checkpoint").encode())

    assert outcome.statuses == (200,)
    assert relay.process.poll() is None
    assert "Traceback" not in (relay.config.parent / "relay.log").read_text()
