"""Attachments beyond the vectors: streams, constant memory, any changed bit."""

import hashlib
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.attachment import Attachment, AttachmentSealer, Verifier, open_bytes, open_chunk, open_chunks
from crypto.errors import CannotOpen
from crypto.keys import blob_id
from crypto.labels import ATTACHMENT_LIMIT, ATTACHMENT_PIECE
from tests.vectors.material import flipped, source


def sealed(text: bytes) -> tuple[Attachment, dict[str, bytes]]:
    sealer = AttachmentSealer(io.BytesIO(text), len(text))
    blobs = {blob_id(chunk): chunk for chunk in sealer}
    return sealer.reference("ordonnance.pdf", "application/pdf"), blobs


@given(text=st.binary(max_size=5000))
def test_opening_undoes_sealing(text: bytes) -> None:
    attachment, blobs = sealed(text)

    assert open_bytes(Attachment.from_json(attachment.to_json()), blobs.__getitem__) == text


@pytest.mark.parametrize("size", [ATTACHMENT_PIECE - 1, ATTACHMENT_PIECE, ATTACHMENT_PIECE + 1, 2 * ATTACHMENT_PIECE])
def test_files_around_the_chunk_size_open(size: int) -> None:
    text = hashlib.shake_128(b"file").digest(size)
    attachment, blobs = sealed(text)

    assert len(attachment.chunks) == -(-size // ATTACHMENT_PIECE)
    assert open_bytes(attachment, blobs.__getitem__) == text


@given(text=st.binary(min_size=1, max_size=100), data=st.data())
@settings(max_examples=100)
def test_any_flipped_bit_is_refused_even_under_a_fitting_blob_id(text: bytes, data: st.DataObject) -> None:
    attachment, blobs = sealed(text)
    chunk = blobs[attachment.chunks[0]]
    changed = flipped(chunk, data.draw(st.integers(0, 8 * len(chunk) - 1)))
    fitting = Attachment.from_json({**attachment.to_json(), "chunks": [blob_id(changed)]})

    with pytest.raises(CannotOpen):
        open_bytes(attachment, lambda _: changed)
    with pytest.raises(CannotOpen):
        open_bytes(fitting, lambda _: changed)


def test_chunks_open_in_any_order_but_a_file_is_whole_only_at_the_end() -> None:
    text = bytes(ATTACHMENT_PIECE) + b"end"
    attachment, blobs = sealed(text)
    first, second = (blobs[chunk] for chunk in attachment.chunks)
    verifier = Verifier(attachment)

    assert open_chunk(attachment, 1, second) == b"end"
    verifier.add(first)
    with pytest.raises(CannotOpen, match="attachment/2"):
        verifier.finish()
    verifier.add(second)
    verifier.finish()
    assert verifier.wanted is None
    with pytest.raises(CannotOpen, match="attachment/2"):
        verifier.add(second)


def test_every_attachment_has_its_own_key_and_id() -> None:
    (first, _), (second, _) = sealed(b"same"), sealed(b"same")

    assert first.key != second.key
    assert first.id != second.id
    assert first.chunks != second.chunks


def test_a_reference_never_prints_its_key() -> None:
    attachment, _ = sealed(b"text")

    assert repr(attachment.key) not in repr(attachment)


@pytest.mark.parametrize("said", [3, 5])
def test_a_stream_of_another_length_than_said_is_refused(said: int) -> None:
    with pytest.raises(ValueError, match="than was said"):
        list(AttachmentSealer(io.BytesIO(b"text"), said))


def test_a_file_over_the_limit_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="is over"):
        AttachmentSealer(io.BytesIO(), ATTACHMENT_LIMIT + 1)


def test_the_reference_is_ready_only_after_the_last_chunk() -> None:
    sealer = AttachmentSealer(io.BytesIO(b"text"), 4)

    with pytest.raises(ValueError, match="after the last chunk"):
        sealer.reference("a", "a/b")


def test_the_sealer_refuses_a_name_that_no_reader_would_take() -> None:
    sealer = AttachmentSealer(io.BytesIO(b"text"), 4)
    list(sealer)

    with pytest.raises(ValueError, match="limits"):
        sealer.reference("../etc/passwd", "a/b")


def test_what_the_fetcher_raises_goes_through() -> None:
    attachment, _ = sealed(b"text")

    with pytest.raises(KeyError):
        open_bytes(attachment, dict[str, bytes]().__getitem__)


def test_memory_does_not_grow_with_the_file() -> None:
    size = 12 * ATTACHMENT_PIECE
    tracemalloc.start()

    sealer = AttachmentSealer._from_source(Zeros(size), size, source("file"))
    blobs = tuple(blob_id(chunk) for chunk in sealer)
    # Sealing again under the same key gives the same chunks, so none has to be kept.
    again = iter(AttachmentSealer._from_source(Zeros(size), size, source("file")))
    open_chunks(sealer.reference("a", "a/b"), lambda _: next(again), Nowhere())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sealer.reference("a", "a/b").chunks == blobs
    assert peak < 8 * ATTACHMENT_PIECE


class Zeros(io.BytesIO):
    """A file of zeros that takes no room."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def read(self, size: int | None = -1) -> bytes:
        given_now = min(size or 0, self._left)
        self._left -= given_now
        return bytes(given_now)


class Nowhere(io.BytesIO):
    """A sink that keeps nothing."""

    def write(self, data: object) -> int:
        assert isinstance(data, bytes)
        return len(data)
