"""Reading a log as a verifier or monitor does: the newest checkpoint, all entries before it, every rule.

Laws: what was believed is kept, in the transaction that ends a reading or a proven part of it; the next reading goes
on from there, and must.
"""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.log.auditing import Audit, Rules, check_reach
from clients.log.edge import Tile
from clients.log.head import Head
from clients.log.proven import Proven
from clients.log.reading import LogReader
from clients.log.store import LogStore
from clients.log.trust import believed, read_policy
from clients.log.violation import Violated
from crypto.labels import TILE_WIDTH
from crypto.transparency.checkpoint import Checkpoint
from crypto.transparency.policy import Policy
from crypto.transparency.statement import Statement

STEP: Final = 64 * TILE_WIDTH  # entries between two commits
_POLICY: Final = "policy"


@dataclass(frozen=True)
class Numbered:
    """A statement, and the number of its entry in the log."""

    index: int
    statement: Statement


@dataclass(frozen=True)
class Wish:
    """`hear` gets every new statement; `tiles`: compare the log's tiles with its entries as well; `in_steps`: of a long
    log, keep each part that is proven, so that an interrupted reading goes on from there.
    """

    hear: Callable[[Numbered], None]
    tiles: bool = False
    in_steps: bool = False
    enrollers: frozenset[bytes] | None = None


async def policy_of(reader: LogReader) -> Policy:
    """The policy that the log itself names: for who has no other. Raises Violated, LogUnreachable."""
    return read_policy(await reader.policy())


def keep_policy(store: LogStore, policy: Policy) -> None:
    """The first policy stays. Raises Violated `policyChanged`."""
    spelled = policy.hash.hex()
    if store.remember(_POLICY, spelled) != spelled:
        raise Violated("policyChanged")


async def follow(reader: LogReader, store: LogStore, policy: Policy, wish: Wish, now: datetime) -> int:
    """Read up to the newest checkpoint; how many entries were new. Raises Violated, LogUnreachable.

    `wish.hear` is called before the end is known: what it hears is believed when this returns.
    """
    note = await reader.checkpoint()
    checkpoint = believed(note, policy, now)
    kept = store.begin()
    try:
        check_reach(kept, checkpoint)
        head = await _read_on(reader, store, kept, (checkpoint, note), wish, now)
        store.commit(head)
    finally:
        # After a commit there is nothing to undo.
        store.undo()
    return head.size - kept.size


async def _read_on(
    reader: LogReader, store: LogStore, kept: Head, reached: tuple[Checkpoint, bytes], wish: Wish, now: datetime
) -> Head:
    checkpoint, note = reached
    audit = Audit(store, kept, Rules(now, wish.enrollers))
    proven = await Proven.of(reader, checkpoint) if wish.in_steps and checkpoint.size - kept.size > STEP else None
    async with aclosing(reader.entries(kept.size, checkpoint.size)) as bundles:
        async for bundle in bundles:
            audited = audit.take(bundle)
            for at, statement in enumerate(audited.statements, bundle.first):
                wish.hear(Numbered(at, statement))
            if wish.tiles:
                await _compare(reader, audited.complete)
            if proven is not None:
                for tile in audited.complete:
                    await proven.check(tile)
                _keep_part(store, audit, note)
    head = audit.end(checkpoint, note)
    if wish.tiles and head.size > kept.size:
        await _compare(reader, tuple(head.edge.tiles()))
    return head


def _keep_part(store: LogStore, audit: Audit, note: bytes) -> None:
    if audit.edge.size % STEP == 0:
        store.commit(audit.so_far(note))
        store.begin()


async def _compare(reader: LogReader, tiles: tuple[Tile, ...]) -> None:
    for tile in tiles:
        await reader.compare(tile)
