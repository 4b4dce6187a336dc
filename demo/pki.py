"""A certificate authority of the same form as IGC-Santé's, for the demonstration and the tests. Never for real use.

Laws: a root, an issuing authority below it, leaves for operators. Distinguished names have the published form
(CN, OU = 3 and SIRET, O, ST, C). RSA keys, because the trust space's cipher suites ask for them.
"""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, repr=False)
class Holder:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def distinguished_name(self) -> str:
        """As the white list writes it: CN first, C last (RFC 4514)."""
        return self.certificate.subject.rfc4514_string()


@dataclass(frozen=True)
class Authority:
    """The two certificates that sign everything else."""

    root: Holder
    issuing: Holder

    @property
    def pem(self) -> bytes:
        """Both certificates: what a peer trusts."""
        return self.issuing.pem + self.root.pem


@dataclass(frozen=True)
class Files:
    """Where a holder was written. The certificate file carries the issuing authority's as well."""

    certificate: Path
    key: Path


def organisation_name(common: str, organisation: str, siret: str, department: str = "Paris (75)") -> x509.Name:
    """The distinguished name of an organisation's server."""
    parts = [
        (NameOID.COUNTRY_NAME, "FR"),
        (NameOID.STATE_OR_PROVINCE_NAME, department),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, f"3{siret}"),
        (NameOID.COMMON_NAME, common),
    ]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def make_authority(now: dt.datetime, label: str = "IGC-SANTE DEMONSTRATION") -> Authority:
    """A new root with an issuing authority below it, valid for five years."""
    root = _sign_authority(_authority_name(f"AC RACINE {label}"), None, now, path_length=1)
    issuing = _sign_authority(_authority_name(f"AC {label} ELEMENTAIRE ORGANISATIONS"), root, now, path_length=0)
    return Authority(root, issuing)


def issue(
    authority: Authority,
    subject: x509.Name,
    hosts: Sequence[str],
    now: dt.datetime,
    *,
    days: tuple[int, int] = (-1, 365),
    extensions: Sequence[x509.ExtensionType] = (),
) -> Holder:
    """A leaf for server and client use, valid from and until so many `days` from now."""
    key = _new_key()
    issuer = authority.issuing
    builder = (
        _builder(subject, issuer.certificate.subject, key, now + days[0] * DAY, now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signature=True), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName([_host(name) for name in hosts]), critical=False)
        .add_extension(_issuer_key(issuer), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return Holder(builder.sign(issuer.key, hashes.SHA256()), key)


def revocation_lists(authority: Authority, revoked: Sequence[Holder], now: dt.datetime) -> bytes:
    """PEM: the root's (empty) list and the issuing authority's, with these leaves revoked; good for 30 days."""
    return _revoke(authority.root, (), now) + _revoke(authority.issuing, revoked, now)


def write(holder: Holder, authority: Authority, folder: Path, stem: str) -> Files:
    """The holder as STEM.pem (with its chain) and STEM.key (0600)."""
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder / f"{stem}.pem", folder / f"{stem}.key")
    files.certificate.write_bytes(holder.pem + authority.issuing.pem)
    files.key.touch(mode=0o600)
    files.key.write_bytes(holder.key_pem)
    return files


def _authority_name(common: str) -> x509.Name:
    parts = [
        (NameOID.COUNTRY_NAME, "FR"),
        (NameOID.ORGANIZATION_NAME, "PLI DEMONSTRATION"),
        (NameOID.COMMON_NAME, common),
    ]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _sign_authority(subject: x509.Name, above: Holder | None, now: dt.datetime, path_length: int) -> Holder:
    key = _new_key()
    issuer_name = above.certificate.subject if above else subject
    builder = _builder(subject, issuer_name, key, now - DAY, now + 5 * 365 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    if above:
        builder = builder.add_extension(_issuer_key(above), critical=False)
    return Holder(builder.sign(above.key if above else key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, start: dt.datetime, end: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signature: bool = False, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=False,
        key_encipherment=signature,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_key(issuer: Holder) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _revoke(issuer: Holder, revoked: Sequence[Holder], now: dt.datetime) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = (
        builder.last_update(now - DAY).next_update(now + 30 * DAY).add_extension(_issuer_key(issuer), critical=False)
    )
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    for holder in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(now - DAY).build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
