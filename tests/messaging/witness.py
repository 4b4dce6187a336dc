"""A witness for tests, over loopback HTTP: it cosigns, or does as badly as it is told. And relays that ask it."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crypto.errors import BadProof
from crypto.transparency.checkpoint import LogSigner, WitnessSigner, parse_checkpoint_text
from crypto.transparency.note import NoteKey, parse_note
from crypto.transparency.proof import verify_consistency
from crypto.transparency.tree import EMPTY_ROOT
from messaging.server import secrets
from messaging.server.config import Config
from messaging.server.publisher import Pace
from tests.relays import free_port, install_reactor

FAST = Pace(first=0.5, look=0.05, patience=0.2, again=0.02, again_most=0.1)


@dataclass
class TestWitness:
    """`behave`: "good", "dead" (closes at once), "silent" (never answers), "garbage", "huge",
    "cut" (an answer that breaks off), or a status to answer with.
    """

    name: str
    behave: str = "good"
    size: int = 0
    root: bytes = EMPTY_ROOT
    asked: list[tuple[int, int, int]] = field(default_factory=list)  # (old, new, status)
    port: int = 0
    now: Any = None

    __test__ = False

    def __post_init__(self) -> None:
        self.signer = WitnessSigner.from_secret(self.name.encode().ljust(32, b"."), f"{self.name}.example")
        self._answered = asyncio.Event()

    @property
    def key(self) -> NoteKey:
        return self.signer.keys[0]

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["TestWitness"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].split("\r\n")[0])
            body = await reader.readexactly(length)
            if self.behave == "silent":
                await reader.read()
            elif self.behave != "dead":
                status, said = self.add_checkpoint(body) if head.startswith("post /add-checkpoint ") else (404, b"")
                length = len(said) + (self.behave == "cut")
                writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {length}\r\n\r\n".encode() + said)
                await writer.drain()
        writer.close()
        self._answered.set()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until it has answered so that this is true; 15 seconds at most."""
        async with asyncio.timeout(15):
            while not true():
                self._answered.clear()
                await self._answered.wait()

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """Status and body, as C2SP tlog-witness has them."""
        first, _, note = body.partition(b"\n\n")
        spelled, *proof = first.decode().split("\n")
        said = parse_checkpoint_text(parse_note(note).text)
        old = int(spelled.removeprefix("old "))
        status, answer = self._judge(old, [base64.b64decode(one) for one in proof], said)
        self.asked.append((old, said.size, status))
        return status, answer

    def _judge(self, old: int, proof: list[bytes], said: Any) -> tuple[int, bytes]:
        if self.behave in ("garbage", "huge"):
            return 200, b"\xe2\x80\x94 nobody AAAAAAAA\n" * (1 if self.behave == "garbage" else 10_000)
        if self.behave == "cut":
            return 200, self.signer.cosign(said, datetime.now(UTC))
        if self.behave != "good":
            return int(self.behave), b""
        if old != self.size:
            return 409, f"{self.size}\n".encode()
        try:
            verify_consistency(old, said.size, proof, self.root, said.root)
        except BadProof:
            return 422, b""
        self.size, self.root = said.size, said.root
        return 200, self.signer.cosign(said, self.now() if self.now else datetime.now(UTC))


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what has no event of its own, such as what another process does; 15 seconds at most."""
    async with asyncio.timeout(15):
        while not await true():  # noqa: ASYNC110 - there is no event, or this would not be asked
            await asyncio.sleep(0.01)


def policy_text(signer: LogSigner, witnesses: Sequence[TestWitness], threshold: int) -> bytes:
    """`threshold` of these, or none when it is 0."""
    lines = [f"log {key.vkey}" for key in signer.keys]
    lines += [f"witness {one.name} {one.key.vkey} http://127.0.0.1:{one.port}" for one in witnesses]
    if threshold:
        lines.append(f"group all-of-them {threshold} {' '.join(one.name for one in witnesses)}")
    return "\n".join([*lines, f"quorum {'all-of-them' if threshold else 'none'}", ""]).encode()


def witnessed(folder: Path, witnesses: Sequence[TestWitness], threshold: int, **settings: Any) -> Config:
    """Settings of a relay on a free port whose policy asks these witnesses."""
    port = free_port()
    data = folder / "relay"
    data.mkdir(exist_ok=True)
    signer = LogSigner.from_secret(secrets.load(data / "secrets").key_log, f"127.0.0.1:{port}/log")
    (folder / "policy").write_bytes(policy_text(signer, witnesses, threshold))
    return Config(f"http://127.0.0.1:{port}", "127.0.0.1", port, data, policy=folder / "policy", **settings)


@contextlib.asynccontextmanager
async def running(config: Config, pace: Pace = FAST, clock: Any = None) -> AsyncIterator[Any]:
    """A relay with these settings, on this loop."""
    reactor = install_reactor()
    from messaging.server.running import Running

    relay = Running(config, reactor, clock, pace)
    try:
        yield relay
    finally:
        await relay.close()
