"""What an enrolment station makes fits together: the letter opens the box, and the relay can check the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from crypto.errors import BadStatement, CannotOpen, OlderBox
from crypto.keybox import LetterKey, RecoveryKey, open_box, renew
from crypto.keys import KeyPairs, SigningSeed, account_id, is_account
from crypto.login import sign_login, verify_login
from crypto.provision import Provisioned, fingerprint, format_code, new_code, parse_code, provision
from crypto.transparency.statement import make_statement, read_statement, verify_statement

NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
STATION = SigningSeed.generate()
CHALLENGE = "A" * 43


def test_the_letter_opens_the_box_and_logs_in() -> None:
    made = provision(None, NOW, by=STATION)
    code = parse_code(format_code(made.code))

    opened = open_box(made.box, made.account, LetterKey(code))
    signature = sign_login(code.letter_login(), CHALLENGE, "letter", "https://a", "now")

    assert made.second is None
    assert opened.content.keys.public() == made.keys
    verify_login(made.letter_login, signature, CHALLENGE, "letter", "https://a", "now")


def test_two_codes_open_the_box_and_log_in_together_and_neither_alone() -> None:
    made = provision(None, NOW, by=STATION, two_codes=True)
    assert made.second is not None

    opened = open_box(made.box, made.account, LetterKey(made.code, made.second))

    assert opened.content.keys.public() == made.keys
    assert made.letter_login == made.code.letter_login(made.second).public()
    for key in (LetterKey(made.code), LetterKey(made.second), LetterKey(made.second, made.code)):
        with pytest.raises(CannotOpen, match="keybox/2"):
            open_box(made.box, made.account, key)
    assert made.letter_login not in {code.letter_login().public() for code in (made.code, made.second)}


def test_the_statement_is_of_the_keys_the_box_the_clock_and_the_station() -> None:
    made = provision(account_id(), NOW, by=STATION)

    first = verify_statement(made.announcement, None, account=made.account, keys=made.keys)
    opened = open_box(made.box, made.account, LetterKey(made.code), first.box)

    assert (first.seq, first.box, first.by, first.holders) == (0, opened.version, STATION.public(), ())
    assert first.time == opened.content.created == "2026-11-23T15:06:55Z"


def test_each_address_has_a_salt_of_its_own() -> None:
    addresses = ("anne@patient.example", "anne.martin@hospital.example")

    made = provision(None, NOW, by=STATION, addresses=addresses)
    first = read_statement(made.announcement.statement)
    others = [(addresses[0], made.salts[1]), (addresses[1], made.salts[0]), ("eve@patient.example", made.salts[0])]

    assert all(first.holds(address, salt) for address, salt in zip(addresses, made.salts, strict=True))
    assert len(first.holders) == len(set(made.salts)) == 2
    assert not [address for address, salt in others if first.holds(address, salt)]


def test_an_address_is_the_same_whatever_its_capitals() -> None:
    made = provision(None, NOW, by=STATION, addresses=["Anne@Patient.example"])

    assert read_statement(made.announcement.statement).holds("anne@patient.EXAMPLE", made.salts[0])


@pytest.mark.parametrize("addresses", [["anne@a.example", "ANNE@a.example"], [f"{n}@a.example" for n in range(17)]])
def test_addresses_twice_or_too_many_are_refused(addresses: list[str]) -> None:
    with pytest.raises(ValueError, match="at most 16"):
        provision(None, NOW, by=STATION, addresses=addresses)


def test_the_announcement_of_sixteen_addresses_is_still_good() -> None:
    made = provision(None, NOW, by=STATION, addresses=[f"{n}@a.example" for n in range(16)])

    assert len(verify_statement(made.announcement, None, account=made.account, keys=made.keys).holders) == 16


def test_activation_follows_what_was_provisioned() -> None:
    made = provision(None, NOW, by=STATION)
    opened, keys = open_box(made.box, made.account, LetterKey(made.code)), KeyPairs.generate()
    stored, recovery = read_statement(made.announcement.statement), RecoveryKey(new_code())

    later = NOW + timedelta(days=9)
    box, _ = renew(opened, opened.content.rotated(keys, later), [recovery])
    said = make_statement(
        made.account, keys.public(), opened.content.keys.signing, later, box=opened.version + 1, previous=stored
    )
    found = verify_statement(said, stored, keys=keys.public())

    assert (found.seq, found.previous, found.account) == (1, stored.hash, made.account)
    assert open_box(box, made.account, recovery, found.box).version == found.box == 2
    with pytest.raises(OlderBox):
        open_box(made.box, made.account, LetterKey(made.code), found.box)


def test_a_next_statement_by_another_key_does_not_follow() -> None:
    made, keys = provision(None, NOW, by=STATION), KeyPairs.generate()
    first = verify_statement(made.announcement, None, account=made.account)

    for stranger in (STATION, keys.signing, SigningSeed.generate()):
        said = make_statement(made.account, keys.public(), stranger, NOW, box=2, previous=first)
        with pytest.raises(BadStatement):
            verify_statement(said, first, keys=keys.public())


def test_a_statement_of_another_account_does_not_follow_even_when_nobody_names_the_account() -> None:
    made, keys = provision(None, NOW, by=STATION), KeyPairs.generate()
    old = open_box(made.box, made.account, LetterKey(made.code)).content.keys
    stored = read_statement(made.announcement.statement)

    said = make_statement(account_id(), keys.public(), old.signing, NOW, box=2, previous=stored)

    with pytest.raises(BadStatement):
        verify_statement(said, stored, keys=keys.public())


def test_the_first_statement_is_of_the_account_that_the_caller_names() -> None:
    made = provision(None, NOW, by=STATION)

    with pytest.raises(BadStatement):
        verify_statement(made.announcement, None, account=account_id())


def test_the_fingerprint_is_the_key_id_in_groups_of_four() -> None:
    made = provision(None, NOW, by=STATION)
    groups = made.fingerprint.split(" ")

    assert "".join(groups) == made.keys.key_id
    assert [len(group) for group in groups] == [4, 4, 4, 4, 4, 4, 3]
    assert made.fingerprint == fingerprint(made.keys)


def test_two_people_share_nothing() -> None:
    first, second = (provision(None, NOW, by=STATION, addresses=["a@a.example"], two_codes=True) for _ in range(2))

    assert is_account(first.account)
    assert len({first.account, second.account, first.fingerprint, second.fingerprint}) == 4
    assert len({first.code, first.second, second.code, second.second}) == 4
    assert first.salts != second.salts


def test_neither_box_nor_statement_nor_what_is_shown_holds_a_code() -> None:
    made = provision(None, NOW, by=STATION, addresses=["a@a.example"], two_codes=True)

    for secret in _secrets(made):
        assert secret not in made.box
        assert secret not in made.announcement.statement
        assert repr(secret)[2:-1] not in repr(made)


def _secrets(made: Provisioned) -> list[bytes]:
    codes = [code for code in (made.code, made.second) if code is not None]
    opened = open_box(made.box, made.account, LetterKey(made.code, made.second))
    seeds = [opened.content.keys.signing.raw, opened.content.keys.sealing.raw, opened.box_key.raw]
    return [*seeds, *made.salts, *(code.raw for code in codes), *(format_code(code).encode() for code in codes)]
