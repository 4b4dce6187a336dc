"""Sealed state: read marks, labels, drafts and the like, opaque to the relay, changed by compare-and-set."""

import msgspec

from crypto.encoding import b64u, unb64u
from crypto.errors import NotCanonical
from messaging.relay.records import Gone, State
from messaging.relay.sets import apply, changes, invalid, parse, wanted
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changed, Changes, Get, Got, Set, SetDone, StateUpdate
from messaging.wire.types import SealedState


def get(turn: Turn, arguments: Get) -> Got[SealedState]:
    """`SealedState/get`."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    if ids is None:
        if turn.tx.count(State, account=account) > limits.MAX_OBJECTS_IN_GET:
            raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
        found = turn.tx.where(State, account=account)
    else:
        found = [state for id_ in ids if (state := turn.tx.one(State, account, id_)) is not None]
    turn.answered += sum(len(state.sealed) for state in found)
    if turn.answered > limits.MAX_SIZE_ANSWER:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_SIZE_ANSWER})
    known = {state.id for state in found}
    return Got(
        account_id=account,
        state=str(turn.tx.latest(State, account)),
        list_=[SealedState(id=state.id, version=state.version, sealed=b64u(state.sealed)) for state in found],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def get_changes(turn: Turn, arguments: Changes) -> Changed:
    """`SealedState/changes`."""
    return changes(turn, arguments, State)


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`SealedState/set`: update (a missing id at version 1 is made) and destroy."""
    account = arguments.account_id
    return apply(turn, arguments, lambda: turn.state(State, account), update=_update, destroy=_destroy)


def _update(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    new = parse(raw, StateUpdate)
    try:
        unb64u(id_, 32)
        sealed = unb64u(new.sealed)
    except NotCanonical:
        raise invalid("id", "sealed") from None
    if len(sealed) > limits.MAX_STATE_SEALED:
        raise Refusal("tooLarge", members={"limit": limits.MAX_STATE_SEALED})
    before = turn.tx.one(State, account, id_)
    if new.version != (0 if before is None else before.version) + 1:
        raise Refusal("stateMismatch")
    if before is None and turn.tx.count(State, account=account) >= limits.MAX_STATES:
        raise Refusal("overQuota", members={"limit": limits.MAX_STATES})
    number = turn.change(State, account)
    turn.tx.put(State(account, id_, new.version, sealed, number if before is None else before.created, number))


def _destroy(turn: Turn, account: str, id_: str) -> None:
    if turn.tx.one(State, account, id_) is None:
        raise Refusal("notFound")
    turn.tx.drop(State, account, id_)
    turn.tx.add(Gone(account, State.__name__, turn.change(State, account), id_))
