"""The outer edge: slow senders, proxies, TLS, and what a log may hold."""

import asyncio
import ssl
from io import StringIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import testing
from twisted.internet.task import Clock

from crypto.encoding import canonical
from messaging.relay.turn import Caller
from messaging.server import channel, heads
from messaging.server.config import load
from messaging.server.exchange import Asked, Reply, Route, Routes, json_reply
from messaging.server.front import Front
from messaging.server.logs import RequestLog
from messaging.server.metrics import Metrics
from messaging.server.peers import Peers, network_of
from messaging.server.request import BODY_SECONDS
from messaging.wire.errors import Refusal
from tests.messaging.desk import letter
from tests.messaging.doors import Visitor, heard
from tests.relays import relay_in_process

_StringTransport: Any = testing.StringTransport  # it carries no types
PROXY = Peers((ip_network("10.0.0.1"), ip_network("127.0.0.0/8")))
DOCS = Path(__file__).parent.parent.parent / "docs"


class _Aborting(_StringTransport):  # type: ignore[misc]  # its type is Any, see above
    """Twisted's transport of strings, which remembers that it was ended."""

    aborted = False

    def abortConnection(self) -> None:  # noqa: N802 - Twisted's name
        self.aborted = True
        self.loseConnection()


class _Line:
    """A connection to a door under a clock that only the test moves."""

    def __init__(self) -> None:
        async def answer(_: Asked) -> Reply:
            return json_reply({})

        def nobody(token: str, network: str) -> tuple[Caller, int]:  # noqa: ARG001 - as the front asks
            raise Refusal("unauthorized")

        self.clock: Any = Clock()
        routes = Routes({"/open": Route("open", answer, limit=1_000_000, json=True)})
        routes.exact["/closed"] = Route("closed", answer, methods=("GET",), bearer=True)
        front = Front(routes, nobody, Metrics(), RequestLog("json", StringIO()), Peers(), secure=False)
        self.channel: Any = channel.Door(front, self.clock).buildProtocol(None)
        self.transport = _Aborting()
        self.channel.makeConnection(self.transport)

    def says(self, raw: bytes) -> None:
        self.channel.dataReceived(raw)


async def test_a_head_that_drips_is_cut_off() -> None:
    line = _Line()
    for letter_ in b"POST /open HTTP/1.1\r\nHost: x\r\nX-A: "[: channel.HEAD_SECONDS]:
        line.says(bytes([letter_]))
        line.clock.advance(1)
    assert line.transport.aborted


async def test_a_body_that_drips_is_refused_with_408() -> None:
    line = _Line()
    head = b"POST /open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n"
    line.says(head)
    for _ in range(BODY_SECONDS + 1):
        line.says(b" ")
        line.clock.advance(1)
    line.clock.advance(channel.LINGER_SECONDS)
    assert line.transport.value().startswith(b"HTTP/1.1 408 ")
    assert line.transport.disconnecting


async def test_who_says_nothing_is_let_go() -> None:
    line = _Line()
    line.clock.advance(channel.IDLE_SECONDS)
    assert line.transport.disconnecting


