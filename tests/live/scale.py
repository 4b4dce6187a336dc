"""Servers of a relay that runs several times: two processes on one PostgreSQL, with NATS between them."""

import asyncio
import contextlib
import json
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from crypto.keys import SigningSeed
from messaging.store.s3place import S3Place
from tests.live.polling import listening, until
from tests.messaging.desk import DOMAIN
from tests.messaging.doors import Visitor, head
from tests.messaging.test_durability import _Remote
from tests.postgres import Cluster
from tests.relays import _UNHURRIED, RunningRelay, _start, free_port


@dataclass
class NatsServer:
    """A real one, without JetStream, on loopback."""

    port: int
    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls) -> "NatsServer":
        port = free_port()
        return cls(port, cls._run(port))

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def run_again(self) -> None:
        self.process = self._run(self.port)

    @staticmethod
    def _run(port: int) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            ["nats-server", "-a", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(lambda: listening(port), "NATS listens")
        return process


@dataclass
class Pair:
    """Two relay processes with one origin, one database and one set of secrets."""

    first: RunningRelay
    second: RunningRelay

    @classmethod
    def start(cls, folder: Path, cluster: Cluster, more: str = "") -> "Pair":
        origin = f"http://127.0.0.1:{free_port()}"
        first = _relay(folder / "first", origin, int(origin.rpartition(":")[2]), cluster, more)
        shutil.copytree(first.data / "secrets", folder / "second" / "relay" / "secrets")
        return cls(first, _relay(folder / "second", origin, free_port(), cluster, more))

    def stop(self) -> list[int]:
        return [one.stop() for one in (self.first, self.second)]


def _relay(folder: Path, origin: str, port: int, cluster: Cluster, more: str) -> RunningRelay:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "relay.toml"
    relay = f'[relay]\norigin = "{origin}"\nlisten = "127.0.0.1:{port}"\ndata = "relay"\nlog = "json"\n'
    config.write_text(f'{relay}{_UNHURRIED}[store]\ndatabase = "{cluster.url()}"\n{more}')
    return RunningRelay(f"http://127.0.0.1:{port}", folder / "relay", config, _start(config))


def blobs_in(place: S3Place) -> str:
    """The table of settings for a bucket."""
    values = f'bucket = "{place.bucket}", endpoint = "{place.endpoint}", key_id = "{place.key_id}"'
    return f'[blobs]\ns3 = {{ {values}, secret_file = "{place.secret_file}" }}\n'


class At(_Remote):
    """A relay of a pair, for a Visitor: it listens at its own port, and log-ins are signed for the pair's origin."""

    def __init__(self, running: RunningRelay, origin: str) -> None:
        super().__init__(running)
        self.origin = origin


def visitors(pair: Pair) -> tuple[Visitor, Visitor]:
    """The same bridge and station, at each of the two."""
    seeds = {"bridge": SigningSeed.generate(), "station": SigningSeed.generate()}
    pair.first.add_bridge("bridge", seeds["bridge"].public(), DOMAIN)
    pair.second.add_station("station", seeds["station"].public())
    origin = pair.first.origin
    return Visitor(At(pair.first, origin), seeds), Visitor(At(pair.second, origin), seeds)


class Events:
    """An open event stream."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def changed(self, account: str, name: str, seconds: float) -> str:
        """The next state of that kind that is told. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                line = await self._reader.readuntil(b"\n")
                if not line.startswith(b'data: {"@type"'):
                    continue
                states = json.loads(line[6:])["changed"].get(account, {})
                if name in states:
                    return str(states[name])

    async def over(self, seconds: float) -> None:
        """Read until the relay ends it. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while await self._reader.read(4096):
                pass


@contextlib.asynccontextmanager
async def events(port: int, token: str) -> AsyncIterator[Events]:
    """Opened, and joined: whatever is committed from now on is told."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = "GET /jmap/events?types=*&closeafter=no&ping=0 HTTP/1.1"
    writer.write(f"{asked}\r\nHost: relay\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    status, _ = await head(reader)
    assert status == 200
    await reader.readuntil(b": hello")
    try:
        yield Events(reader)
    finally:
        writer.close()


def nats_missing() -> str:
    """Why there can be no NATS here; empty when there can."""
    return "" if shutil.which("nats-server") else "NATS is not installed: scripts/debian-packages"
