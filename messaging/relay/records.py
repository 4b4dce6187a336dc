"""What the relay holds, one frozen record a row. KEYS names the columns that identify one; most lead with the account.

Moments are microseconds (moments.py), flags are 0 or 1, so that a record goes into a row and back unchanged.
"""

from typing import Final

from msgspec import Struct


class Account(Struct, frozen=True):
    """`changed` is the highest change number; `key` the current key id; `parent` the bridge that may act for it;
    `octets` the sealed bytes of its letters, blobs included; `notices` the bits of queueing.py.
    """

    id: str
    kind: str
    state: str
    created: int
    changed: int = 0
    key: str = ""
    parent: str = ""
    enrolled: bytes = b""
    domains: str = ""
    octets: int = 0
    notices: int = 0


class Login(Struct, frozen=True):
    name: str
    account: str


class Factor(Struct, frozen=True):
    """A log-in public key; `kdf` is the JSON of its parameters."""

    account: str
    method: str
    public: bytes
    kdf: bytes


class Passkey(Struct, frozen=True):
    """A log-in public key of method `passkey`; `credential` is the authenticator's id for it."""

    account: str
    credential: bytes
    public: bytes


class Totp(Struct, frozen=True):
    """`last` is the last time step that was accepted."""

    account: str
    sealed: bytes
    last: int


class Failure(Struct, frozen=True):
    """Failures in a row of an account, real or made up, with one of the things that are guessed (attempts.py)."""

    account: str
    guessed: str
    count: int
    until: int
    expires: int


class UsedChallenge(Struct, frozen=True):
    id: bytes
    expires: int


class Ticket(Struct, frozen=True):
    """A log-in half done; `id` is the hash of what the client holds."""

    id: bytes
    account: str
    method: str
    expires: int


class Device(Struct, frozen=True):
    """One log-in and what came of it; `ended` 0 while it lives.

    `confirmed` is the moment until which it may change factors; `seen` when it last got tokens; `label` is sealed.
    An integrator's log-in by OAuth has `scopes` (with spaces between), the id of the AppGrant that it is `granted` by
    where it is of one, and the SHA-256 of the certificate that its tokens are `bound` to where they are.
    """

    account: str
    id: str
    created: int
    expires: int
    ended: int = 0
    confirmed: int = 0
    seen: int = 0
    label: bytes = b""
    scopes: str = ""
    granted: str = ""
    bound: bytes = b""


class Access(Struct, frozen=True):
    id: bytes
    account: str
    device: str
    expires: int


class Refresh(Struct, frozen=True):
    """`used` and `followed` are moments: when it was first used, and when the first of those that came of it was.

    `parent` is the id of the one it came of, empty for a device's first.
    """

    id: bytes
    account: str
    device: str
    expires: int
    used: int = 0
    parent: bytes = b""
    followed: int = 0


class Trust(Struct, frozen=True):
    """`device` is the one that logged in with it last."""

    id: bytes
    account: str
    expires: int
    device: str = ""


class Pairing(Struct, frozen=True):
    """A second device that waits for the keys. `id` is the hash of its claim, `code` what its screen shows.

    `account` is empty until somebody answers; `device` is the one that granted; `hello` and `grant` are sealed.
    `network` is where the second device asked from.
    """

    id: bytes
    code: str
    key: bytes
    expires: int
    account: str = ""
    device: str = ""
    hello: bytes = b""
    grant: bytes = b""
    network: str = ""


class Delegation(Struct, frozen=True):
    """While it is there, the account `delegate` may act for `account`."""

    account: str
    delegate: str
    id: str
    since: int


class Grant(Struct, frozen=True):
    """An AppGrant as one of its two sides sees it: two rows, each with its account's own change numbers.

    `scopes` have spaces between; `begins`, `until`, `since` (creation) and `revoked` (0 while it stands) are moments;
    `used` is the day of the app's last use, counted from 1970, 0 before.
    """

    account: str
    id: str
    patient: str
    app: str
    scopes: str
    begins: int
    until: int
    since: int
    created: int
    changed: int
    revoked: int = 0
    used: int = 0
    terms: bytes = b""


