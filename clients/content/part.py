"""What a part of a letter is, and the files an ordinary mail program gets of it.

A bridge fetches all attachments, asks `as_mail`, and knows no kind.
"""

from collections.abc import Callable, Mapping, Sequence
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
    """What a mail says of its origin: whom it concerns ("NAME First"), when it is made, the product's reference.

    `author`: the patient's proven mail address, where a patient wrote; empty where nothing is to be checked by it.
    `copies`: PDF/A-1 copies that were made of documents, by the attachment id of the document's file.
    """

    subject_name: str
    now: datetime
    product: str
    author: str = ""
    copies: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)


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

    @classmethod
    def files_of(cls, parts: Sequence[Self], contents: Contents, context: MailContext) -> tuple[File, ...]:
        """The files of all parts of this kind in one letter. A kind that merges them says so here."""
        return tuple(file for part in parts for file in part.as_files(contents, context))

    @classmethod
    def headers_of(cls, parts: Sequence[Self]) -> Mapping[str, str]:
        """The headers of all parts of this kind in one letter."""
        return {name: value for part in parts for name, value in part.mail_headers().items()}

    @classmethod
    def subject_of(cls, parts: Sequence[Self]) -> str | None:  # noqa: ARG003 - for kinds that have a rule
        """The subject that the mail must have because of these parts; None: any."""
        return None

    def mail_note(self, context: MailContext) -> str:  # noqa: ARG002 - for those that override it
        """What the mail's text says of this part, where `as_files` may not give it."""
        return ""
