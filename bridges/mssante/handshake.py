"""TLS of mail in, which hears every peer out: a certificate that does not hold is a finding, not the end of it all.

Laws: OpenSSL judges chain, dates and purpose, and proves that the peer holds the key; what it finds is kept with the
connection and refused in SMTP's words, the same for every reason; no session is resumed, so each one is judged.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from cryptography import x509
from OpenSSL import SSL

from bridges.mssante.certificates import CIPHERS, Credentials

T = TypeVar("T")
_FAULTS: Final = {  # X509_V_ERR_*, as an operator's log names them
    2: "unknownAuthority", 18: "selfSigned", 19: "unknownAuthority", 20: "unknownAuthority", 21: "unknownAuthority",
    7: "badSignature", 9: "notYetValid", 10: "expired", 26: "wrongPurpose", 79: "unknownAuthority",
}  # fmt: skip
_RECORD: Final = 16_384  # bytes: what one read can give at most (RFC 8446, 5.1); pyOpenSSL makes room for all it may
_PIECE: Final = 32_768
_TOLD: Final = ("expired", "notYetValid")  # said when nothing worse was found


@dataclass(frozen=True)
class Shown:
    """What a peer showed and proved to hold. `fault` is empty when chain, dates and purpose hold; `issuer` is the
    certificate above it, then."""

    certificate: x509.Certificate
    issuer: x509.Certificate | None
    fault: str


class PeerContext:
    """What asyncio's TLS asks of an `ssl.SSLContext`, over pyOpenSSL, whose verification can be heard out: Python's own
    module ends the handshake, and the alert tells a stranger what was wrong."""

    verify_mode = ssl.CERT_OPTIONAL
    check_hostname = False

    def __init__(self, credentials: Credentials) -> None:
        """Raises OSError, ValueError: files that cannot be used."""
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_cipher_list(CIPHERS.encode("ascii"))
        context.set_verify(SSL.VERIFY_PEER, _heard)
        _loaded(lambda: context.use_certificate_chain_file(str(credentials.certificate)))
        _loaded(lambda: context.use_privatekey_file(str(credentials.key)))
        _loaded(context.check_privatekey)
        _loaded(lambda: context.load_verify_locations(str(credentials.authorities)))
        self._context = context

    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, server_side: bool = True, **_: object
    ) -> "PeerTLS":  # fmt: skip
        """One connection's side."""
        del server_side  # always
        connection = SSL.Connection(self._context, None)
        connection.set_accept_state()
        return PeerTLS(connection, incoming, outgoing)


class PeerTLS:
    """What asyncio's TLS asks of an `ssl.SSLObject`."""

    def __init__(self, connection: SSL.Connection, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._connection, self._incoming, self._outgoing = connection, incoming, outgoing
        self._faults: list[str] = []
        connection.set_app_data(self._faults)

    def shown(self) -> Shown | None:
        """The peer's certificate, judged; None when it showed none."""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            return None
        chain = self._connection.get_verified_chain(as_cryptography=True) or []
        issuer = chain[1] if len(chain) > 1 else None
        worst = next((fault for fault in self._faults if fault not in _TOLD), self._faults[0] if self._faults else "")
        return Shown(certificate, issuer, worst or ("" if issuer is not None else "unknownAuthority"))

    def do_handshake(self) -> None:
        """Raises ssl.SSLWantReadError, ssl.SSLError."""
        try:
            self._step(self._connection.do_handshake)
        finally:
            self._flush()

    def read(self, limit: int, into: Any = None) -> Any:
        """Bytes, or their number when `into` takes them."""
        try:
            found = self._step(lambda: self._connection.recv(min(limit, _RECORD)))
        except SSL.ZeroReturnError:
            found = b""
        if into is None:
            return found
        into[: len(found)] = found
        return len(found)

    def write(self, data: Any) -> int:
        """How many were taken."""
        taken = self._step(lambda: self._connection.send(bytes(data)))
        self._flush()
        return taken

    def unwrap(self) -> None:
        """Raises ssl.SSLWantReadError until the peer said goodbye as well."""
        try:
            if not self._step(self._connection.shutdown):
                raise ssl.SSLWantReadError
        finally:
            self._flush()

    def getpeercert(self, binary_form: bool = False) -> Any:
        """Nothing: `shown` says more."""
        return b"" if binary_form else {}

    def cipher(self) -> tuple[str, str, int] | None:
        """Name, protocol, bits."""
        name, version = self._connection.get_cipher_name(), self._connection.get_cipher_version()
        return None if name is None else (name, version or "", self._connection.get_cipher_bits() or 0)

    def compression(self) -> None:
        """Never."""

    def _step(self, work: Callable[[], T]) -> T:
        if self._incoming.pending:
            self._connection.bio_write(self._incoming.read())
        try:
            return work()
        except SSL.WantReadError:
            raise (_cut() if self._incoming.eof else ssl.SSLWantReadError()) from None
        except SSL.ZeroReturnError:
            raise
        except SSL.SysCallError:
            raise _cut() from None
        except SSL.Error as error:
            self._flush()  # the alert
            raise _failed(error) from None

    def _flush(self) -> None:
        # Not after each read, which says nothing of its own: to find that out costs as much as the reading.
        try:
            while len(piece := self._connection.bio_read(_PIECE)) == _PIECE:
                self._outgoing.write(piece)
            self._outgoing.write(piece)
        except SSL.WantReadError:
            return


def _heard(connection: SSL.Connection, _: object, error: int, __: int, ok: int) -> bool:
    """OpenSSL's verification callback: goes on, and remembers."""
    if not ok:
        connection.get_app_data().append(_FAULTS.get(error, f"x509Error{error}"))
    return True


def _loaded(load: Callable[[], object]) -> None:
    try:
        load()
    except SSL.Error as error:
        raise ValueError(f"TLS files cannot be used: {_reason(error)}") from None


def _failed(error: SSL.Error) -> ssl.SSLError:
    made = ssl.SSLError(ssl.SSLErrorNumber.SSL_ERROR_SSL, "TLS")
    made.reason = _reason(error)
    return made


def _cut() -> ssl.SSLError:
    made = ssl.SSLEOFError(ssl.SSLErrorNumber.SSL_ERROR_EOF, "TLS")
    made.reason = "cut"
    return made


def _reason(error: SSL.Error) -> str:
    found = error.args[0] if error.args else ()
    return str(found[-1][-1]) if isinstance(found, list) and found else "handshake"
