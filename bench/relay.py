"""The relay through its real HTTP door, everything durable; the load generator shares the machine.

On SQLite, then sends on a PostgreSQL of its own: with one relay process, and with two at once.

What is sent is random: the relay cannot tell it from a sealed letter, which is the point of it.
"""

import asyncio
import os
import resource
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import uvloop

from bench.load import drive, post, request
from bench.row import Row, at_least, at_most, percentile
from clients.sdk import Client, letter_account, managed_account
from clients.sdk.connection import Connection
from clients.session.session import Challenged, Session
from clients.session.transport import Transport
from crypto.encoding import b64u, unb64u
from crypto.keybox import DeviceKey
from crypto.keys import PublicKeys, SigningSeed, random_id
from messaging.wire import codec, names
from messaging.wire.types import EnrolPerson, NewMessage, Recipient
from tests import postgres
from tests.live.scale import Pair
from tests.postgres import Cluster
from tests.relays import RunningRelay, install_reactor, start_relay_process

GROUP = "relay"
DOMAIN = "cabinet.mssante.example"
PATIENTS = 64
SIZE = 2000  # sealed bytes of one letter
SENDS = 6000


@dataclass(frozen=True)
class House:
    """A running relay, a sender who may write to everybody, and the accounts and key ids of the readers."""

    relay: RunningRelay
    port: int
    token: str
    sender: str
    readers: list[tuple[str, str]]


def run() -> Iterator[Row]:
    """The rows of this group, in the order of the table."""
    with TemporaryDirectory() as folder, asyncio.Runner(loop_factory=_loop) as runner:
        yield from runner.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    install_reactor()
    relay = start_relay_process(folder)
    try:
        async with AsyncExitStack() as stack:
            rows = [at_most(GROUP, "memory of an idle relay", _rss(relay), "MiB", 120)]
            house = await _people(relay, stack)
            rows += [await _unbatched(house, clients) for clients in (1, 16, 64)]
            rows.append(await _batched(house))
            rows += await _latency(house)
            rows.append(Row(GROUP, "memory after all that", _rss(relay), "MiB"))
    finally:
        relay.stop()
    return rows if postgres.missing() else rows + await _on_postgres(folder / "postgres")


async def _on_postgres(folder: Path) -> list[Row]:
    cluster = Cluster.start()
    pair = Pair.start(folder, cluster)
    try:
        async with AsyncExitStack() as stack:
            house = await _people(pair.first, stack)
            rows = [await _unbatched(house, clients, "PostgreSQL, ", None) for clients in (1, 16, 64)]
            rows.append(await _at_two(house, pair))
            rows.append(await _batched(house, "PostgreSQL, ", None))
            return rows
    finally:
        pair.stop()
        cluster.end()


