"""Failures hold up who guesses, and nobody else: what strangers do at one door does not close the others."""

import pytest

from crypto.keys import SigningSeed
from messaging.relay.records import Failure
from messaging.relay.turn import Caller
from messaging.wire.errors import Refusal
from messaging.wire.factors import NewTotp
from messaging.wire.types import TotpRequest
from tests.messaging.desk import SECRET, Desk, trusted
from tests.messaging.household import (
    Member,
    adopting,
    change,
    code_log_in,
    confirm,
    confirmation,
    member,
    methods,
    recovering,
    refusal,
)

STRANGER = "203.0.113.77"
WRONG, PASSKEY = SigningSeed(bytes([5] * 32)), SigningSeed(bytes([6] * 32))
KEYS = ("letter", "recovery", "passkey", "key")


def attack(desk: Desk, name: str, method: str, tries: int = 8, network: str = STRANGER) -> list[str]:
    """What a stranger gets who has no right key."""
    came = []
    for _ in range(tries):
        with pytest.raises(Refusal) as caught:
            desk.log_in(name, method, WRONG, network=network)
        came.append(caught.value.name)
    return came


def guess_code(desk: Desk, ticket: str, tries: int = 6) -> list[str]:
    return [refusal(desk, TotpRequest(ticket=ticket, code="000000"), Caller(network=STRANGER)) for _ in range(tries)]


def with_passkey(desk: Desk) -> Member:
    who = member(desk)
    desk.ask(change(desk, of=who.account, methods=methods(passkeys={b"one": PASSKEY})), who.caller)
    return who


@pytest.mark.parametrize("method", KEYS)
@pytest.mark.parametrize("by_account", [False, True])
def test_wrong_keys_lock_nobody_out(desk: Desk, method: str, by_account: bool) -> None:
    who = with_passkey(desk)
    assert attack(desk, who.account if by_account else who.login, method, 20) == ["wrongCredentials"] * 20
    assert desk.log_in(who.account, "passkey", PASSKEY).tokens.access_token
    assert desk.ticket(who.login, "password", who.password)
    assert desk.store.read(lambda tx: tx.where(Failure)) == []


@pytest.mark.parametrize("method", KEYS)
def test_wrong_keys_of_a_made_up_log_in_are_counted_as_little(desk: Desk, method: str) -> None:
    member(desk)
    assert attack(desk, "nobody", method, 20) == ["wrongCredentials"] * 20
    assert desk.store.read(lambda tx: tx.where(Failure)) == []


@pytest.mark.parametrize("method", [*KEYS, "password"])
def test_a_network_that_fails_thirty_times_a_minute_waits_for_every_method(desk: Desk, method: str) -> None:
    who = with_passkey(desk)
    for number in range(30):
        attack(desk, f"nobody{number}", method, 1)
    with pytest.raises(Refusal, match="tooManyAttempts"):
        desk.log_in(who.account, "passkey", PASSKEY, network=STRANGER)
    assert desk.log_in(who.account, "passkey", PASSKEY).tokens.access_token


def test_wrong_passwords_hold_up_the_password_alone(desk: Desk) -> None:
    who = with_passkey(desk)
    assert attack(desk, who.login, "password", 6) == ["wrongCredentials"] * 5 + ["tooManyAttempts"]
    with pytest.raises(Refusal, match="tooManyAttempts"):
        desk.log_in(who.login, "password", who.password)
    assert desk.log_in(who.account, "passkey", PASSKEY).tokens.access_token
    assert desk.ticket(who.login, "recovery", who.recovery)


def test_a_trusted_device_is_not_held_up_by_others(desk: Desk) -> None:
    who = member(desk)
    trust = trusted(str(code_log_in(desk, who, trust=True).tokens.trust_token))
    attack(desk, who.login, "password")
    for number in range(30):
        attack(desk, f"nobody{number}", "password", 1)
    issued = desk.log_in(who.login, "password", who.password, device=trust, network=STRANGER)
    assert issued.tokens.access_token


def test_who_has_a_trust_token_and_guesses_waits_as_others_do(desk: Desk) -> None:
    who = member(desk)
    trust = trusted(str(code_log_in(desk, who, trust=True).tokens.trust_token))
    came = []
    for _ in range(6):
        with pytest.raises(Refusal) as caught:
            desk.log_in(who.login, "password", WRONG, device=trust, network=STRANGER)
        came.append(caught.value.name)
    assert came == ["wrongCredentials"] * 5 + ["tooManyAttempts"]


