"""`pli log accept`: what this machine distrusts of a relay's key log, and the word of its person that it may go on.

Law: what is accepted was shown before: a policy by its hash, a tree by its root.
"""

import hashlib
from typing import Any

from clients.cli import exits, loop
from clients.cli.failing import Stop
from clients.cli.loop import Access
from clients.cli.output import Output
from clients.cli.settings import Settings

_HASH = 32


async def accept(found: Settings, access: Access, hashes: list[bytes]) -> dict[str, Any]:
    """What is distrusted, after accepting these. Raises Refusal, Distrusted, Stop."""
    async with loop.client(found, access) as client:
        for each in hashes:
            await client.accept_log(each)
        return said(client.log_memory, await client.offered_policy())


def said(memory: Any, offered: bytes) -> dict[str, Any]:
    """For scripts."""
    return {
        "distrusted": memory.distrust or "no",
        "known": _tree(memory.checkpoint),
        "otherTree": _tree(memory.other_tree),
        "forks": [{"size": size, "root": root.hex()} for size, root in sorted(memory.forks)],
        "otherPolicies": sorted(each.hex() for each in memory.other_policies),
        "offered": hashlib.sha256(offered).hexdigest(),
        "offeredPolicy": offered.decode("utf-8", "replace"),
    }


def show(output: Output, value: dict[str, Any]) -> None:
    """For people: what would be accepted, and by which word."""
    if output.as_json:
        output.result(value, "")
        return
    trees = [("you knew", value["known"]), ("the relay shows", value["otherTree"])] if value["otherTree"] else []
    lines = [f"Distrusted: {value['distrusted']}"]
    lines += [f"The tree that {who}: {tree['size']} entries, {tree['root']}" for who, tree in trees if tree]
    lines += [f"The tree that a sender saw: {fork['size']} entries, {fork['root']}" for fork in value["forks"]]
    lines += [f"The policy that is offered: {value['offered']}", "", value["offeredPolicy"].rstrip()]
    output.result(value, "\n".join(lines))


def hash_of(given: str) -> bytes:
    """32 bytes. Raises Stop."""
    try:
        found = bytes.fromhex(given)
    except ValueError:
        found = b""
    if len(found) != _HASH:
        raise Stop(f"{given} is no hash.", "`pli log accept` shows them: 64 hexadecimal digits.", exits.USAGE)
    return found


def _tree(checkpoint: Any) -> dict[str, Any] | None:
    return None if checkpoint is None else {"size": checkpoint.size, "root": checkpoint.root.hex()}
