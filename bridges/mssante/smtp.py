"""The SMTP server's manners, stricter than aiosmtpd's own: line endings, limits, what is offered, how it answers.

Laws: a bare CR, LF or NUL never gets through (SMTP smuggling); every refusal has an enhanced status code (RFC 3463) and
none holds an exception's words; nothing of a session is logged by the library, whose lines hold addresses and content.
"""

import asyncio
import logging
import re
import ssl
from asyncio import sslproto
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException

from bridges.mail import limits
from bridges.mssante.handshake import PeerContext, Shown
from bridges.mssante.shares import Shares

HARD_ERRORS: Final = 20
LINE_LIMIT: Final = 64 * 1024  # bytes; also aiosmtpd's read-ahead: its 1001 makes large mail slow
END: Final = b"\r\n.\r\n"
GRACE_SECONDS: Final = 30.0  # a message may take so long, and a second more for each LEAST_RATE bytes that came
LEAST_RATE: Final = 16 * 1024  # bytes a second
_ENHANCED = re.compile(r"[245]\d\d[ -][245]\.\d+\.\d+ ")
_STATUS: Final = {
    "421": "4.7.0", "450": "4.3.0", "451": "4.3.0", "452": "4.5.3", "454": "4.7.0", "500": "5.5.2", "501": "5.5.4",
    "502": "5.5.1", "503": "5.5.1", "521": "5.5.2", "530": "5.7.0", "550": "5.7.1", "552": "5.3.4", "553": "5.1.3",
    "554": "5.7.0", "555": "5.5.4",
}  # fmt: skip
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_PATH: Final = re.compile(
    rf"<({_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>(?: ([A-Za-z0-9][A-Za-z0-9=+. -]*))?"
)
_COMMANDS: Final = ("DATA", "EHLO", "HELO", "MAIL", "NOOP", "QUIT", "RCPT", "RSET", "STARTTLS")

logging.getLogger("mail.log").disabled = True


def has_bare_endings(content: bytes) -> bool:
    """Whether a CR or LF stands alone, or a NUL stands anywhere."""
    # Counting is ten times faster than a search: as many CR and LF as CR LF pairs means that none stands alone.
    pairs = content.count(b"\r\n")
    return content.count(b"\r") != pairs or content.count(b"\n") != pairs or b"\x00" in content


@dataclass(frozen=True)
class Manners:
    """What is the same for every connection."""

    hostname: str
    timeout: float
    tls: Callable[[], PeerContext]
    receiving: Shares  # how many messages are in memory at once
    admit: Callable[[str], bool]
    leave: Callable[[str], None]


class Handed(Envelope):
    """One message under way; `recipients` is what the handler made of each RCPT."""

    def __init__(self) -> None:
        super().__init__()
        self.recipients: list[Any] = []


class _TellingTLS(sslproto.SSLProtocol):
    """TLS that says why a handshake is impossible (no common version or suite): asyncio cuts the connection before
    OpenSSL's alert leaves. What a certificate lacks is no matter of the handshake (handshake.py)."""

    def _fatal_error(self, exc: BaseException, message: str = "TLS failed") -> None:
        transport = self._transport
        if isinstance(exc, ssl.SSLError) and transport is not None:
            self._process_outgoing()  # type: ignore[attr-defined]  # typeshed has the names of an older asyncio
            transport.close()  # after what was written; _force_close would drop it
            return
        super()._fatal_error(exc, message)


