"""What each type's `/set` takes and gives: the part of METHODS that stays raw, because each object is checked alone."""

from dataclasses import dataclass
from typing import Any, Final

from messaging.wire.described.answers import Created, Granted, Sent, Subscribed
from messaging.wire.directory import EntryUpdate
from messaging.wire.grants import GrantUpdate, NewAppGrant, NewEmergencyGrant
from messaging.wire.methods import ContactUpdate, DeviceUpdate, KeyBoxUpdate, NewDelegation, StateUpdate
from messaging.wire.notices import (
    NewSubscription,
    NewWebhook,
    SettingsUpdate,
    SubscriptionUpdate,
    WebhookMade,
    WebhookUpdate,
)
from messaging.wire.types import NewMessage


@dataclass(frozen=True)
class Settable:
    """Types of create and update values, None where the type has no such thing; `created` is what a create gives."""

    create: type[Any] | None = None
    created: type[Any] | None = None
    update: type[Any] | None = None
    destroy: bool = False


SETTABLE: Final[dict[str, Settable]] = {
    "Device": Settable(update=DeviceUpdate, destroy=True),
    "Delegation": Settable(create=NewDelegation, created=Created, destroy=True),
    "AppGrant": Settable(create=NewAppGrant, created=Granted, update=GrantUpdate),
    "EmergencyGrant": Settable(create=NewEmergencyGrant, created=Granted, update=GrantUpdate),
    "KeyBox": Settable(update=KeyBoxUpdate),
    "SealedMessage": Settable(create=NewMessage, created=Sent, destroy=True),
    "SealedState": Settable(update=StateUpdate, destroy=True),
    "Contact": Settable(update=ContactUpdate),
    "NotificationSettings": Settable(update=SettingsUpdate),
    "PushSubscription": Settable(create=NewSubscription, created=Subscribed, update=SubscriptionUpdate, destroy=True),
    "Webhook": Settable(create=NewWebhook, created=WebhookMade, update=WebhookUpdate, destroy=True),
    "DirectoryEntry": Settable(update=EntryUpdate, destroy=True),
}
