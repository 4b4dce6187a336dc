"""A parsed mail as the contents of a letter. Pure: files are named here and sealed by whoever calls.

Laws: every file of the mail is in the letter once; a PDF copy stands with the document that it shows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridges.mail import limits
from bridges.mail.parsed import ParsedDocument, ParsedFile, ParsedMail
from clients.content.agenda import Invitation
from clients.content.file import FilePart
from clients.content.letter import Mail
from clients.content.part import Part
from clients.content.record import RecordDocument
from crypto.attachment import Attachment

_PREFIX = re.compile(r"^(?P<kept>(?:(?:re|tr|fw|fwd)\s*:\s*)*)xdm/1\.0/ddm\+\s*", re.IGNORECASE)


class TooManyParts(ValueError):
    """More parts than a letter holds."""


@dataclass(frozen=True)
class Plan:
    """`files` to seal, in order; `parts` makes the letter's parts of what sealing them gave."""

    files: tuple[ParsedFile, ...]
    documents: tuple[tuple[Mapping[str, Any], int, int | None], ...]  # described, position of file and of copy
    invitations: tuple[Mapping[str, Any], ...]
    loose: tuple[int, ...]

    def parts(self, sealed: Sequence[Attachment]) -> tuple[Part, ...]:
        """Documents first, then appointments, then files. `sealed` answers `files` one to one."""
        return (
            *(
                _document(described, sealed[file], None if copy is None else sealed[copy])
                for described, file, copy in self.documents
            ),
            *(Invitation.from_json(dict(found)) for found in self.invitations),
            *(FilePart(sealed[position]) for position in self.loose),
        )


def plan(mail: ParsedMail) -> Plan:
    """What the letter of this mail holds. Raises TooManyParts."""
    count = len(mail.files)
    copies = _copies(mail.documents, mail.files)
    documents = tuple(
        (document.described, count + position, copies.get(position)) for position, document in enumerate(mail.documents)
    )
    loose = tuple(position for position in range(count) if position not in set(copies.values()))
    if len(documents) + len(mail.invitations) + len(loose) > limits.LETTER_PARTS:
        raise TooManyParts(f"more than {limits.LETTER_PARTS} files in one message")
    return Plan((*mail.files, *(document.file for document in mail.documents)), documents, mail.invitations, loose)


def thread_facts(mail: ParsedMail, sender: str, recipient: str, *, receipt_wanted: bool = False) -> Mail:
    """What the letter must remember of the mail, so that its answer joins the conversation."""
    return Mail(sender, recipient, mail.message_id, mail.in_reply_to, mail.references, receipt_wanted)


def wants_receipt(mail: ParsedMail, mail_from: str, author: str) -> bool:
    """Whether a person asks to be told at their own address that it was read: author and return path are that address
    (RFC 8098, 2.1), and there is a Message-ID to name."""
    asked = {to.address.lower() for to in mail.receipt_to}
    by_hand = not mail.flags.automatic and mail.message_id is not None
    return by_hand and asked == {author.lower()} == {mail_from.lower()}


def shown_subject(subject: str) -> str:
    """The subject for readers: the XDM/1.0/DDM+ prefix of MSSanté is for machines."""
    plain = _PREFIX.sub(r"\g<kept>", subject, count=1)
    return plain.strip()[: limits.SUBJECT]


def _document(described: Mapping[str, Any], file: Attachment, copy: Attachment | None) -> RecordDocument:
    raw = {**described, "file": file.to_json(), "copy": None if copy is None else copy.to_json()}
    return RecordDocument.from_json(raw)


def _copies(documents: Sequence[ParsedDocument], files: Sequence[ParsedFile]) -> dict[int, int]:
    """Document -> position of its PDF copy. A copy is named `<date>_<type>_...`; a lone pair needs no name."""
    structured = [at for at, document in enumerate(documents) if document.described["format"] == "cda-r2"]
    waiting = [at for at, file in enumerate(files) if _is_pdf(file)]
    if len(structured) == 1 and len(waiting) == 1:
        return {structured[0]: waiting[0]}
    found: dict[int, int] = {}
    for document in structured:
        match = next((at for at in waiting if _names(files[at], documents[document])), None)
        if match is not None:
            found[document] = match
            waiting.remove(match)
    return found


def _is_pdf(file: ParsedFile) -> bool:
    return file.type == "application/pdf" or file.name.lower().endswith(".pdf")


def _names(file: ParsedFile, document: ParsedDocument) -> bool:
    day = str(document.described["date"])[:10]
    return file.name.startswith((day, day.replace("-", "")))
