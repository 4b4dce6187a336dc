"""IHE_XDM.zip around one CDA document, as another vendor's software writes it, apart from Pli's own reader."""

import datetime as dt
import hashlib
import io
import zipfile
from typing import Final

from lxml import etree

from demo.markup import maker
from demo.report import DOCUMENT_ROOT, Report

RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
LCM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
_DOCUMENT_TYPE: Final = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
_TYPE_CODE: Final = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
_FORMAT_CODE: Final = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
_AUTHOR: Final = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
_PATIENT_ID: Final = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
_UNIQUE_ID: Final = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
_r = maker(RIM, {"rim": RIM, "lcm": LCM})

INDEX: Final = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.1//EN" "http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Documents de santé</title></head>
<body><h1>Documents de santé</h1><p><a href="IHE_XDM/SUBSET01/DOC0001.XML">{title}</a></p></body></html>
"""
README: Final = "Archive IHE XDM de démonstration. Ouvrez INDEX.HTM pour lire les documents.\r\n"


def write_archive(cda: bytes, report: Report) -> bytes:
    """The ZIP: INDEX.HTM, README.TXT and one subset with its metadata and the document."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("INDEX.HTM", INDEX.format(title=report.title))
        archive.writestr("README.TXT", README)
        archive.writestr("IHE_XDM/SUBSET01/METADATA.XML", _metadata(cda, report))
        archive.writestr("IHE_XDM/SUBSET01/DOC0001.XML", cda)
    return out.getvalue()


def _metadata(cda: bytes, report: Report) -> bytes:
    document = _r(
        "ExtrinsicObject",
        *_slots(cda, report),
        _r("Name", _text(report.title)),
        _author(report),
        _classification(_TYPE_CODE, "11502-2", "2.16.840.1.113883.6.1", "CR d'examens biologiques"),
        _classification(_FORMAT_CODE, "urn:ihe:lab:xd-lab:2008", "1.3.6.1.4.1.19376.1.2.3", "CR de biologie"),
        _identifier(_PATIENT_ID, f"{report.patient.ins}^^^&1.2.250.1.213.1.4.10&ISO^NH", "XDSDocumentEntry.patientId"),
        _identifier(_UNIQUE_ID, f"{DOCUMENT_ROOT}^{report.identifier}", "XDSDocumentEntry.uniqueId"),
        id="Document01",
        mimeType="text/xml",
        objectType=_DOCUMENT_TYPE,
    )
    root = etree.Element(f"{{{LCM}}}SubmitObjectsRequest", nsmap={"rim": RIM, "lcm": LCM})
    root.append(_r("RegistryObjectList", document))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _slots(cda: bytes, report: Report) -> list[etree._Element]:
    values = {
        "creationTime": report.drawn.astimezone(dt.UTC).strftime("%Y%m%d%H%M%S"),
        "hash": hashlib.sha1(cda, usedforsecurity=False).hexdigest(),  # IHE ITI TF-3 4.2.3.2.10 asks for SHA-1
        "languageCode": "fr-FR",
        "size": str(len(cda)),
        "URI": "DOC0001.XML",
    }
    return [_slot(name, value) for name, value in values.items()]


def _slot(name: str, value: str) -> etree._Element:
    return _r("Slot", _r("ValueList", _r("Value", value)), name=name)


def _text(value: str) -> etree._Element:
    return _r("LocalizedString", value=value, charset="UTF-8")


def _author(report: Report) -> etree._Element:
    person = f"810000000001^{report.author_family}^{report.author_given}"
    return _r(
        "Classification",
        _slot("authorPerson", person),
        _slot("authorInstitution", report.laboratory),
        classificationScheme=_AUTHOR,
        classifiedObject="Document01",
        nodeRepresentation="",
    )


def _classification(scheme: str, code: str, system: str, label: str) -> etree._Element:
    return _r(
        "Classification",
        _slot("codingScheme", system),
        _r("Name", _text(label)),
        classificationScheme=scheme,
        classifiedObject="Document01",
        nodeRepresentation=code,
    )


def _identifier(scheme: str, value: str, name: str) -> etree._Element:
    return _r(
        "ExternalIdentifier",
        _r("Name", _text(name)),
        identificationScheme=scheme,
        registryObject="Document01",
        value=value,
    )
