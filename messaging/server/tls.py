"""The relay's certificate, from files."""

from pathlib import Path

from OpenSSL import crypto
from twisted.internet.ssl import CertificateOptions, TLSVersion

_BEGIN = b"-----BEGIN CERTIFICATE-----"


def context(certificate: Path, key: Path) -> CertificateOptions:
    """TLS 1.2 and later. `certificate` may be followed by its chain in the same file. Raises OSError, crypto.Error."""
    first, *chain = (_BEGIN + part for part in certificate.read_bytes().split(_BEGIN)[1:])
    return CertificateOptions(
        privateKey=crypto.load_privatekey(crypto.FILETYPE_PEM, key.read_bytes()),
        certificate=crypto.load_certificate(crypto.FILETYPE_PEM, first),
        extraCertChain=[crypto.load_certificate(crypto.FILETYPE_PEM, part) for part in chain],
        raiseMinimumTo=TLSVersion.TLSv1_2,
    )
