"""What an XDM archive must be, written from the specification and not from the writer (IHE ITI TF-2, 3.32; TF-3, 4.2
and 4.3: document source of XDM). Every rule that is broken is a sentence; none is an archive as it should be."""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator

from lxml import etree

NS = {
    "lcm": "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0",
    "rim": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0",
}
STABLE_DOCUMENT = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
SUBMISSION_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
# TF-3, table 4.2.3.1-1 and the tables of the vocabulary; each classification is by one of these schemes.
ENTRY_CODES = {
    "class": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
    "confidentiality": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "format": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "type": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
}
ENTRY_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
ENTRY_IDS = {
    "patientId": "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "uniqueId": "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
}
SET_IDS = {
    "patientId": "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "sourceId": "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
    "uniqueId": "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
}
ISO_9660 = re.compile(r"[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?")
DTM = re.compile(r"[0-9]{4}([0-9]{2}([0-9]{2}([0-9]{4}([0-9]{2})?)?)?)?")
CX = re.compile(r"[^^&~|]+\^\^\^&[0-9.]+&ISO(\^[A-Z]+)?")
OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+(\^[^\^]{1,16})?")


def broken(raw: bytes) -> list[str]:
    """The rules that this archive breaks."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return [*_names(files), *_metadata(files)]


def _names(files: dict[str, bytes]) -> Iterator[str]:
    for needed in ("INDEX.HTM", "README.TXT", "IHE_XDM/SUBSET01/METADATA.XML"):
        if needed not in files:
            yield f"{needed} is missing"
    for name in files:
        if not all(ISO_9660.fullmatch(part) for part in name.split("/")):
            yield f"{name} is no name of ISO 9660, level 1"


def _metadata(files: dict[str, bytes]) -> Iterator[str]:
    root = etree.fromstring(files["IHE_XDM/SUBSET01/METADATA.XML"], etree.XMLParser(resolve_entities=False))
    if root.tag != f"{{{NS['lcm']}}}SubmitObjectsRequest":
        yield "the root is no SubmitObjectsRequest"
    ids = [found.get("id", "") for found in root.iter() if isinstance(found.tag, str) and found.get("id") is not None]
    if len(ids) != len(set(ids)):
        yield "an id twice"
    packages = root.findall(".//rim:RegistryPackage", NS)
    if len(packages) != 1:
        yield "not one submission set"
        return
    yield from _set(packages[0])
    yield from _members(root, packages[0])
    entries = root.findall(".//rim:ExtrinsicObject", NS)
    listed = {"".join(_slot(entry, "URI")) for entry in entries}
    inside = {name.removeprefix("IHE_XDM/SUBSET01/") for name in files if name.startswith("IHE_XDM/SUBSET01/")}
    if listed != inside - {"METADATA.XML"}:
        yield "what is listed is not what is there"
    for entry in entries:
        yield from _entry(entry, files)


def _set(package: etree._Element) -> Iterator[str]:
    if not any(c.get("classificationNode") == SUBMISSION_SET for c in package.findall("rim:Classification", NS)):
        yield "the package is not classified as a submission set"
    if not DTM.fullmatch("".join(_slot(package, "submissionTime"))):
        yield "submissionTime"
    yield from _identifiers(package, SET_IDS, ("sourceId", "uniqueId"))


def _members(root: etree._Element, package: etree._Element) -> Iterator[str]:
    documents = {entry.get("id") for entry in root.findall(".//rim:ExtrinsicObject", NS)}
    found = root.findall(".//rim:Association", NS)
    for one in found:
        if one.get("associationType") != HAS_MEMBER or one.get("sourceObject") != package.get("id"):
            yield "an association that is not HasMember of the set"
        if _slot(one, "SubmissionSetStatus") != ["Original"]:
            yield "SubmissionSetStatus"
    if sorted(str(one.get("targetObject")) for one in found) != sorted(map(str, documents)):
        yield "a document that is no member, or twice"


def _entry(entry: etree._Element, files: dict[str, bytes]) -> Iterator[str]:
    data = files.get("IHE_XDM/SUBSET01/" + "".join(_slot(entry, "URI")), b"")
    if entry.get("objectType") != STABLE_DOCUMENT:
        yield "objectType"
    if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", entry.get("mimeType", "")):
        yield "mimeType"
    if _slot(entry, "hash") != [hashlib.sha1(data, usedforsecurity=False).hexdigest()]:
        yield "hash"
    if _slot(entry, "size") != [str(len(data))]:
        yield "size"
    if not DTM.fullmatch("".join(_slot(entry, "creationTime"))):
        yield "creationTime"
    if not re.fullmatch(r"[a-z]{2}-[A-Z]{2}", "".join(_slot(entry, "languageCode"))):
        yield "languageCode"
    yield from _codes(entry)
    yield from _identifiers(entry, ENTRY_IDS, ("uniqueId",))


def _codes(entry: etree._Element) -> Iterator[str]:
    for name, scheme in ENTRY_CODES.items():
        found = [c for c in entry.findall("rim:Classification", NS) if c.get("classificationScheme") == scheme]
        if not found:
            yield f"no {name} code"
        for code in found:
            if code.get("classifiedObject") != entry.get("id") or not code.get("nodeRepresentation"):
                yield f"a {name} code of nothing, or without a code"
            if len(_slot(code, "codingScheme")) != 1 or code.find("rim:Name/rim:LocalizedString", NS) is None:
                yield f"a {name} code without its system or name"
    if not any(c.get("classificationScheme") == ENTRY_AUTHOR for c in entry.findall("rim:Classification", NS)):
        yield "no author"


def _identifiers(owner: etree._Element, known: dict[str, str], needed: tuple[str, ...]) -> Iterator[str]:
    names = {scheme: name for name, scheme in known.items()}
    found: dict[str, str] = {}
    for one in owner.findall("rim:ExternalIdentifier", NS):
        name = names.get(one.get("identificationScheme", ""), "?")
        if name == "?" or one.get("registryObject") != owner.get("id") or name in found:
            yield "an identifier of nothing, or twice"
        found[name] = one.get("value", "")
    for name in needed:
        if not OID.fullmatch(found.get(name, "")):
            yield name
    if "patientId" in found and not CX.fullmatch(found["patientId"]):
        yield "patientId"


def _slot(element: etree._Element, name: str) -> list[str]:
    return [value.text or "" for value in element.findall(f"rim:Slot[@name='{name}']/rim:ValueList/rim:Value", NS)]