class StrictSMTP(SMTP):
    """One connection."""

    line_length_limit = LINE_LIMIT

    def __init__(self, handler: Any, manners: Manners) -> None:
        super().__init__(
            handler, data_size_limit=limits.MAIL_RAW, enable_SMTPUTF8=False, hostname=manners.hostname, ident="Pli",
            tls_context=manners.tls(), require_starttls=True,  # type: ignore[arg-type]  # what is used of one, it has
            timeout=manners.timeout, loop=asyncio.get_running_loop(),
        )  # fmt: skip
        self._manners, self._errors, self._in_data, self._last = manners, 0, False, b""
        self._lines: list[str] = []  # of an answer that has more
        self.address = ""  # of the peer; empty when it was not admitted
        self.identity: Any = None  # what the handler learnt of a certificate that holds
        self.shown: Shown | None = None  # the certificate, whether it holds or not

    def __dir__(self) -> list[str]:
        # What aiosmtpd takes for commands. It looks for them in every connection: through all names of an object that
        # costs a tenth of a handshake.
        return [f"smtp_{name}" for name in _COMMANDS]

    @property
    def peer(self) -> Hashable:
        """Whose places these are: of the certificate, wherever it connects from; before it is known, of the address."""
        return self.address if self.identity is None else self.identity

    def _create_envelope(self) -> Handed:
        return Handed()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Once plain, once more when TLS stands."""
        if self._tls_protocol is None and not self._admitted(transport):
            return
        super().connection_made(transport)

    def _admitted(self, transport: Any) -> bool:
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else "local"
        if not self._manners.admit(address):
            # Unheard as a connection: aiosmtpd would start its own handling of it.
            self.session = Session(self.loop)
            transport.write(b"421 4.7.0 Too many connections from your address\r\n")
            transport.close()
            return False
        self.address = address
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Also called for a connection that was not admitted."""
        if self.address:
            self._manners.leave(self.address)
            self.address = ""
        if self._handler_coroutine is not None:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """The peer sends no more."""
        return super().eof_received() if self._handler_coroutine is not None else False

    def data_received(self, data: bytes) -> None:
        """Bytes as they come, decrypted. Commands with bare line ends are the end of the conversation."""
        joined = self._last + data
        self._last = b"\r" if data.endswith(b"\r") else b""  # its LF may come with the next bytes
        if not self._in_data and has_bare_endings(joined.removesuffix(b"\r")):
            self._hang_up("521 5.5.2 Lines must end in CR LF")
            return
        if self._handler_coroutine is not None:
            super().data_received(data)

    def _hang_up(self, line: str) -> None:
        transport: Any = self.transport
        if transport is not None:
            transport.write(line.encode("ascii") + b"\r\n")
            transport.close()

    async def push(self, status: Any) -> None:
        """Every answer passes here."""
        line = status.decode("ascii") if isinstance(status, bytes) else str(status)
        if line[:3] in _STATUS and not _ENHANCED.match(line):
            line = f"{line[:3]} {_STATUS[line[:3]]} {line[4:].removeprefix('Error: ')}"
        self._lines.append(line)
        if line[3:4] == "-":  # more lines follow: all leave in one record of TLS
            return
        lines, self._lines = self._lines, []
        await super().push("\r\n".join(lines))
        self._errors += line[0] == "5"
        if self._errors >= HARD_ERRORS and self.transport is not None:
            await super().push("421 4.7.0 Too many errors")
            self.transport.close()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Like aiosmtpd's, which runs Python's whole grammar of header fields: few paths need that."""
        plain = _PLAIN_PATH.fullmatch(arg)
        return super()._getaddr(arg) if plain is None else (plain[1], plain[2] or "")

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Like aiosmtpd's, with a TLS that tells its refusals."""
        if arg:
            await self.push("501 5.5.4 STARTTLS takes no argument")
            return
        if self._tls_protocol is not None:
            await self.push("503 5.5.1 TLS stands already")
            return
        plain: Any = self.transport
        tls: Any = self.tls_context
        await self.push("220 2.0.0 Ready to start TLS")
        waiter = self.loop.create_future()
        self._tls_protocol = _TellingTLS(self.loop, self, tls, waiter, server_side=True)
        self._original_transport = plain
        plain.set_protocol(self._tls_protocol)
        self.transport = self._tls_protocol._app_transport
        self._tls_protocol.connection_made(plain)
        try:
            await waiter
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError, a CertificateError both
            raise TLSSetupException from error

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Like aiosmtpd's, but in large pieces, and nothing of an oversized message is kept."""
        if await self.check_helo_needed():
            return
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        try:
            async with self._manners.receiving.hold(self.peer):
                await self._receive()
        finally:
            self.envelope = self._create_envelope()

    async def _receive(self) -> None:
        self._in_data = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            content, rest = await self._message()
        except TimeoutError:
            self._hang_up("421 4.4.2 The message comes too slowly")
            return
        finally:
            self._in_data = False
        if rest:
            # We do not offer PIPELINING: commands that ride behind a message are a message within a message.
            self._hang_up("521 5.5.0 Commands were sent before the answer to DATA")
            return
        if content is None:
            await self.push("552 5.3.4 The message is over 25 MB in total")
            return
        self.envelope.content = self.envelope.original_content = content  # type: ignore[union-attr]  # checked by smtp_DATA
        del content
        self._reset_timeout()
        await self.push(await self._call_handler_hook("DATA"))

    async def _message(self) -> tuple[bytes | None, bytes]:
        """The message without its dots, None when it is too large; and what came behind its end. TimeoutError below the
        least rate: whoever is slow holds memory that others wait for."""
        found, large = bytearray(b"\r\n"), False
        began, taken = self.loop.time(), 0
        while True:
            async with asyncio.timeout_at(began + GRACE_SECONDS + taken / LEAST_RATE):
                piece = await self._reader.read(1 << 20)
            if not piece:
                raise ConnectionResetError
            taken += len(piece)
            start = max(0, len(found) - len(END))
            found += piece
            end = found.find(END, start)
            if end >= 0:
                rest = bytes(found[end + len(END) :])
                whole = found[: end + 2]
                return (None if large or len(whole) > limits.MAIL_RAW else _without_dots(whole)), rest
            if len(found) > limits.MAIL_RAW:
                large = True
                del found[: -len(END)]


def _without_dots(stuffed: bytearray) -> bytes:
    # RFC 5321, 4.5.2. Byte for byte: the line end in front of each line is part of what is searched.
    return bytes(stuffed.replace(b"\r\n.", b"\r\n")[2:])
