"""What relay and client both say, as values: the one source of validation and JSON Schemas (docs/spec/protocol.md).

Unknown members are refused everywhere, so that a careless client cannot leak a `subject`.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from messaging.wire import limits

# `$` alone would let a newline follow (Python) and `\Z` is not ECMA-262, which JSON Schema asks for.
AccountId = Annotated[str, Meta(pattern=r"^a[a-z2-7]{26}$(?!\n)")]
KeyId = Annotated[str, Meta(pattern=r"^k[a-z2-7]{26}$(?!\n)")]
MessageId = Annotated[str, Meta(pattern=r"^m[a-z2-7]{26}$(?!\n)")]
DeviceId = Annotated[str, Meta(pattern=r"^d[a-z2-7]{26}$(?!\n)")]
DelegationId = Annotated[str, Meta(pattern=r"^g[a-z2-7]{26}$(?!\n)")]
AccessLogEntryId = Annotated[str, Meta(pattern=r"^e[1-9][0-9]{0,17}$(?!\n)")]
Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Receipt = Annotated[str, Meta(pattern=r"^o[a-z2-7]{26}$(?!\n)")]
BlobId = Annotated[str, Meta(pattern=r"^b[0-9a-f]{64}$(?!\n)")]
ClientId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}$(?!\n)")]
B64u = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]*$(?!\n)")]
B64u32 = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$(?!\n)")]
B64u64 = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{86}$(?!\n)")]
# Described as base64url, and checked by the decoder that reads it anyway: a pattern would read it twice.
SealedText = Annotated[str, Meta(extra_json_schema={"pattern": r"^[A-Za-z0-9_-]*$(?!\n)"})]
Hashes = list[B64u32]
SealingKeyText = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1622}$(?!\n)")]  # 1216 bytes
Date = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$(?!\n)")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$(?!\n)")]
# RFC 8620, 1.3: Int and UnsignedInt. A larger number would be an error of the database, not of the asker.
Int = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
UnsignedInt = Annotated[int, Meta(ge=0, le=2**53 - 1)]
LoginName = Annotated[str, Meta(min_length=1, max_length=limits.MAX_LOGIN_NAME)]
TotpSecret = Annotated[str, Meta(pattern=r"^[A-Z2-7]{32}$(?!\n)")]  # base 32 of 20 bytes
Address = Annotated[str, Meta(min_length=3, max_length=254)]

Kind = Literal["patient", "professional", "organisation", "app", "bridge", "station"]
AccountState = Literal["invited", "active", "closed"]
Actor = Literal[
    "anyone", "owner", "delegate", "professional", "organisation", "app", "bridge", "station", "operator", "relay"
]  # fmt: skip
LoginMethod = Literal["password", "letter", "recovery", "passkey", "key"]


class Wire(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True, omit_defaults=False):
    """A JSON object of the protocol: Python's snake_case names are camelCase on the wire."""


# --- the doors: log-in and activation (docs/spec/login.md) ------------------------------------


class Kdf(Wire, frozen=True, omit_defaults=True):
    """Parameters by which a slot key and a log-in seed are made; `memory` in KiB. Only `argon2id` has the numbers."""

    name: Literal["argon2id", "code", "prf", "key"]
    salt: B64u | UnsetType = UNSET
    memory: UnsignedInt | UnsetType = UNSET
    passes: UnsignedInt | UnsetType = UNSET
    lanes: UnsignedInt | UnsetType = UNSET


class ChallengeRequest(Wire, frozen=True):
    login: LoginName
    method: LoginMethod


class Challenge(Wire, frozen=True):
    """Without the account: account ids stand in the public log, and would tell which log-in names exist."""

    challenge: B64u32
    expires_in: UnsignedInt
    kdf: Kdf


class LoginDevice(Wire, frozen=True, omit_defaults=True):
    """`cookie`: the refresh token goes into the `__Host-pli` cookie and never into a body."""

    trust_token: str | None = None
    cookie: bool = False


class LoginRequest(Wire, frozen=True, omit_defaults=True):
    login: LoginName
    method: LoginMethod
    challenge: B64u32
    signature: B64u64
    time: Date
    device: LoginDevice | None = None


class TotpRequest(Wire, frozen=True, omit_defaults=True):
    ticket: str
    code: str
    trust_device: bool = False
    cookie: bool = False


class TicketRequest(Wire, frozen=True):
    ticket: str


class RefreshRequest(Wire, frozen=True, omit_defaults=True):
    """For clients without cookies; browsers send `{}` and the `__Host-pli` cookie."""

    refresh_token: str | None = None


class NewKeys(Wire, frozen=True):
    sealing_key: SealingKeyText
    signing_key: B64u32
    statement: B64u
    signature: B64u64


class ActivateRequest(Wire, frozen=True, omit_defaults=True):
    """`code`: a current code of `totp_secret`, as proof that it was stored; `recovery_key`: of a new recovery code."""

    ticket: str
    box: B64u
    kdf: Kdf
    login_key: B64u32
    new_keys: NewKeys
    totp_secret: TotpSecret
    code: str
    recovery_key: B64u32 | None = None
    cookie: bool = False


