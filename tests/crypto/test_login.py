"""What the relay answers for a login that nobody has: stable, and different for each method, login and relay."""

from hypothesis import given
from hypothesis import strategies as st

from crypto.keys import is_account
from crypto.login import decoy

SECRET = bytes(range(32))


@given(login=st.text())
def test_a_decoy_looks_like_an_account_and_is_stable(login: str) -> None:
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
