"""Public keys, whose line of statements the relay checks too, and key boxes, which it cannot open."""

from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from crypto.encoding import b64u, canonical, integer, parse_canonical, unb64u
from crypto.errors import BadStatement, NotCanonical, WeakKey
from crypto.keys import PublicKeys, SealingPublic, SigningPublic
from crypto.transparency.statement import Announcement, Statement, read_statement, verify_statement
from messaging.relay import logtree
from messaging.relay.accesslog import log
from messaging.relay.logtree import Nodes
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Box, Key
from messaging.relay.sets import apply, invalid, parse, wanted
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get, Got, KeyBoxUpdate, KeyLookup, KeyLookupDone, Set, SetDone
from messaging.wire.types import EnrolPerson, KeyBox, LogAnswer, NewKeys, PublicKey


@dataclass(frozen=True)
class Announced:
    """Keys with the statement that announces them, checked as far as it takes no transaction, and their log entry."""

    keys: PublicKeys
    statement: Statement
    signature: bytes
    voucher: bytes | None
    entry: bytes


def announced(account: str, given: NewKeys | EnrolPerson, previous: Statement | None, box: int) -> Announced:
    """Check new keys and their statement; `box` is the version of the key box that they come with.

    Raises Refusal `invalidKeys`. What else the log asks is checked by keylog.check().
    """
    try:
        sealing, said = SealingPublic.load(unb64u(given.sealing_key, 1216)), _announcement(given)
        # The signing key is that of the statement, in which it was checked to be a good point: once is enough.
        keys = PublicKeys(SigningPublic(unb64u(given.signing_key, 32)), sealing)
        statement = verify_statement(said, previous, account=account, keys=keys)
    except (BadStatement, NotCanonical, WeakKey):
        raise Refusal("invalidKeys") from None
    entry = entry_of(said)
    if statement.box != box or len(entry) > limits.MAX_STATEMENT:
        raise Refusal("invalidKeys")
    return Announced(keys, statement, said.signature, said.voucher, entry)


def entry_of(said: Announcement) -> bytes:
    """The log entry of a statement that was verified: what crypto.transparency.entry.encode_entry() makes of it.

    That reads the statement once more, which at an enrolment costs as much as a signature. A test compares the two.
    """
    voucher = b"null" if said.voucher is None else b'"%s"' % b64u(said.voucher).encode()
    return b'{"signature":"%s","statement":%s,"voucher":%s}' % (b64u(said.signature).encode(), said.statement, voucher)


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


def box_slots(box: bytes) -> bytes:
    """The slots of a box that box_version() took, canonical. No secret: they say what opens the box, not how."""
    said = parse_canonical(box)
    return canonical(said.get("slots")) if isinstance(said, dict) else b""


def newest(turn: Turn, account: Account) -> Statement:
    """The statement that the next one must follow."""
    key = turn.tx.one(Key, account.id, account.key)
    if key is None:
        raise RuntimeError("an account without its key")
    return read_statement(key.statement)


def as_record(account: str, new: Announced, number: int, entry: int, now: int) -> Key:
    """The row of new keys: the account's `number`th from 0, at `entry` of the log."""
    return Key(
        account=account,
        id=new.keys.key_id,
        number=number,
        signing=new.keys.signing.raw,
        sealing=new.keys.sealing.raw,
        statement=new.statement.raw,
        signature=new.signature,
        voucher=new.voucher or b"",
        entry=entry,
        created=now,
    )


def shown_key(turn: Turn, account: Account) -> str:
    """The key id that others are shown: the newest that a published checkpoint covers; empty when none is."""
    size = logtree.head(turn).published
    covered = [key.id for key in _all(turn, account.id) if key.entry < size]
    return covered[-1] if covered else ""


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
    """`PublicKey/lookup`: anyone's newest published key, or all of them, oldest first, with proofs of the log.

    Raises Refusal `requestTooLarge`, `serverUnavailable`.
    """
    account = turn.mailbox(arguments.account_id).id
    if len(arguments.accounts) > limits.MAX_LOOKUP:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_LOOKUP})
    head, nodes = logtree.published(turn), Nodes(turn.tx)
    found: list[PublicKey] = []
    missing: list[str] = []
    for id_ in dict.fromkeys(arguments.accounts):
        keys = _published(turn, id_, head.published)
        if not keys:
            missing.append(id_)
            continue
        proof = logtree.inclusion(keys[-1].entry, head.published, nodes)
        found += [_seen(key) for key in keys[:-1]] if arguments.history else []
        found.append(_seen(replace(keys[-1], revoked=None), proof))
    consistency = logtree.consistency(nodes, arguments.since or 0, head.published)
    said = LogAnswer(checkpoint=head.published_note.decode(), consistency=consistency)
    return KeyLookupDone(account_id=account, list_=found, not_found=missing, log=said)


def get_box(turn: Turn, arguments: Get) -> Got[KeyBox]:
    """`KeyBox/get`: a singleton."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    box = turn.tx.one(Box, account)
    shown = [] if box is None or (ids is not None and "box" not in ids) else [_seen_box(box)]
    missing = [id_ for id_ in ids or [] if id_ != "box" or box is None]
    return Got(account_id=account, state=_box_state(turn, account), list_=shown, not_found=missing)


def set_box(turn: Turn, arguments: Set) -> SetDone:
    """`KeyBox/set`: update by compare-and-set on the version. Slots stay: a confirmed device changes those."""
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
    if box_slots(box) != box_slots(before.box):
        raise invalid("box")
    turn.tx.put(Box(account, new.version, box))
    turn.note(account, "KeyBox", str(new.version))
    log(turn, "keybox", account=account, target=str(new.version))


def _announcement(given: NewKeys | EnrolPerson) -> Announcement:
    voucher = given.voucher if isinstance(given, EnrolPerson) else None
    signature = unb64u(given.signature, 64)
    return Announcement(unb64u(given.statement), signature, None if voucher is None else unb64u(voucher, 64))


def _all(turn: Turn, account: str) -> list[Key]:
    return sorted(turn.tx.where(Key, account=account), key=_number)


def _number(key: Key) -> int:
    return key.number


def _published(turn: Turn, account: str, size: int) -> list[Key]:
    owner = turn.tx.one(Account, account)
    if owner is None or owner.state == "closed" or not owner.key:
        return []
    return [key for key in _all(turn, account) if key.entry < size]


def _box_state(turn: Turn, account: str) -> str:
    box = turn.tx.one(Box, account)
    return "0" if box is None else str(box.version)


def _seen_box(box: Box) -> KeyBox:
    return KeyBox(id="box", version=box.version, box=b64u(box.box))


def _seen(key: Key, inclusion: list[str] | None = None) -> PublicKey:
    return PublicKey(
        id=key.id,
        account=key.account,
        sealing_key=b64u(key.sealing),
        signing_key=b64u(key.signing),
        statement=b64u(key.statement),
        signature=b64u(key.signature),
        created_at=date_text(key.created),
        revoked_at=None if key.revoked is None else date_text(key.revoked),
        index=key.entry,
        voucher=b64u(key.voucher) if key.voucher else None,
        inclusion=inclusion,
    )
