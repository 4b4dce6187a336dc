"""Answers that the relay builds as plain JSON, as types: for the descriptions, and for whoever checks an answer.

Law: exact. A member or a capability that is not here is not described, and a test of the running relay fails.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from messaging.wire import names
from messaging.wire.types import AccountId, B64u32, Date, UnsignedInt, Wire

StateText = Annotated[str, Meta(min_length=1, max_length=64)]


class Nothing(Wire, frozen=True):
    """An object without members."""


class CoreLimits(Wire, frozen=True):
    """RFC 8620, section 2."""

    max_size_upload: UnsignedInt
    max_concurrent_upload: UnsignedInt
    max_size_request: UnsignedInt
    max_concurrent_requests: UnsignedInt
    max_calls_in_request: UnsignedInt
    max_objects_in_get: UnsignedInt
    max_objects_in_set: UnsignedInt
    collation_algorithms: list[str]


class AccountLimits(Wire, frozen=True):
    """`catalogue_keys`: those that sign the catalogue of apps; a client keeps the first that it saw."""

    catalogue_keys: list[B64u32]


class SealedLimits(Wire, frozen=True):
    """Of letters and sealed state; bytes where they are sizes."""

    max_recipients: UnsignedInt
    max_inline_sealed: UnsignedInt
    max_blobs_per_message: UnsignedInt
    max_attachments_total: UnsignedInt
    max_state_sealed: UnsignedInt


class BridgeLimits(Wire, frozen=True):
    max_resolve: UnsignedInt
    max_enrol: UnsignedInt


class BlobLimits(Wire, frozen=True):
    """Of an account (RFC 9404, section 3.1)."""

    max_size_blob_set: UnsignedInt
    max_data_sources: UnsignedInt
    supported_type_names: list[str]
    supported_digest_algorithms: list[str]


class DirectoryLimits(Wire, frozen=True):
    max_search_words: UnsignedInt
    max_search_limit: UnsignedInt


class Vapid(Wire, frozen=True):
    """The key that signs what is pushed (RFC 8292; RFC 9749): an uncompressed point of P-256."""

    application_server_key: str


class Capabilities(Wire, frozen=True):
    """What this log-in may name in `using`."""

    core: CoreLimits = field(name=names.CORE)
    account: AccountLimits = field(name=names.ACCOUNT)
    keys: Nothing = field(name=names.KEYS)
    sealed: SealedLimits = field(name=names.SEALED)
    directory: DirectoryLimits = field(name=names.DIRECTORY)
    blob: Nothing = field(name=names.BLOB)
    quota: Nothing = field(name=names.QUOTA)
    vapid: Vapid = field(name=names.VAPID)
    bridge: BridgeLimits | UnsetType = field(name=names.BRIDGE, default=UNSET)


class AccountCapabilities(Wire, frozen=True):
    account: Nothing = field(name=names.ACCOUNT)
    keys: Nothing = field(name=names.KEYS)
    sealed: Nothing = field(name=names.SEALED)
    directory: Nothing = field(name=names.DIRECTORY)
    blob: BlobLimits = field(name=names.BLOB)
    quota: Nothing = field(name=names.QUOTA)
    bridge: Nothing | UnsetType = field(name=names.BRIDGE, default=UNSET)


class PrimaryAccounts(Wire, frozen=True):
    account: AccountId = field(name=names.ACCOUNT)
    keys: AccountId = field(name=names.KEYS)
    sealed: AccountId = field(name=names.SEALED)
    directory: AccountId = field(name=names.DIRECTORY)
    blob: AccountId = field(name=names.BLOB)
    quota: AccountId = field(name=names.QUOTA)
    bridge: AccountId | UnsetType = field(name=names.BRIDGE, default=UNSET)


class SessionAccount(Wire, frozen=True):
    """`name` is the account's id: nobody's name is known here."""

    name: AccountId
    is_personal: bool
    is_read_only: bool
    account_capabilities: AccountCapabilities


class Session(Wire, frozen=True):
    """The session object (RFC 8620, section 2). The URLs are templates of RFC 6570, level 1."""

    capabilities: Capabilities
    accounts: dict[AccountId, SessionAccount]
    primary_accounts: PrimaryAccounts
    username: AccountId
    api_url: str
    download_url: str
    upload_url: str
    event_source_url: str
    state: StateText


class StateChange(Wire, frozen=True):
    """What changed, never what it is (RFC 8620, 7.1): for each account the new state of each type."""

    type_: Literal["StateChange"] = field(name="@type")
    changed: dict[AccountId, dict[str, StateText]]


class Ping(Wire, frozen=True):
    """The connection lives; `interval` in seconds."""

    interval: UnsignedInt


class Created(Wire, frozen=True):
    """What the relay gave a created object."""

    id: str


class Granted(Wire, frozen=True):
    """What the relay gave a grant."""

    id: str
    created_at: Date
    from_: Date


class Subscribed(Wire, frozen=True):
    """What the relay gave a push subscription: its code comes by the push alone."""

    id: str
    expires: Date
    verification_code: None


class Sent(Wire, frozen=True):
    """What the relay gave a letter; `size` in bytes, blobs included."""

    id: str
    received_at: Date
    size: UnsignedInt


class Health(Wire, frozen=True):
    status: Literal["live", "ready"]


class SchemaIndex(Wire, frozen=True):
    """Path of each schema, by its name."""

    schemas: dict[str, str]


class Link(Wire, frozen=True):
    href: str
    type: str | UnsetType = UNSET


class LinkContext(Wire, frozen=True):
    """Links of the API at `anchor`, by relation (RFC 8631)."""

    anchor: str
    service_desc: list[Link] = field(name="service-desc")
    describedby: list[Link]


class Catalog(Wire, frozen=True):
    """The API catalogue (RFC 9727) as a link set (RFC 9264)."""

    linkset: list[LinkContext]
