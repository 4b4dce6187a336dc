"""Keys that become public: checked against the log's rules, appended, published, proven (docs/spec/transparency.md).

Every door that takes new keys goes through announce(), so that no key is current that is not in the log.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from crypto.errors import BadCheckpoint
from crypto.labels import TILE_WIDTH
from crypto.transparency.checkpoint import parse_checkpoint_text
from crypto.transparency.note import parse_note
from crypto.transparency.policy import has_quorum
from crypto.transparency.statement import Statement
from crypto.transparency.tiles import Tile, encode_bundle, is_there
from messaging.relay import erasure, logtree
from messaging.relay.keys import Announced, as_record
from messaging.relay.logtree import NOTHING, Growth, Nodes
from messaging.relay.records import Account, Key, LogHead
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Prove, ProveDone

TILE_HEIGHT = 8  # levels of the tree in one level of tiles (tlog-tiles)


def announce(turn: Turn, account: Account, new: Announced) -> Account:
    """Append the statement to the log and make its keys current; the account as it is put, with its other changes.

    `account` is as it shall be but for its key. Raises Refusal `invalidKeys`, `serverUnavailable`, before any write.
    """
    growth = Growth(turn)
    check(turn, new)
    old = turn.tx.one(Key, account.id, account.key)
    if old is None:
        raise RuntimeError("an account without its key")
    if new.keys.key_id == old.id:
        raise Refusal("invalidKeys")
    turn.tx.put(replace(old, revoked=turn.stamp))
    put = replace(account, key=new.keys.key_id)
    turn.tx.add(as_record(account.id, new, old.number + 1, growth.append(new.entry), turn.stamp))
    turn.tx.put(put)
    growth.finish()
    turn.note(account.id, "PublicKey", str(old.number + 2))
    return put


def check(turn: Turn, new: Announced) -> None:
    """What takes the other accounts and the clock to know. Raises Refusal `invalidKeys`."""
    if not _is_due(new.statement, turn.now):
        raise Refusal("invalidKeys")
    # Whoever signs for two accounts copied keys, or a station did: witnesses would refuse the log for it.
    holders = turn.tx.where(Key, signing=new.keys.signing.raw)
    if any(key.account != new.statement.account or key.id == new.keys.key_id for key in holders):
        raise Refusal("invalidKeys")
    if erasure.is_spent(turn, new.keys.signing.raw):  # of an account that was erased: the log has it all the same
        raise Refusal("invalidKeys")


def begin(turn: Turn) -> LogHead:
    """The head, signed where it is not yet: the log is empty, or the operator began a new one.

    What was published under another policy is published under this one only if its readers would take it.
    """
    before, policy = logtree.head(turn), turn.house.policy
    if not before.note:
        logtree.sign(turn, before.size, Nodes(turn.tx))
    elif policy.quorum is None:
        if not before.published_note or before.published < before.size:
            turn.tx.put(replace(before, published=before.size, published_note=before.note))
    elif before.published_note and not has_quorum(before.published_note, policy):
        turn.tx.put(replace(before, published=0, published_note=b""))
    return logtree.head(turn)


def forget_signatures(turn: Turn) -> LogHead:
    """The same entries as the beginning of a new log, which begin() signs with another key."""
    after = replace(NOTHING, size=logtree.head(turn).size)
    turn.tx.put(after)
    return after


def sign_again(turn: Turn, age: int) -> LogHead:
    """The head, signed anew when its checkpoint is of `age` microseconds. Raises Refusal `serverUnavailable`."""
    logtree.require_open(turn)
    before = logtree.head(turn)
    if turn.stamp - before.signed >= age:
        logtree.sign(turn, before.size, Nodes(turn.tx))
    return logtree.head(turn)


def publish(turn: Turn, note: bytes) -> LogHead:
    """The head, with `note` (this log's, cosigned) published if it has the quorum and is not of a smaller size."""
    before = logtree.head(turn)
    try:
        found = parse_checkpoint_text(parse_note(note).text)
    except BadCheckpoint:
        return before
    is_ours = found.size <= before.size and found.root == logtree.root(turn, found.size)
    if not is_ours or found.size < before.published or not has_quorum(note, turn.house.policy):
        return before
    after = replace(before, published=found.size, published_note=note)
    turn.tx.put(after)
    return after


def prove(turn: Turn, arguments: Prove) -> ProveDone:
    """`KeyLog/prove`. Raises Refusal `requestTooLarge`, `serverUnavailable`."""
    account = turn.mailbox(arguments.account_id).id
    if len(arguments.sizes) > limits.MAX_PROVE:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_PROVE})
    head, nodes = logtree.published(turn), Nodes(turn.tx)
    proofs = {str(size): logtree.consistency(nodes, size, head.published) for size in arguments.sizes}
    return ProveDone(account_id=account, checkpoint=head.published_note.decode(), proofs=proofs)


def tile(turn: Turn, wanted: Tile) -> bytes:
    """Hashes or entries of the log (tlog-tiles). Raises Refusal `notFound`.

    Also of what is signed for and not published yet: a witness reads the entries before it cosigns them.
    """
    if not is_there(wanted, logtree.head(turn).size):
        raise Refusal("notFound")
    first = wanted.number * TILE_WIDTH
    if wanted.level == "entries":
        return encode_bundle(turn.tx.log_entries(first, wanted.width))
    return b"".join(turn.tx.log_nodes(TILE_HEIGHT * wanted.level, first, wanted.width))


def _is_due(statement: Statement, now: datetime) -> bool:
    latest = now + timedelta(seconds=limits.KEY_AHEAD_SECONDS)
    return datetime.fromisoformat(statement.time) <= latest
