"""TLS with the operators of the trust space: the context of mail out, who a certificate names, files that are replaced
under a running service. Mail in has handshake.py.

Laws: chain, dates and purpose are OpenSSL's to check; the identity is the full subject, matched elsewhere.
"""

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from cryptography import x509

from bridges.mssante.distinguished import DistinguishedName

CIPHERS: Final = (
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256"
)


@dataclass(frozen=True)
class Credentials:
    """Files in PEM: our certificate with its chain, its key, the authorities of the peers, and their CRLs if any."""

    certificate: Path
    key: Path
    authorities: Path
    revoked: Path | None = None

    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.certificate, self.key, self.authorities, *filter(None, (self.revoked,)))


_DER: Final = 2  # _ssl.ENCODING_DER
Context = TypeVar("Context")


def client_context(credentials: Credentials) -> ssl.SSLContext:
    """For mail out. The name of the host proves nothing here: the caller matches the subject with the white list."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, credentials)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def subject_of(tls: ssl.SSLObject | None) -> DistinguishedName | None:
    """The subject of the certificate that the peer proved to hold; None without one."""
    certificate = shown_by(tls)
    return None if certificate is None else DistinguishedName.of(certificate.subject)


def shown_by(tls: ssl.SSLObject | None) -> x509.Certificate | None:
    """The certificate that the peer proved to hold; None without one."""
    der = None if tls is None else tls.getpeercert(binary_form=True)
    return None if not der else x509.load_der_x509_certificate(der)


def issuer_of(tls: ssl.SSLObject) -> x509.Certificate | None:
    """The certificate above the peer's, in the chain that was verified; None where there is no such chain."""
    # Public from Python 3.13 on; the object below has it from 3.10 on. DER there, certificates here.
    source = tls if hasattr(tls, "get_verified_chain") else getattr(tls, "_sslobj", None)
    chain = source.get_verified_chain() if source is not None else None
    if not chain or len(chain) < 2:
        return None
    found = chain[1]
    return x509.load_der_x509_certificate(found if isinstance(found, bytes) else found.public_bytes(_DER))


class Reloading(Generic[Context]):
    """A context that is made anew when one of its files changed: certificates and CRLs are replaced under a running
    service. Files that cannot be used are reported once, and the last good context stays."""

    def __init__(
        self, credentials: Credentials, make: Callable[[Credentials], Context], on_bad: Callable[[str], None]
    ) -> None:
        self._credentials, self._make, self._on_bad = credentials, make, on_bad
        self._marks = self._look()
        self._context = make(credentials)

    def get(self) -> Context:
        """The newest good context."""
        marks = self._look()
        if marks != self._marks:
            self._marks = marks
            try:
                self._context = self._make(self._credentials)
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
                self._on_bad(type(error).__name__)
        return self._context

    def _look(self) -> tuple[int, ...]:
        return tuple(_mark(path) for path in self._credentials.files())


def _mark(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - for each connection: Path takes twice as long
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _context(protocol: int, credentials: Credentials) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(credentials.certificate, credentials.key)
    context.load_verify_locations(credentials.authorities)
    if credentials.revoked is not None:
        context.load_verify_locations(credentials.revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context
