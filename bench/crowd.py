"""Many accounts without their years: rows put straight into a relay's database, as if they had enrolled and logged in.

What is measured afterwards goes through the doors; that these people came another way costs and saves it nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from typing import Any

from crypto.keys import account_id, random_id
from messaging.relay.moments import DAY, SECOND
from messaging.relay.ports import Store, Transaction
from messaging.relay.records import Access, Account, Device, Login, Message
from messaging.relay.tokens import device_id, hashed, message_id, token

_STEP = 5_000  # rows of a transaction


@dataclass(frozen=True)
class Member:
    """One of them: a patient who is logged in, and the key that letters to them are sealed to."""

    account: str
    key_id: str
    token: str


def join(store: Store, count: int) -> list[Member]:
    """So many more accounts, each with a log-in name and a device. `store` may be open beside a running relay."""
    people = [Member(account_id(), "k" + account_id()[1:], token()) for _ in range(count)]
    now = int(time()) * SECOND
    for start in range(0, count, _STEP):
        part = people[start : start + _STEP]
        store.write(lambda tx, part=part: _add(tx, part, now))  # type: ignore[misc] # it is bound, not asked for
    return people


def write_letters(store: Store, member: Member, sender: str, count: int) -> None:
    """So many letters without bytes in a mailbox that is empty."""
    now = int(time()) * SECOND
    rows = [_letter(member.account, sender, n + 1, now) for n in range(count)]
    for start in range(0, count, _STEP):
        _write(store, rows[start : start + _STEP])
    held = store.read(lambda tx: tx.one(Account, member.account))
    if held is not None:
        store.write(lambda tx: tx.put(Account(held.id, held.kind, held.state, held.created, count, held.key)))


def _write(store: Store, rows: Sequence[Any]) -> None:
    store.write(lambda tx: tx.add(*rows))


def _add(tx: Transaction, people: Sequence[Member], now: int) -> None:
    devices = [Device(one.account, device_id(), now, now + 30 * DAY) for one in people]
    tx.add(*(Account(one.account, "patient", "active", now, 0, one.key_id) for one in people))
    tx.add(*(Login(f"l{one.account}", one.account) for one in people))
    tx.add(*devices)
    tx.add(*(Access(hashed(p.token), p.account, d.id, now + DAY) for p, d in zip(people, devices, strict=True)))


def _letter(account: str, sender: str, number: int, now: int) -> Message:
    return Message(account, number, message_id(), random_id(), "in", now, 2000, 0, "", "", sender, "", b"")
