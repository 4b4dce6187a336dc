"""What a letter says of an attachment. Whoever holds it can open the file, so it never prints its key."""

import re
from dataclasses import dataclass, field
from typing import Self

from crypto.attachment.stream import chunk_count
from crypto.encoding import Json, array, b64u, integer, members, text, unb64u
from crypto.errors import CannotOpen, NotCanonical
from crypto.labels import ATTACHMENT_LIMIT, FILE_NAME_LIMIT

_MEMBERS = frozenset({"chunks", "id", "key", "name", "sha256", "size", "type"})
_BLOB = re.compile(r"b[0-9a-f]{64}")
_NAME = re.compile(rf"[^\x00-\x1f\x7f-\x9f/\\]{{1,{FILE_NAME_LIMIT}}}")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")


@dataclass(frozen=True)
class Attachment:
    """`chunks` are blob ids in order; `id` 16 bytes, `key` and `sha256` 32; `size` is the true length in bytes."""

    chunks: tuple[str, ...]
    id: bytes
    key: bytes = field(repr=False)
    name: str
    sha256: bytes
    size: int
    type: str

    def __post_init__(self) -> None:
        if not self._within_limits():
            raise ValueError("an attachment outside the limits of docs/spec/attachment.md")

    def to_json(self) -> dict[str, Json]:
        """The reference inside the letter."""
        return {
            "chunks": list(self.chunks),
            "id": b64u(self.id),
            "key": b64u(self.key),
            "name": self.name,
            "sha256": b64u(self.sha256),
            "size": self.size,
            "type": self.type,
        }

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        """Raises CannotOpen: other members, or outside the limits."""
        try:
            found = members(raw, _MEMBERS)
            return cls(
                chunks=tuple(text(chunk) for chunk in array(found["chunks"])),
                id=unb64u(text(found["id"]), 16),
                key=unb64u(text(found["key"]), 32),
                name=text(found["name"]),
                sha256=unb64u(text(found["sha256"]), 32),
                size=integer(found["size"]),
                type=text(found["type"]),
            )
        except (NotCanonical, ValueError) as error:
            raise CannotOpen("attachment/7") from error

    def _within_limits(self) -> bool:
        return (
            0 <= self.size <= ATTACHMENT_LIMIT
            and len(self.chunks) == chunk_count(self.size)
            and all(_BLOB.fullmatch(chunk) for chunk in self.chunks)
            and _NAME.fullmatch(self.name) is not None
            and _TYPE.fullmatch(self.type) is not None
        )