@pytest.mark.parametrize("token", ["", "x", "theirs"])
def test_a_trust_token_that_is_not_this_accounts_helps_nobody(desk: Desk, token: str) -> None:
    who, other = member(desk), member(desk, "other")
    theirs = str(code_log_in(desk, other, trust=True).tokens.trust_token)
    shown = trusted(theirs if token == "theirs" else token)
    attack(desk, who.login, "password")
    with pytest.raises(Refusal, match="tooManyAttempts"):
        desk.log_in(who.login, "password", who.password, device=shown)


def test_a_ticket_that_runs_is_not_held_up_by_wrong_passwords(desk: Desk) -> None:
    who = member(desk)
    ticket = desk.ticket(who.login, "password", who.password)
    attack(desk, who.login, "password")
    asked = TotpRequest(ticket=ticket, code=desk.code())
    assert refusal(desk, asked, Caller(network=STRANGER)) == "done"


def test_wrong_one_time_codes_hold_up_these_alone(desk: Desk) -> None:
    who = member(desk)
    ticket = desk.ticket(who.login, "password", who.password)
    assert guess_code(desk, ticket) == ["wrongCode"] * 5 + ["tooManyAttempts"]
    again = desk.ticket(who.login, "password", who.password)
    assert refusal(desk, TotpRequest(ticket=again, code=desk.code())) == "tooManyAttempts"
    assert refusal(desk, recovering(desk, who)) == "done"


def test_a_second_password_log_in_gives_no_new_guesses_of_the_code(desk: Desk) -> None:
    who = member(desk)
    for _ in range(5):
        assert guess_code(desk, desk.ticket(who.login, "password", who.password), 1) == ["wrongCode"]
    assert guess_code(desk, desk.ticket(who.login, "password", who.password), 1) == ["tooManyAttempts"]


def test_a_device_that_is_logged_in_confirms_while_strangers_guess(desk: Desk) -> None:
    who = member(desk)
    attack(desk, who.login, "password")
    assert refusal(desk, confirmation(desk, who), who.caller) == "done"


def test_guesses_at_the_confirmation_do_not_close_the_log_in_and_end_with_a_right_one(desk: Desk) -> None:
    who = member(desk)
    for _ in range(2):
        for _ in range(4):
            assert refusal(desk, confirmation(desk, who, seed=WRONG), who.caller) == "wrongCredentials"
        assert desk.ticket(who.login, "password", who.password)
        confirm(desk, who)


def test_wrong_passkeys_at_the_confirmation_count_for_the_network_alone(desk: Desk) -> None:
    who = with_passkey(desk)
    tries = [confirmation(desk, who, "passkey", WRONG) for _ in range(8)]
    assert {refusal(desk, one, who.caller) for one in tries} == {"wrongCredentials"}
    assert refusal(desk, confirmation(desk, who, "passkey", PASSKEY), who.caller) == "done"


def test_an_activation_and_a_recovery_are_not_held_up_by_strangers(desk: Desk) -> None:
    who, invited = member(desk), desk.patient("invited")
    for name in (who.login, invited.login):
        for method in ("password", "letter", "recovery"):
            attack(desk, name, method, 6)
    activation = desk.activation(invited, WRONG)
    assert refusal(desk, activation, Caller(network=STRANGER)) == "done"
    assert refusal(desk, recovering(desk, who), Caller(network=STRANGER)) == "done"


def test_an_adoption_is_not_held_up_by_strangers(desk: Desk) -> None:
    carer, child = confirm(desk, member(desk, "carer")), desk.patient("child")
    for method in ("password", "letter"):
        attack(desk, child.login, method)
    assert refusal(desk, adopting(desk, child), carer.caller) == "done"


def test_a_new_second_factor_is_not_held_up_by_who_guesses_the_old_one(desk: Desk) -> None:
    who = member(desk)
    guess_code(desk, desk.ticket(who.login, "password", who.password))
    asked = change(desk, of=who.account, totp=NewTotp(secret=SECRET, code=desk.code()))
    assert refusal(desk, asked, confirm(desk, who).caller) == "done"


def test_success_forgets_wrong_passwords_and_codes_alike(desk: Desk) -> None:
    who = member(desk)
    for _ in range(3):
        attack(desk, who.login, "password", 4)
        guess_code(desk, desk.ticket(who.login, "password", who.password), 4)
        code_log_in(desk, who)
    assert desk.store.read(lambda tx: tx.where(Failure, account=who.account)) == []
