"""What must stay so whatever is restored: who opposed, closed, came back, was erased. A chain that only grows.

Each row is chained to the one before by an HMAC with the key of the access log. A database that was restored takes the
rows that it has not yet from a copy (take), and becomes again what it had become.
"""

import hmac
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from crypto.keys import is_account
from messaging.relay.records import Tombstone
from messaging.relay.turn import Turn
from messaging.wire.codec import encode

Kind: TypeAlias = Literal["opposed", "closed", "reopened", "erased"]
_BEGINNING: Final = bytes(32)
_LABEL: Final = b"pli tombstone v1\x00"


class WrongTombstones(Exception):
    """A copy of the tombstones is broken, or is not that of this database."""


def count(turn: Turn) -> int:
    """How many there are: they are numbered from 1 without a gap."""
    return turn.tx.count(Tombstone)


def rows(turn: Turn, first: int, last: int) -> list[Tombstone]:
    """Those of these numbers that are there, in order."""
    found = (turn.tx.one(Tombstone, number) for number in range(first, last + 1))
    return [row for row in found if row is not None]


def add(turn: Turn, kind: Kind, account: str, *, mark: bytes = b"", receipt: str = "") -> Tombstone:
    """The next one."""
    number = count(turn) + 1
    before = turn.tx.one(Tombstone, number - 1)
    made = Tombstone(number, turn.stamp, kind, account, mark, receipt, b"")
    made = replace(made, mac=_mac(made, _BEGINNING if before is None else before.mac, turn.house.secrets.log))
    turn.tx.add(made)
    return made


def verify(found: Sequence[Tombstone], key: bytes, before: Tombstone | None = None) -> None:
    """Raises WrongTombstones: they are not all of this key, in order, from the one after `before` on."""
    number, previous = (0, _BEGINNING) if before is None else (before.number, before.mac)
    for row in found:
        number += 1
        if row.number != number or not hmac.compare_digest(_mac(row, previous, key), row.mac):
            raise WrongTombstones(f"tombstone {number} is missing, changed, or of another relay")
        previous = row.mac


def to_line(row: Tombstone) -> bytes:
    """One line of a copy."""
    said = (row.number, row.time, row.kind, row.account, row.mark.hex(), row.receipt, row.mac.hex())
    return encode(said) + b"\n"


def from_line(line: bytes) -> Tombstone:
    """The row of a line. Raises WrongTombstones; whether it is one of ours verify() says."""
    try:
        number, time, kind, account, mark, receipt, mac = msgspec.json.decode(
            line, type=tuple[int, int, Kind, str, str, str, str]
        )
        row = Tombstone(number, time, kind, account, bytes.fromhex(mark), receipt, bytes.fromhex(mac))
    except (msgspec.DecodeError, ValueError):
        raise WrongTombstones("a line that is no tombstone") from None
    if not is_account(row.account):
        raise WrongTombstones("a tombstone of no account")
    return row


def _mac(row: Tombstone, previous: bytes, key: bytes) -> bytes:
    said = (row.number, row.time, row.kind, row.account, row.mark.hex(), row.receipt)
    return hmac.digest(key, _LABEL + previous + encode(said), "sha256")
