"""What a witness demands of every entry, given all entries before it (docs/spec/transparency.md, entry and tree)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from crypto.errors import BadStatement
from crypto.keys import SigningPublic
from crypto.labels import STATEMENT_AHEAD
from crypto.transparency.entry import parse_entry
from crypto.transparency.statement import Announcement, Statement, read_statement, verify_statement

_FIT, _LINE = "transparency/2", "transparency/13"


@dataclass(frozen=True)
class Line:
    """The newest statement of an account: what the next one has to fit."""

    account: str
    seq: int
    hash: bytes
    signing: bytes
    box: int
    time: str


class Ledger(Protocol):
    """What a witness remembers of all entries so far."""

    def newest(self, account: str) -> Line | None:
        """The account's newest statement."""
        ...

    def owner(self, signing: bytes) -> str | None:
        """The account that ever announced this signing key (32 bytes)."""
        ...

    def put(self, line: Line) -> None:
        """A new newest statement; its signing key is owned from now on."""
        ...


@dataclass(frozen=True)
class _Before:
    account: str
    seq: int
    hash: bytes
    signing: SigningPublic
    box: int
    time: str


def check_entry(raw: bytes, ledger: Ledger, now: datetime, enrollers: Collection[bytes] | None = None) -> Statement:
    """The statement of the next entry, put into the ledger when it keeps every rule. Raises BadStatement.

    `enrollers`: the keys (32 bytes) that may answer for accounts; None for any key, and for none.
    """
    announcement = parse_entry(raw)
    before = _before(announcement, ledger)
    found = verify_statement(announcement, before)
    _require(ledger.owner(found.signing.raw) in (None, found.account), _LINE)
    _require(datetime.fromisoformat(found.time) <= now + timedelta(seconds=STATEMENT_AHEAD), _FIT)
    if found.seq == 0 and enrollers is not None:
        _require(found.by is not None and found.by.raw in enrollers, _FIT)
    ledger.put(Line(found.account, found.seq, found.hash, found.signing.raw, found.box, found.time))
    return found


def _before(announcement: Announcement, ledger: Ledger) -> _Before | None:
    """What the entry has to follow; the place of a statement in its line is checked here, all else of it later."""
    found = read_statement(announcement.statement)
    line = ledger.newest(found.account)
    if line is None:
        _require(found.seq == 0, _LINE)
        return None
    _require(found.seq == line.seq + 1 and found.previous == line.hash, _LINE)
    return _Before(line.account, line.seq, line.hash, SigningPublic(line.signing), line.box, line.time)


def _require(kept: bool, item: str) -> None:
    if not kept:
        raise BadStatement(item)
