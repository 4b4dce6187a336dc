"""Letters: deliver to all or none, read, destroy one's own copy. The relay sees edges, sizes and moments.

Laws: everything that can refuse is asked before the first write; the sender's clientId makes a retry the same letter.
"""

import hashlib
from typing import Any

import msgspec

from crypto.encoding import unb64u
from crypto.errors import NotCanonical
from messaging.relay import blobs, contacts, grants, scoped
from messaging.relay.accesslog import log
from messaging.relay.keys import shown_key
from messaging.relay.moments import SECOND, date_text, parse_date
from messaging.relay.ports import Wanted
from messaging.relay.records import Account, Body, Gone, Message, Sent
from messaging.relay.sets import apply, changes, invalid, parse, wanted
from messaging.relay.tokens import message_id
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changed, Changes, Get, Got, MessageFilter, MessageQuery, QueryDone, Set, SetDone
from messaging.wire.types import Delivery, NewMessage, SealedMessage

SENDERS = ("patient", "professional", "organisation", "app")


def get(turn: Turn, arguments: Get) -> Got[SealedMessage]:
    """`SealedMessage/get`; without ids all, when they are few enough."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    if ids is None:
        if turn.tx.count(Message, account=account) > limits.MAX_OBJECTS_IN_GET:
            raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
        found = turn.tx.where(Message, account=account)
    else:
        found = [message for id_ in ids for message in turn.tx.where(Message, account=account, id=id_)]
    found = scoped.visible(turn, found)
    _bound_answer(turn, found)
    known = {message.id for message in found}
    return Got(
        account_id=account,
        state=str(turn.tx.latest(Message, account)),
        list_=[_seen(turn, message) for message in found],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def get_changes(turn: Turn, arguments: Changes) -> Changed:
    """`SealedMessage/changes`."""
    return changes(turn, arguments, Message)


def query(turn: Turn, arguments: MessageQuery) -> QueryDone:
    """`SealedMessage/query`: newest first."""
    account = turn.mailbox(arguments.account_id).id
    if arguments.limit is not None and arguments.limit < 0:
        raise Refusal("invalidArguments", "limit is not negative")
    most = min(limits.MAX_OBJECTS_IN_GET if arguments.limit is None else arguments.limit, limits.MAX_OBJECTS_IN_GET)
    asked = _filter(account, arguments.filter or MessageFilter())
    total = turn.tx.query_total(asked) if arguments.calculate_total or arguments.position < 0 else None
    position = arguments.position if total is None or arguments.position >= 0 else max(0, total + arguments.position)
    return QueryDone(
        account_id=account,
        query_state=str(turn.tx.latest(Message, account)),
        can_calculate_changes=False,
        position=position,
        ids=turn.tx.query(asked, position, most),
        total=total if arguments.calculate_total and total is not None else msgspec.UNSET,
        limit=most if arguments.limit is None or arguments.limit > most else msgspec.UNSET,
    )


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`SealedMessage/set`: create and destroy; letters do not change."""
    account = turn.mailbox(arguments.account_id)

    def create(turn: Turn, _: str, raw: msgspec.Raw) -> dict[str, Any]:
        return deliver(turn, account, parse(raw, NewMessage))

    return apply(turn, arguments, lambda: turn.state(Message, account.id), create=create, destroy=destroy)


def deliver(turn: Turn, sender: Account, new: NewMessage) -> dict[str, Any]:
    """Keep a letter for all its recipients or for none; what the relay adds to it. Raises Refusal (protocol.md)."""
    scoped.require(turn, sending=True)
    if sender.kind not in SENDERS:
        raise Refusal("accountNotSupportedByMethod")
    sealed = _check_shape(new)
    digest = hashlib.sha256(msgspec.json.encode(new)).digest()
    _check_new(turn, sender, new, digest)
    people = _recipients(turn, sender, new)
    opened = contacts.check(turn, sender, people)
    named = [*new.blob_ids, *([new.sealed_blob_id] if new.sealed_blob_id else [])]
    found = blobs.check(turn, sender.id, named)
    size = len(sealed) + sum(blob.size for blob in found)
    _check_room(turn, [sender, *people], size)
    _check_rate(turn, sender)

    contacts.open_(turn, opened)
    if sender.kind == "app":
        for person in people:
            grants.note_use(turn, sender.id, person.id)
    others = [person for person in people if person.id != sender.id]
    letter = Message(
        account=sender.id,
        created=turn.change(Message, sender.id, size),
        id=message_id(),
        client_id=new.client_id,
        box="out",
        received=turn.stamp,
        size=size,
        body=turn.tx.add_body(sealed, 1 + len(others)) if new.sealed is not None else 0,
        sealed_blob=new.sealed_blob_id or "",
        blobs=" ".join(new.blob_ids),
        sender=sender.id,
        to=" ".join(person.id for person in others or people),
        digest=digest,
    )
    turn.tx.add(letter, *(_copy(letter, person.id, turn.change(Message, person.id, size)) for person in others))
    turn.arrived.update(person.id for person in others)
    blobs.keep(turn, [sender.id, *(person.id for person in others)], found)
    log(turn, "send", account=sender.id, target=letter.id)
    return {"id": letter.id, "receivedAt": date_text(letter.received), "size": letter.size}


