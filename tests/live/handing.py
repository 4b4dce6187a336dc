"""Hands mail to the gateway as an operator's server would, with any certificate, and keeps what the gateway said."""

import smtplib
import ssl
from dataclasses import dataclass
from pathlib import Path

from demo.names import CLINICIAN_ADDRESS
from demo.pki import Files


@dataclass(frozen=True)
class Said:
    """The last answer of the gateway; code 0 means that it ended the connection, with the reason of the TLS library."""

    code: int
    words: str


def hand_over(
    port: int,
    authority: Path,
    shown: Files | None,
    recipient: str,
    raw: bytes,
    sender: str = CLINICIAN_ADDRESS,
) -> Said:
    """One mail, one recipient; `shown` is the client certificate."""
    context = ssl.create_default_context(cafile=str(authority))
    if shown is not None:
        context.load_cert_chain(shown.certificate, shown.key)
    try:
        with smtplib.SMTP("localhost", port, timeout=60) as peer:
            peer.starttls(context=context)
            peer.ehlo()
            return _talk(peer, sender, recipient, raw)
    except smtplib.SMTPServerDisconnected as error:
        return Said(0, str(error))
    except smtplib.SMTPResponseException as error:
        return _said(error.smtp_code, error.smtp_error)
    except (ssl.SSLError, OSError) as error:
        return Said(0, str(error))


def without_tls(port: int, recipient: str, raw: bytes) -> Said:
    """The same without STARTTLS."""
    with smtplib.SMTP("localhost", port, timeout=60) as peer:
        peer.ehlo()
        return _talk(peer, CLINICIAN_ADDRESS, recipient, raw)


def _talk(peer: smtplib.SMTP, sender: str, recipient: str, raw: bytes) -> Said:
    # As Postfix: the size is announced when the server wants to know it.
    size = [f"size={len(raw)}"] if peer.has_extn("size") else []
    code, words = peer.mail(sender, size)
    if code < 400:
        code, words = peer.rcpt(recipient)
    if code < 400:
        code, words = peer.data(raw)
    return _said(code, words)


def _said(code: int, words: bytes | str) -> Said:
    return Said(code, words.decode("utf-8", "replace") if isinstance(words, bytes) else words)
