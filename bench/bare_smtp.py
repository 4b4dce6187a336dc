"""The peers of the gateway bench, with STARTTLS and client certificates: aiosmtpd that forgets what it takes, or with a
folder as its last argument, aiosmtpd that says 250 when the mail is durable.

The durable one does what each acceptor of mail must (RFC 5321, 4.2.5: the server takes responsibility): it writes the
mail to a file, flushes file and folder as Postfix's queue does, then answers. It parses and seals nothing.
"""

import asyncio
import logging
import os
import ssl
import sys
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class _Forget:
    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - its name
        return "250 2.0.0 OK"


class _Keep:
    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count()
        self._handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        await asyncio.to_thread(self._keep, envelope.original_content or b"", next(self._numbers))
        return "250 2.0.0 OK"

    def _keep(self, content: bytes, number: int) -> None:
        begun = self._folder / f"{number}.begun"
        with begun.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        begun.rename(self._folder / f"{number}.eml")
        os.fsync(self._handle)


async def serve(port: int, certificate: str, key: str, authority: str, folder: str = "") -> None:
    """Listen on loopback until the process is ended."""
    logging.disable(logging.WARNING)  # it warns at each connection that it asks for a certificate: that is meant
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    handler = _Keep(Path(folder)) if folder else _Forget()
    make = lambda: SMTP(handler, hostname="bare", tls_context=context, require_starttls=True)  # noqa: E731 - a factory
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:6]))
