"""Erasure: of an account nothing is left but a tombstone, what its peers have, and its entries of the key log.

The key log holds a random account number, public keys and salted hashes, and cannot forget: so number and signing keys
are kept as spent, for no log may have them twice. The access log keeps its rows, which hold ids alone. Bytes of blobs
that nobody else names go with the walk that removes such (within two days).
"""

import hashlib
from typing import Any, Final

from messaging.relay import contacts, directory, emergencies, grants
from messaging.relay.accesslog import log
from messaging.relay.records import (
    KEYS,
    Access,
    Account,
    Address,
    Archive,
    Blob,
    Box,
    Certificate,
    Consent,
    Delegation,
    Device,
    Edge,
    EmailCode,
    Emergency,
    Factor,
    Failure,
    Gone,
    Grant,
    Hook,
    Key,
    Login,
    Message,
    Notice,
    Pairing,
    Passkey,
    Refresh,
    Sent,
    Setting,
    Spent,
    State,
    Subscription,
    Ticket,
    Totp,
    Trust,
)
from messaging.relay.turn import Turn

_BY_ACCOUNT: Final[tuple[type, ...]] = (
    Login, Factor, Passkey, Totp, Failure, Ticket, Device, Trust, Pairing, Delegation, Key, Box, Address, Edge, Message,
    Sent, Gone, State, Blob, Archive, Grant, Emergency, Consent, Certificate, Setting, EmailCode, Subscription, Hook,
    Notice,
)  # fmt: skip
# Without an index by account: of whoever had a device alone, since others cannot have any.
_OF_DEVICES: Final[tuple[type, ...]] = (Access, Refresh)


def erase(turn: Turn, account: str, *, actor: str = "") -> bool:
    """All at once; False where there is nothing any more. Whoever calls it leaves the tombstone."""
    if turn.tx.one(Account, account) is None:
        return False
    _spend(turn, account)
    contacts.leave(turn, account)
    grants.leave(turn, account)
    emergencies.leave(turn, account)
    _end_care(turn, account)
    for message in turn.tx.where(Message, account=account):
        if message.body:
            turn.tx.drop_copy(message.body)
    had_devices = _end_devices(turn, account)
    for kind in (*_BY_ACCOUNT, *(_OF_DEVICES if had_devices else ())):
        found: list[Any] = turn.tx.where(kind, account=account)
        for row in found:
            turn.tx.drop(kind, *(getattr(row, name) for name in KEYS[kind]))
    directory.remove(turn, account)
    turn.tx.drop(Account, account)
    turn.changed.pop(account, None)  # nobody is told: there is nobody
    log(turn, "erase", account=account, actor=actor)
    return True


def is_spent(turn: Turn, what: bytes) -> bool:
    """Whether an erased account had this signing key, or this number (ASCII)."""
    return turn.tx.one(Spent, hashlib.sha256(what).digest()) is not None


def _spend(turn: Turn, account: str) -> None:
    for what in (account.encode(), *(key.signing for key in turn.tx.where(Key, account=account))):
        turn.tx.put(Spent(hashlib.sha256(what).digest()))


def _end_care(turn: Turn, account: str) -> None:
    for held in turn.tx.where(Delegation, delegate=account):
        turn.tx.drop(Delegation, held.account, held.delegate)
        turn.parted.append((held.delegate, held.account))
    for held in turn.tx.where(Delegation, account=account):
        turn.parted.append((held.delegate, held.account))


def _end_devices(turn: Turn, account: str) -> bool:
    found = turn.tx.where(Device, account=account)
    turn.ended.extend(device.id for device in found if not device.ended)
    return bool(found)
