"""What METADATA.XML of an XDM archive says, as values: reading it. Writing is xdm_registry.py.

Missing things are empty: real archives leave much out. Only where a document lies is required.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from lxml import etree

from clients.content import ebxml, xml
from clients.content.document import Author, Code, Format, Patient

_NS = {"rim": ebxml.RIM}


@dataclass(frozen=True)
class XdmMetadata:
    """What is said of one document. `id` is root^extension; `date` in UTC when it has an hour."""

    type: str
    format: Format
    title: str
    code: Code
    author: Author
    date: date | datetime
    id: str
    patient: Patient | None = None
    confidentiality: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed:
    """One document as listed: where it lies, its length in bytes and SHA-1 (hex), None where nothing is said."""

    path: str
    size: int | None
    sha1: str | None
    metadata: XdmMetadata


def from_xml(raw: bytes) -> tuple[Listed, ...]:
    """The documents that METADATA.XML lists. Raises ValueError."""
    root = xml.parse(raw)
    return tuple(_listed(entry) for entry in root.iter(f"{{{ebxml.RIM}}}ExtrinsicObject"))


def _listed(entry: etree._Element) -> Listed:
    path, size = "".join(_slot(entry, "URI")), "".join(_slot(entry, "size"))
    if not path:
        raise ValueError("a document without a place")
    return Listed(path, int(size) if size else None, "".join(_slot(entry, "hash")) or None, _metadata(entry))


def _metadata(entry: etree._Element) -> XdmMetadata:
    type_ = entry.get("mimeType", "application/octet-stream").lower()
    code = _code(entry, ebxml.ENTRY_TYPE)
    return XdmMetadata(
        type=type_,
        format=_format(type_),
        title=(_name(entry) or code.label)[:255],
        code=code,
        author=_author(entry),
        date=_when("".join(_slot(entry, "creationTime"))),
        id=_external(entry, ebxml.ENTRY_UNIQUE_ID),
        patient=_patient(entry),
        confidentiality=tuple(
            found.get("nodeRepresentation", "") for found in _classified(entry, ebxml.ENTRY_CONFIDENTIALITY)
        ),
    )


def _format(type_: str) -> Format:
    if type_ in ("text/xml", "application/xml"):
        return "cda-r2"
    if type_ == "application/pdf":
        return "pdf"
    if type_ == "application/dicom":
        return "dicom"
    return "image" if type_.startswith("image/") else "text" if type_.startswith("text/") else "other"


def _classified(entry: etree._Element, scheme: str) -> list[etree._Element]:
    return [c for c in entry.findall("rim:Classification", _NS) if c.get("classificationScheme", "").lower() == scheme]


def _code(entry: etree._Element, scheme: str) -> Code:
    for found in _classified(entry, scheme):
        system = "".join(_slot(found, "codingScheme"))
        return Code(found.get("nodeRepresentation", ""), _name(found), system.removeprefix("urn:oid:"))
    return Code("", "", "")


def _author(entry: etree._Element) -> Author:
    """authorPerson is an XCN (id^NAME^first^...), authorInstitution an XON (name^...)."""
    for found in _classified(entry, ebxml.ENTRY_AUTHOR):
        person = "".join(_slot(found, "authorPerson")[:1]).split("^")
        institution = "".join(_slot(found, "authorInstitution")[:1]).split("^")[0]
        name = " ".join(filter(None, (*person[2:3], *person[1:2]))) if len(person) > 1 else person[0]
        return Author(name[:255], institution[:255])
    return Author("")


def _patient(entry: etree._Element) -> Patient | None:
    """sourcePatientInfo has PID-3 (INS^^^&OID&ISO), PID-5 (NAME^First), PID-7 (birth), PID-8 (sex)."""
    fields = dict(line.split("|", 1) for line in _slot(entry, "sourcePatientInfo") if "|" in line)
    identifier = fields.get("PID-3") or _external(entry, ebxml.ENTRY_PATIENT_ID)
    ins, _, authority = identifier.partition("^")
    if not ins and "PID-5" not in fields:
        return None
    name = (fields.get("PID-5", "") + "^").split("^")
    birth = fields.get("PID-7", "")
    return Patient(
        ins=ins[:64],
        oid=[*authority.split("&"), ""][1][:128],
        birth_name=name[0][:255],
        first_name=name[1][:255],
        birth_date=f"{birth[:4]}-{birth[4:6]}-{birth[6:8]}" if len(birth) >= 8 and birth[:8].isdigit() else "",
        sex=fields.get("PID-8", "")[:8],
    )


def _when(value: str) -> date | datetime:
    """DTM: YYYY[MM[DD[hhmm[ss]]]] in UTC."""
    day = date(int(value[:4] or 1), int(value[4:6] or 1), int(value[6:8] or 1))
    if len(value) < 12:
        return day
    return datetime.strptime(value[:14].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _slot(element: etree._Element, name: str) -> list[str]:
    found = element.findall(f"rim:Slot[@name='{name}']/rim:ValueList/rim:Value", _NS)
    return [(value.text or "").strip() for value in found]


def _name(element: etree._Element) -> str:
    found = element.find("rim:Name/rim:LocalizedString", _NS)
    return "" if found is None else found.get("value", "")


def _external(entry: etree._Element, scheme: str) -> str:
    for found in entry.findall("rim:ExternalIdentifier", _NS):
        if found.get("identificationScheme", "").lower() == scheme:
            return found.get("value", "")
    return ""
