"""Where randomness comes from. The one private seam: tests pass another Source to underscore functions.

No public function of this floor takes a Source: payload keys, ephemeral keys, counted nonces and attachment keys
are safe only because they are fresh.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey

Item = TypeVar("Item")


@dataclass(frozen=True)
class Source:
    """`take(n)` gives n bytes; `encapsulate(ML-KEM-768 public key)` gives (shared secret 32, ciphertext 1088)."""

    take: Callable[[int], bytes]
    encapsulate: Callable[[bytes], tuple[bytes, bytes]]


def _encapsulate(public: bytes) -> tuple[bytes, bytes]:
    return MLKEM768PublicKey.from_public_bytes(public).encapsulate()


SYSTEM = Source(os.urandom, _encapsulate)


def _shuffled(items: Sequence[Item], source: Source) -> list[Item]:
    # 16 random bytes for each item: two equal ones, the only bias, do not happen.
    return sorted(items, key=lambda _: source.take(16))
