"""A certificate authority and a white list signer of the tests' own. Nothing here is anybody's real name."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.signer import XMLSigner

from bridges.mssante.certificates import Credentials
from bridges.mssante.whitelist import NAMESPACE

NOW = datetime.now(UTC).replace(microsecond=0)
BOTH = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH)
SIGNER = "CN=liste.exemple.example,O=Agence de Test,C=FR"


def name(common: str, unit: str = "318751275100020", organisation: str = "OPERATEUR DE TEST") -> x509.Name:
    """A subject of the shape that operators have."""
    parts = (
        (NameOID.COUNTRY_NAME, "FR"),
        (NameOID.STATE_OR_PROVINCE_NAME, "Paris (75)"),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def written(subject: x509.Name) -> str:
    """As a white list writes it: CN first."""
    return subject.rfc4514_string()


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKeyTypes

    def save(self, folder: Path, stem: str) -> tuple[Path, Path]:
        """Two PEM files."""
        certificate, key = folder / f"{stem}.pem", folder / f"{stem}.key"
        certificate.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        no_password = serialization.NoEncryption()
        key.write_bytes(
            self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
        )
        return certificate, key


class Authority:
    """Issues certificates for clients and servers alike."""

    def __init__(self, common: str = "AC DE TEST") -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
        self.key = rsa.generate_private_key(65537, 2048)
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        self.certificate = (
            self._builder(self.name, self.key.public_key(), timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def issue(
        self, subject: x509.Name, life: timedelta = timedelta(days=2), begin: timedelta = timedelta(days=-10),
        usages: Sequence[x509.ObjectIdentifier] = BOTH, extensions: Sequence[x509.ExtensionType] = (),
    ) -> Issued:  # fmt: skip
        """A certificate for TLS on loopback, both ways; a negative life has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(subject, key.public_key(), life, begin)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        both = x509.ExtendedKeyUsage(usages)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        signed = builder.add_extension(both, critical=False).add_extension(names, critical=False)
        return Issued(signed.sign(self.key, hashes.SHA256()), key)

    def issue_signer(self, subject: str) -> Issued:
        """A certificate that signs white lists."""
        key = rsa.generate_private_key(65537, 2048)
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = self._builder(x509.Name.from_rfc4514_string(subject), key.public_key(), timedelta(days=2))
        return Issued(builder.add_extension(usage, critical=True).sign(self.key, hashes.SHA256()), key)

    def revocations(
        self, *revoked: Issued, made: timedelta = timedelta(hours=-1), reason: x509.ReasonFlags | None = None,
        extension: x509.ExtensionType | None = None,
    ) -> bytes:  # fmt: skip
        """A CRL in PEM, made at that distance from now, for 25 hours."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        builder = builder.last_update(NOW + made).next_update(NOW + made + timedelta(hours=25))
        for issued in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(issued.certificate.serial_number)
            entry = entry.revocation_date(NOW - timedelta(minutes=5))
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        if extension is not None:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def save(self, folder: Path, stem: str = "ca") -> Path:
        """The authority's own certificate."""
        path = folder / f"{stem}.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        life: timedelta,
        begin: timedelta = timedelta(days=-10),
    ) -> x509.CertificateBuilder:
        issuer_key = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + begin)
            .not_valid_after(NOW + life)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
        )


def credentials(
    authority: Authority, issued: Issued, folder: Path, stem: str, revoked: bytes | None = None
) -> Credentials:
    """Files for one side of a TLS connection whose peers are of the same authority."""
    certificate, key = issued.save(folder, stem)
    crl = None
    if revoked is not None:
        crl = folder / f"{stem}.crl"
        crl.write_bytes(revoked)
    return Credentials(certificate, key, authority.save(folder, f"{stem}-ca"), crl)


def server_context(files: Credentials) -> ssl.SSLContext:
    """An operator's own server: it asks for a certificate of its authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.load_verify_locations(files.authorities)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def unsigned_list(entries: list[tuple[str, str]], generated: datetime = NOW) -> etree._Element:
    """The list's content."""
    plain: Any = {None: NAMESPACE}  # the stubs know named prefixes only
    root = etree.Element(f"{{{NAMESPACE}}}ListeBlancheMSSante", nsmap=plain)
    etree.SubElement(root, f"{{{NAMESPACE}}}DateDeGeneration").text = generated.isoformat()
    domains = etree.SubElement(root, f"{{{NAMESPACE}}}ListeDomaines")
    for domain, operator in entries:
        entry = etree.SubElement(domains, f"{{{NAMESPACE}}}Domaine")
        for tag, text in (("Nom", domain), ("Description", "Test"), ("DNCertificatOperateur", operator)):
            etree.SubElement(entry, f"{{{NAMESPACE}}}{tag}").text = text
    return root


def signed_list(signer: Issued, entries: list[tuple[str, str]], generated: datetime = NOW) -> bytes:
    """The list, signed as the real one is: enveloped, exclusive canonical form, RSA with SHA-256."""
    xml_signer = XMLSigner(
        signature_algorithm=SignatureMethod.RSA_SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = xml_signer.sign(unsigned_list(entries, generated), key=_rsa(signer), cert=[signer.certificate])
    return bytes(etree.tostring(signed, xml_declaration=True, encoding="UTF-8"))


def _rsa(signer: Issued) -> rsa.RSAPrivateKey:
    assert isinstance(signer.key, rsa.RSAPrivateKey)
    return signer.key
