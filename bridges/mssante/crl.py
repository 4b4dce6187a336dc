"""Certificate revocation lists (RFC 5280, 5): read, checked against their issuer, asked for one serial number. Pure."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

_BEGIN = b"-----BEGIN X509 CRL-----"
_END = b"-----END X509 CRL-----"


class BadCrl(ValueError):
    """A list that must not be used; the words are for the operator."""


@dataclass(frozen=True)
class Crl:
    """A checked list. `until` is its nextUpdate, in UTC: later it says nothing."""

    until: datetime
    made: datetime
    raw: bytes
    _list: x509.CertificateRevocationList

    def revokes(self, certificate: x509.Certificate) -> bool:
        """Whether the certificate, which must be of this list's issuer, stands in it."""
        found = self._list.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if found is None:
            return False
        try:
            reason = found.extensions.get_extension_for_class(x509.CRLReason).value.reason
        except x509.ExtensionNotFound:
            return True
        return reason is not x509.ReasonFlags.remove_from_crl


def read(raw: bytes, issuer: x509.Certificate, now: datetime) -> Crl:
    """The list of this issuer, DER or PEM, in force now. Raises BadCrl."""
    try:
        found = x509.load_pem_x509_crl(raw) if raw.lstrip().startswith(b"-----") else x509.load_der_x509_crl(raw)
        until, made = found.next_update_utc, found.last_update_utc
        if found.issuer != issuer.subject:
            raise BadCrl("the list is of another issuer")
        if not found.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]  # other kinds raise TypeError
            raise BadCrl("the list's signature does not hold")
        if any(extension.critical and not _known(extension) for extension in found.extensions):
            raise BadCrl("the list has a part that must be understood and is not")
    except (UnsupportedAlgorithm, TypeError):
        raise BadCrl("the list is signed in a way that is not taken") from None
    except BadCrl:
        raise
    except ValueError:
        raise BadCrl("these bytes are no revocation list") from None
    if until is None or until < now:
        raise BadCrl("the list has expired")
    if made > now:
        raise BadCrl("the list is of the future")
    return Crl(until, made, raw, found)


def split(raw: bytes) -> list[bytes]:
    """The lists of a PEM file, or the one of a DER file."""
    if _BEGIN not in raw:
        return [raw] if raw else []
    return [_BEGIN + piece.split(_END)[0] + _END + b"\n" for piece in raw.split(_BEGIN)[1:]]


def urls(certificate: x509.Certificate) -> list[str]:
    """Where the certificate says that its list is, http and https only (its CRL distribution points)."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = [name.value for point in points for name in point.full_name or [] if point.reasons is None]
    return [name for name in names if isinstance(name, str) and name.lower().startswith(("http://", "https://"))]


def _known(extension: x509.Extension[x509.ExtensionType]) -> bool:
    # An issuing distribution point narrows what a list speaks of; one that speaks of all of the issuer's end
    # certificates is what we ask about. Delta lists are never complete.
    value = extension.value
    if isinstance(value, x509.IssuingDistributionPoint):
        return not (
            value.only_contains_ca_certs
            or value.only_contains_attribute_certs
            or value.indirect_crl
            or value.only_some_reasons
        )
    return isinstance(value, x509.AuthorityKeyIdentifier | x509.CRLNumber)
