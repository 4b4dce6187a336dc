"""What a hostile sender does to a relay's port, as bytes on real sockets; and a bystander who works on meanwhile."""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Final

from tests.live.memory import unnamed_files

MB: Final = 1_000_000
BODY: Final = 300 * MB
_PIECE: Final = bytes(64 * 1024)
_QUESTION: Final = b"GET /openapi.json HTTP/1.1\r\nHost: relay\r\n\r\n"


def session_question(token: str) -> bytes:
    """A logged-in client's most ordinary request."""
    return f"GET /.well-known/jmap HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


@dataclass(frozen=True)
class Outcome:
    """What one connection saw: its answers' first lines, and how many bytes of a body were taken."""

    answers: tuple[str, ...]
    taken: int = 0

    @property
    def statuses(self) -> tuple[int, ...]:
        return tuple(int(line.split(" ")[1]) for line in self.answers)


async def say(port: int, raw: bytes, *, wait: float = 10) -> Outcome:
    """Bytes as they are; every answer until the relay closes. Raises TimeoutError where it stays open for so long."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        writer.write(raw)
        async with asyncio.timeout(wait):
            with contextlib.suppress(ConnectionError):
                await writer.drain()
                while piece := await reader.read(65_536):
                    heard += piece
    finally:
        writer.close()
    return Outcome(_first_lines(heard))


async def pour(port: int, head: bytes, *, chunked: bool, size: int = BODY) -> Outcome:
    """A head and as much of a large body as the relay takes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken, piece = 0, b"%x\r\n%b\r\n" % (len(_PIECE), _PIECE) if chunked else _PIECE
    with contextlib.suppress(ConnectionError, TimeoutError):
        writer.write(head)
        while taken < size:
            writer.write(piece)
            async with asyncio.timeout(5):
                await writer.drain()
            taken += len(_PIECE)
    heard = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(5):
            heard = await reader.read(65_536)
    writer.close()
    return Outcome(_first_lines(heard), taken)


def large(path: str, *, chunked: bool, more: str = "") -> bytes:
    """The head of a request with a body of 300 MB."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {BODY}"
    return f"POST {path} HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n{more}{length}\r\n\r\n".encode()


@contextlib.asynccontextmanager
async def dripping(port: int, heads: Iterable[bytes]) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """Connections that have each said the beginning of something, and say nothing more."""
    writers: list[asyncio.StreamWriter] = []
    try:
        for head in heads:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head)
            writers.append(writer)
        yield writers
    finally:
        for writer in writers:
            writer.close()


async def unread(port: int, requests: int) -> int:
    """Pipelined requests whose answers nobody reads: how many bytes of them the relay took before it took no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    assert reader is not None
    taken = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        for _ in range(requests // 100):
            writer.write(_QUESTION * 100)
            async with asyncio.timeout(2):
                await writer.drain()
            taken += len(_QUESTION) * 100
    writer.transport.abort()
    return taken


@dataclass
class Bystander:
    """Somebody who asks one thing after the other; `took` are the seconds of each answer."""

    port: int
    question: bytes
    took: list[float] = field(default_factory=list)

    async def during(self, attack: Callable[[], Awaitable[object]], at_least: int = 60) -> float:
        """Seconds that 99 of 100 answers took at most while `attack` went on."""
        self.took = []
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        task = asyncio.ensure_future(attack())
        try:
            while not task.done() or len(self.took) < at_least:
                began = perf_counter()
                writer.write(self.question)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 "), head
                length = next(
                    int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
                )
                await reader.readexactly(length)
                self.took.append(perf_counter() - began)
            await task
        finally:
            task.cancel()
            writer.close()
        return sorted(self.took)[int(len(self.took) * 0.99)]


@dataclass
class Watched:
    """How much more memory and disk a relay has taken at most since this was made."""

    pid: int
    data: Path

    def __post_init__(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # begins the high-water mark anew (proc(5))
        self._memory, self._disk = self._resident(), self._kept()

    @property
    def memory(self) -> int:
        """Bytes."""
        return self._high() - self._memory

    @property
    def disk(self) -> int:
        """Bytes, those of files that have no name any more among them."""
        return self._kept() - self._disk

    def _kept(self) -> int:
        named = sum(path.stat().st_size for path in self.data.rglob("*") if path.is_file())
        return named + sum(len(data) for _, data in unnamed_files(self.pid))

    def _resident(self) -> int:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    def _high(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _first_lines(heard: bytes) -> tuple[str, ...]:
    return tuple(
        line.decode("latin-1") for line in heard.replace(b"\n", b"\r\n").split(b"\r\n") if line.startswith(b"HTTP/1.")
    )
