"""An authority's public services on loopback: an OCSP responder and a place for revocation lists, over plain HTTP."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID


@dataclass
class Responder:
    """Answers for `issuer`, signed by `signer`. What the tests may turn: `revoked` serials, `unknown` serials, `shift`
    of its clock, `nonce` (kept, dropped or another), `broken` (HTTP 503), `garbage` (bytes that are no answer)."""

    issuer: x509.Certificate
    signer: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes
    revoked: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    known: dict[int, x509.Certificate] = field(default_factory=dict)
    shift: timedelta = timedelta(0)
    nonce: str = "kept"
    broken: bool = False
    garbage: bool = False
    answers_about: x509.Certificate | None = None
    list: bytes = b""
    asked: int = 0

    def answer(self, raw: bytes) -> bytes:
        """The DER of a response."""
        self.asked += 1
        if self.garbage:
            return b"\x30\x03\x0a\x01\x07"
        request = ocsp.load_der_ocsp_request(raw)
        certificate = self.answers_about or self.known[request.serial_number]
        now = datetime.now(UTC) + self.shift
        number = certificate.serial_number
        if number in self.unknown:
            status = ocsp.OCSPCertStatus.UNKNOWN
        else:
            status = ocsp.OCSPCertStatus.REVOKED if number in self.revoked else ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate, issuer=self.issuer, algorithm=hashes.SHA1(), cert_status=status,
            this_update=now - timedelta(minutes=1), next_update=now + timedelta(hours=2),
            revocation_time=now - timedelta(days=1) if status is ocsp.OCSPCertStatus.REVOKED else None,
            revocation_reason=None,
        ).responder_id(ocsp.OCSPResponderEncoding.HASH, self.signer)  # fmt: skip
        if self.signer != self.issuer:
            builder = builder.certificates([self.signer])
        if self.nonce != "dropped":
            asked = request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
            builder = builder.add_extension(
                x509.OCSPNonce(asked if self.nonce == "kept" else bytes(32)), critical=False
            )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def extensions(place: str, *, ocsp_too: bool = True, lists: bool = True) -> tuple[x509.ExtensionType, ...]:
    """What a certificate says of where to ask."""
    responder = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{place}/ocsp")
    )
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{place}/list.crl")], None, None, None)
    made: list[x509.ExtensionType] = []
    if ocsp_too:
        made.append(x509.AuthorityInformationAccess([responder]))
    if lists:
        made.append(x509.CRLDistributionPoints([point]))
    return tuple(made)


@contextmanager
def serving(
    answer: Callable[[str, str, bytes, dict[str, str]], tuple[int, dict[str, str], bytes]],
    tls: ssl.SSLContext | None = None,
) -> Iterator[int]:
    """A small HTTP server on loopback; `answer` gets method, path, body and headers. Gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(b"")

        def do_POST(self) -> None:
            self._say(self.rfile.read(int(self.headers["content-length"])))

        def _say(self, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, raw = answer(self.command, self.path, body, headers)
            self.send_response(status)
            for name, value in {**more, "content-length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def running(responder: Responder) -> Iterator[str]:
    """The responder at work; its address."""

    def answer(method: str, path: str, body: bytes, _: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if responder.broken:
            return 503, {}, b""
        if method == "POST" and path == "/ocsp":
            return 200, {"content-type": "application/ocsp-response"}, responder.answer(body)
        if path == "/list.crl" and responder.list:
            return 200, {}, responder.list
        return 404, {}, b""

    with serving(answer) as port:
        yield f"http://127.0.0.1:{port}"
