"""The public key log as one client sees it: whom it trusts for it, and the newest checkpoint that passed. Pure.

Laws (docs/spec/transparency.md, what a client checks): a checkpoint is signed by the log and by the policy's quorum,
fresh, and never smaller than or different from one that passed before; whoever is sealed to stands in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from clients.content.letter import LogSeen
from clients.session.keyring import Chain, Distrusted, KnownKey, LogReason, announcement, chain
from crypto.encoding import unb64u
from crypto.errors import BadCheckpoint, BadPolicy, BadProof, BadStatement, CannotOpen, NotCanonical
from crypto.keybox import LastCheckpoint
from crypto.keys import SigningPublic
from crypto.transparency.checkpoint import Checkpoint
from crypto.transparency.entry import encode_entry
from crypto.transparency.note import ED25519, NoteKey, parse_note
from crypto.transparency.policy import Policy, parse_policy, verify_checkpoint
from crypto.transparency.proof import verify_consistency, verify_inclusion
from crypto.transparency.tree import leaf_hash
from messaging.wire.types import PublicKey

_STALE: Final = "transparency/9"
_PROOF_HASHES: Final = 63
EVERYBODY: Final = ""  # the account of what concerns the whole log


def distrusted(reason: LogReason) -> Distrusted:
    """The whole log is not believed."""
    return Distrusted(EVERYBODY, reason)


def policy_of(text: bytes) -> Policy:
    """The policy in `text`. Raises Distrusted `badCheckpoint`: by a policy that says nothing nothing can be checked."""
    try:
        return parse_policy(text)
    except BadPolicy as error:
        raise distrusted("badCheckpoint") from error


@dataclass(frozen=True)
class KeyLog:
    """`newest` is the newest checkpoint that passed under `policy`; None: there was none yet.

    `signature`: the log's own Ed25519 signature of it; None of one that was remembered without.
    """

    policy: Policy
    newest: LastCheckpoint | None = None
    signature: bytes | None = None

    @property
    def since(self) -> int | None:
        """What a look-up asks the consistency proof from."""
        return None if self.newest is None else self.newest.size

    @property
    def seen(self) -> LogSeen | None:
        """The newest checkpoint as letters say it."""
        if self.newest is None or self.signature is None:
            return None
        return LogSeen(self.newest.size, self.newest.root, self.signature)

    def accept(self, note: str, consistency: Sequence[str] | None, now: datetime) -> "KeyLog":
        """After a checkpoint, proven from `since` on. Raises Distrusted: badCheckpoint, staleCheckpoint, logForked."""
        shown = self.shown(note, now)
        if self.newest is not None and not self._goes_on(self.newest, shown, consistency):
            raise distrusted("logForked")
        return shown

    def shown(self, note: str, now: datetime) -> "KeyLog":
        """The log of this checkpoint alone, whatever was there before. Raises Distrusted: badCheckpoint,
        staleCheckpoint."""
        found = self._verified(note, now)
        newest = LastCheckpoint(self.policy.hash, found.root, found.size) if found.size else None
        return replace(self, newest=newest, signature=_signature(note, self.policy))

    def signed(self, seen: LogSeen) -> bool:
        """Whether the log itself said this: anything else the writer of a letter could have made up."""
        text = Checkpoint(self.policy.origin, seen.size, seen.root).text
        try:
            SigningPublic(_plain_key(self.policy).public).verify(text, seen.signature)
        except CannotOpen:
            return False
        return True

    def holds(self, size: int, root: bytes, consistency: Sequence[str] | None) -> bool:
        """Whether the newest checkpoint goes on from another one that somebody saw."""
        if self.newest is None:
            return False
        return _consistent(size, root, self.newest.size, self.newest.root, consistency)

    def proven(self, account: str, listed: Sequence[PublicKey]) -> Chain:
        """The line of keys that the relay lists for an account, oldest first; empty for none.

        Raises Distrusted: brokenChain, notInLog. The newest statement names the one before, and so on to the first:
        one inclusion proves them all.
        """
        keys = chain(account, listed)
        if keys:
            self._included(account, keys[-1])
        return keys

    def _verified(self, note: str, now: datetime) -> Checkpoint:
        try:
            return verify_checkpoint(note.encode(), self.policy, now)
        except UnicodeEncodeError as error:
            raise distrusted("badCheckpoint") from error
        except BadCheckpoint as error:
            raise distrusted("staleCheckpoint" if error.item == _STALE else "badCheckpoint") from error

    def _goes_on(self, before: LastCheckpoint, shown: "KeyLog", consistency: Sequence[str] | None) -> bool:
        return shown.holds(before.size, before.root, consistency)

    def _included(self, account: str, key: KnownKey) -> None:
        if self.newest is None or key.wire.inclusion is None:
            raise Distrusted(account, "notInLog")
        try:
            leaf = leaf_hash(encode_entry(announcement(key.wire)))
            verify_inclusion(leaf, key.wire.index, self.newest.size, _hashes(key.wire.inclusion), self.newest.root)
        except (BadProof, BadStatement, NotCanonical) as error:
            raise Distrusted(account, "notInLog") from error


def _plain_key(policy: Policy) -> NoteKey:
    return next(key for key in policy.log_keys if key.kind == ED25519)


def _signature(note: str, policy: Policy) -> bytes:
    """The log's Ed25519 signature among the lines of a note that was verified."""
    key = _plain_key(policy)
    lines = parse_note(note.encode()).lines
    return next(line.signature for line in lines if (line.name, line.key_id) == (key.name, key.key_id))


def _consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[str] | None) -> bool:
    if proof is None:
        return False
    try:
        verify_consistency(old, new, _hashes(proof), old_root, new_root)
    except (BadProof, NotCanonical):
        return False
    return True


def _hashes(proof: Sequence[str]) -> list[bytes]:
    if len(proof) > _PROOF_HASHES:
        raise NotCanonical("transparency/proof")
    return [unb64u(each, 32) for each in proof]
