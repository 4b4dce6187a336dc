"""Attachments over the wire: sealed and uploaded, downloaded and opened, chunk by chunk in constant memory."""

import asyncio
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from clients.sdk.connection import Connection
from crypto.attachment import Attachment, AttachmentSealer, Verifier
from messaging.wire import limits

ENCLOSED_BYTES: Final = 256 * 1024  # of all files of a letter: base64 in JSON costs less than a request of their own
ENCLOSED_FILES: Final = limits.MAX_BLOB_CREATES  # each of one chunk, as small as they are
PARALLEL_UPLOADS: Final = limits.MAX_CONCURRENT_UPLOAD
PARALLEL_DOWNLOADS: Final = 4
INLINE_BYTES: Final = 256 * 1024  # sealed in less time than a thread takes to begin


@dataclass(frozen=True)
class Enclosed:
    """A sealed file that the relay does not have yet: its reference and its chunks, in order."""

    file: Attachment
    chunks: tuple[bytes, ...] = field(repr=False)


async def upload(connection: Connection, account: str, name: str, type_: str, data: bytes | BinaryIO) -> Attachment:
    """The reference of a file whose chunks the relay now has. A stream is read from where it stands to its end.

    Raises Refusal; ValueError for a name, type or size outside docs/spec/attachment.md.
    """
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    size = _remaining(stream)
    sealer = AttachmentSealer(stream, size)
    running: set[asyncio.Task[str]] = set()
    chunks = iter(sealer)
    try:
        while (sealed := await _sealed(chunks, size)) is not None:
            running.add(asyncio.create_task(connection.upload(account, sealed)))
            if len(running) >= PARALLEL_UPLOADS:
                running = await _first(running)
        await asyncio.gather(*running)
    finally:
        for task in running:
            task.cancel()
    return sealer.reference(name, type_)


def enclose(name: str, type_: str, data: bytes) -> Enclosed:
    """A small file sealed in memory, to go with the letter that names it. At most ENCLOSED_BYTES in one letter.

    Raises ValueError for a name, type or size outside docs/spec/attachment.md.
    """
    sealer = AttachmentSealer(io.BytesIO(data), len(data))
    chunks = tuple(sealer)
    return Enclosed(sealer.reference(name, type_), chunks)


async def download(connection: Connection, account: str, attachment: Attachment, sink: BinaryIO) -> None:
    """Write the file to `sink`. Raises Refusal, CannotOpen: then what was written is not the file."""
    verifier, waiting = Verifier(attachment), deque(attachment.chunks)
    running: deque[asyncio.Task[bytes]] = deque()
    try:
        while waiting or running:
            while waiting and len(running) < PARALLEL_DOWNLOADS:
                running.append(asyncio.create_task(connection.download(account, waiting.popleft())))
            sealed = await running.popleft()
            if attachment.size <= INLINE_BYTES:
                _write(verifier, sealed, sink)
            else:
                await asyncio.to_thread(_write, verifier, sealed, sink)
        verifier.finish()
    finally:
        for task in running:
            task.cancel()


async def _first(running: set[asyncio.Task[str]]) -> set[asyncio.Task[str]]:
    done, pending = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    return pending


async def _sealed(chunks: Iterator[bytes], size: int) -> bytes | None:
    return next(chunks, None) if size <= INLINE_BYTES else await asyncio.to_thread(next, chunks, None)


def _write(verifier: Verifier, sealed: bytes, sink: BinaryIO) -> None:
    sink.write(verifier.add(sealed))


def _remaining(stream: BinaryIO) -> int:
    at = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(at)
    return end - at
