"""Mail that waits to leave, durable and sealed at rest. Functions of a connection: each runs inside one transaction.

Laws: a mail is here from the moment its letter is marked as read until an operator took it; its bytes never change;
that a letter became mail is known for ever, by its author and its own id, so that it makes no second one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well

from bridges.mssante import leases
from bridges.mssante.database import CHAINS, CURSORS, MADE, META, OUTBOX
from bridges.mssante.engines import instance_of
from crypto import aead
from crypto.randomness import SYSTEM

WAITING, SENT, GIVEN_UP, QUARANTINED = "waiting", "sent", "given-up", "quarantined"
DOMAIN = "domain "  # before a domain, the name of its lease
_AD = b"pli gateway outbox v1\x00"
# Made once: building a statement takes longer than SQLite needs to run it.
_READY: Final = and_(OUTBOX.c.state == WAITING, OUTBOX.c.due <= bindparam("at_most"))
_DOMAINS: Final = select(OUTBOX.c.domain).where(_READY).group_by(OUTBOX.c.domain).order_by(func.min(OUTBOX.c.due))
_NEXT: Final = (
    select(OUTBOX).where(and_(_READY, OUTBOX.c.domain == bindparam("of_domain"))).order_by(OUTBOX.c.id).limit(1)
)
_OF_ROW: Final = OUTBOX.c.id == bindparam("of_row")
_LEASE: Final = update(OUTBOX).where(_OF_ROW).values(due=bindparam("until"))
_LEFT: Final = update(OUTBOX).where(_OF_ROW).values(state=bindparam("how"), sealed=None)
_MADE: Final = insert(MADE).on_conflict_do_nothing()
_PUT: Final = insert(OUTBOX).on_conflict_do_nothing(index_elements=["account", "item"])


class Outbound(msgspec.Struct, frozen=True):
    """A mail with all that a notice to its author needs. `reply_to` is the patient's account."""

    sender: str
    recipient: str
    mail: bytes
    letter: str
    thread: str
    author: str
    subject: str
    notice: bool = False  # made by the gateway itself: its failure is told to nobody


@dataclass(frozen=True)
class Mark:
    """Which letter a mail is of: its author's account, its own id, its thread. The relay's id of it may change."""

    author: str
    letter: str
    thread: str


@dataclass(frozen=True)
class Due:
    """One row to send. `expires` and `at` are Unix times."""

    id: int
    account: str
    item: str
    domain: str
    sealed: bytes
    attempts: int
    expires: float
    delay_told: bool
    at: float


def seal(key: bytes, account: str, item: str, outbound: Outbound) -> bytes:
    """Nonce and ciphertext, bound to its row."""
    nonce = SYSTEM.take(aead.NONCE)
    return nonce + aead.encrypt(key, nonce, msgspec.msgpack.encode(outbound), _bound(account, item))


def unseal(key: bytes, due: Due) -> Outbound:
    """Raises CannotOpen: another key, or a row that was changed."""
    raw = aead.unseal(key, due.sealed, _bound(due.account, due.item), "gateway outbox")
    return msgspec.msgpack.decode(raw, type=Outbound)


def put(
    connection: Connection, account: str, item: str, domain: str, sealed: bytes, now: float, lifetime: float,
    mark: Mark | None = None,
) -> None:  # fmt: skip
    """Adds a mail, unless this letter was made a mail before. `mark` None: `item` names what the mail is of."""
    of = mark or Mark("", item, "")
    made = {"account": account, "author": of.author, "letter": of.letter, "thread": of.thread}
    if not connection.execute(_MADE, made).rowcount:
        return
    row = {
        "account": account, "item": item, "domain": domain, "sealed": sealed, "state": WAITING, "attempts": 0,
        "due": now, "expires": now + lifetime, "delay_told": 0, "at": now,
    }  # fmt: skip
    connection.execute(_PUT, row)


def cursor(connection: Connection, account: str) -> str | None:
    """Up to where the mailbox's news became mail."""
    return connection.execute(select(CURSORS.c.state).where(CURSORS.c.account == account)).scalar()


def advance(connection: Connection, account: str, state: str) -> None:
    """Sets the cursor, in the transaction of the last mail before it."""
    row = insert(CURSORS).values(account=account, state=state)
    connection.execute(row.on_conflict_do_update(index_elements=["account"], set_={"state": state}))


def begin(connection: Connection, account: str, state: str, now: float) -> None:
    """This database knows nothing of the mailbox: what is there already was mailed by another, or never will be."""
    connection.execute(insert(META).values(name=f"start {account}", value=str(now)).on_conflict_do_nothing())
    advance(connection, account, state)


def start(connection: Connection, account: str) -> float:
    """Letters from before this Unix time are not mailed when a mailbox is read from the beginning."""
    found = connection.execute(select(META.c.value).where(META.c.name == f"start {account}")).scalar()
    return 0.0 if found is None else float(found)


