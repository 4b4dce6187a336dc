"""What all `/get`, `/changes` and `/set` share (RFC 8620, 5.1 to 5.3): one wrong object is its own SetError."""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from messaging.relay.ports import Numbered
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changed, Changes, PushSet, Set, SetDone

T = TypeVar("T")
_NAMED = re.compile(r"field `([A-Za-z]{1,40})`|at `\$\.([A-Za-z]{1,40})")

Create = Callable[[Turn, str, msgspec.Raw], dict[str, Any]]
Update = Callable[[Turn, str, str, msgspec.Raw], None]
Destroy = Callable[[Turn, str, str], None]


def wanted(ids: list[str] | None) -> list[str] | None:
    """The ids without repetition. Raises Refusal `requestTooLarge`."""
    if ids is None:
        return None
    if len(ids) > limits.MAX_OBJECTS_IN_GET:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
    return list(dict.fromkeys(ids))


def parse(raw: msgspec.Raw, kind: type[T]) -> T:
    """One object of a `/set`. Raises Refusal `invalidProperties` with the property's name."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        match = _NAMED.search(str(error))
        raise invalid(*([next(filter(None, match.groups()))] if match else [])) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise invalid() from None


def invalid(*properties: str) -> Refusal:
    """The SetError for properties of a wrong shape."""
    return Refusal("invalidProperties", members={"properties": list(properties)})


def changes(turn: Turn, arguments: Changes, kind: Numbered) -> Changed:
    """What changed since a state. Raises Refusal `cannotCalculateChanges` for a state this relay never gave."""
    account = turn.mailbox(arguments.account_id).id
    return changes_of(turn, account, account, arguments, kind)


def changes_of(turn: Turn, asker: str, account: str, arguments: Changes, kind: Numbered) -> Changed:
    """The same of a list that is somebody else's: whoever calls it says what the asker may see of it."""
    latest = turn.tx.latest(kind, account)
    since = _number(arguments.since_state, latest)
    if arguments.max_changes is not None and arguments.max_changes < 1:
        raise Refusal("invalidArguments", "maxChanges is a positive number")
    most = min(arguments.max_changes or limits.MAX_OBJECTS_IN_GET, limits.MAX_OBJECTS_IN_GET)
    found = turn.tx.changes(kind, account, since, most + 1)
    more, found = len(found) > most, found[:most]
    alive = [change for change in found if not change.gone]
    return Changed(
        account_id=asker,
        old_state=arguments.since_state,
        new_state=str(found[-1].number if more else latest),
        has_more_changes=more,
        created=[change.id for change in alive if change.created > since],
        updated=[change.id for change in alive if change.created <= since],
        destroyed=[change.id for change in found if change.gone],
    )


def apply(
    turn: Turn,
    arguments: Set,
    state: Callable[[], str],
    *,
    create: Create | None = None,
    update: Update | None = None,
    destroy: Destroy | None = None,
) -> SetDone:
    """Create, update, destroy, each object on its own (RFC 8620, 5.3). A None means that the type has no such thing.

    Raises Refusal `accountNotFound`, `requestTooLarge`, `stateMismatch`.
    """
    account = turn.mailbox(arguments.account_id).id
    _check_size(arguments)
    old = state()
    if arguments.if_in_state is not None and arguments.if_in_state != old:
        raise Refusal("stateMismatch")
    done = each_of(turn, account, arguments, create=create, update=update, destroy=destroy)
    return SetDone(account_id=account, old_state=old, new_state=state(), **done)


def each_of(
    turn: Turn,
    account: str,
    arguments: Set | PushSet,
    *,
    create: Create | None,
    update: Update | None,
    destroy: Destroy | None,
) -> dict[str, Any]:
    """The members of an answer that say what became of each object. Raises Refusal `requestTooLarge`."""
    _check_size(arguments)
    created, not_created = _each(
        turn, (arguments.create or {}).items(), lambda item: _allowed(create)(turn, account, item[1]), lambda i: i[0]
    )
    updated, not_updated = _each(
        turn, (arguments.update or {}).items(), lambda i: _allowed(update)(turn, account, i[0], i[1]), lambda i: i[0]
    )
    destroyed, not_destroyed = _each(
        turn, arguments.destroy or [], lambda id_: _allowed(destroy)(turn, account, id_), lambda id_: id_
    )
    return {
        "created": created or None,
        "updated": updated or None,
        "destroyed": list(destroyed) or None,
        "not_created": not_created or None,
        "not_updated": not_updated or None,
        "not_destroyed": not_destroyed or None,
    }


def _each(
    turn: Turn, items: Iterable[Any], act: Callable[[Any], Any], name: Callable[[Any], str]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    done: dict[str, Any] = {}
    refused: dict[str, dict[str, Any]] = {}
    for item in items:
        before = turn.tx.writes
        try:
            done[name(item)] = act(item)
        except Refusal as refusal:
            if turn.tx.writes != before:
                raise RuntimeError("a refusal came after a write") from refusal
            refused[name(item)] = refusal.as_error()
    return done, refused


def _allowed(act: Callable[..., Any] | None) -> Callable[..., Any]:
    if act is None:
        raise Refusal("forbidden")
    return act


def _check_size(arguments: Set | PushSet) -> None:
    named = (arguments.create or {}, arguments.update or {}, arguments.destroy or [])
    if sum(map(len, named)) > limits.MAX_OBJECTS_IN_SET:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_SET})


def _number(state: str, latest: int) -> int:
    if not (state.isascii() and state.isdigit()) or len(state) > 18 or int(state) > latest:
        raise Refusal("cannotCalculateChanges")
    return int(state)
