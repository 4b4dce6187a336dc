"""Whose cosignatures a checkpoint needs: witnesses, and groups of them (C2SP tlog-policy)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from crypto.transparency.note import NoteKey


@dataclass(frozen=True)
class Witness:
    """A witness as the policy names it; `url` is where it takes checkpoints (tlog-witness), if it says so."""

    name: str
    key: NoteKey
    url: str | None


@dataclass(frozen=True)
class Group:
    """Witnessed when `threshold` of its members are."""

    threshold: int
    members: tuple["Member", ...]


Member: TypeAlias = Witness | Group


def is_witnessed(member: Member, by: Callable[[Witness], bool]) -> bool:
    """Whether a witness, or enough members of a group, fulfil `by`."""
    match member:
        case Witness():
            return by(member)
        case Group():
            return sum(is_witnessed(one, by) for one in member.members) >= member.threshold
