"""A connection that breaks off while its last bytes are unread. libuv tells of such a reset once, and uvloop then looks
at the socket no more: a relay that reads the bytes alone never hears that nobody is there."""

import os
import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.polling import until
from tests.relays import RunningRelay, start_relay_process

pytestmark = pytest.mark.live
MANY = 20
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


def _reset(relay: RunningRelay, last: bytes) -> None:
    """`MANY` connections that say something, are accepted, then say `last` and reset before the relay looks again."""
    before = _sockets(relay)
    host, _, port = relay.origin.removeprefix("http://").partition(":")
    peers = [socket.create_connection((host, int(port))) for _ in range(MANY)]
    for peer in peers:
        peer.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        peer.recv(10)
    assert _sockets(relay) == before + MANY
    os.kill(relay.process.pid, signal.SIGSTOP)
    try:
        for peer in peers:
            peer.sendall(last)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            peer.close()
    finally:
        os.kill(relay.process.pid, signal.SIGCONT)
    until(lambda: _sockets(relay) == before, "the relay let go of them", 5)


@pytest.mark.parametrize("last", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["nothing", "a letter", "all"])
def test_a_connection_that_is_reset_is_given_up_at_once(relay: RunningRelay, last: bytes) -> None:
    _reset(relay, last)


def test_more_than_is_read_at_once(relay: RunningRelay) -> None:
    _reset(relay, b"POST /jmap/upload/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + bytes(200_000))
