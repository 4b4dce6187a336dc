"""What is remembered of a relay at an address meets another relay there: nothing is made by it."""

from pathlib import Path

import pytest

from clients.sdk import Client, LogMemory, Trust, activate
from clients.sdk.activation import new_totp_secret
from clients.sdk.firstlook import first_look
from clients.session.keyring import Distrusted
from clients.session.transport import Transport
from tests.clients.conftest import PASSWORD, STATION, People, add, enrolled_patient
from tests.relays import relay_in_process

LOGIN = "185050219045177"


async def _memory_of_another(folder: Path) -> LogMemory:
    """As a person's program has it who looked at the relay that was at this address before."""
    memory = LogMemory()
    async with relay_in_process(folder / "before") as other:
        address = f"http://127.0.0.1:{other.port}"
        await add(other, "station", "station", STATION)
        async with await Client.with_key(address, "station", STATION) as station:
            await enrolled_patient(station)
        await first_look(Transport(address), Trust(memory=memory))
    return memory


async def test_no_account_is_opened_by_what_another_log_was(people: People, tmp_path: Path) -> None:
    made = await enrolled_patient(people.station, LOGIN)
    memory = await _memory_of_another(tmp_path)
    with pytest.raises(Distrusted, match="badCheckpoint"):
        await activate(
            people.origin, LOGIN, made.code, PASSWORD, new_totp_secret(), trust=Trust(memory=memory)
        )  # fmt: skip

    client = await activate(people.origin, LOGIN, made.code, PASSWORD, new_totp_secret())
    async with client:
        assert client.account == made.person.account


async def test_who_remembers_this_log_goes_on_from_there(people: People) -> None:
    made, memory = await enrolled_patient(people.station, LOGIN), LogMemory()
    first = await first_look(Transport(people.origin), Trust(memory=memory))

    client = await activate(people.origin, LOGIN, made.code, PASSWORD, new_totp_secret(), trust=Trust(memory=memory))
    async with client:
        assert client.account == made.person.account
    assert first.policy == memory.checkpoint.policy if memory.checkpoint else False
