"""The signed white list of the trust space: which certificate may speak for which domain.

Laws: nothing of a list is used before its signature, its signer and the signer's issuer were checked; only what the
signature covers is read; a list that is older or much smaller than the last good one never replaces it.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from bridges.mssante.distinguished import BadName, DistinguishedName

NAMESPACE: Final = "https://listeblanche.mssante.fr/schema"
SIZE_LIMIT: Final = 64_000_000  # bytes; the real one is about 4 MB
_NS: Final = {"l": NAMESPACE, "ds": "http://www.w3.org/2000/09/xmldsig#"}
_EXPECTED: Final = SignatureConfiguration(
    location="./",
    expect_references=1,
    signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)


class BadList(ValueError):
    """A list that must not be used; the words say why, for the operator."""


@dataclass(frozen=True)
class Signer:
    """Who may sign: the full subject, and the file of the certificates that may have issued it."""

    subject: DistinguishedName
    authorities: Path


@dataclass(frozen=True)
class Whitelist:
    """`names` maps domains in small letters to the operators' names; `generated` in UTC."""

    generated: datetime
    entries: int
    names: Mapping[str, frozenset[DistinguishedName]]

    @cached_property
    def _domains(self) -> Mapping[DistinguishedName, frozenset[str]]:
        found: dict[DistinguishedName, set[str]] = {}
        for domain, names in self.names.items():
            for name in names:
                found.setdefault(name, set()).add(domain)
        return {name: frozenset(domains) for name, domains in found.items()}

    def domains_of(self, name: DistinguishedName) -> frozenset[str]:
        """Every domain that a certificate of this name may speak for."""
        return self._domains.get(name, frozenset())

    def matches(self, domain: str, name: DistinguishedName) -> bool:
        """Whether the pair stands in the list."""
        return name in self.names.get(domain.lower().rstrip("."), frozenset())


def read(raw: bytes, signer: Signer, now: datetime) -> Whitelist:
    """The list in `raw`, checked. Raises BadList."""
    root = _root(raw)
    signed = _verified(root, signer, now)
    if signed.tag != f"{{{NAMESPACE}}}ListeBlancheMSSante":
        raise BadList("what is signed is not a white list")
    return _whitelist(signed)


def check_successor(last: Whitelist, found: Whitelist, least_share: float) -> None:
    """Raises BadList when `found` must not replace `last`: it is older, or shrank below the share."""
    if found.generated < last.generated:
        raise BadList(f"the list is of {found.generated:%Y-%m-%d %H:%M}, older than the one in use")
    if found.entries < last.entries * least_share:
        raise BadList(f"the list shrank from {last.entries} to {found.entries} entries")


def _root(raw: bytes) -> etree._Element:
    if len(raw) > SIZE_LIMIT:
        raise BadList("the list is too large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        raise BadList("the list is not well-formed XML, or it is cut") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadList("the list has a document type declaration")
    return root


def _verified(root: etree._Element, signer: Signer, now: datetime) -> etree._Element:
    if len(root) == 0 or root[-1].tag != f"{{{_NS['ds']}}}Signature":
        raise BadList("the list is not signed: a signature is missing as its last element")
    try:
        config = SignatureConfiguration(**{**_EXPECTED.__dict__, "verification_time": now})
        result = XMLVerifier().verify(root, ca_pem_file=str(signer.authorities), expect_config=config)
    except (SignXMLException, ValueError, OSError, x509.verification.VerificationError, etree.LxmlError) as error:
        raise BadList(f"the list's signature does not hold ({type(error).__name__})") from None
    if isinstance(result, list) or result.signed_xml is None:
        raise BadList("the list's signature does not cover one document")
    _check_signer(result.signature_xml, result.signature_key, signer)
    signed: etree._Element = result.signed_xml
    return signed


def _check_signer(signature: etree._Element, key: bytes, signer: Signer) -> None:
    certificate = _certificate(signature, key)
    if DistinguishedName.of(certificate.subject) != signer.subject:
        raise BadList("the list is signed by another signer than the pinned one")
    issuers = x509.load_pem_x509_certificates(signer.authorities.read_bytes())
    if certificate.issuer not in [issuer.subject for issuer in issuers]:
        raise BadList("the list's signer was not issued by the pinned authority")


def _certificate(signature: etree._Element, key: bytes) -> x509.Certificate:
    for element in signature.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", _NS):
        found = x509.load_der_x509_certificate(base64.b64decode("".join((element.text or "").split())))
        spki = found.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        if spki.strip() == key.strip():
            return found
    raise BadList("the list's signature names no certificate of its key")


def _whitelist(signed: etree._Element) -> Whitelist:
    names: dict[str, set[DistinguishedName]] = {}
    domains = signed.findall("l:ListeDomaines/l:Domaine", _NS)
    for domain in domains:
        name, written = _text(domain, "Nom"), _text(domain, "DNCertificatOperateur")
        try:
            names.setdefault(name.lower().rstrip("."), set()).add(DistinguishedName.parse(written))
        except BadName:
            continue  # an entry that nobody can match is an entry that lets nobody in
    if not names:
        raise BadList("the list holds no domain")
    frozen = {domain: frozenset(found) for domain, found in names.items()}
    return Whitelist(_generated(signed), len(domains), MappingProxyType(frozen))


def _generated(signed: etree._Element) -> datetime:
    try:
        found = datetime.fromisoformat(_text(signed, "DateDeGeneration"))
    except ValueError:
        raise BadList("the list does not say when it was made") from None
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _text(element: etree._Element, name: str) -> str:
    found = element.find(f"l:{name}", _NS)
    return "" if found is None else (found.text or "").strip()


def listed(domains: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[DistinguishedName]]:
    """Pairs of domain and written name as `Whitelist.names`. Raises BadName."""
    names: dict[str, set[DistinguishedName]] = {}
    for domain, written in domains:
        names.setdefault(domain.lower(), set()).add(DistinguishedName.parse(written))
    return {domain: frozenset(found) for domain, found in names.items()}