async def test_a_connection_in_use_is_kept() -> None:
    line = _Line()
    for _ in range(4):
        line.says(b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        line.clock.advance(channel.IDLE_SECONDS - 1)
    assert line.transport.value().count(b"HTTP/1.1 404 ") == 4
    assert not line.transport.disconnecting


async def test_who_does_not_take_answers_gets_one_and_the_others_when_they_do() -> None:
    line = _Line()
    line.channel.pauseProducing()  # as the transport does when its buffer is full
    line.says(b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
    for _ in range(20):
        await asyncio.sleep(0)
    before = line.transport.value().count(b"HTTP/1.1 404 ")
    line.channel.resumeProducing()
    for _ in range(20):
        await asyncio.sleep(0)
    assert (before, line.transport.value().count(b"HTTP/1.1 404 ")) == (1, 3)


async def test_who_never_takes_the_answers_is_let_go() -> None:
    line = _Line()
    line.channel.pauseProducing()
    line.says(b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
    for _ in range(20):
        await asyncio.sleep(0)
    line.clock.advance(channel.IDLE_SECONDS)
    assert line.transport.disconnecting


async def test_a_header_that_is_no_utf_8_is_refused_like_any_other() -> None:
    line = _Line()
    line.says(b"GET /closed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\nX-Forwarded-For: \xff\r\n\r\n")
    for _ in range(20):
        await asyncio.sleep(0)
    assert line.transport.value().startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("host", "forwarded", "network"),
    [("10.0.0.1", "198.51.100.7", "198.51.100.7"), ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
     ("10.0.0.1", "198.51.100.7, 10.0.0.1", "198.51.100.7"), ("192.0.2.9", "198.51.100.7", "192.0.2.9"),
     ("10.0.0.1", None, "10.0.0.1"), ("10.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
     ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7")],
)  # fmt: skip
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(host: str, forwarded: str | None, network: str) -> None:
    assert PROXY.network(host, forwarded) == network


@pytest.mark.parametrize(("host", "forwarded", "local"), [("127.0.0.1", None, True), ("::1", None, True),
    ("127.0.0.1", "198.51.100.7", False), ("192.0.2.9", None, False)])  # fmt: skip
def test_nobody_behind_a_proxy_is_this_machine(host: str, forwarded: str | None, local: bool) -> None:
    assert PROXY.is_local(host, forwarded) is local


@given(st.text(max_size=100))
def test_what_is_no_address_never_crashes(noise: str) -> None:
    assert len(network_of(noise)) <= 64
    PROXY.network("10.0.0.1", noise)


async def test_the_operators_doors_are_shut_to_who_comes_through_a_proxy(visitor: Visitor) -> None:
    assert (await visitor.ask("GET", "/metrics", X_Forwarded_For="198.51.100.7")).status == 404


def test_no_header_can_hold_a_line_break() -> None:
    with pytest.raises(ValueError, match="line break"):
        heads.whole(Reply(headers=(("X", "a\r\nb"),)), secure=False, close=False)


async def test_the_log_of_a_session_names_nobody(tmp_path: Path) -> None:
    async with relay_in_process(tmp_path) as relay, Visitor.at(relay) as visitor:
        said = relay._requests._to = StringIO()
        token, doctor, patient = await visitor.doctor_and_patient()
        value = letter(patient)
        await visitor.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": value})
        await visitor.call(token, "Secret words/get", accountId=doctor.account)
        await visitor.ask("POST", "/nowhere/dr.martin@cabinet.example", {}, token)
        await visitor.ask("GET", "/jmap/download/a/b/dr.martin@cabinet.example", None, token)
        relay._requests.flush()
    text = said.getvalue()
    lines = [msgspec.json.decode(line) for line in text.splitlines()] if text.startswith("{") else text.splitlines()
    assert "SealedMessage/set" in text
    assert doctor.account not in text  # the bridge acted: its own account stands there
    forbidden = ("dr.martin", "camille", "@", "127.0.0.1", token, value["sealed"], value["clientId"], "Secret", "/jmap")
    assert [word for word in forbidden if word in text] == []
    assert len(lines) == 10


async def test_a_log_line_says_what_an_operator_needs() -> None:
    said = StringIO()
    log = RequestLog("json", said)
    log.add("api", 200, ("Core/echo",), "a1", received=10, sent=20, seconds=0.0123)
    log.flush()
    line = msgspec.json.decode(said.getvalue())
    timestamp = line.pop("timestamp")
    assert timestamp.endswith("+00:00")
    assert line == {
        "event": "request", "level": "info", "door": "api", "status": 200, "account": "a1", "methods": ["Core/echo"],
        "in": 10, "out": 20, "ms": 12.3,
    }  # fmt: skip


@given(st.integers(0, 2**52), st.text("abcdefghijklmnopqrstuvwxyz234567 /", max_size=40))
def test_a_row_of_the_access_log_is_signed_over_its_canonical_form(number: int, text: str) -> None:
    assert msgspec.json.encode((number, text)) == canonical([number, text])


async def test_a_relay_answers_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with relay_in_process(tmp_path, certificate=certificate, key=key) as relay:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", relay.port, ssl=trusting, server_hostname="localhost"
        )
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
        answers = [(await heard(reader)).status for _ in range(2)]
        version = writer.get_extra_info("ssl_object").version()
        writer.close()
    assert answers == [200, 200]
    assert version in ("TLSv1.2", "TLSv1.3")


def test_the_sample_settings_load() -> None:
    settings = load(DOCS / "relay.sample.toml")
    assert settings.origin == "https://pli.example"
    assert len(settings.trusted_proxies) == 2
