"""Keys and identifiers beyond the vectors."""

import pytest

from crypto.errors import CannotOpen, WeakKey
from crypto.keys import (
    KeyPairs,
    PublicKeys,
    SealingSeed,
    SigningSeed,
    account_id,
    is_account,
    random_id,
)


def test_a_signature_is_good_for_its_message_and_key_alone() -> None:
    seed, other = SigningSeed.generate(), SigningSeed.generate()
    signature = seed.sign(b"message")

    seed.public().verify(b"message", signature)
    for public, message in ((seed.public(), b"massage"), (other.public(), b"message")):
        with pytest.raises(CannotOpen):
            public.verify(message, signature)


def test_public_keys_are_loaded_as_they_were_made() -> None:
    keys = KeyPairs.generate().public()

    assert PublicKeys.load(keys.signing.raw, keys.sealing.raw) == keys


def test_the_key_id_stands_for_both_keys() -> None:
    first, second = KeyPairs.generate(), KeyPairs.generate()
    mixed = KeyPairs(first.signing, second.sealing)

    assert len({pairs.public().key_id for pairs in (first, second, mixed)}) == 3


def test_a_seed_of_another_length_is_no_seed() -> None:
    for kind in (SigningSeed, SealingSeed):
        with pytest.raises(ValueError, match="32 bytes"):
            kind(bytes(31))


def test_seeds_do_not_print_themselves() -> None:
    assert f"{SigningSeed(bytes(32))} {SealingSeed(bytes(32))!r}" == "SigningSeed(...) SealingSeed(...)"


def test_accounts_are_27_characters_and_others_are_refused() -> None:
    account = account_id()

    assert len(account) == 27
    assert is_account(account)
    for wrong in (
        "",
        account[:-1],
        account + "a",
        account.upper(),
        "b" + account[1:],
        account[:-1] + "b",
        account + "\n",
    ):
        assert not is_account(wrong)


def test_ids_are_22_characters_and_never_the_same() -> None:
    assert {len(random_id()) for _ in range(100)} == {22}
    assert len({random_id() for _ in range(100)}) == 100


def test_a_key_of_zeros_is_weak() -> None:
    with pytest.raises(WeakKey):
        PublicKeys.load(bytes(32), bytes(1216))
