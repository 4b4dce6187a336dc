"""Changing factors: a confirmed device alone, one transaction, and what each change ends."""

from typing import Any

import pytest

from crypto.encoding import b64u
from crypto.keys import KeyPairs, SigningSeed, account_id
from messaging.relay.accesslog import verify
from messaging.relay.records import Act, Factor, Passkey, Ticket, Totp, Trust
from messaging.wire.errors import Refusal
from messaging.wire.factors import NewMethods, NewTotp, PasskeyMethod
from messaging.wire.types import ChallengeRequest, Kdf, TotpRequest
from tests.messaging.desk import SALT, SECRET, SECRETS, Desk, box, trusted
from tests.messaging.household import (
    another_device,
    caller_of,
    change,
    code_log_in,
    confirm,
    confirmation,
    living,
    member,
    methods,
    new_keys,
    refusal,
    unconfirmed,
)

OTHER = SigningSeed(bytes([7] * 32))
SECOND = "K" * 32
ALL_METHODS = ["password", "letter", "recovery", "passkey", "key"]


def test_a_log_in_confirms_its_device_for_ten_minutes(desk: Desk) -> None:
    who = member(desk)
    desk.clock.move(seconds=600 - 91)
    assert refusal(desk, change(desk, of=who.account), who.caller) == "done"
    desk.clock.move(seconds=2)
    assert refusal(desk, change(desk, of=who.account), who.caller) == "confirmFirst"


def test_a_refresh_confirms_nothing(desk: Desk) -> None:
    from messaging.relay.relay import Renew

    who = unconfirmed(desk, member(desk))
    desk.ask(Renew(str(who.issued.tokens.refresh_token), cookie=False))
    assert refusal(desk, change(desk, of=who.account), who.caller) == "confirmFirst"


def test_a_confirmation_says_until_when_and_is_of_this_device_alone(desk: Desk) -> None:
    first = member(desk)
    second = another_device(desk, first)
    unconfirmed(desk, first)
    said = desk.ask(confirmation(desk, second), second.caller)
    assert said.confirmed_until.startswith("2026-03-01T12:2")
    assert refusal(desk, change(desk, of=first.account), second.caller) == "done"
    assert refusal(desk, change(desk, of=first.account), first.caller) == "confirmFirst"


@pytest.mark.parametrize(
    "changed",
    [{"seed": OTHER}, {"signed": "A" * 43}, {"origin": "http://evil.example"}, {"login": "nobody"},
     {"challenged": "letter"}, {"method": "passkey"}, {"login": "other"}],
)  # fmt: skip
def test_a_confirmation_with_anything_else_is_refused_and_counts(desk: Desk, changed: dict[str, Any]) -> None:
    member(desk, "other")
    who = unconfirmed(desk, member(desk))
    assert refusal(desk, confirmation(desk, who, **changed), who.caller) == "wrongCredentials"
    assert refusal(desk, change(desk, of=who.account), who.caller) == "confirmFirst"


def test_a_confirmation_serves_once_and_for_a_minute(desk: Desk) -> None:
    who = member(desk)
    used, late = confirmation(desk, who), confirmation(desk, who)
    desk.ask(used, who.caller)
    assert refusal(desk, used, who.caller) == "wrongCredentials"
    desk.clock.move(seconds=61)
    assert refusal(desk, late, who.caller) == "wrongCredentials"


def test_nobody_confirms_with_anothers_signature(desk: Desk) -> None:
    who, other = member(desk), member(desk, "other")
    assert refusal(desk, confirmation(desk, who), other.caller) == "wrongCredentials"


def test_failed_confirmations_wait_as_failed_log_ins_do(desk: Desk) -> None:
    who = member(desk)
    came = [refusal(desk, confirmation(desk, who, seed=OTHER), who.caller) for _ in range(6)]
    assert came == ["wrongCredentials"] * 5 + ["tooManyAttempts"]
    assert refusal(desk, confirmation(desk, who), who.caller) == "tooManyAttempts"
    desk.clock.move(seconds=31)
    assert refusal(desk, confirmation(desk, who), who.caller) == "done"


def test_a_new_password_takes_the_place_of_the_old_one(desk: Desk) -> None:
    who = member(desk)
    version = desk.ask(change(desk, of=who.account, methods=methods(password=OTHER)), who.caller).version
    assert version == 3
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(who.login, "password", who.password)
    assert desk.ticket(who.login, "password", OTHER)


