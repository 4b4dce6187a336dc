"""Writes METADATA.XML of an XDM archive: one submission set and its documents (IHE ITI TF-3, 4.2; ebRS 3.0).

Law: the same documents at the same time give the same bytes, identifiers included; what is not known is left out.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]  # lxml-stubs leaves this module out

from clients.content import ebxml
from clients.content.document import Author, Code, Format, Patient
from clients.content.xdm_metadata import Listed, XdmMetadata

_LCM: Any = ElementMaker(namespace=ebxml.LCM, nsmap={"lcm": ebxml.LCM, "rim": ebxml.RIM})
_RIM: Any = ElementMaker(namespace=ebxml.RIM)
_FORMATS: dict[Format, str] = {
    "cda-r2": "urn:ihe:iti:xds-sd:xml:2008", "pdf": "urn:ihe:iti:xds:2017:mimeTypeSufficient",
}  # fmt: skip
_FORMAT_SYSTEM = "1.3.6.1.4.1.19376.1.2.3"
_SPACE = uuid.UUID("5d3c7f7e-2f6e-5bd0-9f0e-6e3a6f1c9a10")
_UNNAMED = "urn:uuid:"
_SOURCE = "2.25.329800735698586629295641978511506172918"  # this product, as an OID made of a UUID (X.667)


def to_xml(documents: Sequence[Listed], now: datetime) -> bytes:
    """The SubmitObjectsRequest for these documents, submitted at `now`."""
    facts = "\x00".join((_dtm(now), *(f"{each.path} {each.sha1} {each.metadata.id}" for each in documents)))
    space = uuid.uuid5(_SPACE, facts)
    objects = _RIM.RegistryObjectList(_submission(documents, now, space))
    for number, document in enumerate(documents, 1):
        objects.append(_entry(f"Document{number:02}", document, space))
        objects.append(_member(f"Document{number:02}"))
    for number, element in enumerate(each for each in objects.iter() if each.get("id") == _UNNAMED):
        element.set("id", f"urn:uuid:{uuid.uuid5(space, str(number))}")
    return etree.tostring(_LCM.SubmitObjectsRequest(objects), xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _submission(documents: Sequence[Listed], now: datetime, space: uuid.UUID) -> Any:
    said = documents[0].metadata
    package = _RIM.RegistryPackage(
        _slot("submissionTime", [_dtm(now)]),
        _name(said.title),
        id="SubmissionSet01",
        objectType=_registry("RegistryPackage"),
    )
    package.append(_author("SubmissionSet01", ebxml.SET_AUTHOR, said.author))
    package.append(_code("SubmissionSet01", ebxml.SET_CONTENT, said.code))
    package.append(_identifier("SubmissionSet01", ebxml.SET_UNIQUE_ID, _oid(space, "set"), "uniqueId"))
    package.append(_identifier("SubmissionSet01", ebxml.SET_SOURCE_ID, _SOURCE, "sourceId"))
    if said.patient is not None:
        package.append(_identifier("SubmissionSet01", ebxml.SET_PATIENT_ID, _patient_id(said.patient), "patientId"))
    package.append(_RIM.Classification(
        id=_uuid(), classifiedObject="SubmissionSet01", classificationNode=ebxml.SET,
        objectType=_registry("Classification"),
    ))  # fmt: skip
    return package


def _entry(name: str, document: Listed, space: uuid.UUID) -> Any:
    said = document.metadata
    entry = _RIM.ExtrinsicObject(id=name, mimeType=_xml(said.type), objectType=ebxml.ENTRY, status="Approved")
    for slot in _slots(document, said):
        entry.append(slot)
    entry.append(_name(said.title))
    entry.append(_author(name, ebxml.ENTRY_AUTHOR, said.author))
    entry.append(_code(name, ebxml.ENTRY_CLASS, said.code))
    entry.append(_code(name, ebxml.ENTRY_TYPE, said.code))
    entry.append(_code(name, ebxml.ENTRY_FORMAT, _format(said)))
    for code in said.confidentiality or ("N",):
        entry.append(_code(name, ebxml.ENTRY_CONFIDENTIALITY, Code(code, code, "2.16.840.1.113883.5.25")))
    if said.patient is not None:
        entry.append(_identifier(name, ebxml.ENTRY_PATIENT_ID, _patient_id(said.patient), "patientId"))
    entry.append(_identifier(name, ebxml.ENTRY_UNIQUE_ID, said.id or _oid(space, name), "uniqueId"))
    return entry


def _slots(document: Listed, said: XdmMetadata) -> list[Any]:
    slots = [
        _slot("URI", [document.path]),
        _slot("creationTime", [_dtm(said.date)]),
        _slot("hash", [document.sha1 or ""]),
        _slot("languageCode", ["fr-FR"]),
        _slot("size", [str(document.size)]),
    ]
    if said.patient is None:
        return slots
    return [
        *slots,
        _slot("sourcePatientId", [_patient_id(said.patient)]),
        _slot("sourcePatientInfo", _pid(said.patient)),
    ]


def _member(name: str) -> Any:
    return _RIM.Association(
        _slot("SubmissionSetStatus", ["Original"]), id=_uuid(), associationType=ebxml.HAS_MEMBER,
        sourceObject="SubmissionSet01", targetObject=name, objectType=_registry("Association"),
    )  # fmt: skip


def _author(owner: str, scheme: str, author: Author) -> Any:
    slots = [_slot("authorPerson", [f"^{_hl7(author.name)}"])]
    if author.organization:
        slots.insert(0, _slot("authorInstitution", [_hl7(author.organization)]))
    return _RIM.Classification(
        *slots, id=_uuid(), classificationScheme=scheme, classifiedObject=owner, nodeRepresentation="",
        objectType=_registry("Classification"),
    )  # fmt: skip


def _code(owner: str, scheme: str, code: Code) -> Any:
    return _RIM.Classification(
        _slot("codingScheme", [code.system]), _name(code.label), id=_uuid(), classificationScheme=scheme,
        classifiedObject=owner, nodeRepresentation=_xml(code.code), objectType=_registry("Classification"),
    )  # fmt: skip


def _identifier(owner: str, scheme: str, value: str, name: str) -> Any:
    spelled = "XDSSubmissionSet" if owner == "SubmissionSet01" else "XDSDocumentEntry"
    return _RIM.ExternalIdentifier(
        _name(f"{spelled}.{name}"), id=_uuid(), identificationScheme=scheme, registryObject=owner, value=_xml(value),
        objectType=_registry("ExternalIdentifier"),
    )  # fmt: skip


def _format(said: XdmMetadata) -> Code:
    return Code(_FORMATS.get(said.format, "urn:ihe:iti:xds:2017:mimeTypeSufficient"), said.format, _FORMAT_SYSTEM)


def _patient_id(patient: Patient) -> str:
    return f"{_hl7(patient.ins)}^^^&{_hl7(patient.oid)}&ISO^NH"


def _pid(patient: Patient) -> list[str]:
    lines = [
        f"PID-3|{_patient_id(patient)}", f"PID-5|{_hl7(patient.birth_name)}^{_hl7(patient.first_name)}^^^^^L",
        f"PID-7|{_hl7(patient.birth_date.replace('-', ''))}", f"PID-8|{_hl7(patient.sex)}",
    ]  # fmt: skip
    return [line for line in lines if not line.endswith("|")]


def _hl7(text: str) -> str:
    # The separators of HL7 v2 inside a component would start another one.
    return text.translate(dict.fromkeys(map(ord, "^&|~\\"), " "))


def _slot(name: str, values: Sequence[str]) -> Any:
    return _RIM.Slot(_RIM.ValueList(*(_RIM.Value(_xml(value)) for value in values)), name=name)


def _name(text: str) -> Any:
    return _RIM.Name(_RIM.LocalizedString(value=_xml(text)))


def _xml(text: str) -> str:
    return "".join(c for c in text if c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")


def _dtm(when: date | datetime) -> str:
    if isinstance(when, datetime):
        return when.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    return f"{when.year:04}{when.month:02}{when.day:02}"


def _registry(kind: str) -> str:
    return f"{ebxml.OBJECT}:{kind}"


def _uuid() -> str:
    return _UNNAMED  # to_xml() names it by its place


def _oid(space: uuid.UUID, name: str) -> str:
    """An OID without a registration (ITU-T X.667)."""
    return f"2.25.{uuid.uuid5(space, name).int}"
