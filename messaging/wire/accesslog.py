"""The hash that joins an account's rows of the access log, for the relay that writes and the client that checks.

hash(n) = SHA-256(hash(n - 1) || canonical JSON [seq, time, actor, by, device, action, object, outcome]); hash(0) is 32
zero bytes, `time` is in microseconds since 1970, and what is not there is the empty text (docs/spec/protocol.md).
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from messaging.wire.codec import encode
from messaging.wire.types import AccessLogEntry

BEGINNING: Final = bytes(32)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BrokenLog(Exception):
    """The relay shows a log with a row that is missing, moved or changed."""


def chained(previous: bytes, said: Sequence[int | str]) -> bytes:
    """The hash of a row."""
    # A list of numbers and plain texts is canonical as it is written (docs/spec/encodings.md).
    return hashlib.sha256(previous + encode(list(said))).digest()


def verify(entries: Iterable[AccessLogEntry], previous: bytes = BEGINNING, seq: int = 0) -> tuple[int, bytes]:
    """(number, hash) of the last one, when all follow `seq` and `previous`, oldest first. Raises BrokenLog."""
    for entry in entries:
        seq += 1
        if entry.seq != seq or entry.previous != previous.hex() or entry.hash != _hash(entry, previous).hex():
            raise BrokenLog(f"the access log is broken at entry {seq}")
        previous = bytes.fromhex(entry.hash)
    return seq, previous


def _hash(entry: AccessLogEntry, previous: bytes) -> bytes:
    time = (datetime.fromisoformat(entry.at) - _EPOCH) // timedelta(microseconds=1)
    texts = (entry.actor, entry.by or "", entry.device or "", entry.action, entry.object or "", entry.outcome)
    return chained(previous, (entry.seq, time, *texts))
