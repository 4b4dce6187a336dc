"""`Quota` (RFC 9425): what an account holds and may hold. The state is the three numbers themselves, so that what
changed since any state is known and nothing is kept for it.
"""

from typing import Final

from msgspec import UNSET

from messaging.relay.records import State
from messaging.relay.sets import wanted
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changes, Get, Got, QueryDone, QuotaChanged
from messaging.wire.quotas import QueryChanged, Quota, QuotaFilter, QuotaId, QuotaQuery, QuotaQueryChanges

_IDS: Final[tuple[QuotaId, ...]] = ("storage", "uploads", "states")
_TYPES: Final[dict[str, list[str]]] = {
    "storage": ["SealedMessage"], "uploads": ["Blob"], "states": ["SealedState"],
}  # fmt: skip
_NOTHING: Final = "-"  # the place of a quota that a state does not know yet


def get(turn: Turn, arguments: Get) -> Got[Quota]:
    """`Quota/get`."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    found = _all(turn, account)
    known = {quota.id for quota in found}
    return Got(
        account_id=account,
        state=_state(found),
        list_=[quota for quota in found if ids is None or quota.id in ids],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def get_changes(turn: Turn, arguments: Changes) -> QuotaChanged:
    """`Quota/changes`. Raises Refusal `cannotCalculateChanges` for what is no state of these."""
    account = turn.mailbox(arguments.account_id).id
    if arguments.max_changes is not None and arguments.max_changes < 1:
        raise Refusal("invalidArguments", "maxChanges is a positive number")
    found = _all(turn, account)
    before = _known(arguments.since_state)
    new = [quota for quota, old in zip(found, before, strict=True) if old != str(quota.used)]
    told = new[: arguments.max_changes or len(_IDS)]
    after = [str(quota.used) if quota in told else old for quota, old in zip(found, before, strict=True)]
    created = [quota.id for quota in told if before[_IDS.index(quota.id)] == _NOTHING]
    return QuotaChanged(
        account_id=account,
        old_state=arguments.since_state,
        new_state=".".join(after),
        has_more_changes=len(told) < len(new),
        created=list(created),
        updated=[quota.id for quota in told if quota.id not in created],
        destroyed=[],
        updated_properties=["used"] if told and not created else None,
    )


def query(turn: Turn, arguments: QuotaQuery) -> QueryDone:
    """`Quota/query`: in the order asked for, or by name."""
    account = turn.mailbox(arguments.account_id).id
    every = _all(turn, account)
    found = [quota for quota in every if _fits(quota, arguments.filter or QuotaFilter())]
    for order in reversed(arguments.sort or []):
        found.sort(key=lambda quota: getattr(quota, order.property), reverse=not order.is_ascending)
    position = arguments.position if arguments.position >= 0 else max(0, len(found) + arguments.position)
    end = None if arguments.limit is None else position + arguments.limit
    return QueryDone(
        account_id=account,
        query_state=_state(every),
        can_calculate_changes=False,
        position=position,
        ids=[quota.id for quota in found[position:end]],
        total=len(found) if arguments.calculate_total else UNSET,
    )


def query_changes(turn: Turn, arguments: QuotaQueryChanges) -> QueryChanged:
    """`Quota/queryChanges`: nothing, or Refusal `cannotCalculateChanges`: there are three of these, ask again."""
    account = turn.mailbox(arguments.account_id).id
    state = _state(_all(turn, account))
    if arguments.since_query_state != state:
        raise Refusal("cannotCalculateChanges")
    return QueryChanged(account_id=account, old_query_state=state, new_query_state=state, removed=[], added=[])


def _all(turn: Turn, account: str) -> list[Quota]:
    held = turn.mailbox(account)
    return [
        _quota("storage", "octets", held.octets, turn.house.storage, "Letters"),
        _quota("uploads", "octets", turn.tx.unkept_bytes(account), limits.UPLOAD_QUOTA, "Uploads"),
        _quota("states", "count", turn.tx.count(State, account=account), limits.MAX_STATES, "Sealed states"),
    ]


def _quota(id_: QuotaId, counted: str, used: int, most: int, name: str) -> Quota:
    return Quota(
        id=id_, resource_type="octets" if counted == "octets" else "count", used=used, hard_limit=most,
        warn_limit=most * 9 // 10, soft_limit=None, scope="account", name=name, description=None, types=_TYPES[id_],
    )  # fmt: skip


def _state(found: list[Quota]) -> str:
    return ".".join(str(quota.used) for quota in found)


def _known(state: str) -> list[str]:
    parts = [_NOTHING] * len(_IDS) if state == "0" else state.split(".")
    fit = [part == _NOTHING or (part.isascii() and part.isdigit() and len(part) < 19) for part in parts]
    if len(parts) != len(_IDS) or not all(fit):
        raise Refusal("cannotCalculateChanges")
    return parts


def _fits(quota: Quota, asked: QuotaFilter) -> bool:
    return (
        (asked.name is UNSET or asked.name.lower() in quota.name.lower())
        and asked.scope in (UNSET, quota.scope)
        and asked.resource_type in (UNSET, quota.resource_type)
        and (asked.type is UNSET or asked.type in quota.types)
    )
