"""Log-in keys of each method, and what the relay answers for a login that nobody has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.code import new_code
from crypto.errors import CannotOpen
from crypto.keys import account_id, is_account
from crypto.login import METHODS, decoy, passkey_login, sign_login, verify_login

SECRET = bytes(range(32))


@given(login=st.text())
def test_a_decoy_is_as_an_account_and_its_salt_and_is_stable(login: str) -> None:
    made = decoy(SECRET, "password", login)

    assert is_account(made.account)
    assert len(made.salt) == 16
    assert made == decoy(SECRET, "password", login)


def test_decoys_of_other_logins_methods_and_relays_differ() -> None:
    asked = [
        (SECRET, "password", "anne"),
        (SECRET, "password", "bob"),
        (SECRET, "letter", "anne"),
        (bytes(32), "password", "anne"),
    ]

    assert len({decoy(*one) for one in asked}) == 4


def test_a_passkey_logs_in_by_its_own_method_alone() -> None:
    seed = passkey_login(bytes(range(32)))
    challenge, origin, time = "A" * 43, "https://pli.example", "2026-11-23T15:06:55Z"

    signature = sign_login(seed, challenge, "passkey", origin, time)

    verify_login(seed.public(), signature, challenge, "passkey", origin, time)
    for method in METHODS - {"passkey"}:
        with pytest.raises(CannotOpen, match="login/1"):
            verify_login(seed.public(), signature, challenge, method, origin, time)


@given(first=st.binary(min_size=32, max_size=32), second=st.binary(min_size=32, max_size=32))
def test_two_outputs_never_share_a_key_and_no_key_is_an_output(first: bytes, second: bytes) -> None:
    seeds = {passkey_login(output).raw for output in (first, second)}

    assert len(seeds | {first, second}) == 2 * len({first, second})


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_an_output_of_another_length_is_no_factor(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        passkey_login(bytes(length))


def test_a_code_logs_in_as_a_letter_a_pair_or_a_recovery_and_each_is_another_key() -> None:
    account, first, second = account_id(), new_code(), new_code()

    seeds = {
        first.letter_login().raw,
        first.letter_login(second).raw,
        second.letter_login(first).raw,
        first.recovery_login().raw,
        first.letter_wrap(account, second),
    }

    assert len(seeds) == 5
