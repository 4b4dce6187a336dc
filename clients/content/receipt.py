"""Delivered or read: a fact about another letter. It is no file; a bridge makes an MDN of it (RFC 8098) where the other
letter was a mail that asked for one."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Self, TypeAlias

from clients.content import shape
from clients.content.part import Contents, File, MailContext, Part
from crypto.encoding import Json

Event: TypeAlias = Literal["delivered", "read"]
_MEMBERS = frozenset({"at", "event", "kind", "of"})


@dataclass(frozen=True)
class Receipt(Part):
    """`of` is the letter's id; `at` in UTC, as the reader's clock said."""

    kind: ClassVar[str] = "receipt"
    of: str
    event: Event
    at: datetime

    def title(self) -> str:
        return "Lu" if self.event == "read" else "Distribué"

    def to_json(self) -> dict[str, Json]:
        return {"at": shape.spell(self.at), "event": self.event, "kind": self.kind, "of": self.of}

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        found = shape.members(raw, _MEMBERS)
        return cls(shape.identifier(found["of"]), _event(found["event"]), shape.instant(found["at"]))

    def as_files(self, contents: Contents, context: MailContext) -> tuple[File, ...]:  # noqa: ARG002 - the protocol's
        return ()


def _event(value: Json) -> Event:
    if value == "delivered":
        return "delivered"
    if value == "read":
        return "read"
    raise shape.WrongShape("not an event of a receipt")
