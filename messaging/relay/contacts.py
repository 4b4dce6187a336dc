"""Contacts: who may write to whom. Policy looks at edges only, and denies what it does not know.

One edge is two rows: the patient's (may I write, do I block) and the professional's (may the patient write).
"""

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from messaging.relay import grants, scoped
from messaging.relay.accesslog import log
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Edge, Gone
from messaging.relay.sets import apply, changes, invalid, parse, wanted
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changed, Changes, ContactUpdate, Get, Got, Set, SetDone
from messaging.wire.types import Contact

PROFESSIONAL = ("professional", "organisation")
Opening = list[tuple[Account, Account]]


def check(turn: Turn, sender: Account, people: list[Account]) -> Opening:
    """The (patient, professional) pairs that the letter opens. Raises Refusal `recipientRefuses`, naming them."""
    refusing: list[str] = []
    opening: Opening = []
    for person in people:
        if person.id == sender.id:
            continue
        if "app" in (sender.kind, person.kind):
            refusing.extend([] if _is_granted(turn, sender, person) else [person.id])
            continue
        match (sender.kind in PROFESSIONAL, person.kind):
            case (True, "patient"):
                edge = turn.tx.one(Edge, person.id, sender.id)
                if edge is not None and edge.blocked:
                    refusing.append(person.id)
                elif edge is None or not edge.may_write:
                    opening.append((person, sender))
            case (False, "professional" | "organisation") if sender.kind == "patient":
                edge = turn.tx.one(Edge, sender.id, person.id)
                if edge is None or not edge.may_write:
                    refusing.append(person.id)
            case _:
                refusing.append(person.id)
    if refusing:
        raise Refusal("recipientRefuses", members={"recipients": refusing})
    return opening


def open_(turn: Turn, opening: Opening) -> None:
    """The patients may write from now on."""
    for patient, professional in opening:
        for mine, peer in ((patient, professional), (professional, patient)):
            before = turn.tx.one(Edge, mine.id, peer.id)
            number = turn.change(Edge, mine.id)
            fresh = Edge(mine.id, peer.id, mine.kind, 1, 0, turn.stamp, number, number)
            turn.tx.put(fresh if before is None else replace(before, may_write=1, changed=number))


def leave(turn: Turn, account: str) -> None:
    """Its peers have no contact with it any more; its own are as they were."""
    for mine in turn.tx.where(Edge, account=account):
        if turn.tx.one(Edge, mine.id, account) is not None:
            turn.tx.drop(Edge, mine.id, account)
            turn.tx.add(Gone(mine.id, Edge.__name__, turn.change(Edge, mine.id), account))


def come_back(turn: Turn, account: Account) -> None:
    """Its peers that still are have the contacts again that it had when it left."""
    for mine in turn.tx.where(Edge, account=account.id):
        peer = turn.tx.one(Account, mine.id)
        if peer is not None and peer.state != "closed" and turn.tx.one(Edge, peer.id, account.id) is None:
            number = turn.change(Edge, peer.id)
            turn.tx.put(Edge(peer.id, account.id, peer.kind, mine.may_write, 0, mine.since, number, number))


def get(turn: Turn, arguments: Get) -> Got[Contact]:
    """`Contact/get`."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    if ids is None:
        found = turn.tx.where(Edge, account=account)
        if len(found) > limits.MAX_OBJECTS_IN_GET:
            raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
    else:
        found = [edge for id_ in ids if (edge := turn.tx.one(Edge, account, id_)) is not None]
    known = {edge.id for edge in found}
    return Got(
        account_id=account,
        state=str(turn.tx.latest(Edge, account)),
        list_=[_seen(edge) for edge in found],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def get_changes(turn: Turn, arguments: Changes) -> Changed:
    """`Contact/changes`."""
    return changes(turn, arguments, Edge)


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`Contact/set`: update alone."""
    return apply(turn, arguments, lambda: turn.state(Edge, arguments.account_id), update=_update)


def _is_granted(turn: Turn, sender: Account, person: Account) -> bool:
    match sender.kind, person.kind:
        case "app", "patient":
            if turn.caller.granted and person.id != scoped.patient(turn):  # a log-in by one patient's grant
                return False
            return grants.may_send(turn, sender.id, person.id)
        case "patient", "app":
            return grants.may_receive(turn, person.id, sender.id)
        case _:
            return False


def _update(turn: Turn, account: str, peer: str, raw: msgspec.Raw) -> None:
    mine, theirs = turn.tx.one(Edge, account, peer), turn.tx.one(Edge, peer, account)
    if mine is None or theirs is None:
        raise Refusal("notFound")
    new = parse(raw, ContactUpdate)
    if mine.side == "patient":
        if new.may_write is not UNSET:
            raise invalid("mayWrite")
        if new.blocked is not UNSET:
            _change(turn, replace(mine, blocked=int(new.blocked)))
    else:
        if new.blocked is not UNSET:
            raise invalid("blocked")
        if new.may_write is not UNSET:
            _change(turn, replace(mine, may_write=int(new.may_write)))
            _change(turn, replace(theirs, may_write=int(new.may_write)))
    log(turn, "contact", account=account, target=peer)


def _change(turn: Turn, edge: Edge) -> None:
    turn.tx.put(replace(edge, changed=turn.change(Edge, edge.account)))


def _seen(edge: Edge) -> Contact:
    return Contact(
        id=edge.id,
        peer=edge.id,
        may_write=bool(edge.may_write),
        since=date_text(edge.since),
        blocked=bool(edge.blocked),
    )
