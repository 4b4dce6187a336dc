"""What an enrolment station makes fits together: the letter opens the box, and the relay can check the rest."""

from datetime import UTC, datetime

import pytest

from crypto.errors import BadStatement
from crypto.keybox import LetterKey, open_box
from crypto.keys import KeyPairs, account_id, is_account
from crypto.login import sign_login, verify_login
from crypto.provision import format_code, parse_code, provision
from crypto.transparency.statement import make_statement, read_statement, statement_hash, verify_statement

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CHALLENGE = "A" * 43


def test_the_letter_opens_the_box_and_logs_in() -> None:
    made = provision(None, NOW)
    code = parse_code(format_code(made.code))

    opened = open_box(made.box, made.account, LetterKey(code))
    signature = sign_login(code.letter_login(made.account), made.account, CHALLENGE, "letter", "https://a", "now")

    assert opened.content.keys.public() == made.keys
    verify_login(made.letter_login, signature, made.account, CHALLENGE, "letter", "https://a", "now")


def test_the_statement_announces_the_keys_and_the_next_one_follows() -> None:
    made, keys = provision(account_id(), NOW), KeyPairs.generate()

    first = verify_statement(made.statement, made.signature, made.keys, None, account=made.account)
    statement, signature = make_statement(made.account, keys.public(), KeyPairs.generate().signing, NOW, first)

    with pytest.raises(BadStatement):
        verify_statement(statement, signature, keys.public(), first)


def test_activation_follows_what_was_provisioned() -> None:
    made = provision(None, NOW)
    old = open_box(made.box, made.account, LetterKey(made.code)).content.keys
    keys = KeyPairs.generate()
    stored = read_statement(made.statement, made.keys)

    statement, signature = make_statement(made.account, keys.public(), old.signing, NOW, stored)
    found = verify_statement(statement, signature, keys.public(), stored)

    assert (found.seq, found.previous, found.account) == (1, statement_hash(made.statement), made.account)


def test_a_statement_of_another_account_does_not_follow_even_when_nobody_names_the_account() -> None:
    made, keys = provision(None, NOW), KeyPairs.generate()
    old = open_box(made.box, made.account, LetterKey(made.code)).content.keys
    stored = read_statement(made.statement, made.keys)

    statement, signature = make_statement(account_id(), keys.public(), old.signing, NOW, stored)

    with pytest.raises(BadStatement):
        verify_statement(statement, signature, keys.public(), stored)


def test_the_first_statement_is_of_the_account_that_the_caller_names() -> None:
    made = provision(None, NOW)

    with pytest.raises(BadStatement):
        verify_statement(made.statement, made.signature, made.keys, None, account=account_id())


def test_two_people_share_nothing() -> None:
    first, second = provision(None, NOW), provision(None, NOW)

    assert is_account(first.account)
    assert first.account != second.account
    assert first.code != second.code
    assert first.keys != second.keys


def test_the_box_does_not_hold_the_code() -> None:
    made = provision(None, NOW)

    assert made.code.raw not in made.box
    assert format_code(made.code).encode() not in made.box
