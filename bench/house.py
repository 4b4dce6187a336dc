"""A running relay with people, for the workloads: one sender who may write to everybody."""

import os
import resource
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load import post
from clients.sdk import Client, letter_account, managed_account
from clients.sdk.connection import Connection
from clients.session.session import Challenged, Session
from clients.session.transport import Transport
from crypto.encoding import b64u, unb64u
from crypto.keybox import DeviceKey
from crypto.keys import PublicKeys, SigningSeed, random_id
from messaging.wire import codec, names
from messaging.wire.types import EnrolPerson, NewMessage, Recipient
from tests.relays import RunningRelay

DOMAIN = "cabinet.mssante.example"
PATIENTS = 64
SIZE = 2000  # sealed bytes of one letter


@dataclass(frozen=True)
class House:
    """A running relay, a bridge whose token sends for a professional, and the readers' accounts and key ids."""

    relay: RunningRelay
    port: int
    token: str
    sender: str
    readers: list[tuple[str, str]]
    bridge: SigningSeed


async def furnish(relay: RunningRelay, stack: AsyncExitStack) -> House:
    """Enrol everybody through the doors."""
    station, bridge = SigningSeed.generate(), SigningSeed.generate()
    relay.add_station("station", station.public())
    relay.add_bridge("gateway", bridge.public(), DOMAIN)
    now = datetime.now(UTC)
    people = [_patient(n, now, station) for n in range(PATIENTS)]
    doctor = managed_account("professional", [f"dr@{DOMAIN}"], DeviceKey.generate(), now, by=bridge)
    enroller = await stack.enter_async_context(await Client.with_key(relay.origin, "station", station))
    client = await stack.enter_async_context(await Client.with_key(relay.origin, "gateway", bridge))
    await enroller.enrol(people)
    await client.enrol([doctor])
    token = await log_in(relay.origin, bridge)
    readers = [(one.account, _key_id(one)) for one in people]
    return House(relay, port_of(relay), token, doctor.account, readers, bridge)


async def log_in(origin: str, bridge: SigningSeed) -> str:
    """The bridge's new access token."""
    connection = Connection(Transport(origin), Session(origin, "gateway", "key"), _always(bridge), None)
    await connection.log_in()
    return connection.token


def port_of(relay: RunningRelay) -> int:
    """Where it listens."""
    return int(relay.origin.rsplit(":", 1)[1])


def send(house: House, count: int, number: int) -> bytes:
    """One request that creates `count` letters, to one patient after the other."""
    readers = [house.readers[(number * count + n) % len(house.readers)] for n in range(count)]
    return send_to(house, readers)


def send_to(house: House, readers: list[tuple[str, str]]) -> bytes:
    """One request that creates a letter to each of these accounts, by their key ids."""
    create = {str(n): _letter(*reader) for n, reader in enumerate(readers)}
    return call(house, house.token, ("SealedMessage/set", {"accountId": house.sender, "create": create}))


def call(house: House, token: str, *calls: tuple[str, dict[str, object]]) -> bytes:
    """One API request of these method calls."""
    made = [[name, arguments, str(n)] for n, (name, arguments) in enumerate(calls)]
    body = codec.encode({"using": [names.CORE, names.SEALED], "methodCalls": made})
    return post(f"127.0.0.1:{house.port}", names.API, token, body)


def resident(relay: RunningRelay) -> float:
    """Resident memory of the relay's process, in MiB."""
    pages = int(Path(f"/proc/{relay.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def _letter(account: str, key_id: str) -> NewMessage:
    # Random: the relay cannot tell it from a sealed letter, which is the point of it.
    to = [Recipient(account=account, key_id=key_id)]
    return NewMessage(client_id=random_id(), to=to, sealed=b64u(os.urandom(SIZE)))


def _patient(number: int, now: datetime, station: SigningSeed) -> EnrolPerson:
    return letter_account("patient", f"p{number}", [f"p{number}@patient.pli.example"], now, by=station).person


def _always(seed: SigningSeed) -> Callable[[Challenged], Awaitable[SigningSeed]]:
    async def unlock(_: Challenged) -> SigningSeed:
        return seed

    return unlock


def _key_id(person: EnrolPerson) -> str:
    return PublicKeys.load(unb64u(person.signing_key), unb64u(person.sealing_key)).key_id
