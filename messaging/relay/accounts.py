"""Accounts: enrolled by a station or a bridge, activated by their owner with the code of a letter."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from crypto.encoding import unb64u
from crypto.errors import NotCanonical, WeakKey
from crypto.keys import SigningPublic, is_account
from messaging.relay import devices, totp
from messaging.relay import keys as key_rules
from messaging.relay.accesslog import log
from messaging.relay.addresses import address_id, domain
from messaging.relay.login import check_attempts, fail, find_ticket, kdf_json, login_name, succeed
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Address, Box, Factor, Key, Login, Ticket
from messaging.relay.sets import wanted
from messaging.relay.turn import Turn
from messaging.wire.codec import encode
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get, Got
from messaging.wire.types import (
    AccountInfo,
    ActivateRequest,
    EnrolAnswer,
    EnrolOutcome,
    EnrolPerson,
    EnrolRequest,
    Kdf,
)

_METHODS: Final = ("password", "letter", "recovery", "key")
_KDF_FLOOR: Final = (19456, 2)  # KiB and passes (docs/spec/keybox.md)
_KDF_CEILING: Final = (1048576, 16)


@dataclass(frozen=True)
class Examined:
    """An item whose keys, box and letter key were checked, which needs no transaction; or `refused` with a reason."""

    person: EnrolPerson
    keys: key_rules.Announced | None = None
    box: bytes = b""
    letter_key: bytes = b""

    @property
    def refused(self) -> bool:
        return self.keys is None


def examine(request: EnrolRequest) -> list[Examined]:
    """The slow part of enrolment: signatures. Never raises."""
    return [_examine(person) for person in request.people]


def enrol(turn: Turn, examined: list[Examined]) -> EnrolAnswer:
    """Create accounts, each on its own; an item that is there already is `unchanged`. Raises Refusal `forbidden`."""
    if turn.caller.kind not in ("bridge", "station"):
        raise Refusal("forbidden")
    enroller = turn.mailbox(turn.caller.account)
    return EnrolAnswer(people=[_enrol(turn, enroller, item) for item in examined])


def activate(turn: Turn, request: ActivateRequest) -> devices.Issued | Refusal:
    """New keys, box, password and second factor in place of the letter's, in one transaction.

    Raises or returns Refusal `ticketExpired`, `wrongCode`, `tooManyAttempts`, `invalidKeys`, `invalidProperties`.
    """
    ticket = find_ticket(turn, request.ticket, "letter")
    check_attempts(turn, ticket.account)
    account = _required(turn, ticket.account)
    new = key_rules.announced(account.id, request.new_keys, key_rules.newest(turn, account))
    box, factor = _new_box(turn, account, request.box), _password(account.id, request)
    if new.keys.key_id == account.key:
        raise Refusal("invalidKeys")
    secret = base64.b32decode(request.totp_secret)
    step = totp.matching_step(secret, request.code, turn.now)
    if step is None:
        return fail(turn, account.id, "wrongCode")
    _replace_keys(turn, account, new)
    turn.tx.put(box)
    turn.tx.put(factor)
    turn.tx.drop(Factor, account.id, "letter")
    totp.keep(turn, account.id, secret, step)
    for left in turn.tx.where(Ticket, account=account.id):
        turn.tx.drop(Ticket, left.id)
    succeed(turn, account.id, "letter")
    log(turn, "activate", account=account.id)
    return devices.begin(turn, account.id, renewable=True, cookie=request.cookie)


def get(turn: Turn, arguments: Get) -> Got[AccountInfo]:
    """`AccountInfo/get`: one object, whose id is the account's."""
    account = turn.mailbox(arguments.account_id)
    ids = wanted(arguments.ids)
    methods = [factor.method for factor in turn.tx.where(Factor, account=account.id)]
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
        if not is_account(person.account) or key_rules.box_version(box) < 1:
            return Examined(person)
        return Examined(person, key_rules.announced(person.account, person, None), box, letter_key)
    except (Refusal, NotCanonical, WeakKey):
        return Examined(person)


