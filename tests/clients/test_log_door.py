"""The witness over real HTTP, and logs that answer badly: too long, too slow, cut, packed."""

import asyncio
import contextlib
import gzip
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clients.log import door
from clients.log.fetching import HttpSource
from clients.log.reading import LogReader, LogUnreachable
from clients.log.serving import Post, Running
from clients.log.trust import log_alone
from clients.log.violation import Violated
from clients.log.witness import BODY_LIMIT
from crypto.transparency.checkpoint import WitnessSigner
from crypto.transparency.note import parse_note
from crypto.transparency.policy import verify_cosignatures
from crypto.transparency.tiles import BUNDLE_LIMIT
from tests.clients.key_log import ORIGIN, KeyLog
from tests.clients.log_server import Answering, served
from tests.relays import install_reactor

WITNESS = WitnessSigner.from_secret(b"w" * 32, "witness.example/w1")
_PLACE = hashlib.sha256(ORIGIN.encode()).hexdigest()


@dataclass(frozen=True)
class Said:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Away:
    """A witness that is somewhere else, and its log."""

    log: KeyLog
    port: int

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Said:
        """One request of one connection."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"Host": "w", "Connection": "close", "Content-Length": str(len(body))} | given
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return await self.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)

    async def send(self, raw: bytes) -> Said:
        """These very bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        found = bytearray()
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(20):
                while piece := await reader.read(65536):
                    found += piece
        writer.close()
        return _parsed(bytes(found))

    async def add(self, old: int, size: int | None = None) -> Said:
        """add-checkpoint, by an honest log."""
        return await self.ask("POST", "/add-checkpoint", self.log.request(old, size))


def _parsed(raw: bytes) -> Said:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    return Said(int(first.split()[1]) if first else 0, {name.lower(): value for name, value in pairs}, body)


@contextlib.asynccontextmanager
async def away(folder: Path, odd: dict[str, Answering] | None = None) -> AsyncIterator[Away]:
    install_reactor()
    log = KeyLog(now=datetime.now(UTC))
    async with served(log, odd) as url:
        post = Post(url, log_alone(log.policy, url), WITNESS, folder / "data", ("127.0.0.1", 0))
        running = Running(post)
        try:
            yield Away(log, int(running.url.rsplit(":", 1)[1]))
        finally:
            await running.close()


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[Away]:
    async with away(tmp_path) as found:
        yield found


async def test_a_checkpoint_is_cosigned_over_http(far: Away) -> None:
    far.log.enrol(300)

    said = await far.add(0)

    assert said.status == 200
    assert verify_cosignatures(said.body, far.log.checkpoint(), WITNESS.keys) == said.body


async def test_a_conflict_names_the_size_with_its_type(far: Away) -> None:
    far.log.enrol(2)
    await far.add(0)

    said = await far.add(0)

    assert (said.status, said.headers["content-type"], said.body) == (409, "text/x.tlog.size", b"2\n")


async def test_what_was_cosigned_is_shown_to_monitors(far: Away) -> None:
    far.log.enrol(2)
    before = await far.ask("GET", f"/{_PLACE}/checkpoint")
    await far.add(0)

    after = await far.ask("GET", f"/{_PLACE}/checkpoint")

    assert (before.status, after.status) == (404, 200)
    assert parse_note(after.body).text == far.log.checkpoint().text


async def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with away(tmp_path) as first:
        first.log.enrol(3)
        await first.add(0)
    async with away(tmp_path) as second:
        second.log.entries = [*first.log.entries]
        second.log.enrol(1)

        assert (await second.add(0)).body == b"3\n"
        assert (await second.add(3)).status == 200


async def test_several_requests_go_over_one_connection(far: Away) -> None:
    far.log.enrol(1)
    body = far.log.request(0)
    head = f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {len(body)}\r\n".encode()

    said = await far.send(head + b"\r\n" + body + head + b"Connection: close\r\n\r\n" + body)

    assert said.status == 200
    assert b"HTTP/1.1 409" in said.body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/add-checkpoint", 405),
        ("PUT", "/add-checkpoint", 405),
        ("POST", "/sign-subtree", 404),
        ("POST", f"/{_PLACE}/checkpoint", 405),
        ("GET", f"/{'0' * 64}/checkpoint", 404),
        ("GET", "/../../etc/passwd", 404),
        ("POST", "/add-checkpoint", 400),
    ],
)
async def test_another_door_or_method_is_refused(far: Away, method: str, path: str, status: int) -> None:
    assert (await far.ask(method, path)).status == status


async def test_a_body_over_the_limit_is_refused_before_it_is_read(far: Away) -> None:
    said = await far.ask("POST", "/add-checkpoint", b"old 0", Content_Length=str(BODY_LIMIT + 1))

    assert said.status == 413


async def test_a_body_of_no_named_length_is_counted(far: Away) -> None:
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert (await far.send(head + piece * 5)).status == 413