def destroy(turn: Turn, account: str, id_: str) -> None:
    """Destroy one's own copy. Raises Refusal `notFound`; `forbidden` where the log-in may not receive."""
    scoped.require(turn, sending=False)
    found = scoped.visible(turn, turn.tx.where(Message, account=account, id=id_))
    if not found:
        raise Refusal("notFound")
    (message,) = found
    turn.tx.drop(Message, account, message.created)
    turn.tx.add(Gone(account, Message.__name__, turn.change(Message, account, -message.size), id_))
    if message.box == "out":
        turn.tx.put(Sent(account, message.client_id, id_, message.digest))
    if message.body:
        turn.tx.drop_copy(message.body)
    blobs.release(turn, account, _named(message))
    log(turn, "destroy", account=account, target=id_)


def _check_shape(new: NewMessage) -> bytes:
    accounts = [person.account for person in new.to]
    if len(accounts) > limits.MAX_RECIPIENTS:
        raise Refusal("tooManyRecipients", members={"limit": limits.MAX_RECIPIENTS})
    if accounts != sorted(set(accounts)):
        raise invalid("to")
    if (new.sealed is None) == (new.sealed_blob_id is None):
        raise invalid("sealed", "sealedBlobId")
    if len(set(new.blob_ids)) != len(new.blob_ids):
        raise invalid("blobIds")
    if new.sealed is None:
        return b""
    if len(new.sealed) > (limits.MAX_INLINE_SEALED * 4 + 2) // 3:
        raise Refusal("tooLarge", members={"limit": limits.MAX_INLINE_SEALED})
    try:
        sealed = unb64u(new.sealed)
    except NotCanonical:
        raise invalid("sealed") from None
    if not sealed:
        raise invalid("sealed")
    return sealed


def _check_new(turn: Turn, sender: Account, new: NewMessage, digest: bytes) -> None:
    mine = turn.tx.where(Message, account=sender.id, client_id=new.client_id, sender=sender.id)
    before: Message | Sent | None = mine[0] if mine else turn.tx.one(Sent, sender.id, new.client_id)
    if before is None:
        return
    if before.digest != digest:
        raise invalid("clientId")
    raise Refusal("alreadyExists", members={"existingId": before.id})


def _recipients(turn: Turn, sender: Account, new: NewMessage) -> list[Account]:
    found = [sender if to.account == sender.id else turn.tx.one(Account, to.account) for to in new.to]
    people = [person for person in found if person and person.state != "closed" and person.key]
    if len(people) != len(new.to):
        known = {person.id for person in people}
        missing = [to.account for to in new.to if to.account not in known]
        raise Refusal("recipientNotFound", members={"recipients": missing})
    stale = _stale(turn, people, new)
    if stale:
        # Who may not write learns nothing about the recipient's keys.
        contacts.check(turn, sender, people)
        raise Refusal("recipientKeyStale", members={"recipients": stale})
    return people


def _stale(turn: Turn, people: list[Account], new: NewMessage) -> dict[str, str]:
    # The newest key, or the one that others are shown until witnesses have cosigned the newest: both may be sealed to.
    other = [(p, to.key_id) for p, to in zip(people, new.to, strict=True) if p.key != to.key_id]
    shown = [(p, key_id, shown_key(turn, p)) for p, key_id in other]
    return {p.id: current or p.key for p, key_id, current in shown if key_id != current}


def _check_room(turn: Turn, holders: list[Account], size: int) -> None:
    if any(holder.octets + size > turn.house.storage for holder in holders):
        raise Refusal("overQuota", members={"limit": turn.house.storage})


def _check_rate(turn: Turn, sender: Account) -> None:
    meters = turn.house.rates.patient if sender.kind == "patient" else turn.house.rates.integrator
    wait = max(meter.wait(sender.id, turn.stamp) for meter in meters)
    if wait:
        seconds = -(-wait // SECOND)
        raise Refusal("rateLimit", members={"limit": meters[0].burst, "retryAfter": seconds})
    for meter in meters:
        meter.take(sender.id, turn.stamp)


def _copy(letter: Message, account: str, change: int) -> Message:
    return msgspec.structs.replace(letter, account=account, created=change, box="in", to="", digest=b"")


def _named(message: Message) -> list[str]:
    return [*message.blobs.split(), *([message.sealed_blob] if message.sealed_blob else [])]


def _bound_answer(turn: Turn, found: list[Message]) -> None:
    # size counts blobs as well; what travels inline is at most this much of it.
    turn.answered += sum(min(message.size, limits.MAX_INLINE_SEALED) for message in found if message.body)
    if turn.answered > limits.MAX_SIZE_ANSWER:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_SIZE_ANSWER})


def _filter(account: str, given: MessageFilter) -> Wanted:
    try:
        return Wanted(
            account,
            box=given.box or None,
            after=parse_date(given.after) if given.after else None,
            before=parse_date(given.before) if given.before else None,
            client_id=given.client_id or None,
        )
    except ValueError:
        raise Refusal("invalidArguments", "a date is not a date") from None


def _seen(turn: Turn, message: Message) -> SealedMessage:
    body = turn.tx.one(Body, message.body) if message.body else None
    return SealedMessage(
        id=message.id,
        client_id=message.client_id,
        box="out" if message.box == "out" else "in",
        received_at=date_text(message.received),
        size=message.size,
        sealed=None if body is None else blobs.text(body.sealed),
        sealed_blob_id=message.sealed_blob or None,
        blob_ids=message.blobs.split(),
        from_=message.sender,
        deliveries=[Delivery(account=account, state="delivered") for account in message.to.split()],
    )
