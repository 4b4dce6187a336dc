"""A record document as ordinary mail: IHE_XDM.zip, a readable copy, the MSSanté headers. Values in, values out.

Source: Référentiel socle MSSanté, annexe "transport de documents"; IHE ITI XDM.
"""

import mimetypes
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Final

from clients.content import xdm
from clients.content.document import Author, Code, Format, Patient, iso_day
from clients.content.part import File, MailContext

ARCHIVE: Final = "IHE_XDM.zip"


@dataclass(frozen=True)
class Described:
    """The document's bytes and what its metadata say."""

    data: bytes = field(repr=False)
    type: str
    format: Format
    title: str
    code: Code
    author: Author
    date: date | datetime
    id: str
    patient: Patient | None
    confidentiality: tuple[str, ...]


@dataclass(frozen=True)
class Readable:
    """A copy that people can read, as it was attached."""

    data: bytes = field(repr=False)
    type: str
    name: str


def files(document: Described, copy: Readable | None, context: MailContext) -> tuple[File, ...]:
    """The archive first, then the copy when there is one."""
    archive = File(ARCHIVE, "application/zip", xdm.write((_in_archive(document),), context.product, context.now))
    if copy is None:
        return (archive,)
    return (archive, File(_copy_name(document, copy, context), copy.type, copy.data))


def headers(format_: Format, code: Code, patient: Patient | None) -> Mapping[str, str]:
    """X-MSS-CODECDA and X-MSS-INS, for a CDA only."""
    if format_ != "cda-r2":
        return {}
    qualified = patient is not None and patient.qualified
    return {"X-MSS-CODECDA": re.sub(r"[^A-Za-z0-9.-]", "", code.code), "X-MSS-INS": "O" if qualified else "N"}


def _in_archive(document: Described) -> xdm.XdmDocument:
    metadata = xdm.XdmMetadata(
        type=document.type, format=document.format, title=document.title, code=document.code, author=document.author,
        date=document.date, id=document.id, patient=document.patient, confidentiality=document.confidentiality,
    )  # fmt: skip
    return xdm.XdmDocument(f"DOC0001.{_suffix(document).upper()}", document.data, metadata)


def _suffix(document: Described) -> str:
    if document.format == "cda-r2":
        return "xml"
    return (mimetypes.guess_extension(document.type) or ".bin").lstrip(".")


def _copy_name(document: Described, copy: Readable, context: MailContext) -> str:
    """<date>_<type>_<NAME>_<first name>.pdf, of letters, digits and hyphens."""
    last, first = _names(document.patient, context)
    words = (iso_day(document.date), document.code.label or document.title, last.upper(), first)
    suffix = PurePosixPath(copy.name).suffix.lower() or ".pdf"
    return "_".join(filter(None, (_plain(word) for word in words))) + suffix


def _names(patient: Patient | None, context: MailContext) -> tuple[str, str]:
    if patient is not None:
        return patient.birth_name, patient.first_name
    last, _, first = context.subject_name.rpartition(" ")
    return last, first


def _plain(word: str) -> str:
    ascii_word = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", ascii_word).strip("-")[:60]
