"""Makes accounts before anybody uses them: keys here, public halves and a wrapped box to the relay.

Law: whoever enrols answers for the account in its first statement (`by`, a voucher), and the addresses stand there
under salts: a relay cannot make an account up and say that an address is its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from crypto.code import Code
from crypto.encoding import b64u
from crypto.keybox import BoxContent, SlotKey, new_box
from crypto.keys import KeyPairs, PublicKeys, SigningSeed, account_id
from crypto.provision import provision
from crypto.randomness import SYSTEM
from crypto.transparency.statement import Announcement, holder, make_statement
from messaging.wire.types import EnrolPerson

AccountKind: TypeAlias = Literal["patient", "professional", "organisation"]


@dataclass(frozen=True)
class LetterAccount:
    """What the relay gets, and what goes on the person's letter and nowhere else.

    `code`, and `second` where the account has two: one is printed, the other sent another way. `fingerprint` is the
    key id in groups of four.
    """

    person: EnrolPerson
    code: Code = field(repr=False)
    second: Code | None = field(repr=False)
    fingerprint: str


def letter_account(
    kind: AccountKind,
    login: str,
    addresses: Sequence[str],
    now: datetime,
    *,
    by: SigningSeed,
    two_codes: bool = False,
) -> LetterAccount:
    """An invited account that its owner will open with the code of a letter. `by` is the station's log-in key."""
    made = provision(None, now, by=by, addresses=addresses, two_codes=two_codes)
    person = _person(
        made.account, kind, addresses, made.box, made.keys, made.announcement, made.salts, login=login,
        letter_key=b64u(made.letter_login.raw),
    )  # fmt: skip
    return LetterAccount(person, made.code, made.second, made.fingerprint)


def managed_account(
    kind: AccountKind,
    addresses: Sequence[str],
    key: SlotKey,
    now: datetime,
    account: str | None = None,
    *,
    by: SigningSeed,
    salts: Sequence[bytes] | None = None,
) -> EnrolPerson:
    """An account that a bridge holds the keys of: active at once, its box opened by `key`.

    `by` is the bridge's log-in key; `salts` (32 bytes for each address) are random unless they are given.
    """
    named, pairs = account or account_id(), KeyPairs.generate()
    salted = [SYSTEM.take(32) for _ in addresses] if salts is None else list(salts)
    holders = [holder(salt, address) for salt, address in zip(salted, addresses, strict=True)]
    box, _ = new_box(named, BoxContent.first(pairs, now), [key])
    announced = make_statement(named, pairs.public(), pairs.signing, now, box=1, by=by, holders=holders)
    return _person(named, kind, addresses, box, pairs.public(), announced, salted, managed=True)


def _person(
    account: str,
    kind: AccountKind,
    addresses: Sequence[str],
    box: bytes,
    keys: PublicKeys,
    announced: Announcement,
    salts: Sequence[bytes],
    *,
    managed: bool = False,
    login: str | None = None,
    letter_key: str | None = None,
) -> EnrolPerson:
    return EnrolPerson(
        account=account,
        kind=kind,
        addresses=list(addresses),
        managed=managed,
        login=login,
        letter_key=letter_key,
        box=b64u(box),
        sealing_key=b64u(keys.sealing.raw),
        signing_key=b64u(keys.signing.raw),
        statement=b64u(announced.statement),
        signature=b64u(announced.signature),
        voucher=None if announced.voucher is None else b64u(announced.voucher),
        salts=[b64u(salt) for salt in salts],
    )