def test_who_is_half_way_in_by_an_old_password_begins_again(desk: Desk) -> None:
    who = member(desk)
    ticket = desk.ticket(who.login, "password", who.password)
    desk.ask(change(desk, of=who.account, methods=methods(password=OTHER)), who.caller)
    assert refusal(desk, TotpRequest(ticket=ticket, code=desk.code())) == "ticketExpired"
    assert desk.store.read(lambda tx: tx.count(Ticket)) == 0


def test_passkeys_log_in_at_once_and_confirm_and_are_replaced_as_a_whole(desk: Desk) -> None:
    who = member(desk)
    first, second = SigningSeed.generate(), SigningSeed.generate()
    desk.ask(change(desk, of=who.account, methods=methods(passkeys={b"one": first, b"two": second})), who.caller)
    for seed in (first, second):
        issued = desk.log_in(who.account, "passkey", seed)
        assert refusal(desk, confirmation(desk, who, "passkey", seed), caller_of(desk, issued)) == "done"
    info = desk.one(who.caller, "AccountInfo/get", ids=None)["list"][0]
    assert info["loginMethods"] == ["password", "recovery", "passkey"]
    desk.ask(change(desk, of=who.account, methods=methods(passkeys={b"two": second})), who.caller)
    assert desk.log_in(who.account, "passkey", second).tokens.access_token
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(who.account, "passkey", first)


def test_a_passkey_serves_its_own_account_alone(desk: Desk) -> None:
    who, other = member(desk), member(desk, "other")
    desk.ask(change(desk, of=who.account, methods=methods(passkeys={b"one": OTHER})), confirm(desk, who).caller)
    for login in (other.account, other.login):
        with pytest.raises(Refusal, match="wrongCredentials"):
            desk.log_in(login, "passkey", OTHER)


@pytest.mark.parametrize(
    ("passkeys", "name"),
    [([PasskeyMethod(credential=b64u(b"x"), login_key=b64u(OTHER.public().raw))] * 2, "invalidProperties"),
     ([PasskeyMethod(credential=b64u(bytes(1024)), login_key=b64u(OTHER.public().raw))], "invalidProperties"),
     ([PasskeyMethod(credential="Ab", login_key=b64u(OTHER.public().raw))], "invalidProperties"),
     ([PasskeyMethod(credential=b64u(b"x"), login_key=b64u(bytes(32)))], "invalidKeys")],
)  # fmt: skip
def test_a_passkey_that_is_none_is_refused(desk: Desk, passkeys: list[PasskeyMethod], name: str) -> None:
    who = member(desk)
    assert refusal(desk, change(desk, of=who.account, methods=NewMethods(passkeys=passkeys)), who.caller) == name
    assert desk.store.read(lambda tx: tx.count(Passkey)) == 0


def test_a_new_second_factor_is_proven_and_takes_the_place_of_the_old_one(desk: Desk) -> None:
    who = member(desk)
    before = desk.store.read(lambda tx: tx.one(Totp, who.account))
    given = NewTotp(secret=SECOND, code=_code(desk, SECOND))
    desk.ask(change(desk, of=who.account, totp=given), who.caller)
    assert desk.store.read(lambda tx: tx.one(Totp, who.account)) != before
    desk.clock.move(seconds=90)
    ticket = desk.ticket(who.login, "password", who.password)
    assert refusal(desk, TotpRequest(ticket=ticket, code=desk.code())) == "wrongCode"
    assert refusal(desk, TotpRequest(ticket=ticket, code=_code(desk, SECOND))) == "done"


def test_a_wrong_code_changes_nothing_and_counts(desk: Desk) -> None:
    who = member(desk)
    asked = change(desk, of=who.account, methods=methods(password=OTHER), totp=NewTotp(secret=SECOND, code="000000"))
    assert [refusal(desk, asked, who.caller) for _ in range(6)] == ["wrongCode"] * 5 + ["tooManyAttempts"]
    desk.clock.move(minutes=1)
    assert desk.one(who.caller, "KeyBox/get", ids=["box"])["list"][0]["version"] == 2
    assert desk.ticket(who.login, "password", who.password)


def test_new_keys_come_with_their_statement_and_the_box_that_holds_them(desk: Desk) -> None:
    who, pairs = member(desk), KeyPairs.generate()
    keys = new_keys(desk, who.account, who.pairs.signing, pairs, 3, suspected=True)
    desk.ask(change(desk, of=who.account, new_keys=keys), who.caller)
    listed = desk.one(who.caller, "PublicKey/get", ids=None)["list"]
    assert [key["id"] for key in listed if key["revokedAt"] is None] == [pairs.public().key_id]
    assert desk.last is not None


