"""Nonce, additional data and lengths of chunks: the same for sealer and opener."""

from crypto.encoding import u64be
from crypto.labels import ATTACHMENT, ATTACHMENT_PIECE
from crypto.padding import padme


def chunk_nonce(index: int, last: bool) -> bytes:
    """24 bytes. Counted: an attachment's key seals nothing else."""
    return bytes(15) + u64be(index) + (b"\x01" if last else b"\x00")


def additional(attachment_id: bytes) -> bytes:
    """What binds a chunk to its attachment."""
    return attachment_id + ATTACHMENT


def chunk_count(size: int) -> int:
    """How many chunks a file of `size` bytes has; an empty one has one."""
    return max(1, -(-size // ATTACHMENT_PIECE))


def last_length(size: int) -> int:
    """The true length of the last piece, in bytes."""
    return size - (chunk_count(size) - 1) * ATTACHMENT_PIECE


def padded_last(size: int) -> int:
    """The length of the last piece once padded."""
    return min(ATTACHMENT_PIECE, padme(last_length(size)))
