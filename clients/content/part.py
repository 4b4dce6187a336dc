"""What a part of a letter is, and the files an ordinary mail program gets of it.

A bridge fetches all attachments, calls `as_files`, and knows no kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol, Self, TypeAlias

from crypto.attachment import Attachment
from crypto.encoding import Json

Contents: TypeAlias = Callable[[Attachment], bytes]


@dataclass(frozen=True)
class File:
    """One body part of a mail. `parameters` belong to its Content-Type; `alternative` stands beside the text."""

    name: str
    type: str
    data: bytes = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    placement: Literal["attachment", "alternative"] = "attachment"


@dataclass(frozen=True)
class MailContext:
    """What a mail says of its origin: whom it concerns ("NAME First"), when it is made, the product's reference."""

    subject_name: str
    now: datetime
    product: str


class Part(Protocol):
    """One kind of content: one file, and one line in `kinds.py`."""

    kind: ClassVar[str]

    def title(self) -> str:
        """One line for people."""
        ...

    def to_json(self) -> dict[str, Json]:
        """As it stands in the letter, its `kind` included."""
        ...

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        """Raises ValueError when `raw` is not of this kind and shape."""
        ...

    def attachments(self) -> tuple[Attachment, ...]:
        """What must be downloaded before `as_files`."""
        return ()

    def as_files(self, contents: Contents, context: MailContext) -> tuple[File, ...]:
        """What an ordinary mail program receives. `contents` gives the bytes of an attachment."""
        ...

    def mail_headers(self) -> Mapping[str, str]:
        """Headers that the mail must carry because of this part."""
        return {}
