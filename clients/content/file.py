"""Any file."""

from dataclasses import dataclass
from typing import ClassVar, Self

from clients.content import shape
from clients.content.part import Contents, File, MailContext, Part
from crypto.attachment import Attachment
from crypto.encoding import Json

_MEMBERS = frozenset({"file", "kind"})


@dataclass(frozen=True)
class FilePart(Part):
    """A file as it was attached."""

    kind: ClassVar[str] = "file"
    file: Attachment

    def title(self) -> str:
        return self.file.name

    def to_json(self) -> dict[str, Json]:
        return {"file": self.file.to_json(), "kind": self.kind}

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        return cls(shape.attachment(shape.members(raw, _MEMBERS)["file"]))

    def attachments(self) -> tuple[Attachment, ...]:
        return (self.file,)

    def as_files(self, contents: Contents, context: MailContext) -> tuple[File, ...]:  # noqa: ARG002 - the protocol's
        return (File(self.file.name, self.file.type, contents(self.file)),)
