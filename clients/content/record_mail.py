"""A record document as ordinary mail: IHE_XDM.zip, a readable copy, the MSSanté headers. Values in, values out.

Source: Référentiel socle MSSanté, annexe "transport de documents"; IHE ITI XDM.
"""

import mimetypes
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Final

from clients.content import xdm
from clients.content.document import Author, Code, Format, Patient, iso_day
from clients.content.part import File, MailContext

ARCHIVE: Final = "IHE_XDM.zip"
SUBJECT_PREFIX: Final = "XDM/1.0/DDM+"
LABEL_LIMIT: Final = 40  # characters


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


def files(documents: Sequence[tuple[Described, Readable | None]], context: MailContext) -> tuple[File, ...]:
    """An archive for each patient (one mail is about one), then the copies of the documents that have one."""
    archives = [
        File(ARCHIVE, "application/zip", xdm.write(_in_archive(same), context.product, context.now))
        for same in _by_patient([document for document, _ in documents])
    ]
    copies = [
        File(_copy_name(document, copy, context), copy.type, copy.data)
        for document, copy in documents
        if copy is not None
    ]
    return (*archives, *copies)


def headers(documents: Sequence[tuple[Code, Patient | None]]) -> Mapping[str, str]:
    """X-MSS-CODECDA and X-MSS-INS for these CDAs: every code once; `O` only when each identity is qualified."""
    if not documents:
        return {}
    codes = dict.fromkeys(re.sub(r"[^A-Za-z0-9.-]", "", code.code) for code, _ in documents)
    qualified = all(patient is not None and patient.qualified for _, patient in documents)
    return {"X-MSS-CODECDA": ",".join(codes), "X-MSS-INS": "O" if qualified else "N"}


def subject(labels: Sequence[str], patients: Sequence[Patient | None]) -> str | None:
    """`XDM/1.0/DDM+<label> <NAME> <first name> <dd/mm/yyyy of birth>`; None without one known patient."""
    known = {(one.birth_name, one.first_name, one.birth_date) for one in patients if one is not None}
    if len(known) != 1:
        return None
    name, first, birth = next(iter(known))
    if not (name and first and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", birth)):
        return None
    label = labels[0][:LABEL_LIMIT].strip() if len(labels) == 1 else f"{len(labels)} documents"
    return f"{SUBJECT_PREFIX}{label} {name.upper()} {first} {birth[8:]}/{birth[5:7]}/{birth[:4]}"


def _by_patient(documents: Sequence[Described]) -> Iterator[list[Described]]:
    """A document that names nobody is about the patient of the others, when they name one."""
    named = {document.patient.ins for document in documents if document.patient is not None}
    alone = next(iter(named)) if len(named) == 1 else ""
    found: dict[str, list[Described]] = {}
    for document in documents:
        found.setdefault(alone if document.patient is None else document.patient.ins, []).append(document)
    yield from found.values()


def _in_archive(documents: Sequence[Described]) -> tuple[xdm.XdmDocument, ...]:
    return tuple(_numbered(number, document) for number, document in enumerate(documents, 1))


def _numbered(number: int, document: Described) -> xdm.XdmDocument:
    metadata = xdm.XdmMetadata(
        type=document.type, format=document.format, title=document.title, code=document.code, author=document.author,
        date=document.date, id=document.id, patient=document.patient, confidentiality=document.confidentiality,
    )  # fmt: skip
    return xdm.XdmDocument(f"DOC{number:04}.{_suffix(document).upper()}", document.data, metadata)


def _suffix(document: Described) -> str:
    if document.format == "cda-r2":
        return "xml"
    # A medium's names have three letters behind the dot (IHE ITI TF-2, 3.32.4.1.2.1: ISO 9660, level 1).
    known = (mimetypes.guess_extension(document.type), *mimetypes.guess_all_extensions(document.type))
    return next((found.lstrip(".") for found in known if found and len(found) <= 4), "bin")


def _copy_name(document: Described, copy: Readable, context: MailContext) -> str:
    """<yyyymmdd>_<type>_<NAME>_<first name>.pdf, of letters, digits and hyphens."""
    last, first = _names(document.patient, context)
    words = (iso_day(document.date).replace("-", ""), document.code.label or document.title, last.upper(), first)
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
