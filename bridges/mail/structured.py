"""Attachments that are more than files: IHE_XDM archives and appointments, as the JSON of their content kinds.

Runs in the worker: XML, ZIP and iCalendar of strangers are read nowhere else.
"""

import mimetypes
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any, Final

from bridges.mail import files, limits
from bridges.mail.parsed import ParsedDocument, ParsedFile
from bridges.mail.refusal import CannotRead
from clients.content import agenda, cda, shape, xdm
from clients.content.cda import CdaHeader, NotCda
from clients.content.document import Author, Code, Format, Patient

_LIMITS: Final = xdm.Limits(archive=limits.MAIL_TOTAL, total=limits.MAIL_TOTAL)
_CALENDARS: Final = ("text/calendar", "application/ics")
_MAGIC: Final[tuple[tuple[bytes, Format], ...]] = (
    (b"%PDF-", "pdf"), (b"\x89PNG", "image"), (b"\xff\xd8\xff", "image"), (b"II*\x00", "image"), (b"MM\x00*", "image"),
)  # fmt: skip


def invitations(file: ParsedFile) -> tuple[dict[str, Any], ...]:
    """The appointments of an iTIP file; none when it is another kind of file, or a calendar that nobody can answer."""
    if file.type not in _CALENDARS and not file.name.lower().endswith(".ics"):
        return ()
    try:
        return tuple(dict(invitation.to_json()) for invitation in agenda.from_ical(file.data))
    except ValueError:
        return ()


def documents(file: ParsedFile) -> tuple[ParsedDocument, ...]:
    """The documents of an IHE_XDM archive; none for another kind of file. Raises CannotRead: broken or hostile."""
    if not _is_archive(file):
        return ()
    try:
        found = xdm.read(file.data, _LIMITS)
    except xdm.NotXdm as error:
        raise CannotRead("5.6.0", f"the IHE_XDM archive cannot be read safely ({error.reason})") from None
    return tuple(_document(document) for document in found)


def restrictions(file: ParsedFile) -> frozenset[str]:
    """The confidentiality codes of a CDA that lies as a mere file, or of an archive's documents. Raises CannotRead."""
    if _is_archive(file):
        return frozenset(code for found in documents(file) for code in found.described["confidentiality"])
    start = file.data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff", b"\x00<")) or file.name.lower().endswith(".xml"):
        return frozenset(cda.restrictions(file.data))
    return frozenset()


def _is_archive(file: ParsedFile) -> bool:
    if not file.data.startswith(b"PK"):
        return False
    # Names of a ZIP's entries are not compressed: an archive under any file name is found by its folder.
    return file.name.upper().startswith("IHE_XDM") or b"IHE_XDM/" in file.data or b"IHE_XDM\\" in file.data


def _document(document: xdm.XdmDocument) -> ParsedDocument:
    name = PurePosixPath(document.path).name
    header, metadata = _cda(document.data), document.metadata
    type_ = metadata.type if metadata is not None else ("text/xml" if header else mimetypes.guess_type(name)[0] or "")
    file = files.file(name, type_, document.data, 1)
    format_: Format = "cda-r2" if header is not None else _sniffed(document.data)
    if header is not None:
        extra = () if metadata is None else metadata.confidentiality
        return ParsedDocument(file, _of_cda(header, extra))
    if metadata is not None:
        known: Format = format_ if metadata.format == "cda-r2" else metadata.format
        described = _described(
            metadata.author,
            metadata.code,
            metadata.confidentiality,
            metadata.date,
            metadata.id,
            metadata.patient,
            metadata.title,
        )
        return ParsedDocument(file, described | {"format": known})
    bare = _described(Author(""), Code("", "", ""), (), date(1970, 1, 1), "", None, name)
    return ParsedDocument(file, bare | {"format": format_})


def _of_cda(header: CdaHeader, more: tuple[str, ...]) -> dict[str, Any]:
    # The archive may only add restrictions to what the document says of itself.
    confidentiality = tuple(dict.fromkeys((*header.confidentiality, *more)))[:16]
    described = _described(
        header.author, header.code, confidentiality, header.date, header.id, header.patient, header.title
    )
    return described | {"format": "cda-r2", "replaces": header.replaces}


def _described(
    author: Author,
    code: Code,
    confidentiality: tuple[str, ...],
    when: date | datetime,
    id_: str,
    patient: Patient | None,
    title: str,
) -> dict[str, Any]:
    return {
        "author": {"name": author.name, "organization": author.organization},
        "code": {"code": code.code, "label": code.label, "system": code.system},
        "confidentiality": list(confidentiality),
        "date": shape.spell(when) if isinstance(when, datetime) else when.isoformat(),
        "id": id_,
        "kind": "record.document",
        "patient": None if patient is None else {
            "birthDate": patient.birth_date, "birthName": patient.birth_name, "firstName": patient.first_name,
            "ins": patient.ins, "oid": patient.oid, "sex": patient.sex,
        },
        "replaces": None,
        "title": title,
    }  # fmt: skip


def _cda(data: bytes) -> CdaHeader | None:
    try:
        return cda.header(data)
    except NotCda:
        return None


def _sniffed(data: bytes) -> Format:
    for magic, format_ in _MAGIC:
        if data.startswith(magic):
            return format_
    if data[128:132] == b"DICM":
        return "dicom"
    return "other"
