"""The Online Certificate Status Protocol (RFC 6960, nonces of RFC 9654): the question, and an answer checked. Pure.

Laws: an answer counts when it is of the issuer, or of a responder that the issuer itself named for this; when it is of
this certificate; and now, between thisUpdate and nextUpdate. A nonce that is there is ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

NONCE: Final = 32  # bytes (RFC 9654, 2.1)
SKEW: Final = timedelta(minutes=5)
WITHOUT_NEXT: Final = timedelta(hours=24)  # how long an answer counts that does not say
_HASHES: Final = (hashes.SHA1, hashes.SHA256)


class BadAnswer(ValueError):
    """An answer that says nothing about the certificate; the words are for the operator."""


@dataclass(frozen=True)
class Status:
    """`until` in UTC."""

    revoked: bool
    until: datetime


def question(certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes) -> bytes:
    """The DER of the request."""
    # SHA-1 names the issuer, it proves nothing: the one that every responder knows (RFC 5019, 2.1.1).
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    return builder.add_extension(x509.OCSPNonce(nonce), critical=False).build().public_bytes(Encoding.DER)


def read(
    raw: bytes, certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes, now: datetime
) -> Status:  # fmt: skip
    """Raises BadAnswer."""
    try:
        answer = ocsp.load_der_ocsp_response(raw)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise BadAnswer(f"the responder says {answer.response_status.name}")
        _check_signature(answer, issuer, now)
        _check_nonce(answer, nonce)
        single = _of(answer, certificate, issuer)
    except BadAnswer:
        raise
    except (ValueError, UnsupportedAlgorithm, TypeError):
        raise BadAnswer("these bytes are no answer") from None
    until = single.next_update_utc or single.this_update_utc + WITHOUT_NEXT
    if single.this_update_utc > now + SKEW:
        raise BadAnswer("the answer is of the future")
    if until < now - SKEW:
        raise BadAnswer("the answer is old")
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise BadAnswer("the responder does not know the certificate")
    return Status(single.certificate_status is ocsp.OCSPCertStatus.REVOKED, until)


def urls(certificate: x509.Certificate) -> list[str]:
    """Where the certificate says that its responder is."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    places = [each.access_location.value for each in found if each.access_method == AuthorityInformationAccessOID.OCSP]
    return [place for place in places if isinstance(place, str) and place.lower().startswith(("http://", "https://"))]


def _check_signature(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    algorithm = answer.signature_hash_algorithm
    for candidate in (issuer, *_delegates(answer.certificates, issuer, now)):
        if _is_named(answer, candidate) and _holds(candidate, answer.signature, answer.tbs_response_bytes, algorithm):
            return
    raise BadAnswer("the answer is signed by nobody whom the issuer named")


def _delegates(found: Sequence[x509.Certificate], issuer: x509.Certificate, now: datetime) -> list[x509.Certificate]:
    return [each for each in found if _is_delegate(each, issuer, now)]


def _is_delegate(candidate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        candidate.verify_directly_issued_by(issuer)
        usage = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    in_force = candidate.not_valid_before_utc <= now <= candidate.not_valid_after_utc
    return in_force and ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _is_named(answer: ocsp.OCSPResponse, candidate: x509.Certificate) -> bool:
    if answer.responder_name is not None:
        return answer.responder_name == candidate.subject
    return answer.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(candidate.public_key()).digest


def _holds(
    candidate: x509.Certificate, signature: bytes, signed: bytes, algorithm: hashes.HashAlgorithm | None
) -> bool:
    key = candidate.public_key()
    if algorithm is None or isinstance(algorithm, hashes.SHA1 | hashes.MD5):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _check_nonce(answer: ocsp.OCSPResponse, nonce: bytes) -> None:
    try:
        found = answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return  # responders that sign in advance have none (RFC 5019): thisUpdate and nextUpdate bound the replay
    if found != nonce:
        raise BadAnswer("the answer is to another question")


def _of(answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> ocsp.OCSPSingleResponse:
    for single in answer.responses:
        if single.serial_number == certificate.serial_number and _names(single, issuer):
            return single
    raise BadAnswer("the answer is of another certificate")


def _names(single: ocsp.OCSPSingleResponse, issuer: x509.Certificate) -> bool:
    if not isinstance(single.hash_algorithm, _HASHES):
        return False
    raw = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1) if _is_rsa(issuer) else _point(issuer)
    return (
        _hashed(single.hash_algorithm, raw) == single.issuer_key_hash
        and _hashed(single.hash_algorithm, issuer.subject.public_bytes()) == single.issuer_name_hash
    )


def _is_rsa(issuer: x509.Certificate) -> bool:
    return isinstance(issuer.public_key(), rsa.RSAPublicKey)


def _point(issuer: x509.Certificate) -> bytes:
    return issuer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hashed(algorithm: hashes.HashAlgorithm, raw: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(raw)
    return digest.finalize()
