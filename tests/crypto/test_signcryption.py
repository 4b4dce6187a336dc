"""Our key schedule and packets against the published answers of saltpack_signcryption_v2.

A whole published message cannot be made here: Pli has no such recipients. All that the two share is held to it.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgpack
import pytest
from nacl.bindings import crypto_scalarmult_base

from crypto.envelope import open_sealed
from crypto.envelope.header import box, recipient_nonce, symmetric_key
from crypto.envelope.opening import _pieces
from crypto.envelope.reader import Reader
from crypto.envelope.sealing import _packets
from crypto.errors import CannotOpen
from crypto.keys import SealingSeed, SigningSeed
from crypto.labels import SENDER_NONCE

VECTORS = Path(__file__).parents[1] / "vectors" / "signcryption.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())["cases"]
each = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])


class Published:
    """A published message in its parts."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.sealed = bytes.fromhex(case["sealed"])
        self.sender = SigningSeed(bytes.fromhex(case["senderSeed"]))
        self.payload_key = bytes.fromhex(case["payloadKey"])
        self.plaintext = bytes.fromhex(case["plaintext"])
        unpacker = msgpack.Unpacker()
        unpacker.feed(self.sealed)
        header: bytes = unpacker.unpack()
        self.digest = hashlib.sha512(header).digest()
        self.packets = self.sealed[unpacker.tell() :]
        self.ephemeral, self.sender_box, recipients = msgpack.unpackb(header)[3:6]
        self.key_box: bytes = recipients[0][1]


@each
def test_our_packets_are_the_published_ones(case: dict[str, Any]) -> None:
    published = Published(case)

    ours = b"".join(_packets(published.plaintext, published.payload_key, published.digest, published.sender))

    assert ours == published.packets


@each
def test_our_reader_opens_the_published_packets(case: dict[str, Any]) -> None:
    published = Published(case)

    pieces = _pieces(Reader(published.packets), published.digest, published.payload_key, published.sender.public())

    assert b"".join(pieces) == published.plaintext


@each
def test_our_sender_box_is_the_published_one(case: dict[str, Any]) -> None:
    published = Published(case)

    assert box(published.payload_key, SENDER_NONCE, published.sender.public().raw) == published.sender_box
    assert crypto_scalarmult_base(bytes.fromhex(case["ephemeral"])) == published.ephemeral


def test_our_payload_key_box_of_a_symmetric_recipient_is_the_published_one() -> None:
    case = next(case for case in CASES if "symmetricKey" in case)
    published = Published(case)

    key = symmetric_key(bytes.fromhex(case["symmetricKey"]), published.ephemeral)

    assert box(key, recipient_nonce(0), published.payload_key) == published.key_box


@each
def test_a_published_message_is_refused_because_its_recipients_are_classical(case: dict[str, Any]) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(Published(case).sealed, [SealingSeed(bytes(32))])
