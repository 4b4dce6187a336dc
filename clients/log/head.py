"""How far an auditor has read a log, as values."""

from dataclasses import dataclass, field

from clients.log.edge import Edge


@dataclass(frozen=True)
class Head:
    """The newest checkpoint that was believed. `note` is empty before the first; `suspected` counts such statements."""

    edge: Edge = field(default_factory=Edge)
    suspected: int = 0
    note: bytes = b""

    @property
    def size(self) -> int:
        return self.edge.size


@dataclass(frozen=True)
class Counts:
    """Of the whole log."""

    entries: int
    accounts: int
    suspected: int

    @property
    def key_changes(self) -> int:
        return self.entries - self.accounts
