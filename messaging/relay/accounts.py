"""Accounts, as a station or a bridge enrols them. How they are activated is in activation.py."""

import hashlib
from dataclasses import dataclass
from typing import Final

from crypto.encoding import unb64u
from crypto.errors import NotCanonical, WeakKey
from crypto.keys import SigningPublic, is_account
from crypto.transparency.statement import holder
from messaging.relay import erasure, keylog, opposition
from messaging.relay import keys as key_rules
from messaging.relay.accesslog import log
from messaging.relay.addresses import address_id, domain
from messaging.relay.login import kdf_json, login_name
from messaging.relay.logtree import Growth
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Address, Box, Factor, Login, Passkey
from messaging.relay.sets import wanted
from messaging.relay.turn import Turn
from messaging.wire.codec import encode
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get, Got
from messaging.wire.types import (
    AccountInfo,
    EnrolAnswer,
    EnrolOutcome,
    EnrolPerson,
    EnrolRequest,
    Kdf,
)

_METHODS: Final = ("password", "letter", "recovery", "passkey", "key")


@dataclass(frozen=True)
class Examined:
    """An item whose keys, box and letter key were checked, which needs no transaction; or `refused` with a reason."""

    person: EnrolPerson
    keys: key_rules.Announced | None = None
    box: bytes = b""
    letter_key: bytes = b""
    salts: tuple[bytes, ...] = ()

    @property
    def refused(self) -> bool:
        return self.keys is None


def examine(request: EnrolRequest) -> list[Examined]:
    """The slow part of enrolment: signatures, and the hashes of addresses. Never raises."""
    return [_examine(person) for person in request.people]


def enrol(turn: Turn, examined: list[Examined]) -> EnrolAnswer:
    """Create accounts, each on its own; an item that is there already is `unchanged`.

    Raises Refusal `forbidden`, `serverUnavailable`.
    """
    if turn.caller.kind not in ("bridge", "station"):
        raise Refusal("forbidden")
    growth, enroller = Growth(turn), turn.mailbox(turn.caller.account)
    outcomes = [_enrol(turn, growth, enroller, item) for item in examined]
    growth.finish()
    return EnrolAnswer(people=outcomes)


def get(turn: Turn, arguments: Get) -> Got[AccountInfo]:
    """`AccountInfo/get`: one object, whose id is the account's."""
    account = turn.mailbox(arguments.account_id)
    ids = wanted(arguments.ids)
    methods = {factor.method for factor in turn.tx.where(Factor, account=account.id)}
    methods |= {"passkey"} if turn.tx.count(Passkey, account=account.id) else set()
    shown = AccountInfo(
        id=account.id,
        kind=account.kind,  # type: ignore[arg-type] # the column holds only kinds
        state=account.state,  # type: ignore[arg-type] # the column holds only states
        created_at=date_text(account.created),
        login_methods=[method for method in _METHODS if method in methods],
    )
    return Got(
        account_id=account.id,
        state=account.state,
        list_=[shown] if ids is None or account.id in ids else [],
        not_found=[id_ for id_ in ids or [] if id_ != account.id],
    )


def _examine(person: EnrolPerson) -> Examined:
    try:
        box = unb64u(person.box)
        letter_key = b"" if person.letter_key is None else SigningPublic.load(unb64u(person.letter_key, 32)).raw
        salts = tuple(unb64u(salt, 32) for salt in person.salts)
        new = key_rules.announced(person.account, person, None, key_rules.box_version(box))
        if not is_account(person.account) or not _fit(person.addresses, salts, new.statement.holders):
            return Examined(person)
        return Examined(person, new, box, letter_key, salts)
    except (Refusal, NotCanonical, WeakKey):
        return Examined(person)


def _fit(addresses: list[str], salts: tuple[bytes, ...], holders: tuple[bytes, ...]) -> bool:
    try:
        return len(salts) == len(addresses) and set(map(holder, salts, addresses)) == set(holders)
    except UnicodeEncodeError:  # a lone surrogate is no address
        return False


