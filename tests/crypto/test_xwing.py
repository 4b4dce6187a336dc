"""X-Wing against what draft-connolly-cfrg-xwing-kem prints; public keys and ciphertexts as their SHA-256."""

import hashlib
from typing import NamedTuple

import pytest

from crypto import xwing
from crypto.errors import WeakKey
from crypto.randomness import Source
from tests.vectors import mlkem
from tests.vectors.cases.xwing import DRAFT


class Answer(NamedTuple):
    seed: str
    secret: str
    public_digest: str
    ciphertext_digest: str


ANSWERS = (
    Answer(
        seed="7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        secret="d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
        public_digest="2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
        ciphertext_digest="17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
    ),
    Answer(
        seed="badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
        secret="f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
        public_digest="c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
        ciphertext_digest="1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154",
    ),
    Answer(
        seed="ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
        secret="953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
        public_digest="6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
        ciphertext_digest="d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6",
    ),
)


@pytest.mark.parametrize(("answer", "inputs"), list(zip(ANSWERS, DRAFT, strict=True)))
def test_the_draft_is_reproduced(answer: Answer, inputs: tuple[str, str, str]) -> None:
    seed, m, ephemeral = (bytes.fromhex(part) for part in inputs)
    public = xwing.public_key(seed)

    secret, ciphertext = xwing._encapsulate(public, Source(lambda _: ephemeral, lambda kem: mlkem.encapsulate(kem, m)))

    assert seed.hex() == answer.seed
    assert secret.hex() == answer.secret == xwing.decapsulate(seed, ciphertext).hex()
    assert hashlib.sha256(public).hexdigest() == answer.public_digest
    assert hashlib.sha256(ciphertext).hexdigest() == answer.ciphertext_digest


def test_fresh_encapsulations_differ_and_both_open() -> None:
    seed = bytes(range(32))
    public = xwing.public_key(seed)

    first, second = xwing.encapsulate(public), xwing.encapsulate(public)

    assert first != second
    assert [xwing.decapsulate(seed, ciphertext) for _, ciphertext in (first, second)] == [first[0], second[0]]


def test_nothing_is_encapsulated_to_a_key_of_small_order() -> None:
    kem = xwing.public_key(bytes(32))[:-32]

    with pytest.raises(WeakKey):
        xwing.encapsulate(kem + bytes(32))


def test_nothing_is_encapsulated_to_a_key_of_another_length() -> None:
    with pytest.raises(WeakKey):
        xwing.encapsulate(bytes(31))
