"""A key log in memory: entries, its signer, a witness. Forked by a copy that goes on otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from clients.session.keylog import KeyLog
from clients.session.keyring import announcement
from crypto.encoding import b64u
from crypto.transparency import tree
from crypto.transparency.checkpoint import Checkpoint, LogSigner, WitnessSigner, with_lines
from crypto.transparency.entry import encode_entry
from crypto.transparency.policy import parse_policy, solo_policy
from messaging.wire.types import PublicKey
from tests.clients.letters import NOW, Person

ORIGIN = "relay.example/log"
WITNESS = WitnessSigner.from_secret(bytes([9] * 32), "witness.example")
OTHER_WITNESS = WitnessSigner.from_secret(bytes([8] * 32), "witness.example")


@dataclass
class SmallLog:
    """`signer` signs whatever it is asked to, as a hostile relay's does."""

    signer: LogSigner = field(default_factory=lambda: LogSigner.from_secret(bytes([7] * 32), ORIGIN))
    entries: list[bytes] = field(default_factory=list)

    def add(self, *people: Person) -> list[list[PublicKey]]:
        """Everybody's keys as the relay lists them now, once their entries stand in the log."""
        placed = [[self._placed(wire) for wire in person.wires] for person in people]
        return [[*before, self.shown(newest)] for *before, newest in placed]

    def shown(self, wire: PublicKey, size: int | None = None) -> PublicKey:
        """With its inclusion in the log of that size."""
        proof = tree.inclusion(wire.index, size or len(self.entries), self._nodes)
        return msgspec.structs.replace(wire, inclusion=[b64u(each) for each in proof])

    def place(self, wire: PublicKey) -> PublicKey:
        """A newest key with its place and inclusion, entered when it is not."""
        return self.shown(self._placed(wire))

    def fork(self) -> "SmallLog":
        """The same up to here."""
        return SmallLog(self.signer, list(self.entries))

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        found = len(self.entries) if size is None else size
        return Checkpoint(self.signer.origin, found, tree.root(found, self._nodes))

    def note(self, size: int | None = None, at: datetime = NOW, witnesses: Sequence[WitnessSigner] = ()) -> str:
        checkpoint = self.checkpoint(size)
        signed = self.signer.sign(checkpoint, at)
        for witness in witnesses:
            signed = with_lines(signed, witness.cosign(checkpoint, at))
        return signed.decode()

    def consistency(self, old: int, new: int | None = None) -> list[str]:
        return [b64u(each) for each in tree.consistency(old, len(self.entries) if new is None else new, self._nodes)]

    def known(self) -> KeyLog:
        """A client that trusts the log alone and has seen all of it."""
        return KeyLog(parse_policy(solo_policy(self.signer))).accept(self.note(), [], NOW)

    def witnessed_policy(self) -> bytes:
        """The log and one witness."""
        key = WITNESS.keys[0].vkey
        return solo_policy(self.signer).replace(b"quorum none\n", f"witness w {key}\nquorum w\n".encode())

    def _placed(self, wire: PublicKey) -> PublicKey:
        entry = encode_entry(announcement(wire))
        if entry not in self.entries:
            self.entries.append(entry)
        return msgspec.structs.replace(wire, index=self.entries.index(entry))

    def _nodes(self, level: int, number: int) -> bytes:
        if level == 0:
            return tree.leaf_hash(self.entries[number])
        return tree.node_hash(self._nodes(level - 1, 2 * number), self._nodes(level - 1, 2 * number + 1))
