"""What the gateway remembers of the key log, for its operator; and their word that it may go on, with exactly this.

Law: what is accepted was shown before: a policy by its hash, a tree by its root.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bridges.mssante import keyfile, keylog
from bridges.mssante.config import Config
from bridges.mssante.database import Database, Unusable
from bridges.mssante.keylog import Remembering
from clients.sdk import Client, LogMemory, Refusal, Trust
from crypto.keybox import LastCheckpoint

_NOTHING: Final = "-"


@dataclass(frozen=True)
class _Found:
    """`runs`: a gateway uses the database now."""

    database: Database
    runs: bool


async def status(config: Config, accept: Sequence[bytes] = ()) -> dict[str, str]:
    """Words for the operator, after accepting what they name (32 bytes each), which a running gateway takes up in its
    next round.

    Raises BadConfig, BadKeyFile, Unusable; Refusal where something is accepted and the relay cannot be asked;
    Distrusted for what is not offered, or not any more.
    """
    found = _opened(config)
    try:
        await found.database.start()
        trust = await keylog.trust(config, found.database)
        if accept and found.runs:
            await found.database.run(partial(keylog.wish, accepted=accept))
        elif accept:
            await _accept(config, found.database, trust, accept)
        said = _said(trust.memory, configured=trust.policy is not None)
        return said | await _offered(config, trust) | _waiting(await found.database.run(keylog.wishes))
    finally:
        await found.database.close()


def _opened(config: Config) -> _Found:
    folder, url = config.path(config.gateway.data), config.gateway.database
    try:
        return _Found(Database(folder, url=url), runs=False)
    except Unusable:
        return _Found(Database(folder, url=url, beside=True), runs=True)


async def _accept(config: Config, database: Database, trust: Trust, accept: Sequence[bytes]) -> None:
    try:
        async with await _client(config, trust) as client:
            for each in accept:
                await client.accept_log(each)
    finally:
        await Remembering(database, trust.memory).keep()


async def _client(config: Config, trust: Trust) -> Client:
    keys = keyfile.read(config.path(config.gateway.key_file), config.kek)
    return await Client.with_key(config.gateway.relay, config.gateway.login, keys.login, trust=trust)


async def _offered(config: Config, trust: Trust) -> dict[str, str]:
    """The policy that may be accepted, whole: somebody has to read it."""
    try:
        async with await _client(config, trust) as client:
            text = await client.offered_policy()
    except Refusal as refusal:
        return {"offered": f"the relay cannot be asked: {refusal.name}"}
    return {"offered": hashlib.sha256(text).hexdigest(), "offeredPolicy": text.decode("utf-8", "replace")}


def _waiting(wishes: Sequence[bytes]) -> dict[str, str]:
    return {"accepting": " ".join(wish.hex() for wish in wishes)} if wishes else {}


def _said(memory: LogMemory, *, configured: bool) -> dict[str, str]:
    taken = "none yet" if memory.policy is None else "the relay's, as it was first served"
    known = _NOTHING if memory.policy is None else hashlib.sha256(memory.policy).hexdigest()
    return {
        "policy": "the configured file" if configured else f"{taken} ({known})",
        "known": _tree(memory.checkpoint),
        "distrusted": memory.distrust or "no",
        "otherTree": _tree(memory.other_tree),
        "forks": " ".join(f"{size}:{root.hex()}" for size, root in sorted(memory.forks)) or _NOTHING,
        "otherPolicies": " ".join(sorted(each.hex() for each in memory.other_policies)) or _NOTHING,
    }


def _tree(checkpoint: LastCheckpoint | None) -> str:
    """Its size and its root."""
    return _NOTHING if checkpoint is None else f"{checkpoint.size}:{checkpoint.root.hex()}"
