"""Fetches small public files (white list, revocation lists, OCSP answers, directory pages) over HTTP, within limits.

Laws: no redirect is followed, no proxy or password comes from the environment; a body over the limit or later than the
deadline is dropped; every failure is NotFetched, whose words hold no address.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

SECONDS: Final = 20.0  # for one fetch, from connecting to its last byte
_PIECE: Final = 64 * 1024


class NotFetched(Exception):
    """Not now; the words are for a log."""


@dataclass(frozen=True)
class Fetched:
    """`status` is 200 or 304; header names in small letters."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Fetcher:
    """One for the service. `tls` says whom to trust over https: by default, the system's authorities."""

    def __init__(self, tls: ssl.SSLContext | None = None, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        trust = ssl.create_default_context() if tls is None else tls
        self._client = httpx.AsyncClient(verify=trust, follow_redirects=False, trust_env=False, timeout=seconds)

    async def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> Fetched:
        """Raises NotFetched."""
        return await self._fetch("GET", url, limit, dict(headers or {}), None)

    async def post(self, url: str, body: bytes, content_type: str, limit: int) -> Fetched:
        """Raises NotFetched."""
        return await self._fetch("POST", url, limit, {"content-type": content_type}, body)

    async def close(self) -> None:
        """Lets go of its connections."""
        await self._client.aclose()

    async def _fetch(self, method: str, url: str, limit: int, headers: dict[str, str], body: bytes | None) -> Fetched:
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(method, url, headers=headers, content=body) as answer,
            ):
                if answer.status_code not in (200, 304):
                    raise NotFetched(f"HTTP {answer.status_code}")
                found = bytearray()
                async for piece in answer.aiter_bytes(_PIECE):
                    found += piece
                    if len(found) > limit:
                        raise NotFetched(f"over {limit} bytes")
                return Fetched(answer.status_code, bytes(found), {k.lower(): v for k, v in answer.headers.items()})
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError) as error:
            raise NotFetched(type(error).__name__) from None
