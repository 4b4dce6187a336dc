"""Keys that were seen go into the key box, so that they are known after a restart and on other devices."""

from collections.abc import Callable
from dataclasses import replace as changed
from typing import Final

import msgspec

from clients.sdk.connection import Connection
from clients.sdk.log import Log
from clients.sdk.memory import Memory
from clients.sdk.ownline import OwnKeys
from clients.sdk.setting import set_one
from clients.session.keyring import Chain
from crypto.encoding import b64u
from crypto.keybox import open_box, replace
from messaging.wire import codec
from messaging.wire.errors import Refusal
from messaging.wire.methods import Set

_ATTEMPTS: Final = 3  # other clients of the account write the same box


async def keep_pins(
    connection: Connection, log: Log, own: OwnKeys, memory: Memory, held: Callable[[str], Chain]
) -> None:
    """Write the pins and the newest checkpoint; upon another client's box when that was faster.

    `held`: the line of an account as it is known now. Raises Refusal, Distrusted, OlderBox.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            await _write(connection, log, own, memory)
        except Refusal as refusal:
            if refusal.name != "stateMismatch":
                raise
        else:
            return
        await own.refresh()
        memory.merge_pins(own.opened.content.pins, held)
    await _write(connection, log, own, memory)


async def _write(connection: Connection, log: Log, own: OwnKeys, memory: Memory) -> None:
    opened, newest = own.opened, memory.newest_pins()
    content = changed(opened.content, pins=newest, last_checkpoint=log.newest or opened.content.last_checkpoint)
    box, box_key = replace(opened, content)
    version = opened.version + 1
    update = {"box": msgspec.Raw(codec.encode({"version": version, "box": b64u(box)}))}
    await set_one(connection, "KeyBox/set", Set(account_id=own.account, update=update))
    own.opened = open_box(box, own.account, box_key, version)
    memory.pins_kept(newest)
