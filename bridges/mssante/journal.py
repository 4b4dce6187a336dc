"""What was sealed and is on its way to the relay: the journal that makes a repeated mail the same letter.

Laws: a prepared letter is in the journal before the relay sees it, and as it is there it goes; nothing readable is in
it; a letter's place in its conversation (counter, hash before) is taken and given back with its row.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well

from bridges.mssante.database import CHAINS, SUBMISSIONS
from clients.sdk import Prepared

READY, DONE = "ready", "done"
# Made once: building a statement takes longer than SQLite needs to run it.
_IN_CHAIN: Final = and_(
    CHAINS.c.account == bindparam("of_account"),
    CHAINS.c.thread == bindparam("of_thread"),
    CHAINS.c.peer == bindparam("of_peer"),
)
_FIND: Final = select(SUBMISSIONS).where(SUBMISSIONS.c.letter == bindparam("of_letter"))
_LAST: Final = select(CHAINS.c.counter, CHAINS.c.letter_hash).where(_IN_CHAIN)
_KEEP: Final = insert(SUBMISSIONS).on_conflict_do_nothing()
_DONE: Final = (
    update(SUBMISSIONS).where(SUBMISSIONS.c.letter == bindparam("of_letter")).values(state=DONE, prepared=None)
)
_DROP: Final = delete(SUBMISSIONS).where(SUBMISSIONS.c.letter == bindparam("of_letter"))
_DROP_CHAIN: Final = delete(CHAINS).where(_IN_CHAIN)
_CHAIN: Final = insert(CHAINS)
_BEGIN_CHAIN: Final = _CHAIN.on_conflict_do_nothing()
_GO_ON: Final = (
    update(CHAINS)
    .where(and_(_IN_CHAIN, CHAINS.c.counter == bindparam("before"), CHAINS.c.letter_hash == bindparam("after")))
    .values(counter=bindparam("now_counter"), letter_hash=bindparam("now_hash"))
)
_SET_CHAIN: Final = _CHAIN.on_conflict_do_update(
    index_elements=["account", "thread", "peer"],
    set_={"counter": _CHAIN.excluded.counter, "letter_hash": _CHAIN.excluded.letter_hash},
)


@dataclass(frozen=True)
class Conversation:
    """One direction of one thread: the mailbox's account, the thread and the patient's account."""

    account: str
    thread: str
    peer: str


@dataclass(frozen=True)
class Place:
    """Where the next letter of a conversation stands: its counter, and the hash of the letter before."""

    counter: int
    previous: bytes | None


FIRST: Final = Place(1, None)


@dataclass(frozen=True)
class Entry:
    """One row. `prepared` is None when the relay has the letter."""

    letter: str
    conversation: Conversation
    place: Place
    prepared: Prepared | None


def find(connection: Connection, letter: str) -> Entry | None:
    """The row of a letter id."""
    row = connection.execute(_FIND, {"of_letter": letter}).mappings().first()
    if row is None:
        return None
    prepared = None if row["state"] == DONE else Prepared.from_bytes(row["prepared"])
    place = Place(row["counter"], row["previous"])
    return Entry(letter, Conversation(row["account"], row["thread"], row["peer"]), place, prepared)


def waiting(connection: Connection) -> list[str]:
    """Letter ids that the relay may not have, oldest first."""
    found = select(SUBMISSIONS.c.letter).where(SUBMISSIONS.c.state == READY).order_by(SUBMISSIONS.c.at)
    return list(connection.execute(found).scalars())


def next_place(connection: Connection, conversation: Conversation) -> Place:
    """Where the next letter stands."""
    row = connection.execute(_LAST, _key(conversation)).first()
    return FIRST if row is None else Place(row.counter + 1, row.letter_hash)


def keep(
    connection: Connection, conversation: Conversation, place: Place, prepared: Prepared, at: float
) -> Entry | None:  # fmt: skip
    """Writes the row and takes the place. What another gateway of this database kept meanwhile goes first: its row,
    when it has this letter; None, when it took the place, and the letter is to be prepared for the next one."""
    row = {
        "letter": prepared.client_id,
        "account": conversation.account,
        "thread": conversation.thread,
        "peer": conversation.peer,
        "counter": place.counter,
        "previous": place.previous,
        "prepared": prepared.to_bytes(),
        "state": READY,
        "at": at,
    }
    if not connection.execute(_KEEP, row).rowcount:
        return find(connection, prepared.client_id)
    if not _took(connection, conversation, place, prepared.letter_hash):
        connection.execute(_DROP, {"of_letter": prepared.client_id})
        return None
    return Entry(prepared.client_id, conversation, place, prepared)


def done(connection: Connection, letter: str) -> None:
    """The relay has it: the row stays, so that the same mail is known again; its bytes go."""
    connection.execute(_DONE, {"of_letter": letter})


def forget(connection: Connection, entry: Entry) -> None:
    """The relay will never have it: the row goes and its place is free again."""
    connection.execute(_DROP, {"of_letter": entry.letter})
    if next_place(connection, entry.conversation).counter != entry.place.counter + 1:
        return
    if entry.place.previous is None:
        connection.execute(_DROP_CHAIN, _key(entry.conversation))
    else:
        _set_chain(connection, entry.conversation, entry.place.counter - 1, entry.place.previous)


def purge(connection: Connection, before: float) -> int:
    """Drops what was done before that time; how many."""
    old = delete(SUBMISSIONS).where(and_(SUBMISSIONS.c.state == DONE, SUBMISSIONS.c.at < before))
    return connection.execute(old).rowcount


def _key(conversation: Conversation) -> dict[str, str]:
    return {"of_account": conversation.account, "of_thread": conversation.thread, "of_peer": conversation.peer}


def _took(connection: Connection, conversation: Conversation, place: Place, letter_hash: bytes) -> bool:
    """Whether the place was still the next one; the letter of this hash has it now."""
    if place.previous is None:
        key = {"account": conversation.account, "thread": conversation.thread, "peer": conversation.peer}
        row = key | {"counter": place.counter, "letter_hash": letter_hash}
        return bool(connection.execute(_BEGIN_CHAIN, row).rowcount)
    moved = {
        "before": place.counter - 1, "after": place.previous, "now_counter": place.counter, "now_hash": letter_hash,
    }  # fmt: skip
    return bool(connection.execute(_GO_ON, _key(conversation) | moved).rowcount)


def _set_chain(connection: Connection, conversation: Conversation, counter: int, letter_hash: bytes) -> None:
    place = {"counter": counter, "letter_hash": letter_hash}
    key = {"account": conversation.account, "thread": conversation.thread, "peer": conversation.peer}
    connection.execute(_SET_CHAIN, key | place)
