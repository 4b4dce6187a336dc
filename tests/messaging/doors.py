"""Someone who speaks HTTP with a relay in this process, over a real socket, with no client of ours in between."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from crypto.encoding import b64u, utc
from crypto.keys import SigningSeed
from crypto.login import sign_login
from messaging.relay import operators
from messaging.relay.turn import Caller, Turn
from messaging.wire import names
from messaging.wire.codec import encode
from messaging.wire.types import EnrolRequest
from tests.messaging.desk import DOMAIN, Person, item, person


@dataclass(frozen=True)
class Heard:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Visitor:
    """Has a bridge's and a station's key."""

    relay: Any
    seeds: dict[str, SigningSeed] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, relay: Any) -> AsyncIterator["Visitor"]:
        someone = cls(relay)
        for kind in ("bridge", "station"):
            seed = someone.seeds[kind] = SigningSeed.generate()
            relay.service.store.write(lambda tx, kind=kind, seed=seed: someone._operator(tx, kind, seed))
        yield someone

    def _operator(self, tx: Any, kind: str, seed: SigningSeed) -> None:
        turn = Turn(tx, self.relay.service.house, Caller(), self.relay.service.clock.now())
        operators.add(turn, kind, kind, b64u(seed.public().raw), (DOMAIN,) if kind == "bridge" else ())

    @property
    def origin(self) -> str:
        return str(self.relay.config.origin)

    async def ask(self, method: str, path: str, body: Any = None, token: str = "", **headers: str) -> Heard:
        """One request on a connection of its own. `body`: bytes as they are, else JSON."""
        raw = b"" if body is None else body if isinstance(body, bytes) else encode(body)
        sent = {"Host": "relay", "Connection": "close", "Content-Length": str(len(raw))}
        sent |= {"Content-Type": "application/json"} if raw else {}
        sent |= {"Authorization": f"Bearer {token}"} if token else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        return await self.say(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + raw)

    async def say(self, raw: bytes) -> Heard:
        """Bytes as they are; the first answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.relay.port)
        try:
            writer.write(raw)
            async with asyncio.timeout(10):
                return await heard(reader)
        finally:
            writer.close()

    async def log_in(self, kind: str) -> str:
        """An access token by key."""
        asked = (await self.ask("POST", names.CHALLENGE, {"login": kind, "method": "key"})).json
        time = utc(self.relay.service.clock.now())
        signed = sign_login(self.seeds[kind], asked["challenge"], "key", self.origin, time)
        said = {
            "login": kind,
            "method": "key",
            "challenge": asked["challenge"],
            "time": time,
            "signature": b64u(signed),
        }
        return str((await self.ask("POST", names.LOGIN, said)).json["accessToken"])

    async def doctor_and_patient(self) -> tuple[str, Person, Person]:
        """(the bridge's token, a professional that it acts for, a patient)."""
        doctor, patient = person("professional", "dr.martin"), person("patient", "camille")
        bridge, station = await self.log_in("bridge"), await self.log_in("station")
        for token, who, managed in ((bridge, doctor, True), (station, patient, False)):
            seed = self.seeds["bridge" if managed else "station"]
            request = EnrolRequest(people=[item(who, managed=managed, by=seed)])
            answer = await self.ask("POST", names.ENROL, request, token)
            assert answer.json["people"][0]["outcome"] == "created"
        return bridge, doctor, patient

    async def call(self, token: str, name: str, using: tuple[str, ...] = names.EVERYONE, **arguments: Any) -> Heard:
        """One method call."""
        return await self.ask("POST", names.API, {"using": using, "methodCalls": [[name, arguments, "c"]]}, token)


async def heard(reader: asyncio.StreamReader) -> Heard:
    """One answer."""
    status, headers = await head(reader)
    length = headers.get("content-length")
    body = await (reader.read() if length is None else reader.readexactly(int(length)))
    return Heard(status, headers, body)


async def head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers alone."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    return int(lines[0].split(" ")[1]), {name.lower(): value for name, value in headers.items()}
