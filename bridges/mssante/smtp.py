"""The SMTP server's manners, stricter than aiosmtpd's own: line endings, limits, what is offered, how it answers.

Laws: a bare CR, LF or NUL never gets through (SMTP smuggling); every refusal has an enhanced status code (RFC 3463) and
none holds an exception's words; nothing of a session is logged by the library, whose lines hold addresses and content.
"""

import asyncio
import logging
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from bridges.mail import limits

HARD_ERRORS: Final = 20
LINE_LIMIT: Final = 64 * 1024  # bytes; also aiosmtpd's read-ahead: its 1001 makes large mail slow
END: Final = b"\r\n.\r\n"
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\x00")
_ENHANCED = re.compile(r"[245]\d\d[ -][245]\.\d+\.\d+ ")
_STATUS: Final = {
    "421": "4.7.0", "450": "4.3.0", "451": "4.3.0", "452": "4.5.3", "454": "4.7.0", "500": "5.5.2", "501": "5.5.4",
    "502": "5.5.1", "503": "5.5.1", "521": "5.5.2", "530": "5.7.0", "550": "5.7.1", "552": "5.3.4", "553": "5.1.3",
    "554": "5.7.0", "555": "5.5.4",
}  # fmt: skip
_REMOVED: Final = ("AUTH", "VRFY", "EXPN", "HELP")

logging.getLogger("mail.log").disabled = True


def has_bare_endings(content: bytes) -> bool:
    """Whether a CR or LF stands alone, or a NUL stands anywhere."""
    return _BARE.search(content) is not None


@dataclass(frozen=True)
class Manners:
    """What is the same for every connection."""

    hostname: str
    timeout: float
    tls: Callable[[], ssl.SSLContext]
    receiving: asyncio.Semaphore  # how many messages are in memory at once
    admit: Callable[[str], bool]
    leave: Callable[[str], None]


class Handed(Envelope):
    """One message under way; `recipients` is what the handler made of each RCPT."""

    def __init__(self) -> None:
        super().__init__()
        self.recipients: list[Any] = []


class StrictSMTP(SMTP):
    """One connection."""

    line_length_limit = LINE_LIMIT

    def __init__(self, handler: Any, manners: Manners) -> None:
        super().__init__(
            handler, data_size_limit=limits.MAIL_RAW, enable_SMTPUTF8=False, hostname=manners.hostname, ident="Pli",
            tls_context=manners.tls(), require_starttls=True, timeout=manners.timeout, loop=asyncio.get_running_loop(),
        )  # fmt: skip
        for name in _REMOVED:
            self._smtp_methods.pop(name, None)
        self._manners, self._errors, self._in_data, self._last = manners, 0, False, b""
        self.address = ""  # of the peer; empty when it was not admitted
        self.identity: Any = None  # what the handler learnt of the peer's certificate

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
        if not self._in_data and _BARE.search(joined if not joined.endswith(b"\r") else joined[:-1]):
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
        await super().push(line)
        self._errors += line[0] == "5"
        if self._errors >= HARD_ERRORS and self.transport is not None:
            await super().push("421 4.7.0 Too many errors")
            self.transport.close()

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
            async with self._manners.receiving:
                await self._receive()
        finally:
            self.envelope = self._create_envelope()

    async def _receive(self) -> None:
        self._in_data = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            content, rest = await self._message()
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
        """The message without its dots, None when it is too large; and what came behind its end."""
        found, large = bytearray(b"\r\n"), False
        while True:
            piece = await self._reader.read(1 << 20)
            if not piece:
                raise ConnectionResetError
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
