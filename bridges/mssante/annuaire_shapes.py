"""The French health directory's answers (Annuaire Santé, FHIR R4), read into values. Pure.

Sources: the implementation guide "Annuaire Santé" (as-practitioner, as-practitionerrole, as-organization,
as-mailbox-mss, as-ext-mailbox-mss-metadata). Laws: only what is needed is read, unknown members and entries of another
form are passed over; a mailbox on the red list, or of an entry that is not active, is not there.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

METADATA: Final = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"
EMAIL_TYPE: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type"
_SYSTEMS: Final = {  # of identifiers; the national person identifier is "8" and the RPPS number
    "urn:oid:1.2.250.1.71.4.2.1": "idnps",
    "https://rpps.esante.gouv.fr": "rpps",
    "urn:oid:1.2.250.1.71.4.2.2": "idnst",
    "https://finess.esante.gouv.fr": "finess",
    "https://sirene.fr": "siret",
}


class BadAnswer(ValueError):
    """What came is not an answer of the directory."""


@dataclass(frozen=True)
class MssMailbox:
    """`kind`: PER, ORG, APP, CAB, or empty."""

    address: str
    kind: str = ""
    description: str = ""
    service: str = ""


@dataclass(frozen=True)
class Entry:
    """One person, one person's place of work, or one organisation, with its mailboxes."""

    name: str
    profession: str = ""
    organisation: str = ""
    city: str = ""
    postal_code: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    mailboxes: tuple[MssMailbox, ...] = ()


@dataclass(frozen=True)
class Page:
    """`following` is where the next one is; empty at the end."""

    entries: tuple[Entry, ...]
    following: str


class _Coding(msgspec.Struct):
    code: str = ""
    display: str = ""


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []
    text: str = ""


class _Extension(msgspec.Struct, rename="camel"):
    url: str = ""
    extension: list["_Extension"] = []
    value_string: str = ""
    value_boolean: bool = False
    value_codeable_concept: _Concept | None = None
    value_coding: _Coding | None = None


class _Telecom(msgspec.Struct):
    system: str = ""
    value: str = ""
    extension: list[_Extension] = []


class _Name(msgspec.Struct):
    family: str = ""
    given: list[str] = []
    prefix: list[str] = []
    text: str = ""


class _Address(msgspec.Struct, rename="camel"):
    city: str = ""
    postal_code: str = ""


class _Identifier(msgspec.Struct):
    system: str = ""
    value: str = ""


class _Reference(msgspec.Struct):
    reference: str = ""
    display: str = ""


class _Qualification(msgspec.Struct):
    code: _Concept | None = None


class _Resource(msgspec.Struct, rename="camel"):
    resource_type: str
    id: str = ""
    active: bool = True
    name: list[_Name] | str = ""
    telecom: list[_Telecom] = []
    address: list[_Address] = []
    identifier: list[_Identifier] = []
    qualification: list[_Qualification] = []
    code: list[_Concept] = []
    practitioner: _Reference | None = None
    organization: _Reference | None = None


class _Link(msgspec.Struct):
    relation: str = ""
    url: str = ""


class _BundleEntry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"null")


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str
    entry: list[_BundleEntry] = []
    link: list[_Link] = []


_READ: Final = frozenset({"Practitioner", "PractitionerRole", "Organization"})


def read(raw: bytes) -> Page:
    """One page of an answer. Raises BadAnswer."""
    try:
        bundle = msgspec.json.decode(raw, type=_Bundle)
        found = [_resource(bytes(entry.resource)) for entry in bundle.entry]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadAnswer("these bytes are no FHIR bundle") from None
    if bundle.resource_type != "Bundle":
        raise BadAnswer(f"a {bundle.resource_type[:40]} is no bundle")
    resources = {f"{each.resource_type}/{each.id}": each for each in found if each is not None}
    entries = (_entry(each, resources) for each in resources.values() if each.active)
    following = next((link.url for link in bundle.link if link.relation == "next"), "")
    return Page(tuple(entry for entry in entries if entry.mailboxes), following)


def _resource(raw: bytes) -> _Resource | None:
    kind: Any = msgspec.json.decode(raw)
    if not isinstance(kind, Mapping) or kind.get("resourceType") not in _READ:
        return None  # an OperationOutcome, say
    with contextlib.suppress(msgspec.ValidationError):
        return msgspec.json.decode(raw, type=_Resource)
    return None  # of another form: it hides itself, not its neighbours


def _entry(resource: _Resource, others: Mapping[str, _Resource]) -> Entry:
    person = _named(resource.practitioner, others)
    work = _named(resource.organization, others)
    whose = person if person is not None and resource.resource_type == "PractitionerRole" else resource
    place = next(iter([*resource.address, *(work.address if work is not None else ())]), _Address())
    return Entry(
        name=_name(whose) or (resource.practitioner.display if resource.practitioner is not None else ""),
        profession=_profession([*resource.code, *(each.code for each in whose.qualification if each.code is not None)]),
        organisation=_name(work) if work is not None else "",
        city=place.city,
        postal_code=place.postal_code,
        identifiers=tuple(_identifiers([*whose.identifier, *(work.identifier if work is not None else ())])),
        mailboxes=tuple(_mailboxes(resource.telecom)),
    )


def _named(reference: _Reference | None, others: Mapping[str, _Resource]) -> _Resource | None:
    return None if reference is None else others.get("/".join(reference.reference.split("/")[-2:]))


def _name(resource: _Resource) -> str:
    if isinstance(resource.name, str):
        return resource.name
    names = resource.name[:1] or [_Name()]
    first = names[0]
    return first.text or " ".join(filter(None, (*first.prefix, *first.given, first.family)))


def _profession(concepts: Iterable[_Concept]) -> str:
    for concept in concepts:
        for coding in concept.coding:
            if coding.display:
                return coding.display
        if concept.text:
            return concept.text
    return ""


def _identifiers(found: Iterable[_Identifier]) -> Iterable[tuple[str, str]]:
    for each in found:
        system = _SYSTEMS.get(each.system)
        if system == "idnps" and len(each.value) == 12 and each.value.startswith("8"):
            yield "rpps", each.value[1:]
        elif system is not None and each.value:
            yield system, each.value


def _mailboxes(telecoms: Iterable[_Telecom]) -> Iterable[MssMailbox]:
    for telecom in telecoms:
        known = {extension.url: extension for extension in telecom.extension}
        if telecom.system != "email" or not telecom.value or not known.keys() & {METADATA, EMAIL_TYPE}:
            continue
        typed = known.get(EMAIL_TYPE)
        if typed is not None and typed.value_coding is not None and typed.value_coding.code not in ("", "MSSANTE"):
            continue
        told = {each.url: each for each in known[METADATA].extension} if METADATA in known else {}
        if "listeRouge" in told and told["listeRouge"].value_boolean:
            continue
        yield MssMailbox(telecom.value.lower(), _kind(told), _words(told, "description"), _words(told, "service"))


def _kind(told: Mapping[str, _Extension]) -> str:
    concept = told["type"].value_codeable_concept if "type" in told else None
    return concept.coding[0].code if concept is not None and concept.coding else ""


def _words(told: Mapping[str, _Extension], name: str) -> str:
    return told[name].value_string if name in told else ""
