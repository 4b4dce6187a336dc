"""Arguments and answers of every method, and the table of which exist (docs/spec/protocol.md; RFC 8620, section 5).

A method that is not in METHODS does not exist. `Set` create/update values are checked one by one, so that one wrong
object is its own SetError: they stay raw here and name their type in the table.
"""

from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from messaging.wire import names
from messaging.wire.blobs import BlobCopy, BlobGet, BlobsCopied, BlobsGot, BlobsMade, BlobUpload
from messaging.wire.directory import DirectoryEntry, EntryQuery
from messaging.wire.grants import AppGrant, EmergencyGrant, Use, UseDone
from messaging.wire.notices import (
    ConfirmEmail,
    EmailConfirmed,
    NotificationSettings,
    PushGet,
    PushGot,
    Tried,
    TryNotice,
    Webhook,
)
from messaging.wire.quotas import QueryChanged, Quota, QuotaQuery, QuotaQueryChanges
from messaging.wire.types import (
    AccessLogEntry,
    AccountId,
    AccountInfo,
    Address,
    Contact,
    Date,
    Delegation,
    Device,
    Hashes,
    Int,
    KeyBox,
    LogAnswer,
    PublicKey,
    Resolved,
    SealedMessage,
    SealedState,
    SealedText,
    UnsignedInt,
    Wire,
)

T = TypeVar("T")


