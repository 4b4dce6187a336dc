"""Whom a client trusts for the relay's key log, and what it remembers of it between two runs.

Laws: what was distrusted stays so until somebody who was told accepts it; nothing secret is in it.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, Self, TypeAlias

from crypto.encoding import Json, b64u, canonical, integer, members, parse_canonical, text, unb64u
from crypto.errors import CannotOpen, NotCanonical
from crypto.keybox import LastCheckpoint

Sticky: TypeAlias = Literal["logForked", "policyChanged"]
_MEMBERS: Final = frozenset({"accepted", "checkpoint", "distrust", "policy", "v"})


@dataclass
class LogMemory:
    """Give the same one to the next client of the same relay, and keep to_bytes() after each run, or more often.

    `policy` is the text that was taken at first use; `checkpoint` the newest that passed; `distrust` why nothing is
    sealed; `accepted` the checkpoint up to which a person accepted what had been distrusted.
    """

    policy: bytes | None = None
    checkpoint: LastCheckpoint | None = None
    distrust: Sticky | None = None
    accepted: LastCheckpoint | None = None

    def to_bytes(self) -> bytes:
        """For a file or a database."""
        said: dict[str, Json] = {
            "accepted": _to_json(self.accepted),
            "checkpoint": _to_json(self.checkpoint),
            "distrust": self.distrust,
            "policy": None if self.policy is None else b64u(self.policy),
            "v": 1,
        }
        return canonical(said)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """What to_bytes() gave. Raises ValueError."""
        try:
            found = members(parse_canonical(raw), _MEMBERS)
            if integer(found["v"]) != 1:
                raise ValueError("not a memory of a key log")
            return cls(
                policy=None if found["policy"] is None else unb64u(text(found["policy"])),
                checkpoint=_from_json(found["checkpoint"]),
                distrust=_sticky(found["distrust"]),
                accepted=_from_json(found["accepted"]),
            )
        except (NotCanonical, CannotOpen) as error:
            raise ValueError("not a memory of a key log") from error


@dataclass(frozen=True)
class Trust:
    """`policy`: the text of C2SP tlog-policy that the operator gave; None: what the relay serves at the first use.

    `stations`: log-in public keys (32 bytes each) of those who may vouch for accounts; empty: any. `memory` is given
    again at the next run: a client that forgets believes a relay's first answer anew.
    """

    policy: bytes | None = None
    stations: frozenset[bytes] = frozenset()
    memory: LogMemory = field(default_factory=LogMemory)


def _to_json(checkpoint: LastCheckpoint | None) -> Json:
    return None if checkpoint is None else checkpoint.to_json()


def _from_json(raw: Json) -> LastCheckpoint | None:
    return None if raw is None else LastCheckpoint.from_json(raw)


def _sticky(raw: Json) -> Sticky | None:
    match raw:
        case None | "logForked" | "policyChanged":
            return raw
        case _:
            raise ValueError("not a reason to distrust a key log")