class Tokens(Wire, frozen=True, omit_defaults=True):
    """`refresh_token` only where no cookie was asked for."""

    access_token: str
    account: AccountId
    expires_in: UnsignedInt
    refresh_token: str | UnsetType = UNSET
    trust_token: str | UnsetType = UNSET


class BoxAnswer(Wire, frozen=True):
    """The statement is the account's newest: what a new one has to follow."""

    account: AccountId
    version: UnsignedInt
    box: B64u
    statement: B64u
    signature: B64u64
    voucher: B64u64 | None


# --- enrolment --------------------------------------------------------------------------------


class EnrolPerson(Wire, frozen=True):
    """`letter_key`: of an app, which has no letter, the key that it logs in with by itself."""

    account: AccountId
    kind: Literal["patient", "professional", "organisation", "app"]
    addresses: Annotated[list[Address], Meta(max_length=8)]
    managed: bool
    login: LoginName | None
    letter_key: B64u32 | None
    box: B64u
    sealing_key: SealingKeyText
    signing_key: B64u32
    statement: B64u
    signature: B64u64
    voucher: B64u64 | None
    salts: Annotated[list[B64u32], Meta(max_length=8)]


class EnrolRequest(Wire, frozen=True):
    people: Annotated[list[EnrolPerson], Meta(max_length=limits.MAX_ENROL)]


class EnrolOutcome(Wire, frozen=True, omit_defaults=True):
    account: AccountId
    outcome: Literal["created", "unchanged", "refused"]
    reason: str | UnsetType = UNSET


class EnrolAnswer(Wire, frozen=True):
    people: list[EnrolOutcome]


# --- objects ----------------------------------------------------------------------------------


class AccountInfo(Wire, frozen=True):
    id: AccountId
    kind: Kind
    state: AccountState
    created_at: Date
    login_methods: list[LoginMethod]


class PublicKey(Wire, frozen=True):
    """`index` is its entry's number in the key log; `inclusion` its proof, of an account's newest key in a lookup."""

    id: KeyId
    account: AccountId
    sealing_key: SealingKeyText
    signing_key: B64u32
    statement: B64u
    signature: B64u64
    created_at: Date
    revoked_at: Date | None
    index: UnsignedInt
    voucher: B64u64 | None
    inclusion: Hashes | None


class LogAnswer(Wire, frozen=True):
    """The newest published checkpoint, and the proof that it continues the one of the size that the asker named."""

    checkpoint: str
    consistency: Hashes | None


class KeyBox(Wire, frozen=True):
    id: Literal["box"]
    version: UnsignedInt
    box: B64u


class Recipient(Wire, frozen=True):
    account: AccountId
    key_id: KeyId


class Delivery(Wire, frozen=True):
    account: AccountId
    state: Literal["delivered"]


class NewMessage(Wire, frozen=True, omit_defaults=True):
    """A SealedMessage as its sender creates it; exactly one of `sealed` and `sealed_blob_id`."""

    client_id: ClientId
    to: Annotated[list[Recipient], Meta(min_length=1)]
    sealed: SealedText | None = None
    sealed_blob_id: BlobId | None = None
    blob_ids: Annotated[list[BlobId], Meta(max_length=limits.MAX_BLOBS_PER_MESSAGE)] = field(default_factory=list)


class SealedMessage(Wire, frozen=True):
    """`deliveries` is empty in the recipient's box. `from_` is `from` on the wire."""

    id: MessageId
    client_id: ClientId
    box: Literal["in", "out"]
    received_at: Date
    size: UnsignedInt
    sealed: B64u | None
    sealed_blob_id: BlobId | None
    blob_ids: list[BlobId]
    from_: AccountId
    deliveries: list[Delivery]


class SealedState(Wire, frozen=True):
    id: B64u32
    version: UnsignedInt
    sealed: B64u


class Contact(Wire, frozen=True):
    id: AccountId
    peer: AccountId
    may_write: bool
    since: Date
    blocked: bool


class Device(Wire, frozen=True):
    """`current`: the one that asks. `label` is sealed as a SealedState is, under its own label."""

    id: DeviceId
    current: bool
    created_at: Date
    last_seen: Day
    expires_at: Date
    label: B64u | None


class Delegation(Wire, frozen=True):
    """While it lasts, the account `delegate` may act for `account`. Both see it."""

    id: DelegationId
    account: AccountId
    delegate: AccountId
    since: Date


class AccessLogEntry(Wire, frozen=True):
    """An act in or for the account. `by`: who acted, where it was not the owner; hashes as in wire/accesslog.py."""

    id: AccessLogEntryId
    seq: UnsignedInt
    at: Date
    actor: Actor
    by: AccountId | None
    device: DeviceId | None
    action: str
    object: str | None
    outcome: str
    previous: Hex32
    hash: Hex32


class Resolved(Wire, frozen=True):
    address: Address
    account: AccountId
    salt: B64u32
    state: Literal["open", "closed"]


class Uploaded(Wire, frozen=True):
    account_id: AccountId
    blob_id: BlobId
    type: str
    size: UnsignedInt
