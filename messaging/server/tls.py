"""The relay's certificate, from files, and read again when they change: connections that are open keep theirs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.ssl import CertificateOptions, TLSVersion
from zope.interface import implementer  # type: ignore[import-untyped] # zope has no types

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


@implementer(IOpenSSLContextFactory)
class Renewable:
    """The context of each new connection. `prepare` is done to every context that is made."""

    def __init__(self, certificate: Path, key: Path, prepare: Callable[[SSL.Context], None] | None = None) -> None:
        """Raises OSError, crypto.Error, SSL.Error for files that do not belong together."""
        self._certificate, self._key, self._prepare = certificate, key, prepare
        self._seen = self._stamps()
        self._context = self._load()

    def getContext(self) -> SSL.Context:  # noqa: N802 - Twisted's name
        """For a connection that is being made."""
        return self._context

    def renew(self) -> bool:
        """Read the files if they have changed; whether they had. What cannot be used changes nothing.

        Raises OSError, crypto.Error, SSL.Error; the same files are then tried again the next time.
        """
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        self._context = self._load()
        self._seen = stamps
        return True

    def _load(self) -> SSL.Context:
        made: SSL.Context = context(self._certificate, self._key).getContext()
        made.check_privatekey()
        if self._prepare is not None:
            self._prepare(made)
        return made

    def _stamps(self) -> list[tuple[Any, ...]]:
        found = [path.stat() for path in (self._certificate, self._key)]
        return [(each.st_ino, each.st_size, each.st_mtime_ns) for each in found]
