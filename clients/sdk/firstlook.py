"""The first look at a relay's key log, before anything is logged in: its policy, and a checkpoint that it passes.

Law: what is taken here goes into the first box that its person makes: no later relay is a first one again.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from clients.sdk.remembered import Trust
from clients.session.carried import HttpRequest, refusal_of
from clients.session.keylog import KeyLog, distrusted, policy_of
from clients.session.transport import Transport
from crypto.keybox import LastCheckpoint
from messaging.wire import names

_PUBLISHED: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)  # seconds between looks: of a new log nothing is signed yet


async def first_look(transport: Transport, trust: Trust) -> LastCheckpoint:
    """The newest checkpoint; `trust.memory` has it too, and the policy, where the operator gave none.

    Raises Refusal; Distrusted: what was remembered, badCheckpoint (also of a log without entries), staleCheckpoint.
    """
    memory = trust.memory
    if memory.distrust is not None:
        raise distrusted(memory.distrust)
    text = trust.policy or memory.policy or await _page(transport, names.LOG_POLICY)
    shown = await _shown(transport, KeyLog(policy_of(text)))
    if memory.checkpoint is not None:
        # Of the same log by its signatures, or nothing is made; a log-in will show that it goes on from there.
        return memory.checkpoint
    if trust.policy is None:
        memory.policy = text
    memory.checkpoint = shown
    return shown


async def _shown(transport: Transport, log: KeyLog) -> LastCheckpoint:
    for seconds in (*_PUBLISHED, 0.0):
        note = (await _page(transport, names.LOG_CHECKPOINT)).decode("utf-8", "replace")
        shown = log.shown(note, datetime.now(UTC)).newest
        if shown is not None:
            return shown
        await asyncio.sleep(seconds)
    raise distrusted("badCheckpoint")


async def _page(transport: Transport, path: str) -> bytes:
    response = await transport.carry(HttpRequest("GET", path, repeatable=True))
    refusal = refusal_of(response)
    if refusal is not None:
        raise refusal
    return response.body