async def _at_two(house: House, pair: Pair) -> Row:
    """Half of the clients at each relay."""
    port = int(pair.second.origin.rsplit(":", 1)[1])
    loads = [drive("127.0.0.1", at, [_send(house, 1, n) for n in range(SENDS // 2)], 32) for at in (house.port, port)]
    took = [total for total, _ in await asyncio.gather(*loads)]
    return Row(GROUP, "PostgreSQL, sends of 2 kB, one a request, two relays of 32 clients", SENDS / max(took), "/s")


async def _people(relay: RunningRelay, stack: AsyncExitStack) -> House:
    station, bridge = SigningSeed.generate(), SigningSeed.generate()
    relay.add_station("station", station.public())
    relay.add_bridge("gateway", bridge.public(), DOMAIN)
    now = datetime.now(UTC)
    people = [_patient(n, now, station) for n in range(PATIENTS)]
    doctor = managed_account("professional", [f"dr@{DOMAIN}"], DeviceKey.generate(), now, by=bridge)
    enroller = await stack.enter_async_context(await Client.with_key(relay.origin, "station", station))
    client = await stack.enter_async_context(await Client.with_key(relay.origin, "gateway", bridge))
    connection = Connection(Transport(relay.origin), Session(relay.origin, "gateway", "key"), _always(bridge), None)
    await connection.log_in()
    await enroller.enrol(people)
    await client.enrol([doctor])
    port = int(relay.origin.rsplit(":", 1)[1])
    return House(relay, port, connection.token, doctor.account, [(one.account, _key_id(one)) for one in people])


def _patient(number: int, now: datetime, station: SigningSeed) -> EnrolPerson:
    return letter_account("patient", f"p{number}", [f"p{number}@patient.pli.example"], now, by=station).person


def _always(seed: SigningSeed) -> Callable[[Challenged], Awaitable[SigningSeed]]:
    async def unlock(_: Challenged) -> SigningSeed:
        return seed

    return unlock


def _key_id(person: EnrolPerson) -> str:
    return PublicKeys.load(unb64u(person.signing_key), unb64u(person.sealing_key)).key_id


def _send(house: House, count: int, number: int) -> bytes:
    """One request that creates `count` letters, to one patient after the other."""
    create = {str(n): _letter(house, number * count + n) for n in range(count)}
    call = ["SealedMessage/set", {"accountId": house.sender, "create": create}, "0"]
    body = codec.encode({"using": [names.CORE, names.SEALED], "methodCalls": [call]})
    return post(f"127.0.0.1:{house.port}", names.API, house.token, body)


def _letter(house: House, number: int) -> NewMessage:
    account, key_id = house.readers[number % len(house.readers)]
    return NewMessage(
        client_id=random_id(), to=[Recipient(account=account, key_id=key_id)], sealed=b64u(os.urandom(SIZE))
    )


async def _unbatched(house: House, clients: int, on: str = "", goal: float | None = 2500) -> Row:
    count = SENDS if clients > 1 else SENDS // 6
    total, took = await drive("127.0.0.1", house.port, [_send(house, 1, n) for n in range(count)], clients)
    figures = f"p50 {median(took) * 1e3:.1f} ms, p99 {percentile(took, 0.99) * 1e3:.1f} ms"
    workload = f"{on}sends of 2 kB, one a request, {clients} clients ({figures})"
    if clients == 1 or goal is None:
        return Row(GROUP, workload, count / total, "/s")
    return at_least(GROUP, workload, count / total, "/s", goal)


async def _batched(house: House, on: str = "", goal: float | None = 8000) -> Row:
    total, _ = await drive("127.0.0.1", house.port, [_send(house, 50, n) for n in range(SENDS // 25)], 16)
    workload = f"{on}sends of 2 kB, 50 a request, 16 clients"
    if goal is None:
        return Row(GROUP, workload, SENDS * 2 / total, "/s")
    return at_least(GROUP, workload, SENDS * 2 / total, "/s", goal)


async def _latency(house: House) -> list[Row]:
    """From the first byte of a send to the event on the sender's own stream, one at a time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(
        f"GET /jmap/events?types=*&closeafter=no&ping=0 HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\n"
        f"Authorization: Bearer {house.token}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    sending = await asyncio.open_connection("127.0.0.1", house.port)
    took = [await _one_event(house, reader, sending, number) for number in range(320)][20:]
    writer.close()
    sending[1].close()
    return [
        at_most(GROUP, "send -> event on a stream, p50", median(took) * 1e3, "ms", 10),
        at_most(GROUP, "send -> event on a stream, p99", percentile(took, 0.99) * 1e3, "ms", 50),
    ]


async def _one_event(
    house: House, stream: asyncio.StreamReader, sending: tuple[asyncio.StreamReader, asyncio.StreamWriter], number: int
) -> float:
    raw = _send(house, 1, number)
    began = perf_counter()
    sent = asyncio.create_task(request(*sending, raw))
    await stream.readuntil(b"StateChange")
    took = perf_counter() - began
    await sent
    return took


def _rss(relay: RunningRelay) -> float:
    """Resident memory of the relay's process, in MiB."""
    pages = int(Path(f"/proc/{relay.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def _loop() -> asyncio.AbstractEventLoop:
    return uvloop.new_event_loop()