@pytest.mark.parametrize("broken", ["signer", "version", "same keys", "other account"])
def test_new_keys_that_do_not_follow_are_refused_and_nothing_changes(desk: Desk, broken: str) -> None:
    who, other = member(desk), member(desk, "other")
    pairs = who.pairs if broken == "same keys" else KeyPairs.generate()
    signer = OTHER if broken == "signer" else who.pairs.signing
    account = other.account if broken == "other account" else who.account
    keys = new_keys(desk, account, signer, pairs, 4 if broken == "version" else 3)
    asked = change(desk, of=who.account, new_keys=keys, methods=methods(password=OTHER))
    assert refusal(desk, asked, who.caller) == "invalidKeys"
    assert desk.one(who.caller, "KeyBox/get", ids=["box"])["list"][0]["version"] == 2
    assert desk.ticket(who.login, "password", who.password)


@pytest.mark.parametrize(("version", "name"), [(1, "stateMismatch"), (2, "stateMismatch"), (4, "stateMismatch")])
def test_another_version_of_the_box_is_a_mismatch(desk: Desk, version: int, name: str) -> None:
    who = member(desk)
    asked = change(desk, of=who.account, box=box(version), methods=methods(password=OTHER))
    assert refusal(desk, asked, who.caller) == name
    assert desk.ticket(who.login, "password", who.password)


def test_of_two_changes_of_one_version_one_is_done(desk: Desk) -> None:
    who = member(desk)
    one, two = (change(desk, of=who.account, methods=methods(password=SigningSeed.generate())) for _ in range(2))
    assert [refusal(desk, asked, who.caller) for asked in (one, two)] == ["done", "stateMismatch"]


@pytest.mark.parametrize(
    "kdf",
    [Kdf(name="argon2id", salt=SALT, memory=8, passes=3, lanes=1), Kdf(name="code"),
     Kdf(name="argon2id", salt=SALT, memory=65536, passes=3, lanes=2), Kdf(name="argon2id", salt=SALT)],
)  # fmt: skip
def test_weak_parameters_are_refused(desk: Desk, kdf: Kdf) -> None:
    from messaging.wire.factors import PasswordMethod

    who = member(desk)
    weak = NewMethods(password=PasswordMethod(kdf=kdf, login_key=b64u(OTHER.public().raw)))
    assert refusal(desk, change(desk, of=who.account, methods=weak), who.caller) == "invalidProperties"


def test_what_leaves_no_password_and_no_recovery_is_refused(desk: Desk) -> None:
    who = member(desk)
    desk.store.write(lambda tx: tx.drop(Factor, who.account, "password"))
    desk.store.write(lambda tx: tx.drop(Factor, who.account, "recovery"))
    only = change(desk, of=who.account, methods=methods(passkeys={b"one": OTHER}))
    assert refusal(desk, only, who.caller) == "invalidProperties"
    more = change(desk, of=who.account, methods=methods(passkeys={b"one": OTHER}, recovery=OTHER))
    assert refusal(desk, more, who.caller) == "done"


def test_ending_the_others_ends_their_devices_and_trust_and_no_more(desk: Desk) -> None:
    who = member(desk)
    theirs = code_log_in(desk, who, trust=True)
    mine = another_device(desk, who)
    desk.ask(change(desk, of=who.account, end_others=True), mine.caller)
    assert desk.last is not None
    assert {who.caller.device, caller_device(desk, theirs)} == set(desk.last.ended)
    assert [device.id for device in living(desk, who.account)] == [mine.caller.device]
    with pytest.raises(Refusal, match="mfaRequired"):
        desk.log_in(who.login, "password", who.password, device=trusted(str(theirs.tokens.trust_token)))


def test_ending_the_others_leaves_other_people_alone(desk: Desk) -> None:
    who, other = member(desk), member(desk, "other")
    code_log_in(desk, other, trust=True)
    desk.ask(change(desk, of=who.account, end_others=True), confirm(desk, who).caller)
    assert len(living(desk, other.account)) == 2
    assert desk.store.read(lambda tx: tx.count(Trust, account=other.account)) == 1


def test_a_trusted_device_keeps_its_trust_when_it_ends_the_others(desk: Desk) -> None:
    who = member(desk)
    trust = str(code_log_in(desk, who, trust=True).tokens.trust_token)
    again = desk.log_in(who.login, "password", who.password, device=trusted(trust))
    desk.ask(change(desk, of=who.account, end_others=True), caller_of(desk, again))
    assert desk.log_in(who.login, "password", who.password, device=trusted(trust)).tokens.access_token