class Emergency(Struct, frozen=True):
    """An EmergencyGrant as one of its two sides sees it. `sealed` is in the patient's row alone; `used` is a moment."""

    account: str
    id: str
    patient: str
    grantee: str
    begins: int
    until: int
    since: int
    created: int
    changed: int
    revoked: int = 0
    used: int = 0
    terms: bytes = b""
    sealed: bytes = b""


class Certified(Struct, frozen=True):
    """The one row (`id` 0) of the catalogue of apps: its version, and the signed file as JSON."""

    id: int
    version: int
    signed: bytes


class Consent(Struct, frozen=True):
    """An authorization code of `app` (RFC 6749, 4.1): `id` is its hash, `device` what came of it, empty before.

    `challenge` is that of PKCE (RFC 7636, S256); `granted` the id of the AppGrant of `patient`.
    """

    id: bytes
    account: str
    patient: str
    granted: str
    scopes: str
    redirect: str
    challenge: str
    expires: int
    device: str = ""


class Certificate(Struct, frozen=True):
    """SHA-256 of a certificate by which an app may show who it is (RFC 8705, 2.2)."""

    account: str
    thumbprint: bytes


class Key(Struct, frozen=True):
    """`number` counts an account's keys from 0; `entry` is where the log has them; `voucher` is empty without one."""

    account: str
    id: str
    number: int
    signing: bytes
    sealing: bytes
    statement: bytes
    signature: bytes
    voucher: bytes
    entry: int
    created: int
    revoked: int | None = None


class Box(Struct, frozen=True):
    account: str
    version: int
    box: bytes


class Address(Struct, frozen=True):
    """`id` is HMAC-SHA-256(pepper, small-letter address); `salt` is that of its holder in the first statement."""

    id: bytes
    account: str
    salt: bytes


class Edge(Struct, frozen=True):
    """A Contact as one of its two sides sees it. `side` is the kind of the account that the row belongs to."""

    account: str
    id: str
    side: str
    may_write: int
    blocked: int
    since: int
    created: int
    changed: int


class Message(Struct, frozen=True):
    """One account's copy. `created` is its change number; `to` (out only) and `blobs` are space-separated ids."""

    account: str
    created: int
    id: str
    client_id: str
    box: str
    received: int
    size: int
    body: int
    sealed_blob: str
    blobs: str
    sender: str
    to: str
    digest: bytes


class Sent(Struct, frozen=True):
    """What remains of a letter whose sender destroyed the own copy, so that a late retry makes no second letter."""

    account: str
    client_id: str
    id: str
    digest: bytes


class Body(Struct, frozen=True):
    """Sealed bytes, once for all copies."""

    number: int
    sealed: bytes
    copies: int


class Gone(Struct, frozen=True):
    """A destroyed object, so that `changes` can tell."""

    account: str
    kind: str
    changed: int
    id: str


class State(Struct, frozen=True):
    account: str
    id: str
    version: int
    sealed: bytes
    created: int
    changed: int


class Entry(Struct, frozen=True):
    """A DirectoryEntry. `account` is that of the directory itself (directory.py), which numbers the changes."""

    account: str
    id: str
    kind: str
    name: str
    profession: str
    specialty: str
    organisation: str
    city: str
    postal: str
    identifiers: bytes
    address: str
    listed: int
    updated: int
    created: int
    changed: int


class Setting(Struct, frozen=True):
    """A person's notices. `told` is when a mail went out that nobody has come back for yet; `quiet` is JSON."""

    account: str
    id: str
    email: bytes
    state: str
    when: str
    push: int
    language: str
    quiet: bytes
    told: int
    created: int
    changed: int


class EmailCode(Struct, frozen=True):
    """A code sent by mail, as an HMAC."""

    account: str
    digest: bytes
    tries: int
    expires: int


class Subscription(Struct, frozen=True):
    """Of the device that made it. `types` are names, or `*`; `sealed` is where to push; `code` is what was pushed."""

    account: str
    id: str
    device: str
    client: str
    sealed: bytes
    types: str
    code: str
    verified: int
    expires: int


class Hook(Struct, frozen=True):
    """A webhook. `failing` is since when its attempts fail, 0 while they do not."""

    account: str
    id: str
    sealed: bytes
    types: str
    state: str
    failing: int
    created: int


