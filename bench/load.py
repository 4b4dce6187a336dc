"""A plain HTTP/1.1 load: keep-alive connections, prepared requests, nothing checked but the status.

Cheaper than a real client on purpose: the generator shares the processors with what it measures. Its cost is counted.
"""

import asyncio
from collections.abc import Iterable, Iterator
from time import perf_counter


class Unexpected(Exception):
    """An answer that the workload does not expect; it holds the first bytes of it."""


async def request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> bytes:
    """Send one prepared request and read the whole answer's body. Raises Unexpected unless 2xx."""
    writer.write(raw)
    head = await reader.readuntil(b"\r\n\r\n")
    found = _length(head)
    body = await _chunks(reader) if found is None else await reader.readexactly(found)
    if not head.startswith(b"HTTP/1.1 2"):
        raise Unexpected((head + body)[:400].decode("latin-1"))
    return body


def post(host: str, path: str, token: str, body: bytes, kind: str = "application/json") -> bytes:
    """The bytes of one POST; of a stranger where there is no token."""
    named = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{named}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _length(head: bytes) -> int | None:
    """Of the body; None where it comes in chunks."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
        if line.startswith(b"transfer-encoding:"):
            return None
    return 0


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readexactly(2)
    return b"".join(parts)


async def drive(host: str, port: int, requests: Iterable[bytes], clients: int) -> tuple[float, list[float]]:
    """Let `clients` connections work through `requests`. Seconds in all, and of each request. Raises Unexpected."""
    waiting = iter(requests)
    took: list[float] = []
    connections = [await asyncio.open_connection(host, port) for _ in range(clients)]
    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for reader, writer in connections:
            group.create_task(_one(reader, writer, waiting, took))
    total = perf_counter() - began
    for _, writer in connections:
        writer.close()
    return total, took


async def _one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: Iterator[bytes], took: list[float]
) -> None:
    for raw in waiting:
        began = perf_counter()
        await request(reader, writer, raw)
        took.append(perf_counter() - began)
