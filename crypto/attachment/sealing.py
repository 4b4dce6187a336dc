"""Seals a file chunk by chunk under a fresh key, in constant memory."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from crypto import aead
from crypto.attachment.beside import beside
from crypto.attachment.reference import Attachment
from crypto.attachment.stream import additional, chunk_count, chunk_nonce, last_length, padded_last
from crypto.keys import blob_id
from crypto.labels import ATTACHMENT_LIMIT, ATTACHMENT_PIECE
from crypto.randomness import SYSTEM, Source


@dataclass(frozen=True, repr=False)
class Sealing:
    """The fresh key (32 bytes) and id (16 bytes) of one attachment."""

    key: bytes
    id: bytes

    def __repr__(self) -> str:
        return "Sealing(...)"

    @classmethod
    def _generate(cls, source: Source) -> "Sealing":
        return cls(source.take(32), source.take(16))


class AttachmentSealer:
    """Iterate once for the sealed chunks, in order; upload each under blob_id(chunk); then ask for the reference.

    `size` is the number of bytes that `stream` will give. Raises ValueError when it is over the limit (at once) or
    when the stream gives another number (while iterating).
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._begin(stream, size, SYSTEM)

    @classmethod
    def _from_source(cls, stream: BinaryIO, size: int, source: Source) -> "AttachmentSealer":
        sealer = cls.__new__(cls)
        sealer._begin(stream, size, source)
        return sealer

    def _begin(self, stream: BinaryIO, size: int, source: Source) -> None:
        if not 0 <= size <= ATTACHMENT_LIMIT:
            raise ValueError(f"a file of {size} bytes is over {ATTACHMENT_LIMIT}")
        self._stream = stream
        self._size = size
        self._sealing = Sealing._generate(source)
        self._hash = hashlib.sha256()
        self._chunks: list[str] = []

    def __iter__(self) -> Iterator[bytes]:
        count = chunk_count(self._size)
        for index in range(len(self._chunks), count):
            yield self._seal_next(index, last=index == count - 1)

    def reference(self, name: str, type: str) -> Attachment:  # noqa: A002 - the word of the specification
        """What the letter carries. Raises ValueError before the last chunk, or for a name or type over the limits."""
        if len(self._chunks) != chunk_count(self._size):
            raise ValueError("the reference is ready after the last chunk")
        return Attachment(
            chunks=tuple(self._chunks),
            id=self._sealing.id,
            key=self._sealing.key,
            name=name,
            sha256=self._hash.digest(),
            size=self._size,
            type=type,
        )

    def _seal_next(self, index: int, last: bool) -> bytes:
        piece = _read_exactly(self._stream, last_length(self._size) if last else ATTACHMENT_PIECE)
        if last and self._stream.read(1):
            raise ValueError("the file is longer than was said")
        padded = piece.ljust(padded_last(self._size), b"\x00") if last else piece
        nonce = chunk_nonce(index, last)
        with beside(lambda: self._hash.update(piece), len(piece)):
            sealed = aead.encrypt(self._sealing.key, nonce, padded, additional(self._sealing.id))
        self._chunks.append(blob_id(sealed))
        return sealed


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    parts: list[bytes] = []
    missing = length
    while missing:
        part = stream.read(missing)
        if not part:
            raise ValueError("the file is shorter than was said")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
