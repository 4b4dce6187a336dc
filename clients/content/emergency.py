"""A summary for when nobody can ask: what is sealed in an EmergencyGrant (docs/spec/content.md)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.content import shape
from crypto.encoding import canonical, parse_canonical
from crypto.errors import NotCanonical

NAME_LENGTH: Final = 255  # characters
TEXT_LENGTH: Final = 8_000
_MEMBERS = frozenset({"name", "text", "v", "written"})


class NotASummary(Exception):
    """The bytes are no summary, or not the patient's."""


@dataclass(frozen=True)
class Summary:
    """`name` is the patient's; `written` in UTC, as their clock said."""

    name: str
    text: str
    written: datetime

    def to_bytes(self) -> bytes:
        """Canonical JSON. Raises ValueError over a length, or for no text."""
        if len(self.name) > NAME_LENGTH or not 0 < len(self.text) <= TEXT_LENGTH:
            raise ValueError(f"a name of at most {NAME_LENGTH} and a text of 1 to {TEXT_LENGTH} characters")
        return canonical({"name": self.name, "text": self.text, "v": 1, "written": shape.spell(self.written)})

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Summary":
        """Raises NotASummary."""
        try:
            found = shape.members(parse_canonical(raw), _MEMBERS)
            name, text, written = found["name"], found["text"], shape.instant(found["written"])
        except (NotCanonical, shape.WrongShape) as error:
            raise NotASummary("not of a summary's shape") from error
        if found["v"] != 1 or not isinstance(name, str) or not isinstance(text, str):
            raise NotASummary("not of a summary's shape")
        if len(name) > NAME_LENGTH or len(text) > TEXT_LENGTH:
            raise NotASummary("over a length")
        return cls(name, text, written)
