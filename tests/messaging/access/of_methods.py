"""The rows of methods. A key begins with the method's name; what follows says which of its ways is asked.

Laws: every method of METHODS has a row, and one for each of create, update and destroy that its `/set` takes.
"""

from typing import Any, Final

from crypto.encoding import b64u
from messaging.wire.methods import METHODS
from tests.messaging.access.cells import (
    CONFIRMED,
    DONE,
    INSIDE,
    OWN,
    OWNERS,
    SHARED,
    Row,
    everybody,
    method,
    without_account,
)
from tests.messaging.access.people import House, as_person
from tests.messaging.apps import depositing, wanting
from tests.messaging.desk import box, letter
from tests.messaging.household import member


def _get(name: str, expected: dict[str, str] = SHARED) -> Row:
    return method(name, expected, ids=None)


def _changes(name: str, expected: dict[str, str] = SHARED) -> Row:
    return method(name, expected, sinceState="0")


# A patient is never listed; those who are each have their own entry alone.
_UNLISTED: Final = SHARED | dict.fromkeys(INSIDE, "accountNotSupportedByMethod")
_LISTED: Final = everybody("accountNotSupportedByMethod") | {
    "nobody": "invalidArguments", "professional": DONE,
    **dict.fromkeys(("stranger professional", "app", "app without", "app after"), "notFound"),
}  # fmt: skip


# Programs are told by webhooks; people and stations have none.
_HOOKED: Final = everybody("accountNotSupportedByMethod") | {
    "nobody": "invalidArguments",
    **dict.fromkeys(("professional", "stranger professional", "app", "app without", "app after", "bridge"), DONE),
}  # fmt: skip
_LOGGED_IN: Final = everybody(DONE) | {"nobody": "accountNotFound"}
_NOT_THEIRS: Final = everybody("notFound") | {"nobody": "accountNotFound", "owner": DONE}
_PUSHED: Final = {
    "deviceClientId": "x", "url": "https://push.example/",
    "keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22},
}  # fmt: skip


def _third(house: House) -> dict[str, Any]:
    return {"d": {"delegate": member(house.desk, "third").account}}


def _grant(house: House) -> dict[str, Any]:
    return {"g": wanting(house.desk, house.app, days=30)}


def _deposit(house: House) -> dict[str, Any]:
    return {"g": depositing(house.desk, house.doctor)}


def _letter(house: House) -> dict[str, Any]:
    return {"l": letter(as_person(house.owner, "patient"), house.doctor)}


