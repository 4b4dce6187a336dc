"""Sealed states under a new box key: written anew, the old names destroyed (docs/spec/keybox.md, changes of a box)."""

from contextlib import suppress

import msgspec

from clients.sdk.connection import Connection
from clients.sdk.setting import set_one
from clients.session.states import LABELS, open_state, seal_state, state_name
from crypto.encoding import b64u, unb64u
from crypto.errors import CannotOpen, NotCanonical
from crypto.keybox import BoxKey
from messaging.wire import codec
from messaging.wire.methods import Get, Got, Set
from messaging.wire.types import SealedState


async def move_states(connection: Connection, account: str, before: BoxKey, after: BoxKey) -> None:
    """What does not open, or has a name that nobody here knows, is only convenience: it goes. Raises Refusal."""
    labels = {state_name(before, label): label for label in LABELS}
    answer: Got[SealedState] = await connection.call("SealedState/get", Get(account_id=account))
    for state in answer.list_:
        with suppress(CannotOpen, NotCanonical):
            if state.id in labels:
                await _write(connection, account, labels[state.id], state, before, after)
        await set_one(connection, "SealedState/set", Set(account_id=account, destroy=[state.id]))


async def _write(
    connection: Connection, account: str, label: str, state: SealedState, before: BoxKey, after: BoxKey
) -> None:
    content = open_state(before, label, state.version, unb64u(state.sealed))
    said = {"version": 1, "sealed": b64u(seal_state(after, label, 1, content))}
    update = {state_name(after, label): msgspec.Raw(codec.encode(said))}
    await set_one(connection, "SealedState/set", Set(account_id=account, update=update))
