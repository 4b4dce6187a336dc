"""How people and programs are told that something changed: `NotificationSettings`, `PushSubscription`, `Webhook`.

A notice has no sender, no count and no content. Push subscriptions are those of RFC 8620, 7.2; webhooks are signed as
standardwebhooks.com has it.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from messaging.wire import limits
from messaging.wire.types import AccountId, Address, B64u, Date, Wire

SubscriptionId = Annotated[str, Meta(pattern=r"^p[a-z2-7]{26}$(?!\n)")]
WebhookId = Annotated[str, Meta(pattern=r"^w[a-z2-7]{26}$(?!\n)")]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
Zone = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{1,63}$(?!\n)")]
Code = Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)")]
Url = Annotated[str, Meta(pattern=r"^https://[^\u0000-\u0020\u007f]+$(?!\n)", max_length=limits.MAX_URL)]
P256 = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{87}$(?!\n)")]  # an uncompressed point, 65 bytes
PushAuth = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}$(?!\n)")]  # 16 bytes
TypeName = Annotated[str, Meta(pattern=r"^[A-Z][A-Za-z]{0,39}$(?!\n)")]
Types = Annotated[list[TypeName], Meta(max_length=limits.MAX_TYPES)]
When = Literal["off", "each", "daily"]
Language = Literal["fr", "en"]
EmailState = Literal["none", "unconfirmed", "confirmed"]


class Quiet(Wire, frozen=True):
    """From one time of the day to another, which may be the next day's, in a zone of the IANA data base."""

    from_: TimeOfDay
    to: TimeOfDay
    zone: Zone


class NotificationSettings(Wire, frozen=True):
    """`email_when`: `each` when something has come (once until the person was back), `daily` in the morning."""

    id: Literal["settings"]
    email: Address | None
    email_state: EmailState
    email_when: When
    push: bool
    language: Language
    quiet: Quiet | None


class SettingsUpdate(Wire, frozen=True, omit_defaults=True):
    """What is not named stays. Another `email` is sent a code of six digits and is confirmed by it."""

    email: Address | UnsetType | None = UNSET
    email_when: When | UnsetType = UNSET
    push: bool | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    quiet: Quiet | UnsetType | None = UNSET


class ConfirmEmail(Wire, frozen=True):
    account_id: AccountId
    code: Code


class EmailConfirmed(Wire, frozen=True):
    account_id: AccountId
    state: EmailState


class TryNotice(Wire, frozen=True):
    account_id: AccountId
    by: Literal["email", "push"]


class Tried(Wire, frozen=True):
    """`sent` false: there is nothing confirmed to send it to."""

    account_id: AccountId
    sent: bool


class PushKeys(Wire, frozen=True):
    """RFC 8291: the browser's public key and secret."""

    p256dh: P256
    auth: PushAuth


class PushSubscription(Wire, frozen=True):
    """`url` and `keys` are never given back (RFC 8620, 7.2.1)."""

    id: SubscriptionId
    device_client_id: Annotated[str, Meta(min_length=1, max_length=limits.MAX_CLIENT_NAME)]
    verification_code: str | None
    expires: Date
    types: Types | None


class NewSubscription(Wire, frozen=True, omit_defaults=True):
    """`types` None: all. `expires` may be brought forward by the relay."""

    device_client_id: Annotated[str, Meta(min_length=1, max_length=limits.MAX_CLIENT_NAME)]
    url: Url
    keys: PushKeys
    expires: Date | None = None
    types: Types | None = None


class SubscriptionUpdate(Wire, frozen=True, omit_defaults=True):
    verification_code: B64u | UnsetType = UNSET
    expires: Date | UnsetType | None = UNSET
    types: Types | UnsetType | None = UNSET


class PushGet(Wire, frozen=True, omit_defaults=True):
    """Without an account: subscriptions are of a log-in (RFC 8620, 7.2.1)."""

    ids: list[str] | None = None
    properties: list[str] | None = None


class PushGot(Wire, frozen=True):
    list_: list[PushSubscription]
    not_found: list[str]


class PushVerification(Wire, frozen=True):
    """What the relay pushes first, to see that it is wanted (RFC 8620, 7.2.2)."""

    type_: Literal["PushVerification"] = field(name="@type")
    push_subscription_id: SubscriptionId
    verification_code: B64u


class Webhook(Wire, frozen=True):
    """`failing`: the last attempts failed; `off`: so for five days, or by its owner."""

    id: WebhookId
    url: Url
    types: Types | None
    created_at: Date
    state: Literal["working", "failing", "off"]


class NewWebhook(Wire, frozen=True, omit_defaults=True):
    url: Url
    types: Types | None = None


class WebhookMade(Wire, frozen=True):
    """`secret` is said this once: `whsec_` and base 64 of 32 bytes."""

    id: WebhookId
    created_at: Date
    secret: str


class WebhookUpdate(Wire, frozen=True, omit_defaults=True):
    url: Url | UnsetType = UNSET
    types: Types | UnsetType | None = UNSET
    state: Literal["working", "off"] | UnsetType = UNSET
