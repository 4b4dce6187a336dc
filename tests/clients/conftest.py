"""A relay on this loop, a bridge with a professional, a patient who opened the account with a letter."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clients.sdk import Client, Mailbox, activate, letter_account, managed_account
from clients.sdk.activation import new_totp_secret
from crypto.code import Code, new_code
from crypto.encoding import b64u
from crypto.keybox import DeviceKey
from crypto.keys import SigningSeed
from messaging.relay import operators
from messaging.relay.turn import Caller, Turn
from tests.relays import relay_in_process

DOMAIN = "cabinet.mssante.example"
DOCTOR = f"dr.martin@{DOMAIN}"
PATIENT = "279035121518989"
PASSWORD = "un long mot de passe tranquille"
STATION, BRIDGE = SigningSeed.generate(), SigningSeed.generate()


@dataclass
class People:
    """Everybody of one small house."""

    relay: Any
    origin: str
    station: Client
    bridge: Client
    doctor: Mailbox
    doctor_key: DeviceKey
    patient: Client
    letters: Mailbox
    totp_secret: str
    recovery: Code


async def enrolled_patient(station: Client, login: str = PATIENT) -> Any:
    """A letter's account that the relay has."""
    made = letter_account("patient", login, [f"{login}@patient.pli.example"], datetime.now(UTC), by=STATION)
    (outcome,) = await station.enrol([made.person])
    assert outcome.outcome == "created"
    return made


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[People]:
    async with contextlib.AsyncExitStack() as stack:
        relay = await stack.enter_async_context(relay_in_process(tmp_path))
        origin = f"http://127.0.0.1:{relay.port}"
        await add(relay, "station", "station", STATION)
        await add(relay, "bridge", "gateway", BRIDGE, DOMAIN)
        station = await stack.enter_async_context(await Client.with_key(origin, "station", STATION))
        bridge = await stack.enter_async_context(await Client.with_key(origin, "gateway", BRIDGE))
        made = await enrolled_patient(station)
        secret = new_totp_secret()
        recovery = new_code()
        patient = await stack.enter_async_context(
            await activate(origin, PATIENT, made.code, PASSWORD, secret, recovery=recovery)
        )
        key = DeviceKey.generate()
        person = managed_account("professional", [DOCTOR], key, datetime.now(UTC), by=BRIDGE)
        await bridge.enrol([person])
        await bridge.reload()
        doctor = await bridge.mailbox(person.account, key, name="Dr Claire MARTIN", address=DOCTOR)
        slot = patient.password_key
        assert slot is not None
        letters = await patient.mailbox(
            patient.account, slot, name="Camille DURAND", address=f"{PATIENT}@patient.pli.example"
        )
        yield People(relay, origin, station, bridge, doctor, key, patient, letters, secret, recovery)


async def add(relay: Any, kind: str, login: str, seed: SigningSeed, *domains: str) -> None:
    """What `pli operator` does, in this process."""
    service = relay.service

    def rule(tx: Any) -> None:
        operators.add(
            Turn(tx, service.house, Caller(), datetime.now(UTC)), kind, login, b64u(seed.public().raw), domains
        )

    await asyncio.to_thread(service.store.write, rule)
