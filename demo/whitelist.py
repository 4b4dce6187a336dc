"""A signed white list of the published shape, of invented domains (as listeblanchemssante.xml)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from demo.markup import maker
from demo.pki import Authority, Holder

NAMESPACE: Final = "https://listeblanche.mssante.fr/schema"
SIGNER_COMMON_NAME: Final = "alb.mssante.example"


@dataclass(frozen=True)
class Domain:
    """One entry: a mail domain and the distinguished name of its operator's certificate."""

    name: str
    distinguished_name: str
    description: str = "Domaine de démonstration"


def write_list(domains: Sequence[Domain], signer: Holder, authority: Authority, now: dt.datetime) -> bytes:
    """The list as XML, its enveloped signature as the root's last child (exclusive C14N, RSA, SHA-256)."""
    root = maker(NAMESPACE, {None: NAMESPACE})("ListeBlancheMSSante")
    _add(root, "DateDeGeneration", now.isoformat(timespec="seconds"))
    listed = etree.SubElement(root, f"{{{NAMESPACE}}}ListeDomaines")
    for domain in domains:
        _add_domain(listed, domain, now)
    signed = _signer().sign(
        root, key=signer.key_pem, cert=[signer.certificate, authority.issuing.certificate], always_add_key_value=False
    )
    return etree.tostring(signed, xml_declaration=True, encoding="UTF-8")


def _signer() -> XMLSigner:
    return XMLSigner(
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )


def _add_domain(listed: etree._Element, domain: Domain, now: dt.datetime) -> None:
    entry = etree.SubElement(listed, f"{{{NAMESPACE}}}Domaine")
    _add(entry, "Nom", domain.name)
    _add(entry, "Description", domain.description)
    _add(entry, "DNCertificatOperateur", domain.distinguished_name)
    _add(entry, "ResponsableContact", f"responsable@{domain.name}")
    _add(entry, "SupportContact", f"support@{domain.name}")
    _add(entry, "DateMAJ", now.isoformat(timespec="seconds"))


def _add(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}").text = text