def _enrol(turn: Turn, enroller: Account, item: Examined) -> EnrolOutcome:
    person = item.person
    if not _may_enrol(enroller, person):
        return _refused(person, "notYourDomain")
    if item.keys is None or (not person.managed and (person.login is None or person.letter_key is None)):
        return _refused(person, "invalidKeys")
    digest = _digest(enroller, item.keys.keys.key_id, person)
    before = turn.tx.one(Account, person.account)
    if before is not None:
        same = before.enrolled == digest
        return EnrolOutcome(account=person.account, outcome="unchanged") if same else _refused(person, "accountTaken")
    pepper = turn.house.secrets.pepper
    addresses = {address_id(pepper, text) for text in person.addresses}
    if any(turn.tx.one(Address, address) for address in addresses):
        return _refused(person, "addressTaken")
    if person.login is not None and turn.tx.one(Login, login_name(person.login)) is not None:
        return _refused(person, "loginTaken")
    _create(turn, enroller, item, item.keys, digest, addresses)
    return EnrolOutcome(account=person.account, outcome="created")


def _create(
    turn: Turn, enroller: Account, item: Examined, new: key_rules.Announced, digest: bytes, addresses: set[bytes]
) -> None:
    person = item.person
    turn.tx.add(
        Account(
            id=person.account,
            kind=person.kind,
            state="active" if person.managed else "invited",
            created=turn.stamp,
            key=new.keys.key_id,
            parent=enroller.id if person.managed else "",
            enrolled=digest,
        )
    )
    turn.tx.add(key_rules.as_record(person.account, new, 0, turn.stamp))
    turn.tx.add(Box(person.account, key_rules.box_version(item.box), item.box))
    for address in sorted(addresses):
        turn.tx.add(Address(address, person.account))
    if person.login is not None:
        turn.tx.add(Login(login_name(person.login), person.account))
    if item.letter_key:
        turn.tx.add(Factor(person.account, "letter", item.letter_key, kdf_json(Kdf(name="code"))))
    if person.managed:
        turn.tx.next_change(enroller.id)  # the session of the bridge has one account more
    log(turn, "enrol", target=person.account)


def _may_enrol(enroller: Account, person: EnrolPerson) -> bool:
    if enroller.kind == "station":
        return not person.managed
    # Log-in names have no domain: a bridge that could choose one could take anybody's.
    ours = set(enroller.domains.split())
    named = person.managed and person.login is None and bool(person.addresses)
    return named and person.kind != "patient" and all(_is_ours(address, ours) for address in person.addresses)


def _is_ours(address: str, ours: set[str]) -> bool:
    return address.count("@") == 1 and not address.startswith("@") and domain(address) in ours


def _digest(enroller: Account, key_id: str, person: EnrolPerson) -> bytes:
    # The box and the statement's time differ from run to run; who it is and which keys it has do not.
    said = [enroller.id, person.account, person.kind, sorted(person.addresses), person.managed, person.login, key_id]
    return hashlib.sha256(encode([*said, person.letter_key])).digest()


def _refused(person: EnrolPerson, reason: str) -> EnrolOutcome:
    return EnrolOutcome(account=person.account, outcome="refused", reason=reason)


def _new_box(turn: Turn, account: Account, text: str) -> Box:
    before = turn.tx.one(Box, account.id)
    try:
        raw = unb64u(text)
    except NotCanonical:
        raise Refusal("invalidProperties", members={"properties": ["box"]}) from None
    version = key_rules.box_version(raw)
    if before is not None and version <= before.version:
        raise Refusal("invalidProperties", members={"properties": ["box"]})
    return Box(account.id, version, raw)


def _password(account: str, request: ActivateRequest) -> Factor:
    kdf = request.kdf
    given = (kdf.memory or 0, kdf.passes or 0)
    in_bounds = all(low <= n <= high for low, n, high in zip(_KDF_FLOOR, given, _KDF_CEILING, strict=True))
    try:
        public = SigningPublic.load(unb64u(request.login_key, 32)).raw
        unb64u(kdf.salt or "", 16)
    except (NotCanonical, WeakKey):
        raise Refusal("invalidKeys") from None
    if kdf.name != "argon2id" or kdf.lanes != 1 or not in_bounds:
        raise Refusal("invalidProperties", members={"properties": ["kdf"]})
    return Factor(account, "password", public, kdf_json(kdf))


def _required(turn: Turn, account: str) -> Account:
    found = turn.tx.one(Account, account)
    if found is None or found.state == "closed":
        raise Refusal("ticketExpired")
    return found


def _replace_keys(turn: Turn, account: Account, new: key_rules.Announced) -> None:
    old = turn.tx.one(Key, account.id, account.key)
    if old is None:
        raise RuntimeError("an account without its key")
    turn.tx.put(replace(old, revoked=turn.stamp))
    turn.tx.add(key_rules.as_record(account.id, new, old.number + 1, turn.stamp))
    turn.tx.put(replace(account, key=new.keys.key_id, state="active"))
    turn.note(account.id, "PublicKey", str(old.number + 2))
