"""What was sealed and is on its way to the relay: the journal that makes a repeated mail the same letter.

Laws: a prepared letter is in the journal before the relay sees it, and as it is there it goes; nothing readable is in
it; a letter's place in its conversation (counter, hash before) is taken and given back with its row.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from bridges.mssante.database import CHAINS, SUBMISSIONS
from clients.sdk import Prepared

READY, DONE = "ready", "done"


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


@dataclass(frozen=True)
class Entry:
    """One row. `prepared` is None when the relay has the letter."""

    letter: str
    conversation: Conversation
    place: Place
    prepared: Prepared | None


def find(connection: Connection, letter: str) -> Entry | None:
    """The row of a letter id."""
    row = connection.execute(select(SUBMISSIONS).where(SUBMISSIONS.c.letter == letter)).mappings().first()
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
    row = connection.execute(select(CHAINS.c.counter, CHAINS.c.letter_hash).where(_chain(conversation))).first()
    return Place(1, None) if row is None else Place(row.counter + 1, row.letter_hash)


def keep(connection: Connection, conversation: Conversation, place: Place, prepared: Prepared, at: float) -> None:
    """Writes the row and takes the place."""
    connection.execute(
        insert(SUBMISSIONS).values(
            letter=prepared.client_id,
            account=conversation.account,
            thread=conversation.thread,
            peer=conversation.peer,
            counter=place.counter,
            previous=place.previous,
            prepared=prepared.to_bytes(),
            state=READY,
            at=at,
        )
    )
    _set_chain(connection, conversation, place.counter, prepared.letter_hash)


def done(connection: Connection, letter: str) -> None:
    """The relay has it: the row stays, so that the same mail is known again; its bytes go."""
    connection.execute(update(SUBMISSIONS).where(SUBMISSIONS.c.letter == letter).values(state=DONE, prepared=None))


def forget(connection: Connection, entry: Entry) -> None:
    """The relay will never have it: the row goes and its place is free again."""
    connection.execute(delete(SUBMISSIONS).where(SUBMISSIONS.c.letter == entry.letter))
    if next_place(connection, entry.conversation).counter != entry.place.counter + 1:
        return
    if entry.place.previous is None:
        connection.execute(delete(CHAINS).where(_chain(entry.conversation)))
    else:
        _set_chain(connection, entry.conversation, entry.place.counter - 1, entry.place.previous)


def purge(connection: Connection, before: float) -> int:
    """Drops what was done before that time; how many."""
    old = delete(SUBMISSIONS).where(and_(SUBMISSIONS.c.state == DONE, SUBMISSIONS.c.at < before))
    return connection.execute(old).rowcount


def _chain(conversation: Conversation) -> ColumnElement[bool]:
    same = (CHAINS.c.account == conversation.account, CHAINS.c.thread == conversation.thread)
    return and_(*same, CHAINS.c.peer == conversation.peer)


def _set_chain(connection: Connection, conversation: Conversation, counter: int, letter_hash: bytes) -> None:
    key = {"account": conversation.account, "thread": conversation.thread, "peer": conversation.peer}
    new = {"counter": counter, "letter_hash": letter_hash}
    wanted = insert(CHAINS).values(**key, **new)
    connection.execute(wanted.on_conflict_do_update(index_elements=list(key), set_=new))
