"""Whose keys are believed: chains of key statements, and pins on what was seen before. Pure.

Laws: a key id is computed, never believed; every key follows from the first by statements; a pin stays in its chain.
A pin is the hash of a statement, which holds the hash of the one before: it fixes every key up to its own. A key id
would fix one key alone, and let the relay put a key of its own before it. That the chain is the one that everybody
sees is the log's to prove (keylog.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from crypto.encoding import b64u, unb64u
from crypto.errors import BadStatement, NotCanonical, OlderBox, WeakKey
from crypto.keys import PublicKeys, SigningPublic
from crypto.transparency.statement import Announcement, Statement, check_holder, verify_statement
from messaging.wire.types import PublicKey

SUPERSEDED_GRACE: Final = timedelta(hours=1)  # letters sealed before the new key may still be on their way
STALE_GRACE: Final = timedelta(hours=25)  # a checkpoint is good for a day, and a letter may be on its way as above
# What the whole log is not believed for, and what one account is not (docs/spec/transparency.md).
LogReason: TypeAlias = Literal["badCheckpoint", "staleCheckpoint", "logForked", "policyChanged"]
DistrustReason: TypeAlias = LogReason | Literal["notInLog", "brokenChain", "keyChanged", "ownKeyChanged", "notTheirs"]


class Distrusted(Exception):
    """The relay's answer about keys is not believed: nothing is sealed to them.

    `account` is whose keys these are; empty where the whole log is not believed, which concerns everybody.
    """

    def __init__(self, account: str, reason: DistrustReason) -> None:
        super().__init__(account, reason)
        self.account = account
        self.reason: DistrustReason = reason

    @property
    def of_everybody(self) -> bool:
        """Whether it is the log, and not one account's keys or key box."""
        return not self.account


@dataclass(frozen=True)
class KnownKey:
    """One link: keys whose statement follows the one before. `wire` is the relay's object."""

    wire: PublicKey
    keys: PublicKeys
    statement: Statement

    @property
    def key_id(self) -> str:
        return self.wire.id

    @property
    def statement_hash(self) -> bytes:
        """32 bytes: what a letter's recipient entry says."""
        return self.statement.hash

    @property
    def pin(self) -> str:
        """The statement's hash, b64u: what is remembered of this key and of all before it."""
        return b64u(self.statement_hash)

    @property
    def since(self) -> datetime:
        """When the relay took it, to the second below."""
        return datetime.fromisoformat(self.wire.created_at).astimezone(UTC).replace(microsecond=0)

    @property
    def announced(self) -> datetime:
        """When its statement says that it was made."""
        return datetime.fromisoformat(self.statement.time).astimezone(UTC)


Chain: TypeAlias = tuple[KnownKey, ...]


def chain(account: str, listed: Sequence[PublicKey]) -> Chain:
    """All keys of one account, oldest first, each proven by the one before. Raises Distrusted `brokenChain`."""
    try:
        return _chain(account, listed)
    except (BadStatement, NotCanonical, WeakKey) as error:
        raise Distrusted(account, "brokenChain") from error


def check_pin(account: str, keys: Chain, pins: Mapping[str, str]) -> None:
    """The statement that was seen before must be in the chain. Raises Distrusted `keyChanged`."""
    pinned = pins.get(account)
    if pinned is not None and all(known.pin != pinned for known in keys):
        raise Distrusted(account, "keyChanged")


def check_own(account: str, keys: Chain, own: Sequence[PublicKeys], box: int) -> None:
    """The directory must show exactly the keys of the key box of version `box`, oldest first.

    Raises Distrusted `ownKeyChanged`: one more before them could sign letters that this person never wrote; and
    OlderBox, when the line goes on from these keys with some that a later box holds.
    """
    shown = [known.keys for known in keys]
    if keys and keys[-1].statement.box > box and shown[: len(own)] == list(own):
        raise OlderBox("transparency/box")
    if shown != list(own):
        raise Distrusted(account, "ownKeyChanged")


def is_behind(keys: Chain, own: Sequence[PublicKeys]) -> bool:
    """Whether the directory lacks only the newest of one's keys: no published checkpoint covers their statement yet."""
    return len(keys) < len(own) and [known.keys for known in keys] == list(own)[: len(keys)]


def check_theirs(account: str, keys: Chain, address: str, salt: bytes, stations: Collection[bytes] | None) -> None:
    """The account was enrolled for this mail address, by one of `stations` (log-in public keys); None: by anybody.

    Raises Distrusted `notTheirs`: an account that the relay made up could stand for any address. By None it still can.
    """
    try:
        check_holder(keys[0].statement, address, salt)
    except (BadStatement, IndexError) as error:
        raise Distrusted(account, "notTheirs") from error
    by = keys[0].statement.by
    if by is None or (stations is not None and by.raw not in stations):
        raise Distrusted(account, "notTheirs")


def written_by(
    keys: Chain, signer: SigningPublic, key_id: str, at: datetime, came: datetime | None = None
) -> KnownKey | None:
    """The key that signed, when the directory held it at that time and no later statement had taken its place.

    `came`: when the letter came, where more is known of that than what the relay says (`at`).
    """
    for known, following in zip(keys, (*keys[1:], None), strict=True):
        if known.keys.signing == signer and known.key_id == key_id and known.since <= at:
            superseded = following is not None and (came or at) > following.announced + SUPERSEDED_GRACE
            return None if superseded else known
    return None


def is_stale(keys: Chain, statement: bytes, at: datetime) -> bool:
    """Whether nobody should have been shown the key of this statement (its hash) any more when a letter came."""
    for known, following in pairwise(keys):
        if known.statement_hash == statement:
            return at > following.announced + STALE_GRACE
    return False


def moved_pin(keys: Chain, pinned: str | None) -> str | None:
    """The pin after these keys were proven: the newest, or `pinned` where they do not go on from it."""
    if not keys or (pinned is not None and all(known.pin != pinned for known in keys)):
        return pinned
    return keys[-1].pin


def announcement(wire: PublicKey) -> Announcement:
    """What an entry of the log holds of this key. Raises NotCanonical."""
    voucher = None if wire.voucher is None else unb64u(wire.voucher, 64)
    return Announcement(unb64u(wire.statement), unb64u(wire.signature, 64), voucher)


def _chain(account: str, listed: Sequence[PublicKey]) -> Chain:
    links: list[KnownKey] = []
    for wire in listed:
        keys = PublicKeys.load(unb64u(wire.signing_key, 32), unb64u(wire.sealing_key, 1216))
        if keys.key_id != wire.id or wire.account != account:
            raise Distrusted(account, "brokenChain")
        previous = links[-1].statement if links else None
        statement = verify_statement(announcement(wire), previous, account=account, keys=keys)
        links.append(KnownKey(wire, keys, statement))
    return tuple(links)
