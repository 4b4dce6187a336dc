"""A relay as an operator has it: its certificate changes while it runs, and it takes no more than it can do."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from messaging.server.load import Load
from messaging.wire.errors import Refusal
from tests.messaging.doors import Visitor
from tests.relays import relay_in_process


def _write(folder: Path) -> ssl.SSLContext:
    """A new certificate of a new tree in the files, and who trusts it alone."""
    tree = trustme.CA()
    made = tree.issue_cert("127.0.0.1")
    (folder / "key.pem").write_bytes(made.private_key_pem.bytes())
    (folder / "cert.pem").write_bytes(b"".join(part.bytes() for part in made.cert_chain_pems))
    trusts = ssl.create_default_context()
    trusts.load_verify_locations(cadata=tree.cert_pem.bytes().decode())
    return trusts


async def _answers(port: int, trusts: ssl.SSLContext) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusts)
    try:
        return await _ask(reader, writer)
    finally:
        writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    return (await reader.readuntil(b"\r\n")).rstrip()


async def test_a_new_certificate_is_shown_to_new_connections_and_old_ones_live_on(tmp_path: Path) -> None:
    first = _write(tmp_path)
    settings: dict[str, Any] = {"certificate": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    async with relay_in_process(tmp_path, origin="https://127.0.0.1", **settings) as relay:
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port, ssl=first)
        assert await _ask(reader, writer) == b"HTTP/1.1 200 OK"
        await reader.readuntil(b"}")
        assert relay.renew_certificate() is False
        second = _write(tmp_path)
        assert relay.renew_certificate() is True
        assert await _answers(relay.port, second) == b"HTTP/1.1 200 OK"
        with pytest.raises(ssl.SSLCertVerificationError):
            await _answers(relay.port, first)
        assert await _ask(reader, writer) == b"HTTP/1.1 200 OK"
        writer.close()


@pytest.mark.parametrize("broken", ["cert.pem", "key.pem"])
async def test_files_that_cannot_be_used_change_nothing_and_are_tried_again(tmp_path: Path, broken: str) -> None:
    trusts = _write(tmp_path)
    settings: dict[str, Any] = {"certificate": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    async with relay_in_process(tmp_path, origin="https://127.0.0.1", **settings) as relay:
        (tmp_path / broken).write_text("half written")
        assert relay.renew_certificate() is False
        other = trustme.CA().issue_cert("127.0.0.1")
        (tmp_path / "key.pem").write_bytes(other.private_key_pem.bytes())  # of another certificate
        assert relay.renew_certificate() is False
        assert await _answers(relay.port, trusts) == b"HTTP/1.1 200 OK"
        newer = _write(tmp_path)
        assert relay.renew_certificate() is True
        assert await _answers(relay.port, newer) == b"HTTP/1.1 200 OK"


async def test_at_overload_requests_are_refused_at_once_and_health_is_told(relay: Any, visitor: Visitor) -> None:
    load = relay._front.load
    load.under_way = load._most
    try:
        refused = await visitor.ask("POST", "/auth/challenge", {"login": "x", "method": "password"})
        assert refused.status == 503
        assert 2 <= int(refused.headers["retry-after"]) <= 8
        assert (await visitor.ask("GET", "/health/live")).status == 200
        counted = (await visitor.ask("GET", "/metrics")).body.decode()
        assert "pli_shed_total 1.0" in counted
    finally:
        load.under_way = 0
    assert (await visitor.ask("POST", "/auth/challenge", {"login": "x", "method": "password"})).status == 200
    assert load.under_way == 0


def test_one_late_turn_of_the_loop_refuses_nobody_and_two_do() -> None:
    load = Load(most=10, lag=1.0)
    load.saw(5.0)
    load.admit()
    load.saw(2.0)
    with pytest.raises(Refusal, match="serverUnavailable"):
        load.admit()
    load.saw(0.01)
    load.admit()
    load.under_way = 10
    with pytest.raises(Refusal, match="serverUnavailable"):
        load.admit()
