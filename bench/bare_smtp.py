"""The peer of the gateway bench: a bare aiosmtpd, STARTTLS with client certificates, that forgets what it takes."""

import asyncio
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session


class _Forget:
    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - its name
        return "250 2.0.0 OK"


async def serve(port: int, certificate: str, key: str, authority: str) -> None:
    """Listen on loopback until the process is ended."""
    logging.disable(logging.WARNING)  # it warns at each connection that it asks for a certificate: that is meant
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    make = lambda: SMTP(_Forget(), hostname="bare", tls_context=context, require_starttls=True)  # noqa: E731 - a factory
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:5]))
