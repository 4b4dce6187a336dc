"""The header of a CDA R2 document: who, whom, what, when (HL7 CDA R2; CI-SIS, volet structuration minimale).

Only the header is read: the body is for whoever shows the document.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from lxml import etree

from clients.content import xml
from clients.content.document import Author, Code, Patient
from clients.content.document_types import label_of
from clients.content.ins import OIDS

_NS: Final = {"h": "urn:hl7-org:v3"}
_ROOT: Final = "{urn:hl7-org:v3}ClinicalDocument"
_BODY: Final = "{urn:hl7-org:v3}component"


class NotCda(ValueError):
    """Bytes that are not a CDA document that this can read. Holds no content."""


@dataclass(frozen=True)
class CdaHeader:
    """`id` is root^extension (or the root); `replaces` the id of the document that this one replaces."""

    id: str
    code: Code
    title: str
    date: date | datetime
    author: Author
    patient: Patient | None
    confidentiality: tuple[str, ...]
    replaces: str | None


def header(raw: bytes) -> CdaHeader:
    """The header of the document in `raw`. Raises NotCda."""
    try:
        root = xml.parse(raw, until=_BODY)
    except xml.BadXml as error:
        raise NotCda("not XML that is allowed") from error
    if root.tag != _ROOT:
        raise NotCda("another kind of XML")
    try:
        return _header(root)
    except ValueError as error:
        raise NotCda("a header that cannot be read") from error


def restrictions(raw: bytes) -> tuple[str, ...]:
    """The confidentiality codes of a CDA, also of one whose header cannot be read otherwise; none for other bytes."""
    try:
        root = xml.parse(raw, until=_BODY)
    except xml.BadXml:
        return ()
    if root.tag != _ROOT:
        return ()
    return tuple(found.get("code", "")[:64] for found in root.iter(f"{{{_NS['h']}}}confidentialityCode"))


def _header(root: etree._Element) -> CdaHeader:
    code = _code(root)
    return CdaHeader(
        id=_identifier(root, "h:id"),
        code=code,
        title=(_words(root, "h:title") or code.label)[:255],
        date=_when(_attribute(root, "h:effectiveTime", "value")),
        author=_author(root),
        patient=_patient(root),
        confidentiality=_attributes(root, "h:confidentialityCode", "code"),
        replaces=_identifier(root, "h:relatedDocument[@typeCode='RPLC']/h:parentDocument/h:id") or None,
    )


def _code(root: etree._Element) -> Code:
    code = _attribute(root, "h:code", "code")
    label = _attribute(root, "h:code", "displayName") or label_of(code)
    return Code(code[:64], label[:255], _attribute(root, "h:code", "codeSystem")[:128])


def _author(root: etree._Element) -> Author:
    person = _name(root, "h:author/h:assignedAuthor/h:assignedPerson/h:name")
    device = _words(root, "h:author/h:assignedAuthor/h:assignedAuthoringDevice/h:softwareName")
    return Author(person or device, _words(root, "h:author/h:assignedAuthor/h:representedOrganization/h:name"))


def _patient(root: etree._Element) -> Patient | None:
    role = _first(root, "h:recordTarget/h:patientRole")
    if role is None:
        return None
    ins, oid = _ins(role)
    birth = _attribute(role, "h:patient/h:birthTime", "value")
    return Patient(
        ins=ins,
        oid=oid,
        birth_name=_words(role, "h:patient/h:name/h:family[@qualifier='BR']")
        or _words(role, "h:patient/h:name/h:family"),
        first_name=_words(role, "h:patient/h:name/h:given[@qualifier='BR']")
        or _words(role, "h:patient/h:name/h:given"),
        birth_date=f"{birth[:4]}-{birth[4:6]}-{birth[6:8]}" if birth[:8].isdigit() and len(birth) >= 8 else "",
        sex=_attribute(role, "h:patient/h:administrativeGenderCode", "code")[:8],
    )


def _ins(role: etree._Element) -> tuple[str, str]:
    for found in _all(role, "h:id"):
        root, extension = found.get("root", ""), found.get("extension", "")
        if root in OIDS and extension:
            return extension[:64], root
    return "", ""


def _name(root: etree._Element, path: str) -> str:
    name = _first(root, path)
    if name is None:
        return ""
    parts = [_words(name, f"h:{part}") for part in ("prefix", "given", "family")]
    return (" ".join(filter(None, parts)) or _flat(name))[:255]


def _identifier(root: etree._Element, path: str) -> str:
    found = _first(root, path)
    if found is None:
        return ""
    return "^".join(filter(None, (found.get("root", ""), found.get("extension", ""))))[:255]


def _when(value: str) -> date | datetime:
    """HL7 TS: YYYYMMDD[HHMM[SS]][+-ZZZZ]. Without a zone it is a day: an hour of nowhere says nothing."""
    digits, sign, zone = value.partition("+") if "+" in value else value.partition("-")
    day = date(int(digits[:4]), int(digits[4:6] or 1), int(digits[6:8] or 1))
    if len(digits) < 12 or len(zone) != 4:
        return day
    offset = timedelta(hours=int(zone[:2]), minutes=int(zone[2:])) * (-1 if sign == "-" else 1)
    at = datetime.strptime(digits[:14].ljust(14, "0") + "+0000", "%Y%m%d%H%M%S%z")
    return at.replace(tzinfo=timezone(offset)).astimezone(UTC)


def _all(root: etree._Element, path: str) -> list[etree._Element]:
    return root.findall(path, _NS)


def _first(root: etree._Element, path: str) -> etree._Element | None:
    return root.find(path, _NS)


def _attribute(root: etree._Element, path: str, name: str) -> str:
    found = _first(root, path)
    return "" if found is None else found.get(name, "").strip()


def _attributes(root: etree._Element, path: str, name: str) -> tuple[str, ...]:
    return tuple(value[:64] for found in _all(root, path)[:16] if (value := found.get(name, "")))


def _words(root: etree._Element, path: str) -> str:
    found = _first(root, path)
    return "" if found is None else _flat(found)[:255]


def _flat(element: etree._Element) -> str:
    return " ".join("".join(str(piece) for piece in element.itertext()).split())
