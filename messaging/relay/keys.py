"""Public keys, whose chain of statements the relay checks too, and key boxes, which it cannot open."""

from dataclasses import dataclass

import msgspec

from crypto.encoding import b64u, integer, parse_canonical, unb64u
from crypto.errors import BadStatement, NotCanonical, WeakKey
from crypto.keys import PublicKeys
from crypto.transparency.statement import Statement, read_statement, verify_statement
from messaging.relay.accesslog import log
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Box, Key
from messaging.relay.sets import apply, invalid, parse, wanted
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get, Got, KeyBoxUpdate, KeyLookup, KeyLookupDone, Set, SetDone
from messaging.wire.types import EnrolPerson, KeyBox, NewKeys, PublicKey


@dataclass(frozen=True)
class Announced:
    """Keys with the statement that announces them, checked."""

    keys: PublicKeys
    statement: bytes
    signature: bytes


def announced(account: str, given: NewKeys | EnrolPerson, previous: Statement | None) -> Announced:
    """Check new keys and their statement. Raises Refusal `invalidKeys`."""
    try:
        keys = PublicKeys.load(unb64u(given.signing_key, 32), unb64u(given.sealing_key, 1216))
        statement, signature = unb64u(given.statement), unb64u(given.signature, 64)
        if len(statement) > limits.MAX_STATEMENT:
            raise Refusal("invalidKeys")
        verify_statement(statement, signature, keys, previous, account=account)
    except (BadStatement, NotCanonical, WeakKey):
        raise Refusal("invalidKeys") from None
    return Announced(keys, statement, signature)


def box_version(box: bytes) -> int:
    """The version that a box says it has. Raises Refusal `invalidProperties`: not a box."""
    try:
        said = parse_canonical(box)
        version = integer(said["version"]) if isinstance(said, dict) else 0
    except (NotCanonical, KeyError):
        raise invalid("box") from None
    if version < 1 or len(box) > limits.MAX_KEY_BOX:
        raise invalid("box")
    return version


def newest(turn: Turn, account: Account) -> Statement:
    """The statement that the next one must follow."""
    key = turn.tx.one(Key, account.id, account.key)
    if key is None:
        raise RuntimeError("an account without its key")
    keys = PublicKeys.load(key.signing, key.sealing)
    return read_statement(key.statement, keys)


def as_record(account: str, new: Announced, number: int, now: int) -> Key:
    """The row of new keys."""
    keys = new.keys
    signing, sealing = keys.signing.raw, keys.sealing.raw
    return Key(account, keys.key_id, number, signing, sealing, new.statement, new.signature, now)


def get(turn: Turn, arguments: Get) -> Got[PublicKey]:
    """`PublicKey/get`: the account's own, oldest first."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    found = _all(turn, account)
    known = {key.id for key in found}
    return Got(
        account_id=account,
        state=str(len(found)),
        list_=[_seen(key) for key in found if ids is None or key.id in ids],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def lookup(turn: Turn, arguments: KeyLookup) -> KeyLookupDone:
    """`PublicKey/lookup`: anyone's current key, or all of them, oldest first."""
    account = turn.mailbox(arguments.account_id).id
    if len(arguments.accounts) > limits.MAX_LOOKUP:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_LOOKUP})
    found: list[PublicKey] = []
    missing: list[str] = []
    for id_ in dict.fromkeys(arguments.accounts):
        owner = turn.tx.one(Account, id_)
        if owner is None or owner.state == "closed" or not owner.key:
            missing.append(id_)
            continue
        keys = _all(turn, id_)
        found += [_seen(key) for key in keys if arguments.history or key.id == owner.key]
    return KeyLookupDone(account_id=account, list_=found, not_found=missing)


def get_box(turn: Turn, arguments: Get) -> Got[KeyBox]:
    """`KeyBox/get`: a singleton."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    box = turn.tx.one(Box, account)
    shown = [] if box is None or (ids is not None and "box" not in ids) else [_seen_box(box)]
    missing = [id_ for id_ in ids or [] if id_ != "box" or box is None]
    return Got(account_id=account, state=_box_state(turn, account), list_=shown, not_found=missing)


def set_box(turn: Turn, arguments: Set) -> SetDone:
    """`KeyBox/set`: update by compare-and-set on the version."""
    return apply(turn, arguments, lambda: _box_state(turn, arguments.account_id), update=_update_box)


def _update_box(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    before = turn.tx.one(Box, account)
    if id_ != "box" or before is None:
        raise Refusal("notFound")
    new = parse(raw, KeyBoxUpdate)
    try:
        box = unb64u(new.box)
    except NotCanonical:
        raise invalid("box") from None
    if new.version != before.version + 1:
        raise Refusal("stateMismatch")
    if box_version(box) != new.version:
        raise invalid("version")
    turn.tx.put(Box(account, new.version, box))
    turn.note(account, "KeyBox", str(new.version))
    log(turn, "keybox", account=account, target=str(new.version))


def _all(turn: Turn, account: str) -> list[Key]:
    return sorted(turn.tx.where(Key, account=account), key=lambda key: key.number)


def _box_state(turn: Turn, account: str) -> str:
    box = turn.tx.one(Box, account)
    return "0" if box is None else str(box.version)


def _seen_box(box: Box) -> KeyBox:
    return KeyBox(id="box", version=box.version, box=b64u(box.box))


def _seen(key: Key) -> PublicKey:
    return PublicKey(
        id=key.id,
        account=key.account,
        sealing_key=b64u(key.sealing),
        signing_key=b64u(key.signing),
        statement=b64u(key.statement),
        signature=b64u(key.signature),
        created_at=date_text(key.created),
        revoked_at=None if key.revoked is None else date_text(key.revoked),
    )
