"""What a patient gives to an app, and deposits for an emergency (docs/spec/protocol.md). Pure values."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from messaging.wire.catalogue import Scope
from messaging.wire.types import AccountId, B64u, Date, Day, SealedText, Wire

AppGrantId = Annotated[str, Meta(pattern=r"^h[a-z2-7]{26}$(?!\n)")]
EmergencyGrantId = Annotated[str, Meta(pattern=r"^u[a-z2-7]{26}$(?!\n)")]
Reason = Literal["unconscious", "emergencyCall", "other"]
Scopes = Annotated[list[Scope], Meta(min_length=1, max_length=6)]

# The relay sees no part of a letter: an app that may add to the record or the agenda may write, and one that may read
# them may be written to. What a letter holds is between the two clients.
SENDING: Final = frozenset({"letters.send", "record.add", "agenda.add"})
RECEIVING: Final = frozenset({"letters.receive", "record.read", "agenda.read"})


class AppGrant(Wire, frozen=True):
    """What `account` lets `app` do, seen by both. `terms` are sealed by the patient's client, for itself."""

    id: AppGrantId
    account: AccountId
    app: AccountId
    scopes: Scopes
    from_: Date
    until: Date
    created_at: Date
    revoked: bool
    revoked_at: Date | None
    last_used: Day | None
    terms: B64u


class NewAppGrant(Wire, frozen=True, omit_defaults=True):
    """`from_` null: from now on."""

    app: AccountId
    scopes: Scopes
    until: Date
    from_: Date | None = None
    terms: SealedText = ""


class GrantUpdate(Wire, frozen=True):
    """`revoked` true, and nothing else: it is taken back, for good."""

    revoked: bool


class EmergencyGrant(Wire, frozen=True):
    """A sealed summary that `grantee` may fetch when it must. `sealed` is null in the grantee's account."""

    id: EmergencyGrantId
    account: AccountId
    grantee: AccountId
    from_: Date
    until: Date
    created_at: Date
    revoked: bool
    revoked_at: Date | None
    used_at: Date | None
    terms: B64u
    sealed: B64u | None


class NewEmergencyGrant(Wire, frozen=True, omit_defaults=True):
    """`sealed`: an envelope for the grantee's keys."""

    grantee: AccountId
    until: Date
    sealed: SealedText
    from_: Date | None = None
    terms: SealedText = ""


class Use(Wire, frozen=True):
    """The grantee says why."""

    account_id: AccountId
    id: EmergencyGrantId
    reason: Reason


class UseDone(Wire, frozen=True):
    account_id: AccountId
    id: EmergencyGrantId
    sealed: B64u
