"""What `pli log verify` and `pli log monitor` do and say. The commands themselves are in log.py."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from clients.cli.output import Output
from clients.log.head import Counts
from clients.log.reading import LogReader, LogUnreachable
from clients.log.store import LogStore
from crypto.encoding import b64u
from crypto.transparency.policy import Policy

T = TypeVar("T")


@dataclass(frozen=True)
class Look:
    """What to read and by which rules; `accounts` are those whose statements are said."""

    url: str
    policy: Policy | None
    data: Path | None
    enrollers: frozenset[bytes] | None
    accounts: frozenset[str] = frozenset()


async def verify(look: Look, output: Output) -> dict[str, Any]:
    """The whole log, held against every rule: a summary. Raises Violated, LogUnreachable, Unusable, ValueError."""
    from clients.log import following  # noqa: PLC0415 - as the others

    async def work(reader: LogReader, store: LogStore, policy: Policy) -> dict[str, Any]:
        output.note(f"Reading {look.url}")
        wish = following.Wish(lambda _: None, tiles=True, in_steps=True, enrollers=look.enrollers)
        new = await following.follow(reader, store, policy, wish, datetime.now(UTC))
        counts, head = store.counts(), store.head()
        return _summary(counts, policy, new) | {"root": b64u(head.edge.root)}

    return await _reading(look, work)


async def monitor(look: Look, interval: float | None, output: Output) -> None:
    """Say each new statement of the accounts, until interrupted; once when `interval` (seconds) is None.

    Raises Violated, Unusable, ValueError; LogUnreachable where it looks but once.
    """
    from clients.log import following  # noqa: PLC0415 - as the others

    async def work(reader: LogReader, store: LogStore, policy: Policy) -> None:
        while True:
            heard: list[following.Numbered] = []
            wish = following.Wish(_keeping(heard, look.accounts), enrollers=look.enrollers)
            try:
                await following.follow(reader, store, policy, wish, datetime.now(UTC))
            except LogUnreachable as unreachable:
                if interval is None:
                    raise
                output.note(f"{unreachable}; trying again")
            else:
                # Said only now: a log whose entries do not hash to its checkpoint has said nothing.
                for numbered in heard:
                    output.result(_row(numbered), _line(numbered))
            if interval is None:
                return
            await asyncio.sleep(interval)

    await _reading(look, work)


async def _reading(look: Look, work: Callable[[LogReader, LogStore, Policy], Awaitable[T]]) -> T:
    from clients.log import following  # noqa: PLC0415 - as the others
    from clients.log.fetching import HttpSource  # noqa: PLC0415 - loads Twisted

    source = HttpSource(look.url)
    reader = LogReader(source)
    try:
        policy = look.policy or await following.policy_of(reader)
        store = LogStore(look.data, policy.origin)
        try:
            following.keep_policy(store, policy)
            return await work(reader, store, policy)
        finally:
            store.close()
    finally:
        await source.close()


def _summary(counts: Counts, policy: Policy, new: int) -> dict[str, Any]:
    return {
        "origin": policy.origin, "entries": counts.entries, "new": new, "accounts": counts.accounts,
        "keyChanges": counts.key_changes, "suspected": counts.suspected, "witnesses": len(policy.witnesses),
        "policy": b64u(policy.hash),
    }  # fmt: skip


def sentence(said: dict[str, Any]) -> str:
    """The summary for people."""
    return (
        f"{said['origin']}: {said['entries']} entries ({said['new']} new), accounts: {said['accounts']}, "
        f"key changes: {said['keyChanges']} ({said['suspected']} after a suspicion). Every rule is kept."
    )


def _keeping(heard: list[Any], accounts: frozenset[str]) -> Callable[[Any], None]:
    return lambda numbered: heard.append(numbered) if numbered.statement.account in accounts else None


def _row(numbered: Any) -> dict[str, Any]:
    said = numbered.statement
    return {
        "index": numbered.index, "account": said.account, "seq": said.seq, "time": said.time,
        "signing": b64u(said.signing.raw), "statement": b64u(said.hash), "suspected": said.suspected,
        "by": None if said.by is None else b64u(said.by.raw),
    }  # fmt: skip


def _line(numbered: Any) -> str:
    said = numbered.statement
    what = "first keys" if said.seq == 0 else f"new keys, the {said.seq + 1}. of this account"
    warning = "  THE KEYS BEFORE ARE SUSPECTED" if said.suspected else ""
    return f"{said.time}  {said.account}  entry {numbered.index}: {what}{warning}"
