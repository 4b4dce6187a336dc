"""Pairing over a real relay: a second device gets the box key from the first, once a person compared six digits."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest

from clients.sdk import Arrived, Draft, NewDevice, Refusal
from crypto.encoding import b64u
from crypto.errors import CannotOpen
from crypto.pairing import new_pairing
from tests.clients.conftest import PATIENT, People
from tests.clients.hostile import Hostile

ADDRESS = f"{PATIENT}@patient.pli.example"


@pytest.fixture
async def device(people: People) -> NewDevice:
    return await NewDevice.begin(people.origin, poll_seconds=0)


async def test_a_new_device_reads_the_archive_after_the_digits_were_compared(people: People, device: NewDevice) -> None:
    await people.doctor.send(Draft("Avant", "x"), [people.patient.account])
    person = await people.patient.person()
    old = await person.pair(device.code)
    assert await device.digits() == old.digits

    await old.hand_over()
    device.confirm()
    client, opened = await device.finish()

    async with client:
        mailbox = await client.mailbox_of(opened, name="Camille", address=ADDRESS)
        items = (await mailbox.news(None)).items
        await mailbox.send(Draft("Réponse", "x"), [people.doctor.account])
    assert [item.letter.subject for item in items if isinstance(item, Arrived)] == ["Avant"]
    assert opened.box_key == person.opened.box_key


async def test_a_paired_device_has_no_password_to_change_factors_with(people: People, device: NewDevice) -> None:
    old = await (await people.patient.person()).pair(device.code)
    await device.digits()
    await old.hand_over()
    device.confirm()
    client, opened = await device.finish()

    async with client:
        person = await client.person_of(opened)
        with pytest.raises(Refusal, match="confirmFirst"):
            await person.change_password("x")
        with pytest.raises(Refusal, match="confirmFirst"):
            await person.rotate_if_due(datetime(2040, 1, 1, tzinfo=UTC))


async def test_digits_that_differ_hand_nothing_over(people: People, device: NewDevice) -> None:
    old = await (await people.patient.person()).pair(device.code)
    await device.digits()

    await old.refuse()

    device.confirm()
    with pytest.raises(Refusal, match="notFound"):
        await device.finish()


async def test_a_new_device_that_gives_up_is_gone(people: People, device: NewDevice) -> None:
    await device.end()

    with pytest.raises(Refusal, match="notFound"):
        await (await people.patient.person()).pair(device.code)


async def test_a_device_that_was_not_greeted_takes_no_box_key(device: NewDevice) -> None:
    with pytest.raises(CannotOpen):
        await device.finish()


async def test_a_new_device_takes_nothing_before_its_person_compared_the_digits(
    people: People, device: NewDevice
) -> None:
    old = await (await people.patient.person()).pair(device.code)
    with pytest.raises(CannotOpen):
        device.confirm()
    await device.digits()
    await old.hand_over()

    with pytest.raises(Refusal, match="confirmFirst"):
        await device.finish()

    device.confirm()
    client, _ = await device.finish()
    await client.close()


async def test_the_old_device_shows_where_and_when_the_new_one_asked(people: People, device: NewDevice) -> None:
    old = await (await people.patient.person()).pair(device.code)

    assert old.network == "127.0.0.1"
    assert abs((datetime.now(UTC) - old.since).total_seconds()) < 60


async def test_a_code_that_nobody_shows_is_not_found(people: People) -> None:
    person = await people.patient.person()

    with pytest.raises(Refusal, match="notFound"):
        await person.pair(new_pairing().code)


async def test_a_key_that_the_relay_puts_in_the_new_devices_place_is_not_the_codes(
    people: People, device: NewDevice
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        liar = Hostile(people.origin)
        stack.push_async_callback(liar.close)
        liar.doors["/auth/pairing/find"] = lambda said: {**said, "key": b64u(new_pairing().seed.public().raw)}
        transport: Any = people.patient._connection.transport
        transport._http = liar
        person = await people.patient.person()

        with pytest.raises(CannotOpen) as refused:
            await person.pair(device.code)

    assert refused.value.item == "pairing/1"
    assert "/auth/pairing/hello" not in liar.asked
