"""Makes accounts before anybody uses them: keys here, public halves and a wrapped box to the relay."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from crypto.code import Code
from crypto.encoding import b64u
from crypto.keybox import BoxContent, SlotKey, new_box
from crypto.keys import KeyPairs, PublicKeys, account_id
from crypto.provision import provision
from crypto.transparency.statement import make_statement
from messaging.wire.types import EnrolPerson

AccountKind: TypeAlias = Literal["patient", "professional", "organisation"]


@dataclass(frozen=True)
class LetterAccount:
    """What the relay gets, and the code that goes on the person's letter and nowhere else."""

    person: EnrolPerson
    code: Code = field(repr=False)


def letter_account(kind: AccountKind, login: str, addresses: Sequence[str], now: datetime) -> LetterAccount:
    """An invited account that its owner will open with the code of a letter."""
    made = provision(None, now)
    person = _person(
        made.account, kind, addresses, made.box, made.keys, made.statement, made.signature, login=login,
        letter_key=b64u(made.letter_login.raw),
    )  # fmt: skip
    return LetterAccount(person, made.code)


def managed_account(
    kind: AccountKind, addresses: Sequence[str], key: SlotKey, now: datetime, account: str | None = None
) -> EnrolPerson:
    """An account that a bridge holds the keys of: active at once, its box opened by `key`."""
    named, pairs = account or account_id(), KeyPairs.generate()
    box, _ = new_box(named, BoxContent.first(pairs, now), [key])
    statement, signature = make_statement(named, pairs.public(), pairs.signing, now)
    return _person(named, kind, addresses, box, pairs.public(), statement, signature, managed=True)


def _person(
    account: str,
    kind: AccountKind,
    addresses: Sequence[str],
    box: bytes,
    keys: PublicKeys,
    statement: bytes,
    signature: bytes,
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
        statement=b64u(statement),
        signature=b64u(signature),
    )