METHOD_ROWS: Final[dict[str, Row]] = {
    "Core/echo": method("Core/echo", everybody(DONE)),
    "AccountInfo/get": _get("AccountInfo/get"),
    "AccessLogEntry/get": _get("AccessLogEntry/get", OWNERS),
    "AccessLogEntry/changes": _changes("AccessLogEntry/changes", OWNERS),
    "AccessLogEntry/query": method("AccessLogEntry/query", OWNERS),
    "Device/get": _get("Device/get", OWNERS),
    "Device/set update": method(
        "Device/set", OWNERS, update=lambda house: {house.owner.caller.device: {"label": b64u(b"x")}}
    ),
    "Device/set destroy": method("Device/set", OWNERS, destroy=lambda house: [house.owner.caller.device]),
    "Delegation/get": _get("Delegation/get"),
    "Delegation/set create": method("Delegation/set", CONFIRMED | {"delegate": "forbidden"}, create=_third),
    "Delegation/set destroy": method("Delegation/set", CONFIRMED, destroy=lambda house: [house.delegation]),
    "AppGrant/get": _get("AppGrant/get"),
    "AppGrant/changes": _changes("AppGrant/changes"),
    "AppGrant/set create": method("AppGrant/set", CONFIRMED, create=_grant),
    "AppGrant/set update": method("AppGrant/set", CONFIRMED, update=lambda house: {house.grant: {"revoked": True}}),
    "EmergencyGrant/get": _get("EmergencyGrant/get"),
    "EmergencyGrant/changes": _changes("EmergencyGrant/changes"),
    "EmergencyGrant/set create": method("EmergencyGrant/set", CONFIRMED, create=_deposit),
    "EmergencyGrant/set update": method(
        "EmergencyGrant/set", CONFIRMED, update=lambda house: {house.deposit: {"revoked": True}}
    ),
    # In the patient's account it is nobody's to use; each in their own, the professional alone has it.
    "EmergencyGrant/use": method(
        "EmergencyGrant/use", SHARED | dict.fromkeys(INSIDE, "notFound"),
        id=lambda house: house.deposit, reason="other",
    ),
    "EmergencyGrant/use own": method(
        "EmergencyGrant/use", everybody("notFound") | {"nobody": "invalidArguments", "professional": DONE},
        accountId=OWN, id=lambda house: house.deposit, reason="other",
    ),
    # In the app's own account: its grants are not its own to change.
    "AppGrant/set update own": method(
        "AppGrant/set",
        everybody("accountNotSupportedByMethod") | {
            "nobody": "invalidArguments", "owner": DONE, "unconfirmed owner": "forbidden",
            **dict.fromkeys(("delegate", "former delegate", "other patient"), "notFound"),
        },
        accountId=OWN, update=lambda house: {house.grant: {"revoked": True}},
    ),
    "PublicKey/get": _get("PublicKey/get"),
    "PublicKey/lookup": method("PublicKey/lookup", SHARED, accounts=lambda house: [house.carer.account]),
    "KeyLog/prove": method("KeyLog/prove", SHARED, sizes=[1]),
    "KeyBox/get": _get("KeyBox/get"),
    "KeyBox/set update": method("KeyBox/set", SHARED, update={"box": {"version": 3, "box": box(3)}}),
    "SealedMessage/get": _get("SealedMessage/get"),
    "SealedMessage/changes": _changes("SealedMessage/changes"),
    "SealedMessage/query": method("SealedMessage/query", SHARED),
    "SealedMessage/set create": method("SealedMessage/set", SHARED, create=_letter),
    "SealedMessage/set destroy": method("SealedMessage/set", SHARED, destroy=lambda house: [house.sent]),
    "SealedState/get": _get("SealedState/get"),
    "SealedState/changes": _changes("SealedState/changes"),
    "SealedState/set update": method(
        "SealedState/set", SHARED, update={b64u(bytes(32)): {"version": 1, "sealed": b64u(b"x")}}
    ),
    "SealedState/set destroy": method(
        "SealedState/set", SHARED | dict.fromkeys(INSIDE, "notFound"),
        destroy=[b64u(bytes(32))],
    ),
    "Contact/get": _get("Contact/get"),
    "Contact/changes": _changes("Contact/changes"),
    "Contact/set update": method(
        "Contact/set", SHARED, update=lambda house: {house.doctor.account: {"blocked": True}}
    ),
    "DirectoryEntry/get": _get("DirectoryEntry/get"),
    "DirectoryEntry/changes": _changes("DirectoryEntry/changes"),
    "DirectoryEntry/query": method("DirectoryEntry/query", SHARED, filter={"text": "martin"}),
    "DirectoryEntry/set update": method(
        "DirectoryEntry/set", _UNLISTED, update=lambda house: {house.account: {"name": "X"}}
    ),
    "DirectoryEntry/set update own": method(
        "DirectoryEntry/set", _LISTED, accountId=OWN, update=lambda house: {house.doctor.account: {"name": "Dr X"}}
    ),
    "DirectoryEntry/set destroy": method("DirectoryEntry/set", _UNLISTED, destroy=lambda house: [house.account]),
    "NotificationSettings/get": _get("NotificationSettings/get", OWNERS),
    "NotificationSettings/changes": _changes("NotificationSettings/changes", OWNERS),
    "NotificationSettings/set update": method(
        "NotificationSettings/set", OWNERS, update={"settings": {"language": "en"}}
    ),
    "NotificationSettings/confirm": method(
        "NotificationSettings/confirm", OWNERS | dict.fromkeys(("owner", "unconfirmed owner"), "codeExpired"),
        code="000000",
    ),
    "NotificationSettings/test": method("NotificationSettings/test", OWNERS, by="email"),
    # Of a log-in, not of an account: each has their own.
    "PushSubscription/get": without_account("PushSubscription/get", _LOGGED_IN, ids=None),
    "PushSubscription/set create": without_account("PushSubscription/set", _LOGGED_IN, create={"s": _PUSHED}),
    "PushSubscription/set update": without_account(
        "PushSubscription/set", _NOT_THEIRS, update=lambda house: {house.subscription: {"types": None}}
    ),
    "PushSubscription/set destroy": without_account(
        "PushSubscription/set", _NOT_THEIRS, destroy=lambda house: [house.subscription]
    ),
    "Webhook/get": _get("Webhook/get", _UNLISTED),
    "Webhook/set create": method("Webhook/set", _UNLISTED, create={"h": {"url": "https://hook.example/"}}),
    "Webhook/set create own": method(
        "Webhook/set", _HOOKED, accountId=OWN, create={"h": {"url": "https://hook.example/"}}
    ),
    "Webhook/set update": method("Webhook/set", _UNLISTED, update={"w" + "2" * 26: {"types": None}}),
    "Webhook/set destroy": method("Webhook/set", _UNLISTED, destroy=["w" + "2" * 26]),
    "Quota/get": _get("Quota/get"),
    "Quota/changes": method("Quota/changes", SHARED, sinceState="-.-.-"),
    "Quota/query": method("Quota/query", SHARED),
    "Quota/queryChanges": method(
        "Quota/queryChanges", SHARED | dict.fromkeys(INSIDE, "cannotCalculateChanges"),
        sinceQueryState="-",
    ),
    "Blob/get": method("Blob/get", SHARED, ids=["b" + "0" * 64]),
    "Blob/upload": method("Blob/upload", SHARED, create={}),
    # From the delegate's account into the one that they hold.
    "Blob/copy": method(
        "Blob/copy", everybody("fromAccountNotFound") | {"delegate": DONE},
        fromAccountId=lambda house: house.carer.account, blobIds=[],
    ),
    # The capability is a bridge's alone: for others the method does not exist.
    "Address/resolve": method(
        "Address/resolve", everybody("unknownMethod") | {"bridge": "accountNotFound"}, addresses=["a@b.example"]
    ),
}  # fmt: skip


def missing(settable: dict[str, Any]) -> set[str]:
    """What has no row. `settable`: by type, with the ways that its `/set` takes as attributes."""
    needed = set()
    for name in METHODS:
        of, _, verb = name.partition("/")
        ways = [way for way in ("create", "update", "destroy") if getattr(settable.get(of), way, None)]
        needed |= {f"{name} {way}" for way in ways} if verb == "set" else {name}
    return {one for one in needed if not any(key == one or key.startswith(one + " ") for key in METHOD_ROWS)}