def known(connection: Connection, account: str, letters: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Which of these letters, (author, letter id), were made mails before."""
    ids = [letter for _, letter in letters]
    found = select(MADE.c.author, MADE.c.letter).where(and_(MADE.c.account == account, MADE.c.letter.in_(ids)))
    return frozenset((row.author, row.letter) for row in connection.execute(found))


def mailbox_of(connection: Connection, mark: Mark) -> str | None:
    """The mailbox whose mail was made of this letter; None: no mail of this gateway."""
    same = (MADE.c.author == mark.author, MADE.c.letter == mark.letter, MADE.c.thread == mark.thread)
    return connection.execute(select(MADE.c.account).where(and_(*same))).scalar()


def known_threads(connection: Connection, account: str, patient: str, threads: Sequence[str]) -> frozenset[str]:
    """Which of these threads this mailbox and this patient have, by the letters of either that went through here."""
    sent = select(CHAINS.c.thread).where(
        and_(CHAINS.c.account == account, CHAINS.c.peer == patient, CHAINS.c.thread.in_(threads))
    )
    got = select(MADE.c.thread).where(
        and_(MADE.c.account == account, MADE.c.author == patient, MADE.c.thread.in_(threads))
    )
    return frozenset(connection.execute(sent.union(got)).scalars())


def domains_due(connection: Connection, now: float) -> list[str]:
    """Domains with mail to send now, the longest waiting first."""
    return list(connection.execute(_DOMAINS, {"at_most": now}).scalars())


def hold_domains(connection: Connection, domains: Sequence[str], now: float) -> list[str]:
    """Those of the domains whose mails this gateway carries, for leases.SECONDS: other gateways keep off them."""
    return [name.removeprefix(DOMAIN) for name in leases.hold(connection, [DOMAIN + each for each in domains], now)]


def leave_domain(connection: Connection, domain: str) -> None:
    """Nothing of it is due or under way here: the next mail is whoever's finds it first."""
    leases.let_go_of(connection, DOMAIN + domain)


def take_due(connection: Connection, domain: str, now: float, lease: float, sent: int | None = None) -> Due | None:
    """The oldest mail to send to the domain; nobody else takes it for `lease` seconds (or until this process ends).

    `sent`: the row that this connection sent before, marked in the same commit.
    """
    if sent is not None:
        left(connection, sent, SENT)
    row = connection.execute(_NEXT, {"at_most": now, "of_domain": domain}).mappings().first()
    if row is None:
        return None
    connection.execute(_LEASE, {"of_row": row["id"], "until": now + lease})
    return Due(
        row["id"], row["account"], row["item"], row["domain"], row["sealed"], row["attempts"], row["expires"],
        bool(row["delay_told"]), row["at"],
    )  # fmt: skip


def release_leases(connection: Connection, now: float) -> None:
    """At a start: what this gateway's ended process had taken for its first attempt is due at once."""
    taken = and_(OUTBOX.c.state == WAITING, OUTBOX.c.attempts == 0)
    if instance_of(connection):
        taken = and_(taken, OUTBOX.c.domain.in_(leases.held(connection, DOMAIN)))
    connection.execute(update(OUTBOX).where(taken).values(due=now))


def next_due(connection: Connection) -> float | None:
    """When the next mail is due."""
    return connection.execute(select(func.min(OUTBOX.c.due)).where(OUTBOX.c.state == WAITING)).scalar()


def waiting(connection: Connection) -> int:
    """How many wait."""
    return connection.execute(select(func.count()).where(OUTBOX.c.state == WAITING)).scalar() or 0


def left(connection: Connection, row: int, state: str) -> None:
    """It was taken or given up: the bytes go."""
    connection.execute(_LEFT, {"of_row": row, "how": state})


def stumbled(connection: Connection, row: int) -> int:
    """A mail broke what was to carry it: how many times it did so by now."""
    name = f"stumbled {row}"
    times = int(connection.execute(select(META.c.value).where(META.c.name == name)).scalar() or 0) + 1
    made = insert(META).values(name=name, value=str(times))
    connection.execute(made.on_conflict_do_update(index_elements=["name"], set_={"value": str(times)}))
    return times


def quarantine(connection: Connection, row: int) -> None:
    """It is not tried again; its sealed bytes stay, for whoever finds out why."""
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == row).values(state=QUARANTINED))
    connection.execute(delete(META).where(META.c.name == f"stumbled {row}"))


def later(connection: Connection, row: int, attempts: int, due: float) -> None:
    """It is tried again at that time."""
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == row).values(attempts=attempts, due=due))


def delay_told(connection: Connection, row: int) -> None:
    """Its author knows that it is late."""
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == row).values(delay_told=1))


def purge(connection: Connection, before: float) -> int:
    """Drops rows of mails that left before that time; how many. That they were made stays known."""
    return connection.execute(delete(OUTBOX).where(and_(OUTBOX.c.state != WAITING, OUTBOX.c.at < before))).rowcount


def _bound(account: str, item: str) -> bytes:
    return _AD + account.encode() + b"\x00" + item.encode()
