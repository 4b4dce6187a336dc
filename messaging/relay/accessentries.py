"""The access log as the owner of an account reads it: its own rows, which follow each other without a gap.

It is read in one's own account, and in one that has nobody to read it: a child's by its carer, a mailbox by its bridge.
"""

from messaging.relay.delegations import has_password
from messaging.relay.moments import date_text, parse_date
from messaging.relay.records import Act
from messaging.relay.sets import wanted
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.accesslog import BEGINNING
from messaging.wire.errors import Refusal
from messaging.wire.methods import AccessFilter, AccessQuery, Changed, Changes, Get, Got, QueryDone
from messaging.wire.types import AccessLogEntry, Actor

_EVER = 2**62
_ACTORS: dict[str, Actor] = {
    "anyone": "anyone", "owner": "owner", "delegate": "delegate", "bridge": "bridge", "station": "station",
    "professional": "professional", "organisation": "organisation", "app": "app", "operator": "operator",
    "relay": "relay",
}  # fmt: skip


def get(turn: Turn, arguments: Get) -> Got[AccessLogEntry]:
    """`AccessLogEntry/get`; without ids all, when they are few enough."""
    account = _readable(turn, arguments.account_id)
    ids, latest = wanted(arguments.ids), _latest(turn, account)
    if ids is None and latest > limits.MAX_OBJECTS_IN_GET:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
    asked = range(1, latest + 1) if ids is None else [_number(id_, latest) for id_ in ids]
    rows = _rows(turn, account, {number for number in asked if number})
    shown = {number: _seen(act, rows.get(number - 1)) for number, act in rows.items()}
    return Got(
        account_id=account,
        state=str(latest),
        list_=[shown[number] for number in asked if number in shown],
        not_found=[id_ for id_ in ids or [] if _number(id_, latest) not in shown],
    )


def get_changes(turn: Turn, arguments: Changes) -> Changed:
    """`AccessLogEntry/changes`: rows are added and never change. Raises Refusal `cannotCalculateChanges`."""
    account = _readable(turn, arguments.account_id)
    latest, state = _latest(turn, account), arguments.since_state
    if not (state.isascii() and state.isdigit()) or len(state) > 18 or int(state) > latest:
        raise Refusal("cannotCalculateChanges")
    if arguments.max_changes is not None and arguments.max_changes < 1:
        raise Refusal("invalidArguments", "maxChanges is a positive number")
    most = min(arguments.max_changes or limits.MAX_OBJECTS_IN_GET, limits.MAX_OBJECTS_IN_GET)
    last = min(latest, int(state) + most)
    return Changed(
        account_id=account,
        old_state=state,
        new_state=str(last),
        has_more_changes=last < latest,
        created=[f"e{number}" for number in range(int(state) + 1, last + 1)],
        updated=[],
        destroyed=[],
    )


def query(turn: Turn, arguments: AccessQuery) -> QueryDone:
    """`AccessLogEntry/query`: newest first."""
    account = _readable(turn, arguments.account_id)
    most = limits.MAX_OBJECTS_IN_GET
    limit = most if arguments.limit is None else min(arguments.limit, most)
    after, before = _between(arguments.filter or AccessFilter())
    total = turn.tx.query_acts_total(account, after, before)
    position = arguments.position if arguments.position >= 0 else max(0, total + arguments.position)
    capped = arguments.limit is None or arguments.limit > most
    return QueryDone(
        account_id=account,
        query_state=str(_latest(turn, account)),
        can_calculate_changes=False,
        position=position,
        ids=[f"e{number}" for number in turn.tx.query_acts(account, after, before, position, limit)],
        **({"total": total} if arguments.calculate_total else {}),
        **({"limit": limit} if capped else {}),
    )


def _readable(turn: Turn, id_: str) -> str:
    account = turn.mailbox(id_).id
    if account != turn.caller.account and has_password(turn, account):
        raise Refusal("accountNotSupportedByMethod")
    return account


def _latest(turn: Turn, account: str) -> int:
    last = turn.tx.last_act_of(account)
    return 0 if last is None else last.seq


def _rows(turn: Turn, account: str, numbers: set[int]) -> dict[int, Act]:
    """The rows, and for each the one before it; without a few odd ones in one reading."""
    if not numbers:
        return {}
    first, last = min(numbers), max(numbers)
    if last - first <= 2 * len(numbers):
        found = turn.tx.acts_of(account, max(first - 2, 0), last - first + 2)
    else:
        around = numbers | {number - 1 for number in numbers}
        found = [act for number in around if number for act in turn.tx.where(Act, account=account, seq=number)]
    return {act.seq: act for act in found}


def _number(id_: str, latest: int) -> int:
    digits = id_[1:]
    if not id_.startswith("e") or not (digits.isascii() and digits.isdigit()) or len(digits) > 18 or digits[0] == "0":
        return 0
    return int(digits) if int(digits) <= latest else 0


def _between(asked: AccessFilter) -> tuple[int, int]:
    try:
        return parse_date(asked.after) if asked.after else 0, parse_date(asked.before) if asked.before else _EVER
    except ValueError:
        raise Refusal("invalidArguments", "a date is not a date") from None


def _seen(act: Act, before: Act | None) -> AccessLogEntry:
    return AccessLogEntry(
        id=f"e{act.seq}",
        seq=act.seq,
        at=date_text(act.time),
        actor=_ACTORS[act.actor],
        by=act.by or None,
        device=act.device or None,
        action=act.action,
        object=act.target or None,
        outcome=act.outcome,
        previous=(BEGINNING if before is None else before.chain).hex(),
        hash=act.chain.hex(),
    )
