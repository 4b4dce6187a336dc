"""A log and witnesses whose signatures are the same each time; the signed messages are spelled anew."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from crypto.encoding import hkdf, u64be
from crypto.keys import SigningSeed
from crypto.transparency.checkpoint import LogSigner, WitnessSigner
from crypto.transparency.note import NoteKey
from tests.vectors import mldsa
from tests.vectors.material import drawn

ORIGIN = "pli.example/log"
NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
NOW_TEXT = "2026-11-23T15:06:55Z"
SECONDS = int(NOW.timestamp())
DAY = 24 * 3600


@dataclass(frozen=True)
class Head:
    """What a checkpoint says."""

    origin: str = ORIGIN
    size: int = 20852163
    root: bytes = hashlib.sha256(b"root").digest()

    @property
    def text(self) -> str:
        """Three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


HEAD = Head()


@dataclass(frozen=True)
class Signer:
    """Somebody with an Ed25519 key and an ML-DSA-44 key; `keys` in this order."""

    keys: tuple[NoteKey, NoteKey]
    ed25519: SigningSeed
    mldsa: bytes

    def plain(self, head: Head = HEAD) -> str:
        """The line of type 01."""
        return line(self.keys[0], self.ed25519.sign(head.text.encode()))

    def cosigned(self, head: Head = HEAD, time: int = SECONDS) -> str:
        """The line of type 04."""
        message = f"cosignature/v1\ntime {time}\n{head.text}".encode()
        return line(self.keys[0], u64be(time) + self.ed25519.sign(message))

    def subtree(self, head: Head = HEAD, time: int = SECONDS, start: int = 0, said: int | None = None) -> str:
        """The line of type 06. `said`: the time in the line, when it is another than the signed one."""
        key = self.keys[1]
        names = [bytes([len(name.encode())]) + name.encode() for name in (key.name, head.origin)]
        tree = u64be(start) + u64be(head.size) + head.root
        message = b"subtree/v1\n\x00" + names[0] + u64be(time) + names[1] + tree
        return line(key, u64be(time if said is None else said) + mldsa.sign(self.mldsa, message))


def _seeds(secret: bytes, whose: str) -> tuple[SigningSeed, bytes]:
    ed25519, seed = (hkdf(secret, b"", f"pli {whose} {kind} v1".encode()) for kind in ("ed25519", "ml-dsa-44"))
    return SigningSeed(ed25519), seed


def log(label: str = "log", origin: str = ORIGIN) -> Signer:
    """The log's own keys."""
    secret = drawn(f"log {label}", 32)
    keys = LogSigner.from_secret(secret, origin).keys
    return Signer(keys, *_seeds(secret, "log"))


def witness(label: str) -> Signer:
    """A witness's keys."""
    secret = drawn(f"witness {label}", 32)
    keys = WitnessSigner.from_secret(secret, f"{label}.example/w").keys
    return Signer(keys, *_seeds(secret, "witness"))


def line(key: NoteKey, signature: bytes) -> str:
    """A signature line."""
    return f"— {key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def changed(spelled: str, change: Callable[[bytes], bytes]) -> str:
    """A signature line whose signature was changed; name and key id stay."""
    dash, name, coded = spelled.rstrip("\n").split(" ")
    raw = base64.b64decode(coded)
    return f"{dash} {name} {base64.b64encode(raw[:4] + change(raw[4:])).decode()}\n"


LOG = log()
ALICE, BOB, CAROL = witness("alice"), witness("bob"), witness("carol")
LOGS = "".join(f"log {key.vkey}\n" for key in LOG.keys)


def signed(head: Head = HEAD, time: int = SECONDS) -> str:
    """The log's two lines."""
    return LOG.plain(head) + LOG.subtree(head, time)