class Notice(Struct, frozen=True):
    """Something to tell. `expires` is when it is due; `taken` since when somebody is at it; `since` its first change.

    `merges` counts the changes that became one: an attempt tells those of its own.
    """

    account: str
    way: str
    id: str
    body: bytes
    merges: int
    tries: int
    since: int
    taken: int
    expires: int


class Word(Struct, frozen=True):
    """A word by which a listed entry is found. `weight` 0: of its name; `order` is where it stands among equals."""

    word: bytes
    weight: int
    order: bytes
    id: str


class Blob(Struct, frozen=True):
    """`account` may fetch blob `id`. `kept` counts the letters that name it; at 0 it lives until `expires`."""

    account: str
    id: str
    size: int
    kept: int
    expires: int


class Act(Struct, frozen=True):
    """A row of the access log, chained by `mac` to the row before.

    `actor` is the kind of who acted, `by` their account where it is not the row's. `seq` counts an account's rows from
    1 and `chain` hashes them, so that the owner can tell that none is missing; 0 and empty where there is no owner.
    """

    number: int
    time: int
    account: str
    device: str
    action: str
    target: str
    outcome: str
    mac: bytes
    actor: str = ""
    by: str = ""
    seq: int = 0
    chain: bytes = b""


class Archive(Struct, frozen=True):
    """A closed account: erased once `expires` is past. `by` is `owner` or `operator`: the owner may come back."""

    account: str
    closed: int
    expires: int
    by: str


class Opposed(Struct, frozen=True):
    """The fact that somebody opposed. `id` is HMAC-SHA-256(pepper, log-in name); `day` counts from 1970."""

    id: bytes
    day: int
    receipt: str


class Tombstone(Struct, frozen=True):
    """What must stay so whatever is restored: `kind` is opposed, closed, reopened or erased. Chained by `mac`.

    `mark` is the id of Opposed, and its receipt is `receipt`; both are empty for the other kinds.
    """

    number: int
    time: int
    kind: str
    account: str
    mark: bytes
    receipt: str
    mac: bytes


class Spent(Struct, frozen=True):
    """SHA-256 of a signing key that an erased account had: it stands in the key log, and is nobody's ever again."""

    id: bytes


class LogEntry(Struct, frozen=True):
    """A leaf of the key log as it was appended (docs/spec/transparency.md). Numbers count from 0 without a gap."""

    number: int
    entry: bytes


class LogNode(Struct, frozen=True):
    """The hash of a complete subtree of 2^level leaves; of level 0, of a leaf. Never changes."""

    level: int
    number: int
    hash: bytes


class LogHead(Struct, frozen=True):
    """The one row (`id` 0) of how far the log is: the newest checkpoint, signed at `signed`, and the published one.

    `published_note` is empty while no checkpoint has been published.
    """

    id: int
    size: int
    note: bytes
    signed: int
    published: int
    published_note: bytes


KEYS: Final[dict[type, tuple[str, ...]]] = {
    Account: ("id",),
    Login: ("name",),
    Factor: ("account", "method"),
    Passkey: ("account", "credential"),
    Totp: ("account",),
    Failure: ("account", "guessed"),
    UsedChallenge: ("id",),
    Ticket: ("id",),
    Device: ("account", "id"),
    Access: ("id",),
    Refresh: ("id",),
    Trust: ("id",),
    Pairing: ("id",),
    Delegation: ("account", "delegate"),
    Grant: ("account", "id"),
    Emergency: ("account", "id"),
    Certified: ("id",),
    Consent: ("id",),
    Certificate: ("account", "thumbprint"),
    Key: ("account", "id"),
    Box: ("account",),
    Address: ("id",),
    Edge: ("account", "id"),
    Message: ("account", "created"),
    Sent: ("account", "client_id"),
    Body: ("number",),
    Gone: ("account", "kind", "changed"),
    State: ("account", "id"),
    Entry: ("account", "id"),
    Setting: ("account", "id"),
    EmailCode: ("account",),
    Subscription: ("account", "id"),
    Hook: ("account", "id"),
    Notice: ("account", "way", "id"),
    Word: ("word", "weight", "order", "id"),
    Blob: ("account", "id"),
    Act: ("number",),
    Archive: ("account",),
    Opposed: ("id",),
    Tombstone: ("number",),
    Spent: ("id",),
    LogEntry: ("number",),
    LogNode: ("level", "number"),
    LogHead: ("id",),
}
