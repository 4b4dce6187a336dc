"""One SMTP connection to an operator: STARTTLS, both certificates, the white list, then mails one after another.

Laws: nothing is said of a mail before the operator's certificate was matched with the domain; only whole lines leave.
"""

import ssl
from dataclasses import dataclass
from typing import Final

import aiosmtplib

from bridges.mssante import certificates
from bridges.mssante.outbox import Outbound
from bridges.mssante.revocation import Revocation, Revoked, Unknown
from bridges.mssante.smtp import has_bare_endings
from bridges.mssante.whitelist_keeper import WhitelistKeeper

CONNECT_SECONDS: Final = 60.0
DATA_SECONDS: Final = 600.0  # RFC 5321, 4.5.3.2.6: after the final dot


@dataclass(frozen=True)
class NotCarried(Exception):
    """The mail did not leave, or it is not known that it did. `final`: the operator will never take it; `broken`: the
    connection is of no more use."""

    reason: str
    final: bool = False
    broken: bool = True


class Carrier:
    """Open it, carry mails, close it."""

    def __init__(self, domain: str, host: str, port: int, hostname: str, tls: ssl.SSLContext) -> None:
        self._domain = domain
        self._smtp = aiosmtplib.SMTP(
            hostname=host, port=port, local_hostname=hostname, start_tls=False, use_tls=False, tls_context=tls,
            timeout=CONNECT_SECONDS,
        )  # fmt: skip

    async def open(self, whitelist: WhitelistKeeper, revocation: Revocation | None = None) -> None:
        """Raises NotCarried: not reachable, no TLS, or a certificate that is another's or was revoked."""
        try:
            await self._smtp.connect()
            await self._smtp.ehlo()
            if not self._smtp.supports_extension("starttls"):
                raise NotCarried("noTls")
            await self._smtp.starttls()
        except ssl.SSLCertVerificationError as error:
            raise NotCarried(f"tls: {error.verify_message}") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            raise NotCarried(_reason(error)) from None
        self._check(whitelist)
        if revocation is not None:
            await self._check_revocation(revocation)

    async def carry(self, outbound: Outbound) -> None:
        """The operator answered 250 when it returns. Raises NotCarried."""
        if has_bare_endings(outbound.mail):
            raise NotCarried("bareEndings", final=True, broken=False)
        try:
            await self._smtp.sendmail(outbound.sender, [outbound.recipient], outbound.mail, timeout=DATA_SECONDS)
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            raise NotCarried(f"rcpt {codes[0]}", final=all(code >= 500 for code in codes), broken=False) from None
        except aiosmtplib.SMTPResponseException as error:
            # 421 and what comes of a cut connection end it; other answers are about this mail alone.
            raise NotCarried(
                f"smtp {error.code}", final=500 <= error.code < 600, broken=error.code in (-1, 421)
            ) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            raise NotCarried(_reason(error)) from None

    async def close(self) -> None:
        """Says goodbye where that is possible."""
        try:
            await self._smtp.quit(timeout=5)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._smtp.close()

    def _check(self, whitelist: WhitelistKeeper) -> None:
        tls = self._smtp.get_transport_info("ssl_object")
        subject = certificates.subject_of(tls)
        if subject is None or not whitelist.matches(self._domain, subject):
            self._smtp.close()
            raise NotCarried("otherCertificate")

    async def _check_revocation(self, revocation: Revocation) -> None:
        tls = self._smtp.get_transport_info("ssl_object")
        certificate, issuer = certificates.shown_by(tls), certificates.issuer_of(tls)
        try:
            if certificate is None or issuer is None:
                raise Unknown
            await revocation.check(certificate, issuer)
        except (Revoked, Unknown) as error:
            self._smtp.close()
            raise NotCarried("revoked" if isinstance(error, Revoked) else "revocationUnknown") from None


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"tls: {cause.verify_message}"
    return type(error).__name__