@pytest.mark.parametrize("kind", ["bridge", "station"])
def test_operators_have_no_factors_to_change(desk: Desk, kind: str) -> None:
    caller = caller_of(desk, desk.log_in(kind, "key", desk.seeds[kind]))
    assert refusal(desk, change(desk, box=box(1)), caller) == "forbidden"


def test_a_bridge_rotates_the_keys_of_whom_it_manages_and_no_more(desk: Desk) -> None:
    doctor = desk.doctor()
    caller = caller_of(desk, desk.log_in("bridge", "key", desk.seeds["bridge"]))
    keys = new_keys(desk, doctor.account, doctor.pairs.signing, KeyPairs.generate(), 2)
    asked = change(desk, doctor.account, doctor.account, new_keys=keys, methods=methods(recovery=OTHER))
    assert refusal(desk, asked, caller) == "forbidden"
    assert refusal(desk, change(desk, doctor.account, doctor.account, new_keys=keys), caller) == "done"


@pytest.mark.parametrize("method", ALL_METHODS)
def test_a_made_up_log_in_gets_a_stable_answer_of_the_same_shape_by_every_method(desk: Desk, method: str) -> None:
    who = member(desk)
    names = [who.account, "a" + "b" * 26] if method == "passkey" else [who.login, "nobody"]
    real, made_up = (desk.ask(ChallengeRequest(login=name, method=method)) for name in names)  # type: ignore[arg-type]
    again = desk.ask(ChallengeRequest(login=names[1], method=method))  # type: ignore[arg-type]
    assert made_up.kdf == again.kdf
    assert _shape(real.kdf) == _shape(made_up.kdf)
    assert len(real.challenge) == len(made_up.challenge)


def test_a_passkeys_challenge_says_the_same_of_accounts_with_and_without(desk: Desk) -> None:
    who, other = member(desk), member(desk, "other")
    desk.ask(change(desk, of=who.account, methods=methods(passkeys={b"one": OTHER})), confirm(desk, who).caller)
    for account in (who.account, other.account, account_id()):
        asked = desk.ask(ChallengeRequest(login=account, method="passkey"))
        assert asked.kdf == Kdf(name="prf")


@pytest.mark.parametrize("method", ALL_METHODS)
def test_a_made_up_log_in_is_refused_as_a_wrong_key_is(desk: Desk, method: str) -> None:
    who = member(desk)
    names = [who.account, "a" + "b" * 26] if method == "passkey" else [who.login, "nobody"]
    for name in names:
        with pytest.raises(Refusal) as caught:
            desk.log_in(name, method, OTHER)
        assert (caught.value.name, caught.value.members) == ("wrongCredentials", {})


@pytest.mark.parametrize("method", ["letter", "recovery", "passkey", "key"])
def test_a_trust_token_helps_a_password_alone(desk: Desk, method: str) -> None:
    who = member(desk)
    trust = trusted(str(code_log_in(desk, who, trust=True).tokens.trust_token))
    seed = who.recovery if method == "recovery" else OTHER
    with pytest.raises(Refusal) as caught:
        desk.log_in(who.account if method == "passkey" else who.login, method, seed, device=trust)
    assert caught.value.name == ("mfaRequired" if method == "recovery" else "wrongCredentials")


def test_every_change_has_its_row_in_the_access_log(desk: Desk) -> None:
    who = member(desk)
    desk.ask(change(desk, of=who.account), confirm(desk, who).caller)
    acts = desk.store.read(lambda tx: tx.acts(0, 1000))
    said = [(act.action, act.account, act.target) for act in acts if act.action in ("confirm", "factors")]
    assert said == [("confirm", who.account, "password"), ("factors", who.account, who.account)]
    assert verify(acts, SECRETS.log) == len(acts)
    assert all(isinstance(act, Act) for act in acts)


def _shape(kdf: Kdf) -> tuple[Any, ...]:
    return kdf.name, kdf.memory, kdf.passes, kdf.lanes, type(kdf.salt)


def _code(desk: Desk, secret: str) -> str:
    from pyotp import TOTP

    assert secret != SECRET
    return TOTP(secret).at(desk.clock.now())


def caller_device(desk: Desk, issued: Any) -> str:
    from messaging.relay.records import Access
    from messaging.relay.tokens import hashed

    held = desk.store.read(lambda tx: tx.one(Access, hashed(issued.tokens.access_token)))
    assert held is not None
    return held.device
