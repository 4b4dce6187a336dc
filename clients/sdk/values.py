"""What a mailbox gives and takes: prepared letters, what became of them, news."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from clients.content.letter import Letter
from clients.session.incoming import Reason
from crypto.encoding import Json, array, b64u, canonical, members, parse_canonical, text, unb64u
from crypto.errors import NotCanonical

_PREPARED = frozenset({"blobIds", "clientId", "hash", "sealed", "to", "v"})
_ENCLOSED = "chunks"  # only where there are some


@dataclass(frozen=True)
class Prepared:
    """A sealed letter, ready to be submitted any number of times. `to` is sorted: (account, key id).

    `chunks`: those of its blobs, sealed, that go to the relay together with it.
    to_bytes() holds sealed bytes and ids, nothing readable: safe in a journal. After from_bytes() `letter` is None.
    """

    client_id: str
    letter: Letter | None = field(repr=False)
    letter_hash: bytes
    sealed: bytes = field(repr=False)
    blob_ids: tuple[str, ...]
    to: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...] = field(default=(), repr=False)

    def to_bytes(self) -> bytes:
        """For a durable journal."""
        enclosed: dict[str, Json] = {_ENCLOSED: [b64u(chunk) for chunk in self.chunks]} if self.chunks else {}
        return canonical(enclosed | {
            "blobIds": list(self.blob_ids),
            "clientId": self.client_id,
            "hash": b64u(self.letter_hash),
            "sealed": b64u(self.sealed),
            "to": [list(pair) for pair in self.to],
            "v": 1,
        })  # fmt: skip

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Prepared":
        """What to_bytes() gave. Raises ValueError."""
        try:
            parsed = parse_canonical(raw)
            has_chunks = isinstance(parsed, dict) and _ENCLOSED in parsed
            found = members(parsed, _PREPARED | {_ENCLOSED} if has_chunks else _PREPARED)
            pairs = [array(pair) for pair in array(found["to"])]
            return cls(
                client_id=text(found["clientId"]),
                letter=None,
                letter_hash=unb64u(text(found["hash"]), 32),
                sealed=unb64u(text(found["sealed"])),
                blob_ids=tuple(text(blob) for blob in array(found["blobIds"])),
                to=tuple((text(account), text(key_id)) for account, key_id in pairs),
                chunks=tuple(unb64u(text(chunk)) for chunk in array(found.get(_ENCLOSED, []))),
            )
        except NotCanonical as error:
            raise ValueError("not a prepared letter") from error


@dataclass(frozen=True)
class Submitted:
    """The relay has it. `existed`: it had it already. `client_id` is the letter id, `id` the relay's own."""

    id: str
    client_id: str
    existed: bool


@dataclass(frozen=True)
class Arrived:
    """A letter that passed every check. `missing`: one before it, of this sender and thread, may be missing.

    `forked`: its sender saw another key log than is shown here. It is shown with a warning, and nothing more is sealed.
    `unsigned`: what it says of the log the log never signed: it counts for nothing. `stale_key`: it was sealed to a key
    of this account that was replaced long before: somebody is shown old keys. It is shown with a warning.
    """

    id: str
    letter: Letter
    received_at: datetime
    box: Literal["in", "out"]
    missing: bool = False
    forked: bool = False
    unsigned: bool = False
    stale_key: bool = False


@dataclass(frozen=True)
class Unreadable:
    """A letter that is not shown, and why. `from_` is what the relay says; `proven`: a key of that account signed it.

    `letter` is the id as the relay says it; `thread` as the letter says itself, None where it cannot be read.
    """

    id: str
    reason: Reason
    received_at: datetime
    from_: str = ""
    box: Literal["in", "out"] = "in"
    proven: bool = False
    letter: str = ""
    thread: str | None = None


Item: TypeAlias = Arrived | Unreadable


@dataclass(frozen=True)
class News:
    """What came since the state that was asked for, oldest first. Ask again with `state`, at once while `more`."""

    items: tuple[Item, ...]
    state: str
    more: bool
