"""`Quota` (RFC 9425): how much an account holds of what it may hold."""

from typing import Literal

from msgspec import UNSET, UnsetType

from messaging.wire.types import AccountId, Int, UnsignedInt, Wire

QuotaId = Literal["storage", "uploads", "states"]


class Quota(Wire, frozen=True):
    """`storage`: octets of letters kept; `uploads`: of blobs that no letter names yet; `states`: of SealedState."""

    id: QuotaId
    resource_type: Literal["octets", "count"]
    used: UnsignedInt
    hard_limit: UnsignedInt
    warn_limit: UnsignedInt | None
    soft_limit: UnsignedInt | None
    scope: Literal["account"]
    name: str
    description: str | None
    types: list[str]


class QuotaFilter(Wire, frozen=True, omit_defaults=True):
    """RFC 9425, 4.4.1: `name` is a part of the name, `type` one of `types`."""

    name: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET
    resource_type: str | UnsetType = UNSET
    type: str | UnsetType = UNSET


class QuotaSort(Wire, frozen=True, omit_defaults=True):
    property: Literal["name", "used"]
    is_ascending: bool = True


class QuotaQuery(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    filter: QuotaFilter | None = None
    sort: list[QuotaSort] | None = None
    position: Int = 0
    limit: UnsignedInt | None = None
    calculate_total: bool = False


class QuotaQueryChanges(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    since_query_state: str
    filter: QuotaFilter | None = None
    sort: list[QuotaSort] | None = None
    max_changes: UnsignedInt | None = None
    calculate_total: bool = False


class AddedItem(Wire, frozen=True):
    id: str
    index: UnsignedInt


class QueryChanged(Wire, frozen=True):
    """RFC 8620, 5.6."""

    account_id: AccountId
    old_query_state: str
    new_query_state: str
    removed: list[str]
    added: list[AddedItem]
    total: UnsignedInt | UnsetType = UNSET
