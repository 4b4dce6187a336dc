"""Lengths that tell little: buckets to 16 KiB, then Padmé (docs/spec/envelope.md, padding)."""

from crypto.errors import CannotOpen
from crypto.labels import PADDING_BUCKETS, PADDING_MARK


def padme(length: int) -> int:
    """The Padmé length (Nikitin et al., PETS 2019): at most 12 % more. Lengths below 2 stay; ValueError below 0."""
    if length < 0:
        raise ValueError("a length below zero")
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    kept_bits = exponent.bit_length()
    mask = (1 << (exponent - kept_bits)) - 1
    return (length + mask) & ~mask


def padded_length(length: int) -> int:
    """The bytes that a text of `length` bytes takes when padded, its mark included."""
    marked = length + 1
    return next((bucket for bucket in PADDING_BUCKETS if marked <= bucket), 0) or padme(marked)


def pad(plaintext: bytes) -> bytes:
    """`plaintext`, the mark 80, zeros (ISO/IEC 7816-4)."""
    return (plaintext + PADDING_MARK).ljust(padded_length(len(plaintext)), b"\x00")


def unpad(padded: bytes) -> bytes:
    """What pad() was given. Raises CannotOpen: no mark, a filler that is not zero, another length."""
    marked = padded.rstrip(b"\x00")
    if not marked.endswith(PADDING_MARK):
        raise CannotOpen("envelope/18")
    plaintext = marked[:-1]
    if padded_length(len(plaintext)) != len(padded):
        raise CannotOpen("envelope/18")
    return plaintext
