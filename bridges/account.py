"""One bridged account: how a mailbox of a bridge gets its account id, its device key and its key box.

Laws: id, device key and the salt of its address follow from the bridge's key and the address alone, so that a lost
disk loses no mailbox; the mailbox's own keys are random and live in its key box.
"""

from dataclasses import dataclass, field
from datetime import datetime

from clients.sdk import managed_account
from clients.sdk.enrolment import AccountKind
from crypto.encoding import base32, hkdf
from crypto.keybox import DeviceKey
from crypto.keys import SigningSeed
from messaging.wire.types import EnrolPerson

_DEVICE = b"pli gateway mailbox v1"
_ACCOUNT = b"pli gateway account v1"
_HOLDER = b"pli gateway holder salt v1"


@dataclass(frozen=True)
class Bridged:
    """What the bridge knows of a mailbox before it asks the relay.

    `salt` keeps the address out of the public key log: 32 bytes, told to the relay and to who resolves the address.
    """

    address: str
    account: str
    device: DeviceKey
    salt: bytes = field(repr=False)


def bridged(key: bytes, address: str) -> Bridged:
    """The account of `address` under the bridge's 32-byte key. The address is taken in small letters."""
    salt = address.lower().encode()
    account = "a" + base32(hkdf(key, salt, _ACCOUNT)[:16])
    return Bridged(address.lower(), account, DeviceKey(hkdf(key, salt, _DEVICE)), hkdf(key, salt, _HOLDER))


def enrolment(mailbox: Bridged, kind: AccountKind, now: datetime, by: SigningSeed) -> EnrolPerson:
    """The enrolment item of a managed account, with fresh keys in a box that the device key opens.

    `by` is the bridge's log-in key: it answers for the account in the key log.
    """
    return managed_account(kind, [mailbox.address], mailbox.device, now, mailbox.account, by=by, salts=[mailbox.salt])
