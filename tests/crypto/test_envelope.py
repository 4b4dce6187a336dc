"""Envelopes beyond the vectors: round trips, large texts, and any changed bit."""

import hashlib
from collections.abc import Iterator

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.envelope import open_sealed, seal
from crypto.envelope.header import box
from crypto.envelope.packets import packet_nonce, signed_text
from crypto.envelope.sealing import _assemble, _header, _packet
from crypto.errors import CannotOpen
from crypto.labels import PIECE_SIZE
from crypto.padding import pad, padded_length
from crypto.randomness import SYSTEM
from tests.vectors.material import flipped, sealing, signing, source

ANNE, SENDER = sealing("anne"), signing("martin")
SEALED = seal(b"Bonjour", SENDER, [ANNE.public()])


@given(text=st.binary(max_size=3000), others=st.integers(min_value=0, max_value=4))
@settings(max_examples=40)
def test_opening_undoes_sealing(text: bytes, others: int) -> None:
    readers = [sealing(f"reader {n}") for n in range(others)] + [ANNE]

    opened = open_sealed(seal(text, SENDER, [reader.public() for reader in readers]), [ANNE])

    assert (opened.plaintext, opened.sender, opened.recipients) == (text, SENDER.public(), others + 1)


@pytest.mark.parametrize("length", [PIECE_SIZE - 1, PIECE_SIZE, PIECE_SIZE + 1, 3 * PIECE_SIZE + 5])
def test_texts_of_several_packets_open(length: int) -> None:
    text = bytes(length)

    assert open_sealed(seal(text, SENDER, [ANNE.public()]), [ANNE]).plaintext == text


def test_a_text_of_exactly_one_piece_is_one_final_packet() -> None:
    length = next(n for n in range(PIECE_SIZE - 1, 0, -1) if padded_length(n) == PIECE_SIZE)

    sealed = seal(bytes(length), SENDER, [ANNE.public()])

    assert [(len(chunk), final) for chunk, final in _packets(sealed)] == [(PIECE_SIZE + 80, True)]


def test_an_empty_text_is_one_empty_final_packet_and_refused_only_for_its_padding() -> None:
    sealed = _assemble(b"", SENDER, [ANNE.public()], SYSTEM)

    assert [(len(chunk), final) for chunk, final in _packets(sealed)] == [(80, True)]
    assert _refusal(sealed) == "envelope/18"


@given(bit=st.integers(min_value=0, max_value=8 * len(SEALED) - 1))
@settings(max_examples=300)
def test_any_flipped_bit_is_refused(bit: int) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(flipped(SEALED, bit), [ANNE])


@given(length=st.integers(min_value=0, max_value=len(SEALED) - 1))
def test_any_cut_is_refused(length: int) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(SEALED[:length], [ANNE])


@given(noise=st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(noise, [ANNE])


@given(noise=st.recursive(st.none() | st.booleans() | st.integers(0, 2**64 - 1) | st.binary() | st.text(), st.lists))
def test_other_messagepack_is_refused(noise: object) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(msgpack.packb(msgpack.packb(noise)) + msgpack.packb(noise), [ANNE])


def test_the_sealer_takes_1_to_64_recipients() -> None:
    for count in (0, 65):
        with pytest.raises(ValueError, match="recipients"):
            seal(b"", SENDER, [ANNE.public()] * count)


def test_the_sealer_refuses_what_no_reader_would_take() -> None:
    with pytest.raises(ValueError, match="is over"):
        seal(bytes(64 << 20), SENDER, [ANNE.public()])


def test_two_sealings_share_nothing() -> None:
    again = seal(b"Bonjour", SENDER, [ANNE.public()])

    assert len(again) == len(SEALED)
    assert SEALED[60:92] not in again


@pytest.mark.parametrize(
    ("pieces", "item"),
    [
        ([(0, PIECE_SIZE, False), (1, 0, True)], "envelope/12"),
        ([(0, PIECE_SIZE, False), (1, 0, False), (2, 9, True)], "envelope/12"),
        ([(0, PIECE_SIZE, False)], "envelope/15"),
        ([(0, PIECE_SIZE - 1, False), (1, 9, True)], "envelope/13"),
        ([(0, PIECE_SIZE + 1, True)], "envelope/13"),
        ([(0, PIECE_SIZE, False), (0, PIECE_SIZE, False), (1, 9, True)], "envelope/11"),
        ([(0, PIECE_SIZE, False), (2, 9, True)], "envelope/11"),
        ([(1, PIECE_SIZE, False), (0, PIECE_SIZE, False), (2, 9, True)], "envelope/11"),
    ],
)
def test_long_texts_cut_in_another_way_are_refused(pieces: list[tuple[int, int, bool]], item: str) -> None:
    key, seam = bytes(range(32)), source("long")
    header = msgpack.packb(_header(key, SENDER.public().raw, [ANNE.public()], seam))
    digest = hashlib.sha512(header).digest()

    packets = [_packet(number, bytes(length), final, key, digest, SENDER) for number, length, final in pieces]

    assert _refusal(msgpack.packb(header) + b"".join(packets)) == item


def test_a_reader_cannot_pass_a_letter_on_as_if_it_were_sent_to_another() -> None:
    key, seam = bytes(range(32)), source("forward")
    bob = sealing("bob")
    text = pad(b"Bonjour")
    first = msgpack.packb(_header(key, SENDER.public().raw, [ANNE.public()], seam))
    nonce = packet_nonce(hashlib.sha512(first).digest(), 0, True)
    signature = SENDER.sign(signed_text(hashlib.sha512(first).digest(), nonce, True, text))

    second = msgpack.packb(_header(key, SENDER.public().raw, [bob.public()], seam))
    nonce = packet_nonce(hashlib.sha512(second).digest(), 0, True)
    forged = msgpack.packb(second) + msgpack.packb([box(key, nonce, signature + text), True])

    with pytest.raises(CannotOpen, match="envelope/10"):
        open_sealed(forged, [bob])


def _packets(sealed: bytes) -> Iterator[tuple[bytes, bool]]:
    unpacker = msgpack.Unpacker(max_buffer_size=0)
    unpacker.feed(sealed)
    next(unpacker)
    yield from unpacker


def _refusal(sealed: bytes) -> str:
    with pytest.raises(CannotOpen) as refused:
        open_sealed(sealed, [ANNE])
    return refused.value.item
