"""The certificate that a client shows: on its own TLS connection, or as a trusted proxy passes it on (RFC 9440).

Law: it is believed to be the client's because the handshake proves the key; who that is, is known by its hash alone
(RFC 8705, 2.2). So no chain is asked for, and a proxy has to have asked for the certificate itself.
"""

import hashlib
from base64 import b64decode
from collections.abc import Callable
from typing import Any, Literal

from OpenSSL import SSL

from messaging.server.peers import Peers

From = Literal["off", "tls", "proxy"]
_MOST = 16_384  # characters of a header


class Certificates:
    """`place` is where they come from."""

    def __init__(self, place: From, peers: Peers) -> None:
        self._place = place
        self._peers = peers

    def shown(self, transport: Any, host: str, header: Callable[[str], str | None]) -> bytes:
        """SHA-256 of it (32 bytes), empty where none was shown, or not to whom this relay listens."""
        match self._place:
            case "tls":
                return _of_connection(transport)
            case "proxy" if self._peers.trusts(host):
                return _of_header(header("client-cert") or "")
            case _:
                return b""


def ask_for_one(context: SSL.Context) -> None:
    """Ask every client for a certificate, and let everybody in, with any or none."""
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)


def _of_connection(transport: Any) -> bytes:
    found = getattr(transport, "getPeerCertificate", lambda: None)()
    if found is None:
        return b""
    from OpenSSL import crypto  # noqa: PLC0415 - of these connections alone

    return hashlib.sha256(crypto.dump_certificate(crypto.FILETYPE_ASN1, found)).digest()


def _of_header(text: str) -> bytes:
    # A byte sequence of RFC 8941: base 64 between colons.
    if not 2 < len(text) <= _MOST or text[0] != ":" or text[-1] != ":":
        return b""
    try:
        return hashlib.sha256(b64decode(text[1:-1], validate=True)).digest()
    except ValueError:
        return b""
