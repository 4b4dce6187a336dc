"""What a stopped gateway remembers of the key log, for its operator; and their word that it may go on."""

from typing import Final

from bridges.mssante import keyfile, keylog
from bridges.mssante.config import Config
from bridges.mssante.database import Database
from bridges.mssante.keylog import Remembering
from clients.sdk import Client, LogMemory

_NOTHING: Final = "-"


async def status(config: Config, *, accept: bool) -> dict[str, str]:
    """Words for the operator, after accepting where that is asked. Raises BadConfig, BadKeyFile, Unusable; where it is
    accepted also Refusal, and Distrusted when not even the present log passes."""
    database = Database(config.path(config.gateway.data))
    try:
        await database.start()
        trust = await keylog.trust(config, database)
        if accept:
            keys = keyfile.read(config.path(config.gateway.key_file))
            relay, login = config.gateway.relay, config.gateway.login
            async with await Client.with_key(relay, login, keys.login, trust=trust) as client:
                await client.accept_log()
            await Remembering(database, trust.memory).keep()
        return _said(trust.memory, configured=trust.policy is not None)
    finally:
        await database.close()


def _said(memory: LogMemory, *, configured: bool) -> dict[str, str]:
    seen, taken = memory.checkpoint, "none yet" if memory.policy is None else "the relay's, as it was first served"
    return {
        "policy": "the configured file" if configured else taken,
        "entries": _NOTHING if seen is None else str(seen.size),
        "root": _NOTHING if seen is None else seen.root.hex(),
        "distrusted": memory.distrust or "no",
    }
