"""A document of the medical record: CDA R2, PDF, image, text, DICOM or FHIR, with what the record needs to file it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Self

from clients.content import record_mail, shape
from clients.content.document import FORMATS, Author, Code, Format, Patient
from clients.content.part import Contents, File, MailContext, Part
from crypto.attachment import Attachment
from crypto.encoding import Json

_MEMBERS = frozenset({
    "author", "code", "confidentiality", "copy", "date", "file", "format", "id", "kind", "patient", "replaces", "title",
})  # fmt: skip
_PATIENT = frozenset({"birthDate", "birthName", "firstName", "ins", "oid", "sex"})


@dataclass(frozen=True)
class RecordDocument(Part):
    """`file` is the document, `copy` a readable one (PDF). `id` is root^extension; `replaces` another's id."""

    kind: ClassVar[str] = "record.document"
    file: Attachment
    format: Format
    name: str  # `title` on the wire: title() is the part's one line
    code: Code
    author: Author
    date: date | datetime
    id: str
    patient: Patient | None = None
    confidentiality: tuple[str, ...] = ()
    copy: Attachment | None = None
    replaces: str | None = None

    def title(self) -> str:
        return self.name or self.code.label or self.file.name

    def attachments(self) -> tuple[Attachment, ...]:
        return (self.file,) if self.copy is None else (self.file, self.copy)

    def as_files(self, contents: Contents, context: MailContext) -> tuple[File, ...]:
        """IHE_XDM.zip and a readable copy, named as MSSanté asks."""
        return self.files_of((self,), contents, context)

    def mail_headers(self) -> Mapping[str, str]:
        return self.headers_of((self,))

    @classmethod
    def files_of(cls, parts: Sequence[Self], contents: Contents, context: MailContext) -> tuple[File, ...]:
        """One archive for all documents of a patient, then their readable copies."""
        pairs = [(part._described(contents), part._readable(contents, context)) for part in parts]
        return record_mail.files(pairs, context)

    @classmethod
    def headers_of(cls, parts: Sequence[Self]) -> Mapping[str, str]:
        return record_mail.headers([(part.code, part.patient) for part in parts if part.format == "cda-r2"])

    @classmethod
    def subject_of(cls, parts: Sequence[Self]) -> str | None:
        labels = [part.code.label or part.title() for part in parts]
        return record_mail.subject(labels, [part.patient for part in parts])

    def to_json(self) -> dict[str, Json]:
        return {
            "author": {"name": self.author.name, "organization": self.author.organization},
            "code": {"code": self.code.code, "label": self.code.label, "system": self.code.system},
            "confidentiality": list(self.confidentiality),
            "copy": None if self.copy is None else self.copy.to_json(),
            "date": shape.spell(self.date) if isinstance(self.date, datetime) else self.date.isoformat(),
            "file": self.file.to_json(),
            "format": self.format,
            "id": self.id,
            "kind": self.kind,
            "patient": None if self.patient is None else _patient_to_json(self.patient),
            "replaces": self.replaces,
            "title": self.name,
        }

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        found = shape.members(raw, _MEMBERS)
        return cls(
            file=shape.attachment(found["file"]),
            format=_format(found["format"]),
            name=shape.text(found["title"], 255),
            code=_code(found["code"]),
            author=_author(found["author"]),
            date=_date(found["date"]),
            id=shape.text(found["id"], 255),
            patient=None if found["patient"] is None else _patient(found["patient"]),
            confidentiality=tuple(shape.text(item, 64) for item in shape.array(found["confidentiality"], 16)),
            copy=None if found["copy"] is None else shape.attachment(found["copy"]),
            replaces=shape.optional_text(found["replaces"]),
        )

    def _described(self, contents: Contents) -> record_mail.Described:
        return record_mail.Described(
            data=contents(self.file), type=self.file.type, format=self.format, title=self.title(), code=self.code,
            author=self.author, date=self.date, id=self.id, patient=self.patient, confidentiality=self.confidentiality,
        )  # fmt: skip

    def _readable(self, contents: Contents, context: MailContext) -> record_mail.Readable | None:
        made = context.copies.get(self.file.id)
        if made is not None:
            return record_mail.Readable(made, "application/pdf", "copy.pdf")
        if self.copy is not None:
            return record_mail.Readable(contents(self.copy), self.copy.type, self.copy.name)
        if self.format in ("pdf", "image", "text"):
            return record_mail.Readable(contents(self.file), self.file.type, self.file.name)
        return None


def _format(raw: Json) -> Format:
    for known in FORMATS:
        if raw == known:
            return known
    raise shape.WrongShape("not a format")


def _date(raw: Json) -> date | datetime:
    return shape.day(raw) if len(shape.text(raw)) == 10 else shape.instant(raw)


def _code(raw: Json) -> Code:
    found = shape.members(raw, frozenset({"code", "label", "system"}))
    return Code(shape.text(found["code"], 64), shape.text(found["label"], 255), shape.text(found["system"], 128))


def _author(raw: Json) -> Author:
    found = shape.members(raw, frozenset({"name", "organization"}))
    return Author(shape.text(found["name"], 255), shape.text(found["organization"], 255))


def _patient(raw: Json) -> Patient:
    found = shape.members(raw, _PATIENT)
    return Patient(
        ins=shape.text(found["ins"], 64),
        oid=shape.text(found["oid"], 128),
        birth_name=shape.text(found["birthName"], 255),
        first_name=shape.text(found["firstName"], 255),
        birth_date=shape.text(found["birthDate"], 10),
        sex=shape.text(found["sex"], 8),
    )


def _patient_to_json(patient: Patient) -> dict[str, Json]:
    return {
        "birthDate": patient.birth_date,
        "birthName": patient.birth_name,
        "firstName": patient.first_name,
        "ins": patient.ins,
        "oid": patient.oid,
        "sex": patient.sex,
    }
