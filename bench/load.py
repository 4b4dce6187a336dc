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
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 2"):
        raise Unexpected((head + body)[:400].decode("latin-1"))
    return body


def post(host: str, path: str, token: str, body: bytes, kind: str = "application/json") -> bytes:
    """The bytes of one POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


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
