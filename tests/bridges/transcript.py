"""An SMTP conversation written down: `says` and `hears`, over a real socket."""

import asyncio
import ssl

from bridges.mssante.certificates import Credentials
from tests.bridges.conftest import Running
from tests.bridges.fakes import DOCTOR, PATIENT


class Peer:
    """One connection to a gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, running: Running) -> "Peer":
        peer = cls(*await asyncio.open_connection(running.host, running.port))
        await peer.hears("220 ")
        return peer

    @classmethod
    async def secured(cls, running: Running, client: Credentials | None) -> "Peer":
        """Connected, TLS with these credentials (or none), EHLO said."""
        peer = await cls.connect(running)
        await peer.asks("EHLO operator.example", "250 ")
        await peer.asks("STARTTLS", "220 ")
        await peer.start_tls(running.client, client)
        await peer.asks("EHLO operator.example", "250 ")
        return peer

    async def start_tls(self, trust: Credentials, client: Credentials | None, ciphers: str = "") -> None:
        context = ssl.create_default_context(cafile=str(trust.authorities))
        if ciphers:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(ciphers)
        if client is not None:
            context.load_cert_chain(client.certificate, client.key)
        await self._writer.start_tls(context, server_hostname="localhost")

    async def says(self, raw: str | bytes) -> None:
        self._writer.write(raw.encode() + b"\r\n" if isinstance(raw, str) else raw)
        await self._writer.drain()

    async def hears(self, expected: str) -> list[str]:
        """The whole answer, whose last line begins as expected."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self._reader.readline(), 30)).decode().rstrip("\r\n")
            lines.append(line)
            if line[3:4] != "-":
                assert line.startswith(expected), (line, expected)
                return lines

    async def asks(self, line: str, expected: str) -> list[str]:
        await self.says(line)
        return await self.hears(expected)

    async def hands_over(self, content: bytes, expected: str, recipients: tuple[str, ...] = (PATIENT,)) -> str:
        """A whole message, from MAIL to the answer after its final dot."""
        await self.asks(f"MAIL FROM:<{DOCTOR}>", "250 2.1.0")
        for recipient in recipients:
            await self.asks(f"RCPT TO:<{recipient}>", "250 2.1.5")
        await self.asks("DATA", "354 ")
        await self.says(content.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        return (await self.hears(expected))[-1]

    async def is_hung_up(self) -> bool:
        """Whether the other side closed."""
        try:
            return await asyncio.wait_for(self._reader.read(), 10) == b""
        except (ConnectionError, ssl.SSLError):
            return True

    def close(self) -> None:
        self._writer.close()

    def breaks(self) -> None:
        """The line is reset: no word of TLS, nothing that waits is sent."""
        self._writer.transport.abort()
