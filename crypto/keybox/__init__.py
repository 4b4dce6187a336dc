"""Key boxes: how a person's keys are kept, under a password or a code (docs/spec/keybox.md).

At enrolment: new_box(account, content, [LetterKey(code)]).
At activation: open_box(box, account, LetterKey(code)), then renew(opened, opened.content.rotated(new_keys, now),
[PasswordKey(master), ...]): under a new box key, so that the letter's code opens nothing that comes later.
To add or drop a slot and keep the others: replace(opened, content, add=[...], drop=[...]).
"""

from crypto.keybox.box import BoxKey, OpenedBox, new_box, open_box, read_slots, renew, replace
from crypto.keybox.content import BoxContent, PreviousKeys
from crypto.keybox.slot import DeviceKey, LetterKey, PasswordKey, RecoveryKey, Slot, SlotKey
from crypto.password import Master, PasswordKdf, stretch

__all__ = [
    "BoxContent",
    "BoxKey",
    "DeviceKey",
    "LetterKey",
    "Master",
    "OpenedBox",
    "PasswordKdf",
    "PasswordKey",
    "PreviousKeys",
    "RecoveryKey",
    "Slot",
    "SlotKey",
    "new_box",
    "open_box",
    "read_slots",
    "renew",
    "replace",
    "stretch",
]
