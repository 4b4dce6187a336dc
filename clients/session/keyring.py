"""Whose keys are believed: chains of key statements, and pins on what was seen before. Pure.

Laws: a key id is computed, never believed; every key follows from the first by statements; a pin stays in its chain.
A pin is the hash of a statement, which holds the hash of the one before: it fixes every key up to its own. A key id
would fix one key alone, and let the relay put a key of its own before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

from crypto.encoding import b64u, unb64u
from crypto.errors import BadStatement, NotCanonical, WeakKey
from crypto.keys import PublicKeys, SigningPublic
from crypto.transparency.statement import Statement, statement_hash, verify_statement
from messaging.wire.types import PublicKey

SUPERSEDED_GRACE: Final = timedelta(hours=1)  # letters sealed before the new key may still be on their way
DistrustReason: TypeAlias = Literal["brokenChain", "keyChanged", "ownKeyChanged"]


class Distrusted(Exception):
    """The relay's answer about an account's keys is not believed: nothing is sealed to them."""

    def __init__(self, account: str, reason: DistrustReason) -> None:
        super().__init__(account, reason)
        self.account = account
        self.reason: DistrustReason = reason


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
        return statement_hash(self.statement.raw)

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


def check_own(account: str, keys: Chain, own: Sequence[PublicKeys]) -> None:
    """The directory must show exactly the keys of the key box, oldest first. Raises Distrusted `ownKeyChanged`.

    One more before them could sign letters that this person never wrote.
    """
    if [known.keys for known in keys] != list(own):
        raise Distrusted(account, "ownKeyChanged")


def written_by(keys: Chain, signer: SigningPublic, key_id: str, at: datetime) -> KnownKey | None:
    """The key that signed, when the directory held it at that time and no later statement had taken its place."""
    for known, following in zip(keys, (*keys[1:], None), strict=True):
        if known.keys.signing == signer and known.key_id == key_id and known.since <= at:
            superseded = following is not None and at > following.announced + SUPERSEDED_GRACE
            return None if superseded else known
    return None


def moved_pin(keys: Chain, pinned: str | None) -> str | None:
    """The pin after these keys were proven: the newest, or `pinned` where they do not go on from it."""
    if not keys or (pinned is not None and all(known.pin != pinned for known in keys)):
        return pinned
    return keys[-1].pin


def _chain(account: str, listed: Sequence[PublicKey]) -> Chain:
    links: list[KnownKey] = []
    for wire in listed:
        keys = PublicKeys.load(unb64u(wire.signing_key, 32), unb64u(wire.sealing_key, 1216))
        if keys.key_id != wire.id or wire.account != account:
            raise Distrusted(account, "brokenChain")
        previous = links[-1].statement if links else None
        statement = verify_statement(
            unb64u(wire.statement), unb64u(wire.signature, 64), keys, previous, account=account
        )
        links.append(KnownKey(wire, keys, statement))
    return tuple(links)
