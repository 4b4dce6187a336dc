"""The devices of an account, with the names that their owner gave them."""

from dataclasses import dataclass

import msgspec

from clients.sdk.connection import Connection
from clients.sdk.setting import set_one
from clients.session.states import device_label, open_state, seal_state
from crypto.encoding import b64u, unb64u
from crypto.errors import CannotOpen, NotCanonical
from crypto.keybox import BoxKey
from messaging.wire import codec
from messaging.wire.methods import Get, Got, Set
from messaging.wire.types import Device

_VERSION = 1


@dataclass(frozen=True)
class OwnDevice:
    """A log-in that lasts. `name` is None where none was given, or one that the account's box key did not seal."""

    device: Device
    name: str | None


async def devices(connection: Connection, account: str, box_key: BoxKey) -> list[OwnDevice]:
    """All that have not ended, oldest first. Raises Refusal."""
    answer: Got[Device] = await connection.call("Device/get", Get(account_id=account))
    return [OwnDevice(found, _name(found, box_key)) for found in answer.list_]


async def name_device(connection: Connection, account: str, box_key: BoxKey, device: str, name: str) -> None:
    """Raises Refusal."""
    sealed = seal_state(box_key, device_label(device), _VERSION, name.encode())
    update = {device: msgspec.Raw(codec.encode({"label": b64u(sealed)}))}
    await set_one(connection, "Device/set", Set(account_id=account, update=update))


async def end_device(connection: Connection, account: str, device: str) -> None:
    """Its tokens and streams end. Raises Refusal."""
    await set_one(connection, "Device/set", Set(account_id=account, destroy=[device]))


def _name(found: Device, box_key: BoxKey) -> str | None:
    if found.label is None:
        return None
    try:
        return open_state(box_key, device_label(found.id), _VERSION, unb64u(found.label)).decode()
    except (CannotOpen, NotCanonical, UnicodeDecodeError):
        return None
