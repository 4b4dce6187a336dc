"""A relay, a station and a practice whose years pass as a test says: one clock for everybody, moved by hand.

The doors, the store and the clients are the real ones. Only "what time is it" is answered by the test, and the relay is
stopped and started again whenever time has passed, as it would be in as many years.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import pyotp
import pytest

from clients.sdk import Arrived, Client, Draft, Mailbox, activate, letter_account, managed_account
from clients.sdk.activation import new_totp_secret
from clients.sdk.enrolment import LetterAccount
from crypto.code import Code, new_code
from crypto.keybox import DeviceKey
from crypto.keys import SigningSeed
from messaging.relay.rates import Allowed
from messaging.relay.relay import Sweep
from messaging.relay.turn import Caller
from messaging.server.config import Config
from messaging.wire.types import EnrolOutcome
from tests.clients.conftest import DOMAIN, add
from tests.messaging.desk import MovedClock
from tests.relays import free_port, install_reactor

PASSWORD = "un long mot de passe tranquille"
DOCTOR = f"dr.martin@{DOMAIN}"


@dataclass
class Resident:
    """A person with an account, and what they keep in a drawer. `client` is their device of today."""

    login: str
    client: Client
    totp: str
    recovery: Code
    password: str = PASSWORD

    @property
    def account(self) -> str:
        return self.client.account

    async def letters(self) -> list[str]:
        """The subjects in their mailbox, oldest first."""
        key = self.client.password_key
        assert key is not None
        address = f"{self.login}@patient.pli.example"
        mailbox = await self.client.mailbox(self.account, key, name=self.login, address=address)
        return subjects((await mailbox.news(None)).items)


@dataclass
class Town:
    """Everything of one test."""

    folder: Path
    clock: MovedClock = field(default_factory=MovedClock)
    port: int = field(default_factory=free_port)
    seeds: dict[str, SigningSeed] = field(
        default_factory=lambda: {name: SigningSeed.generate() for name in ("station", "gateway")}
    )
    doctor_key: DeviceKey = field(default_factory=DeviceKey.generate)
    doctor_account: str = ""
    relay: Any = None
    clients: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    station: Any = None
    doctor: Any = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "relay"

    async def open(self) -> None:
        """Start the relay; station and practice log in."""
        from messaging.server.running import Running

        allowed = Allowed(10**6, 10**7, 10**5, 10**6, 10**6, 10**5)
        config = Config(self.origin, "127.0.0.1", self.port, self.data, allowed=allowed)
        self.relay = Running(config, install_reactor(), self.clock)
        if not self.doctor_account:
            await add(self.relay, "station", "station", self.seeds["station"])
            await add(self.relay, "bridge", "gateway", self.seeds["gateway"], DOMAIN)
        self.station = await self.enters(await Client.with_key(self.origin, "station", self.seeds["station"]))
        practice = await self.enters(await Client.with_key(self.origin, "gateway", self.seeds["gateway"]))
        if not self.doctor_account:
            now, by = self.clock.now(), self.seeds["gateway"]
            person = managed_account("professional", [DOCTOR], self.doctor_key, now, by=by)
            await practice.enrol([person])
            await practice.reload()
            self.doctor_account = person.account
        self.doctor = await practice.mailbox(
            self.doctor_account, self.doctor_key, name="Dr Claire MARTIN", address=DOCTOR
        )

    async def shut(self) -> None:
        """Everybody logs off, and the relay stops."""
        await self.clients.aclose()
        self.clients = contextlib.AsyncExitStack()
        if self.relay is not None:
            await self.relay.close()

    async def pass_days(self, days: int) -> None:
        """So many days later: the relay was stopped meanwhile, and has done its chores."""
        await self.shut()
        self.clock.move(days=days)
        await self.open()
        while await self.relay.service.ask(Sweep(), Caller()):
            pass

    async def enters(self, client: Client) -> Client:
        """A device that logs off when time passes."""
        return await self.clients.enter_async_context(client)

    def made(self, login: str) -> LetterAccount:
        """Keys and a code, as the station makes them."""
        addresses = [f"{login}@patient.pli.example"]
        return letter_account("patient", login, addresses, self.clock.now(), by=self.seeds["station"])

    async def asks_for(self, made: LetterAccount) -> EnrolOutcome:
        """What the relay says to the station."""
        (outcome,) = await self.station.enrol([made.person])
        return outcome  # type: ignore[no-any-return]  # station is Any until it is open

    async def enrols(self, login: str) -> LetterAccount:
        """Somebody whose letter is in the post."""
        made = self.made(login)
        assert (await self.asks_for(made)).outcome == "created"
        return made

    async def activates(self, made: LetterAccount) -> Resident:
        """They open the account with the letter's code, a password and a second factor."""
        totp, recovery, login = new_totp_secret(), new_code(), str(made.person.login)
        client = await self.enters(
            await activate(self.origin, login, made.code, PASSWORD, totp, recovery=recovery)
        )  # fmt: skip
        return Resident(login, client, totp, recovery)

    async def logs_in(self, who: Resident) -> Resident:
        """With the password and the code that the authenticator shows now."""
        self.clock.move(seconds=60)  # a code counts once
        code = pyotp.TOTP(who.totp).at(self.clock.now())
        client = await self.enters(await Client.with_password(self.origin, who.login, who.password, lambda: code))
        who.client = client
        return who

    async def writes(self, to: str, subject: str) -> None:
        """The doctor writes."""
        await self.doctor.send(Draft(subject, "Bonjour."), [to])


def subjects(items: Any) -> list[str]:
    """Of the letters among them."""
    return [item.letter.subject for item in items if isinstance(item, Arrived)]


async def held_letters(mailbox: Mailbox) -> list[str]:
    """The subjects of a mailbox that somebody holds."""
    return subjects((await mailbox.news(None)).items)


@contextlib.asynccontextmanager
async def founded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A town on the first of March 2026, with its clock in every client."""
    town = Town(folder)
    _everybody_looks_at(town.clock, monkeypatch)
    try:
        await town.open()
        yield town
    finally:
        await town.shut()


def _everybody_looks_at(clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Kind(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, datetime)

    class Moved(datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock.now().astimezone(tz or UTC)

    for name, module in list(sys.modules.items()):
        ours = name.startswith(("clients.", "messaging."))
        if ours and not name.startswith("messaging.wire") and vars(module).get("datetime") is datetime:
            monkeypatch.setattr(module, "datetime", Moved)
    monkeypatch.setattr(pyotp.TOTP, "now", lambda self: self.at(clock.now()))


async def copied(town: Town, to: Path) -> None:
    """A copy of the database as it is, as a back-up has it. The relay is stopped for it, and time stands still."""
    import shutil

    await town.shut()
    await asyncio.to_thread(shutil.copytree, town.data, to)
    await town.open()


async def restored(town: Town, copy: Path) -> None:
    """The database of the copy, under the relay that goes on; what lies beside the database stays, as operators do."""
    import shutil

    await town.shut()
    for left in town.data.glob("relay.db*"):
        left.unlink()
    await asyncio.to_thread(shutil.copy, copy / "relay.db", town.data / "relay.db")
    await town.open()