class Get(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    ids: list[str] | None = None
    properties: list[str] | None = None


class Got(Wire, Generic[T], frozen=True):
    account_id: AccountId
    state: str
    list_: list[T]
    not_found: list[str] = msgspec.field(default_factory=list)


class Changes(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    since_state: str
    max_changes: UnsignedInt | None = None


class Changed(Wire, frozen=True):
    account_id: AccountId
    old_state: str
    new_state: str
    has_more_changes: bool
    created: list[str]
    updated: list[str]
    destroyed: list[str]


class QuotaChanged(Changed, frozen=True):
    """`updatedProperties` null: any may have changed (RFC 9425, 4.3)."""

    updated_properties: list[str] | None = None


class Set(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    if_in_state: str | None = None
    create: dict[str, Raw] | None = None
    update: dict[str, Raw] | None = None
    destroy: list[str] | None = None


class SetDone(Wire, frozen=True):
    account_id: AccountId
    old_state: str | None
    new_state: str
    created: dict[str, dict[str, Any]] | None = None
    updated: dict[str, dict[str, Any] | None] | None = None
    destroyed: list[str] | None = None
    not_created: dict[str, dict[str, Any]] | None = None
    not_updated: dict[str, dict[str, Any]] | None = None
    not_destroyed: dict[str, dict[str, Any]] | None = None


class PushSet(Wire, frozen=True, omit_defaults=True):
    """Without an account or a state (RFC 8620, 7.2.2)."""

    create: dict[str, Raw] | None = None
    update: dict[str, Raw] | None = None
    destroy: list[str] | None = None


class PushSetDone(Wire, frozen=True):
    created: dict[str, dict[str, Any]] | None = None
    updated: dict[str, dict[str, Any] | None] | None = None
    destroyed: list[str] | None = None
    not_created: dict[str, dict[str, Any]] | None = None
    not_updated: dict[str, dict[str, Any]] | None = None
    not_destroyed: dict[str, dict[str, Any]] | None = None


class MessageFilter(Wire, frozen=True, omit_defaults=True):
    box: Literal["in", "out"] | UnsetType = UNSET
    after: Date | UnsetType = UNSET
    before: Date | UnsetType = UNSET
    client_id: str | UnsetType = UNSET


class MessageQuery(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    filter: MessageFilter | None = None
    position: Int = 0
    limit: UnsignedInt | None = None
    calculate_total: bool = False


class QueryDone(Wire, frozen=True):
    """`ids` is there also when it is empty."""

    account_id: AccountId
    query_state: str
    can_calculate_changes: bool
    position: int
    ids: list[str] = msgspec.field(default_factory=list)
    total: int | UnsetType = UNSET
    limit: int | UnsetType = UNSET


class AccessFilter(Wire, frozen=True, omit_defaults=True):
    after: Date | UnsetType = UNSET
    before: Date | UnsetType = UNSET


class AccessQuery(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    filter: AccessFilter | None = None
    position: Int = 0
    limit: UnsignedInt | None = None
    calculate_total: bool = False


class KeyLookup(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    accounts: list[AccountId]
    history: bool = False
    since: UnsignedInt | None = None


class KeyLookupDone(Wire, frozen=True):
    account_id: AccountId
    list_: list[PublicKey]
    not_found: list[str]
    log: LogAnswer


class Prove(Wire, frozen=True):
    account_id: AccountId
    sizes: list[UnsignedInt]


class ProveDone(Wire, frozen=True):
    """`proofs`: by size in digits, None where the size is above the checkpoint's."""

    account_id: AccountId
    checkpoint: str
    proofs: dict[str, Hashes | None]


class Resolve(Wire, frozen=True):
    account_id: AccountId
    addresses: list[Address]


class ResolveDone(Wire, frozen=True):
    account_id: AccountId
    list_: list[Resolved]
    not_found: list[str]


class KeyBoxUpdate(Wire, frozen=True):
    version: UnsignedInt
    box: SealedText


class StateUpdate(Wire, frozen=True):
    version: UnsignedInt
    sealed: SealedText


class ContactUpdate(Wire, frozen=True, omit_defaults=True):
    may_write: bool | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET


class DeviceUpdate(Wire, frozen=True):
    label: SealedText | None


class NewDelegation(Wire, frozen=True):
    delegate: AccountId


class Method(msgspec.Struct, frozen=True):
    """One method: the capability it needs, its arguments and answer. `writes`: it may change something."""

    capability: str
    arguments: type[Any]
    answer: Any
    writes: bool = False


METHODS: Final[dict[str, Method]] = {
    "Core/echo": Method(names.CORE, dict, dict),
    "AccountInfo/get": Method(names.ACCOUNT, Get, Got[AccountInfo]),
    "AccessLogEntry/get": Method(names.ACCOUNT, Get, Got[AccessLogEntry]),
    "AccessLogEntry/changes": Method(names.ACCOUNT, Changes, Changed),
    "AccessLogEntry/query": Method(names.ACCOUNT, AccessQuery, QueryDone),
    "Device/get": Method(names.ACCOUNT, Get, Got[Device]),
    "Device/set": Method(names.ACCOUNT, Set, SetDone, writes=True),
    "Delegation/get": Method(names.ACCOUNT, Get, Got[Delegation]),
    "Delegation/set": Method(names.ACCOUNT, Set, SetDone, writes=True),
    "AppGrant/get": Method(names.ACCOUNT, Get, Got[AppGrant]),
    "AppGrant/changes": Method(names.ACCOUNT, Changes, Changed),
    "AppGrant/set": Method(names.ACCOUNT, Set, SetDone, writes=True),
    "EmergencyGrant/get": Method(names.ACCOUNT, Get, Got[EmergencyGrant]),
    "EmergencyGrant/changes": Method(names.ACCOUNT, Changes, Changed),
    "EmergencyGrant/set": Method(names.ACCOUNT, Set, SetDone, writes=True),
    "EmergencyGrant/use": Method(names.ACCOUNT, Use, UseDone, writes=True),
    "PublicKey/get": Method(names.KEYS, Get, Got[PublicKey]),
    "PublicKey/lookup": Method(names.KEYS, KeyLookup, KeyLookupDone),
    "KeyLog/prove": Method(names.KEYS, Prove, ProveDone),
    "KeyBox/get": Method(names.KEYS, Get, Got[KeyBox]),
    "KeyBox/set": Method(names.KEYS, Set, SetDone, writes=True),
    "SealedMessage/get": Method(names.SEALED, Get, Got[SealedMessage]),
    "SealedMessage/changes": Method(names.SEALED, Changes, Changed),
    "SealedMessage/query": Method(names.SEALED, MessageQuery, QueryDone),
    "SealedMessage/set": Method(names.SEALED, Set, SetDone, writes=True),
    "SealedState/get": Method(names.SEALED, Get, Got[SealedState]),
    "SealedState/changes": Method(names.SEALED, Changes, Changed),
    "SealedState/set": Method(names.SEALED, Set, SetDone, writes=True),
    "Contact/get": Method(names.SEALED, Get, Got[Contact]),
    "Contact/changes": Method(names.SEALED, Changes, Changed),
    "Contact/set": Method(names.SEALED, Set, SetDone, writes=True),
    "NotificationSettings/get": Method(names.ACCOUNT, Get, Got[NotificationSettings]),
    "NotificationSettings/changes": Method(names.ACCOUNT, Changes, Changed),
    "NotificationSettings/set": Method(names.ACCOUNT, Set, SetDone, writes=True),
    "NotificationSettings/confirm": Method(names.ACCOUNT, ConfirmEmail, EmailConfirmed, writes=True),
    "NotificationSettings/test": Method(names.ACCOUNT, TryNotice, Tried, writes=True),
    "PushSubscription/get": Method(names.CORE, PushGet, PushGot),
    "PushSubscription/set": Method(names.CORE, PushSet, PushSetDone, writes=True),
    "Webhook/get": Method(names.ACCOUNT, Get, Got[Webhook]),
    "Webhook/set": Method(names.ACCOUNT, Set, SetDone, writes=True),
    "Quota/get": Method(names.QUOTA, Get, Got[Quota]),
    "Quota/changes": Method(names.QUOTA, Changes, QuotaChanged),
    "Quota/query": Method(names.QUOTA, QuotaQuery, QueryDone),
    "Quota/queryChanges": Method(names.QUOTA, QuotaQueryChanges, QueryChanged),
    "Blob/get": Method(names.BLOB, BlobGet, BlobsGot),
    "Blob/upload": Method(names.BLOB, BlobUpload, BlobsMade, writes=True),
    "Blob/copy": Method(names.CORE, BlobCopy, BlobsCopied, writes=True),
    "DirectoryEntry/get": Method(names.DIRECTORY, Get, Got[DirectoryEntry]),
    "DirectoryEntry/changes": Method(names.DIRECTORY, Changes, Changed),
    "DirectoryEntry/query": Method(names.DIRECTORY, EntryQuery, QueryDone),
    "DirectoryEntry/set": Method(names.DIRECTORY, Set, SetDone, writes=True),
    "Address/resolve": Method(names.BRIDGE, Resolve, ResolveDone, writes=True),  # who looked is in the access log
}