def _enrol(turn: Turn, growth: Growth, enroller: Account, item: Examined) -> EnrolOutcome:
    person = item.person
    if not _may_enrol(enroller, person):
        return _refused(person, "notYourDomain")
    if item.keys is None or (not person.managed and (person.login is None or person.letter_key is None)):
        return _refused(person, "invalidKeys")
    if not _answers_for(turn, enroller, item.keys):
        return _refused(person, "invalidKeys")
    if person.login is not None and opposition.has_opposed(turn, person.login):
        return _refused(person, "opposed")
    digest = _digest(enroller, item.keys.keys.key_id, person)
    before = turn.tx.one(Account, person.account)
    if before is not None:
        same = before.enrolled == digest
        return EnrolOutcome(account=person.account, outcome="unchanged") if same else _refused(person, "accountTaken")
    if erasure.is_spent(turn, person.account.encode()):  # it was somebody's, and the log cannot have it twice
        return _refused(person, "accountTaken")
    if not _may_be_logged(turn, item.keys):
        return _refused(person, "invalidKeys")
    pepper = turn.house.secrets.pepper
    addresses = {address_id(pepper, text): salt for text, salt in zip(person.addresses, item.salts, strict=True)}
    if any(turn.tx.one(Address, address) for address in addresses):
        return _refused(person, "addressTaken")
    if person.login is not None and turn.tx.one(Login, login_name(person.login)) is not None:
        return _refused(person, "loginTaken")
    _create(turn, enroller, item, item.keys, digest, addresses)
    turn.tx.add(key_rules.as_record(person.account, item.keys, 0, growth.append(item.keys.entry), turn.stamp))
    return EnrolOutcome(account=person.account, outcome="created")


def _create(
    turn: Turn,
    enroller: Account,
    item: Examined,
    new: key_rules.Announced,
    digest: bytes,
    addresses: dict[bytes, bytes],
) -> None:
    person = item.person
    turn.tx.add(
        Account(
            id=person.account,
            kind=person.kind,
            state="active" if person.managed or person.kind == "app" else "invited",
            created=turn.stamp,
            key=new.keys.key_id,
            parent=enroller.id if person.managed else "",
            enrolled=digest,
        )
    )
    turn.tx.add(Box(person.account, key_rules.box_version(item.box), item.box))
    for address, salt in sorted(addresses.items()):
        turn.tx.add(Address(address, person.account, salt))
    if person.login is not None:
        turn.tx.add(Login(login_name(person.login), person.account))
    if item.letter_key:
        turn.tx.add(_first_factor(person, item.letter_key))
    if person.managed:
        turn.tx.next_change(enroller.id)  # the session of the bridge has one account more
        turn.joined.append((enroller.id, person.account))
    log(turn, "enrol", target=person.account)


def _first_factor(person: EnrolPerson, public: bytes) -> Factor:
    # An app has no letter and nobody who types: it logs in with a key that it made itself.
    if person.kind == "app":
        return Factor(person.account, "key", public, kdf_json(Kdf(name="key")))
    return Factor(person.account, "letter", public, kdf_json(Kdf(name="code")))


def _answers_for(turn: Turn, enroller: Account, new: key_rules.Announced) -> bool:
    # The voucher was verified with the key that the statement names: that must be the caller's own.
    mine = turn.tx.one(Factor, enroller.id, "key")
    return mine is not None and new.statement.by is not None and new.statement.by.raw == mine.public


def _may_be_logged(turn: Turn, new: key_rules.Announced) -> bool:
    try:
        keylog.check(turn, new)
    except Refusal:
        return False
    return True


def _may_enrol(enroller: Account, person: EnrolPerson) -> bool:
    if enroller.kind == "station":
        return not person.managed
    # Log-in names have no domain: a bridge that could choose one could take anybody's.
    ours = set(enroller.domains.split())
    named = person.managed and person.login is None and bool(person.addresses)
    return (
        named and person.kind not in ("patient", "app") and all(_is_ours(address, ours) for address in person.addresses)
    )


def _is_ours(address: str, ours: set[str]) -> bool:
    return address.count("@") == 1 and not address.startswith("@") and domain(address) in ours


def _digest(enroller: Account, key_id: str, person: EnrolPerson) -> bytes:
    # The box and the statement's time differ from run to run; who it is and which keys it has do not.
    said = [enroller.id, person.account, person.kind, sorted(person.addresses), person.managed, person.login, key_id]
    return hashlib.sha256(encode([*said, person.letter_key])).digest()


def _refused(person: EnrolPerson, reason: str) -> EnrolOutcome:
    return EnrolOutcome(account=person.account, outcome="refused", reason=reason)
