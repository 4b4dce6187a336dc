"""A connection that breaks off while its last bytes are unread. libuv tells of such a reset once, and uvloop then looks
at the socket no more: a relay that reads the bytes alone never hears that nobody is there."""

import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from messaging.wire import names
from tests.live.polling import until
from tests.live.practice import Practice
from tests.relays import RunningRelay, start_relay_process

pytestmark = pytest.mark.live
MANY, FEW = 20, 4
LAST = {
    "nothing": b"",
    "a letter": b"G",
    "all of a request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "more than is read at once": (
        b"POST /jmap/upload/x HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n" + bytes(200_000)
    ),
}
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close() resets (socket(7))


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    started = start_relay_process(tmp_path_factory.mktemp("resets"))
    yield started
    assert started.stop() == 0


def _sockets(relay: RunningRelay) -> int:
    return sum(_is_socket(one) for one in Path(f"/proc/{relay.process.pid}/fd").iterdir())


def _is_socket(held: Path) -> bool:
    try:
        return str(held.readlink()).startswith("socket:")
    except FileNotFoundError:  # closed since it was listed
        return False


def _reset(relay: RunningRelay, count: int, first: bytes, last: bytes) -> None:
    """So many connections that ask `first`, are answered, then say `last` and reset while the relay stands still."""
    host, _, port = relay.origin.removeprefix("http://").partition(":")
    peers = [socket.create_connection((host, int(port))) for _ in range(count)]
    for peer in peers:
        peer.sendall(first)
        assert peer.recv(15) == b"HTTP/1.1 200 OK"
    relay.process.send_signal(signal.SIGSTOP)
    for peer in peers:
        peer.sendall(last)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        peer.close()


@pytest.mark.parametrize("last", LAST.values(), ids=LAST.keys())
def test_a_connection_that_is_reset_is_given_up_at_once(relay: RunningRelay, last: bytes) -> None:
    before = _sockets(relay)
    _reset(relay, MANY, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", last)
    assert _sockets(relay) >= before + MANY
    relay.process.send_signal(signal.SIGCONT)
    until(lambda: _sockets(relay) == before, "the relay let go of them", 5)


async def test_a_relay_that_stops_while_streams_are_reset_ends_in_order(tmp_path: Path) -> None:
    stopping = start_relay_process(tmp_path)
    try:
        token = (await Practice.open(stopping)).token
        asked = names.EVENTS.format(types="*", closeafter="no", ping=300)
        stream = f"GET {asked} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
        _reset(stopping, FEW, stream.encode(), b"more")
        stopping.process.send_signal(signal.SIGTERM)
        stopping.process.send_signal(signal.SIGCONT)
        assert stopping.stop() == 0
        assert not (stopping.data / "relay.db-wal").exists()
    finally:
        stopping.kill()
