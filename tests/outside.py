"""What stands outside in tests, on loopback: a submission server (aiosmtpd), and an HTTPS server that takes pushes."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass(frozen=True)
class Authority:
    """A tree of its own, with a certificate for this machine."""

    pem: Path
    context: ssl.SSLContext

    @classmethod
    def new(cls, folder: Path) -> "Authority":
        tree, pem = trustme.CA(), folder / "authority.pem"
        tree.cert_pem.write_to_path(pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tree.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        return cls(pem, context)


@dataclass
class Post:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Service:
    """A push service or somebody's webhook. `answers` are used up one by one; after them it is 201."""

    port: int = 0
    came: "asyncio.Queue[Post]" = field(default_factory=asyncio.Queue)
    answers: list[bytes] = field(default_factory=list)

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, authority: Authority) -> AsyncIterator["Service"]:
        made = cls()
        server = await asyncio.start_server(made._serve, "127.0.0.1", 0, ssl=authority.context)
        made.port = server.sockets[0].getsockname()[1]
        async with server:
            yield made

    def url(self, path: str = "/here") -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    async def next(self) -> Post:
        async with asyncio.timeout(20):
            return await self.came.get()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.came.put_nowait(Post(head[0].split(" ")[1], headers, body))
            answer = self.answers.pop(0) if self.answers else b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
            writer.write(answer)
            await writer.drain()
        writer.close()


def said(status: int, *headers: str, body: bytes = b"") -> bytes:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status} So", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Postbox:
    """A submission server with STARTTLS and a log-in. `refusals`: RCPT and DATA answers to give, one by one."""

    port: int = 0
    mails: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    logged_in: list[bytes] = field(default_factory=list)

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, authority: Authority, *, port: int = 0) -> AsyncIterator["Postbox"]:
        made, loop = cls(), asyncio.get_running_loop()

        def smtp() -> SMTP:
            return SMTP(
                made, hostname="post.example", tls_context=authority.context, require_starttls=True, loop=loop,
                authenticator=made._authenticate, auth_required=True,
            )  # fmt: skip

        server = await loop.create_server(smtp, "127.0.0.1", port)
        made.port = server.sockets[0].getsockname()[1]
        async with server:
            yield made

    async def next(self) -> Any:
        async with asyncio.timeout(20):
            return await self.mails.get()

    def _authenticate(self, *given: Any) -> AuthResult:
        login = given[-1]
        assert isinstance(login, LoginPassword)
        self.logged_in.append(login.login)
        return AuthResult(success=login.password == b"secret", handled=False)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        del server, session, options
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        del session
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer == "cut":
            server.transport.abort()
            return "451 cut"
        if answer.startswith("250"):
            self.mails.put_nowait(envelope)
        return answer
