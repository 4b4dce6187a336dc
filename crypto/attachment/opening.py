"""Opens a file chunk by chunk. It is complete only when Verifier.finish() has returned."""

import hashlib
import hmac
import io
from collections.abc import Callable
from typing import BinaryIO

from crypto import aead
from crypto.attachment.beside import beside
from crypto.attachment.reference import Attachment
from crypto.attachment.stream import additional, chunk_nonce, last_length, padded_last
from crypto.errors import CannotOpen
from crypto.keys import blob_id
from crypto.labels import ATTACHMENT_PIECE


def open_chunk(attachment: Attachment, index: int, sealed: bytes) -> bytes:
    """The true bytes of one chunk, in any order. Raises CannotOpen. Does not prove the file: see Verifier."""
    if not 0 <= index < len(attachment.chunks):
        raise CannotOpen("attachment/2")
    last = index == len(attachment.chunks) - 1
    found: list[str] = []
    with beside(lambda: found.append(blob_id(sealed)), len(sealed)):
        padded = _decrypted(attachment, chunk_nonce(index, last), sealed)
    # The hash is what the letter named: it decides first, whatever the opening came to.
    if found != [attachment.chunks[index]]:
        raise CannotOpen("attachment/6")
    if padded is None:
        raise CannotOpen("attachment/1")
    return _last_piece(attachment, padded) if last else _full_piece(padded)


class Verifier:
    """Takes the chunks in order, as they arrive, and says at the end whether the file is whole."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._hash = hashlib.sha256()
        self._next = 0

    @property
    def wanted(self) -> str | None:
        """The blob id of the chunk that comes next; None after the last."""
        chunks = self._attachment.chunks
        return chunks[self._next] if self._next < len(chunks) else None

    def add(self, sealed: bytes) -> bytes:
        """Open the next chunk and count it. Raises CannotOpen."""
        piece = open_chunk(self._attachment, self._next, sealed)
        self._hash.update(piece)
        self._next += 1
        return piece

    def finish(self) -> None:
        """Raises CannotOpen unless every chunk came and the hash agrees. (open_chunk checks the lengths.)"""
        if self.wanted is not None:
            raise CannotOpen("attachment/2")
        if not hmac.compare_digest(self._hash.digest(), self._attachment.sha256):
            raise CannotOpen("attachment/5")


def open_chunks(attachment: Attachment, fetch: Callable[[str], bytes], sink: BinaryIO) -> None:
    """Fetch every chunk by its blob id and write the file to `sink`. Raises CannotOpen: throw the sink away then.

    What `fetch` raises goes through.
    """
    verifier = Verifier(attachment)
    while (wanted := verifier.wanted) is not None:
        sink.write(verifier.add(fetch(wanted)))
    verifier.finish()


def open_bytes(attachment: Attachment, fetch: Callable[[str], bytes]) -> bytes:
    """The whole file in memory. Raises CannotOpen."""
    sink = io.BytesIO()
    open_chunks(attachment, fetch, sink)
    return sink.getvalue()


def _decrypted(attachment: Attachment, nonce: bytes, sealed: bytes) -> bytes | None:
    try:
        return aead.decrypt(attachment.key, nonce, sealed, additional(attachment.id), "attachment/1")
    except CannotOpen:
        return None


def _full_piece(piece: bytes) -> bytes:
    if len(piece) != ATTACHMENT_PIECE:
        raise CannotOpen("attachment/2")
    return piece


def _last_piece(attachment: Attachment, padded: bytes) -> bytes:
    if len(padded) != padded_last(attachment.size):
        raise CannotOpen("attachment/3")
    length = last_length(attachment.size)
    if padded.count(0, length) != len(padded) - length:
        raise CannotOpen("attachment/4")
    return padded[:length]