async def test_who_sends_a_request_for_ever_is_cut(far: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REQUEST_SECONDS", 0.1)

    said = await far.send(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 10\r\n\r\nold")

    assert said == Said(0, {}, b"")


async def test_there_are_so_many_connections_and_no_more(far: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "CONNECTIONS", 1)
    _, held = await asyncio.open_connection("127.0.0.1", far.port)
    held.write(b"GET / HTTP/1.1\r\nHost: w\r\n\r\n")
    await _.readuntil(b"404")

    second = await far.ask("GET", "/")
    held.close()

    assert second.status == 0


async def test_noise_in_place_of_http_is_400(far: Away) -> None:
    assert (await far.send(b"\x16\x03\x01noise\r\n\r\n")).status == 400


async def test_a_log_that_is_away_is_503_and_nothing_is_signed(tmp_path: Path) -> None:
    def fail(request: Any) -> bytes:
        request.setResponseCode(500)
        return b""

    async with away(tmp_path, {"tile/entries/000.p/2": fail}) as far:
        far.log.enrol(2)
        said = await far.add(0)
        far.log.enrol(1)

        assert (said.status, said.headers["retry-after"]) == (503, "30")
        assert (await far.add(0)).status == 200


async def test_more_bytes_than_a_bundle_can_have_are_422(tmp_path: Path) -> None:
    async with away(tmp_path, {"tile/entries/000.p/2": lambda _: bytes(BUNDLE_LIMIT + 1)}) as far:
        far.log.enrol(2)

        assert (await far.add(0)).status == 422


@contextlib.asynccontextmanager
async def _reading(odd: dict[str, Answering], seconds: float = 20.0) -> AsyncIterator[LogReader]:
    install_reactor()
    async with served(KeyLog(), odd) as url:
        source = HttpSource(url, seconds)
        try:
            yield LogReader(source)
        finally:
            await source.close()


async def test_a_log_that_never_answers_is_given_up() -> None:
    from twisted.web.server import NOT_DONE_YET

    async with _reading({"checkpoint": lambda _: NOT_DONE_YET}, 0.05) as reader:
        with pytest.raises(LogUnreachable, match="in time"):
            await reader.checkpoint()


async def test_a_log_that_stops_in_the_midst_is_given_up() -> None:
    def begin(request: Any) -> Any:
        from twisted.web.server import NOT_DONE_YET

        request.setHeader("Content-Length", "100")
        request.write(b"half")
        return NOT_DONE_YET

    async with _reading({"checkpoint": begin}, 0.2) as reader:
        with pytest.raises(LogUnreachable, match="in time"):
            await reader.checkpoint()


async def test_a_cut_answer_is_no_answer() -> None:
    def cut(request: Any) -> Any:
        from twisted.web.server import NOT_DONE_YET

        request.setHeader("Content-Length", "100")
        request.write(b"half")
        request.channel.transport.loseConnection()
        return NOT_DONE_YET

    async with _reading({"checkpoint": cut}) as reader:
        with pytest.raises(LogUnreachable):
            await reader.checkpoint()


async def test_an_oversized_checkpoint_is_not_kept() -> None:
    async with _reading({"checkpoint": lambda _: bytes(200_000)}) as reader:
        with pytest.raises(Violated, match="oversized"):
            await reader.checkpoint()


def _packed(data: bytes) -> Answering:
    def answer(request: Any) -> bytes:
        request.setHeader("Content-Encoding", "gzip")
        return data

    return answer


async def test_a_packed_answer_is_unpacked() -> None:
    async with _reading({"checkpoint": _packed(gzip.compress(b"note"))}) as reader:
        assert await reader.checkpoint() == b"note"


async def test_a_packed_answer_does_not_grow_without_limit() -> None:
    async with _reading({"checkpoint": _packed(gzip.compress(bytes(10_000_000)))}) as reader:
        with pytest.raises(Violated, match="oversized"):
            await reader.checkpoint()


async def test_packed_noise_is_no_answer() -> None:
    async with _reading({"checkpoint": _packed(b"noise")}) as reader:
        with pytest.raises(LogUnreachable):
            await reader.checkpoint()


async def test_a_log_that_asks_for_patience_is_asked_again() -> None:
    def busy_at_first(request: Any, asked: list[int] = []) -> bytes:  # noqa: B006 - it counts
        asked.append(1)
        if len(asked) < 3:
            request.setResponseCode(429)
            request.setHeader("Retry-After", "0")
        return b"note"

    async with _reading({"checkpoint": busy_at_first}) as reader:
        assert await reader.checkpoint() == b"note"


async def test_patience_has_an_end() -> None:
    def busy(request: Any) -> bytes:
        request.setResponseCode(429)
        request.setHeader("Retry-After", "0")
        return b""

    async with _reading({"checkpoint": busy}) as reader:
        with pytest.raises(LogUnreachable, match="patience"):
            await reader.checkpoint()


async def test_a_redirect_is_not_followed() -> None:
    def elsewhere(request: Any) -> bytes:
        request.redirect(b"/log/policy")
        return b""

    async with _reading({"checkpoint": elsewhere}) as reader:
        with pytest.raises(LogUnreachable, match="302"):
            await reader.checkpoint()


@pytest.mark.parametrize("url", ["http://pli.example/log", "ftp://x/log", "https://", "https://x/log?y", "nonsense://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|machine"):
        HttpSource(url)
