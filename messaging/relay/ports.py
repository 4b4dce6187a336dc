"""What the rules need from outside: a transaction over records, blobs and a clock. Small, and beside who calls them.

Laws of a Transaction: reads see its own writes and no one else's; nothing of it lasts until it is committed; `writes`
counts what it changed, so that a refusal after a write is noticed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from messaging.relay.records import Act, Edge, Emergency, Entry, Grant, Message, Setting, State, Word

R = TypeVar("R")
T = TypeVar("T")
Range = tuple[bytes, bytes]  # from, and up to but without
Numbered = type[Message] | type[Edge] | type[State] | type[Grant] | type[Emergency] | type[Entry] | type[Setting]
LAST = ("last",)
# A kind, names of its columns, and their values. LAST with an account asks what last_act_of() or latest() answers.
Question = tuple[type, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Change:
    """One object that changed: at change number `number`; first seen at `created`; or `gone`."""

    id: str
    number: int
    created: int
    gone: bool = False


@dataclass(frozen=True)
class Wanted:
    """A query of letters: moments in microseconds, `after` inclusive, `before` exclusive."""

    account: str
    box: Literal["in", "out"] | None = None
    after: int | None = None
    before: int | None = None
    client_id: str | None = None


class Transaction(Protocol):
    """All of one request's reads and writes."""

    @property
    def writes(self) -> int: ...
    def one(self, kind: type[R], *key: str | bytes | int) -> R | None: ...
    def where(self, kind: type[R], /, **equal: str | bytes | int | None) -> list[R]:
        """All records with these values, in the order of their keys."""

    def count(self, kind: type[R], /, **equal: str | bytes | int | None) -> int: ...
    def add(self, *records: object) -> None:
        """New records, all of one kind. A key that exists is a defect of the caller (an error that rolls back)."""

    def put(self, record: object) -> None:
        """Add, or replace what has the same key."""

    def drop(self, kind: type[R], *key: str | bytes | int) -> None: ...
    def drop_expired(self, kind: type[R], now: int) -> int:
        """Drop at most 1,000 whose `expires` is past; how many."""

    def next_change(self, account: str, octets: int = 0) -> int:
        """The account's next change number; committed in order, so that readers never see a gap. `octets` more."""

    def latest(self, kind: Numbered, account: str) -> int:
        """The highest change number of this kind, 0 when nothing was there ever."""

    def changes(self, kind: Numbered, account: str, since: int, limit: int) -> list[Change]:
        """What changed after `since`, oldest first."""

    def query(self, wanted: Wanted, position: int, limit: int) -> list[str]:
        """Ids of letters, newest first; a negative position counts from the end."""

    def query_total(self, wanted: Wanted) -> int: ...
    def words(self, ranges: Sequence[Range], limit: int) -> list[Word]:
        """At most `limit` words of the first range, in order, whose entries have a word of each other range."""

    def count_words(self, range_: Range, limit: int) -> int:
        """How many words are in a range; not counted beyond `limit`."""

    def add_body(self, sealed: bytes, copies: int) -> int:
        """The number of new sealed bytes."""

    def drop_copy(self, number: int) -> None:
        """One copy fewer; the last takes the bytes away."""

    def use_step(self, account: str, step: int) -> bool:
        """Whether the TOTP time step is later than the last used one; if so it is used now."""

    def unkept_bytes(self, account: str) -> int:
        """Bytes of blobs that no letter names yet."""

    def log_entries(self, first: int, count: int) -> list[bytes]:
        """At most `count` entries of the key log from number `first` on, in order."""

    def log_nodes(self, level: int, first: int, count: int) -> list[bytes]:
        """At most `count` hashes of one level of the key log's tree from number `first` on, in order."""

    def due(self, kind: type[R], now: int) -> list[R]:
        """At most 1,000 whose `expires` is past, in the order of their keys."""

    def last_act(self) -> Act | None: ...
    def last_act_of(self, account: str) -> Act | None:
        """The newest row of the access log that its owner may see."""

    def acts_of(self, account: str, since: int, limit: int) -> list[Act]:
        """An account's rows of the access log after its own number `since`, oldest first."""

    def query_acts(self, account: str, after: int, before: int, position: int, limit: int) -> list[int]:
        """An account's own numbers of rows from `after` on and before `before` (moments), newest first."""

    def query_acts_total(self, account: str, after: int, before: int) -> int: ...
    def acts(self, after: int, limit: int) -> list[Act]: ...
    def ended_devices(self, since: int) -> list[str]:
        """Ids of devices that ended at `since` or later."""


class Store(Protocol):
    """Runs work in transactions. `write` is durable when it returns; `read` sees one snapshot and may not change."""

    def write(self, work: Callable[[Transaction], T]) -> T: ...
    def read(self, work: Callable[[Transaction], T]) -> T: ...
    def close(self) -> None: ...


class Incoming(Protocol):
    """A blob that is arriving."""

    size: int

    def write(self, data: bytes) -> None: ...
    def keep(self) -> str:
        """Make it durable; its blob id."""

    def discard(self) -> None: ...


class Blobs(Protocol):
    """Sealed bytes by their hash. Who may fetch them is none of its business."""

    def receive(self) -> Incoming: ...
    def size(self, blob: str) -> int | None: ...
    def read(self, blob: str, start: int, length: int) -> bytes: ...
    def older_than(self, moment: datetime, part: int) -> list[str]:
        """Those of one part (0 to 255, by the id's first byte), so that no one walk is long."""

    def remove(self, blobs: Sequence[str], older_than: datetime) -> int: ...


class Clock(Protocol):
    def now(self) -> datetime: ...
