"""Key boxes: how a person's keys are kept, under a password, a code or a passkey (docs/spec/keybox.md).

At enrolment: new_box(account, content, [LetterKey(code)]).
At activation: open_box(box, account, LetterKey(code)), then renew(opened, opened.content.rotated(new_keys, now),
[PasswordKey(master), RecoveryKey(code)]): under a new box key, so that the letter opens nothing that comes later.
To add or drop a slot and keep the others: replace(opened, content, add=[...], drop=opened.ids("recovery")).
Once a year, when content.is_due(now): replace(opened, content.rotated(new_keys, now), add=[DelegateFor(...), ...],
drop=opened.ids("delegate")).
A carer: DelegateFor(account, keys) where a slot key could stand, and open_as_delegate() with their own seeds.
"""

from crypto.keybox.box import (
    BoxKey,
    NewSlot,
    OpenedBox,
    new_box,
    open_as_delegate,
    open_box,
    read_slots,
    renew,
    replace,
)
from crypto.keybox.content import BoxContent, LastCheckpoint, PreviousKeys
from crypto.keybox.delegate import DelegateFor
from crypto.keybox.slot import Slot
from crypto.keybox.slotkey import DeviceKey, LetterKey, PasskeyKey, PasswordKey, RecoveryKey, SlotKey
from crypto.password import Master, PasswordKdf, stretch

__all__ = [
    "BoxContent",
    "BoxKey",
    "DelegateFor",
    "DeviceKey",
    "LastCheckpoint",
    "LetterKey",
    "Master",
    "NewSlot",
    "OpenedBox",
    "PasskeyKey",
    "PasswordKdf",
    "PasswordKey",
    "PreviousKeys",
    "RecoveryKey",
    "Slot",
    "SlotKey",
    "new_box",
    "open_as_delegate",
    "open_box",
    "read_slots",
    "renew",
    "replace",
    "stretch",
]
