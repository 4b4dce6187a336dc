"""A part that this version cannot show. It is kept as it came, so that a later version can."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from clients.content import shape
from clients.content.part import Contents, File, MailContext, Part
from crypto.encoding import Json


@dataclass(frozen=True)
class UnknownPart(Part):
    """`raw` is the JSON object as it stood in the letter."""

    kind: ClassVar[str] = ""
    raw: Mapping[str, Json]

    def title(self) -> str:
        return "Un document que cette version ne sait pas afficher"

    def to_json(self) -> dict[str, Json]:
        return dict(self.raw)

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("kind"), str):
            raise shape.WrongShape("not a part")
        return cls(raw)

    def as_files(self, contents: Contents, context: MailContext) -> tuple[File, ...]:  # noqa: ARG002 - the protocol's
        return ()
