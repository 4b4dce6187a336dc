"""The head of an HTTP answer, in one piece of bytes: Twisted's own header objects cost more than a send's rules.

Law: every answer carries the security headers; no value has a line break.
"""

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time
from typing import Final

from messaging.server.exchange import Headers, Reply

SECURITY: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)
API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
TRANSPORT_SECURITY: Final = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
_NO_BODY: Final = (204, 304)


def whole(reply: Reply, *, secure: bool, close: bool) -> bytes:
    """From the status line to the empty line, of an answer whose length is known."""
    lines = [_fixed(reply.status, reply.media_type, secure), _date(int(time()))]
    lines += [_line(name, value) for name, value in own(reply)]
    if close:
        lines.append("Connection: close\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


def each(reply: Reply, *, secure: bool) -> Headers:
    """The same as names and values, for an answer that Twisted writes piece by piece."""
    kind = (("Content-Type", reply.media_type),)
    return (*kind, *SECURITY, *((TRANSPORT_SECURITY,) if secure else ()), *own(reply))


def own(reply: Reply) -> Headers:
    """What this answer alone has: its length, its policy, and what the door said."""
    known = reply.pour is None and reply.writer is None and reply.length is None
    length = len(reply.body) if known else reply.length
    found: Headers = reply.headers
    if length is not None and reply.status not in _NO_BODY:
        found = (("Content-Length", str(length)), *found)
    if not any(name == "Content-Security-Policy" for name, _ in reply.headers):
        found = (("Content-Security-Policy", API_POLICY), *found)
    return found


@lru_cache(256)
def _fixed(status: int, media_type: str, secure: bool) -> str:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"]
    if status not in _NO_BODY:
        lines.append(_line("Content-Type", media_type))
    lines += [_line(name, value) for name, value in SECURITY]
    if secure:
        lines.append(_line(*TRANSPORT_SECURITY))
    return "".join(lines)


@lru_cache(2)
def _date(second: int) -> str:
    return _line("Date", formatdate(second, usegmt=True))


def _line(name: str, value: str) -> str:
    if "\r" in value or "\n" in value:
        raise ValueError(f"a line break in {name}")
    return f"{name}: {value}\r\n"
