"""Recovery by the code: what it replaces, what it ends, and what its ticket is not good for."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crypto.keys import SigningSeed
from messaging.relay.records import Account, Box, Delegation, Factor, Passkey, Ticket, Trust
from messaging.relay.relay import Renew
from messaging.wire.errors import Refusal
from messaging.wire.types import ActivateRequest, TicketRequest, TotpRequest
from tests.messaging.desk import Desk, box, trusted
from tests.messaging.household import (
    KDF,
    Member,
    adopting,
    caller_of,
    change,
    code_log_in,
    delegate,
    living,
    member,
    methods,
    new_keys,
    next_box,
    public,
    recovering,
    refusal,
)

NEW = SigningSeed(bytes([9] * 32))
PASSKEY = SigningSeed(bytes([8] * 32))


def ticket(desk: Desk, who: Member) -> str:
    return desk.ticket(who.login, "recovery", who.recovery)


def test_recovery_gives_tokens_and_a_new_password_and_spends_the_code(desk: Desk) -> None:
    who = member(desk)
    issued = desk.ask(recovering(desk, who, login_key=public(NEW)))
    assert caller_of(desk, issued).account == who.account
    assert desk.ticket(who.login, "password", NEW)
    for method, seed in (("password", who.password), ("recovery", who.recovery)):
        with pytest.raises(Refusal, match="wrongCredentials"):
            desk.log_in(who.login, method, seed)


def test_the_keys_stay_and_the_box_is_the_next(desk: Desk) -> None:
    who = member(desk)
    before = desk.one(who.caller, "PublicKey/get", ids=None)["list"]
    issued = desk.ask(recovering(desk, who))
    caller = caller_of(desk, issued)
    assert desk.one(caller, "PublicKey/get", ids=None)["list"] == before
    assert desk.one(caller, "KeyBox/get", ids=["box"])["list"][0]["version"] == 3


def test_recovery_ends_every_device_and_every_trust(desk: Desk) -> None:
    who = member(desk)
    theirs = code_log_in(desk, who, trust=True)
    issued = desk.ask(recovering(desk, who, login_key=public(NEW)))
    assert desk.last is not None
    assert len(desk.last.ended) == 2
    assert [device.id for device in living(desk, who.account)] == [caller_of(desk, issued).device]
    assert refusal(desk, Renew(str(theirs.tokens.refresh_token), cookie=False)) == "unauthorized"
    with pytest.raises(Refusal, match="mfaRequired"):
        desk.log_in(who.login, "password", NEW, device=trusted(str(theirs.tokens.trust_token)))
    assert desk.store.read(lambda tx: tx.count(Trust)) == 0


def test_recovery_leaves_other_people_alone(desk: Desk) -> None:
    who, other = member(desk), member(desk, "other")
    desk.ask(recovering(desk, who))
    assert refusal(desk, Renew(str(other.issued.tokens.refresh_token), cookie=False)) == "done"


def test_a_passkey_that_a_thief_made_ends_with_recovery_and_delegations_stay(desk: Desk) -> None:
    who, carer = member(desk), member(desk, "carer")
    desk.ask(change(desk, of=who.account, methods=methods(passkeys={b"one": PASSKEY})), who.caller)
    delegate(desk, who, carer)
    desk.ask(recovering(desk, who))
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(who.account, "passkey", PASSKEY)
    assert desk.store.read(lambda tx: (tx.count(Passkey), tx.count(Delegation))) == (0, 1)


def test_a_recovery_leaves_the_passkeys_of_others_alone(desk: Desk) -> None:
    who, other = member(desk), member(desk, "other")
    desk.ask(change(desk, of=other.account, methods=methods(passkeys={b"one": PASSKEY})), other.caller)
    desk.ask(recovering(desk, who))
    assert desk.log_in(other.account, "passkey", PASSKEY).tokens.access_token


def test_a_refused_recovery_leaves_the_passkeys(desk: Desk) -> None:
    who = member(desk)
    desk.ask(change(desk, of=who.account, methods=methods(passkeys={b"one": PASSKEY})), who.caller)
    assert refusal(desk, recovering(desk, who, code="000000")) == "wrongCode"
    assert desk.log_in(who.account, "passkey", PASSKEY).tokens.access_token


def test_a_recovered_device_is_confirmed(desk: Desk) -> None:
    who = member(desk)
    caller = caller_of(desk, desk.ask(recovering(desk, who)))
    assert refusal(desk, change(desk, of=who.account), caller) == "done"


def test_recovery_may_ask_for_a_cookie(desk: Desk) -> None:
    issued = desk.ask(recovering(desk, member(desk), cookie=True))
    assert issued.cookie
    assert not issued.tokens.refresh_token


def test_its_ticket_opens_the_box_and_shows_the_newest_statement(desk: Desk) -> None:
    who = member(desk)
    answer = desk.ask(TicketRequest(ticket=ticket(desk, who)))
    newest = desk.one(who.caller, "PublicKey/get", ids=None)["list"][-1]
    assert (answer.version, answer.voucher) == (2, None)
    assert (answer.statement, answer.signature) == (newest["statement"], newest["signature"])


def test_a_letters_ticket_shows_the_first_statement_with_its_voucher(desk: Desk) -> None:
    child = desk.patient("child")
    answer = desk.ask(TicketRequest(ticket=desk.ticket(child.login, "letter", child.seed)))
    given = desk.item(child, managed=False)
    assert (answer.statement, answer.signature, answer.voucher) == (given.statement, given.signature, given.voucher)


@pytest.mark.parametrize("door", ["totp", "activate", "adopt"])
def test_its_ticket_is_good_for_no_other_door(desk: Desk, door: str) -> None:
    who, carer = member(desk), member(desk, "carer")
    presented = ticket(desk, who)
    keys = new_keys(desk, who.account, who.pairs.signing, who.pairs, 3)
    asked = {
        "totp": TotpRequest(ticket=presented, code=desk.code()),
        "activate": ActivateRequest(
            ticket=presented, box=box(3), kdf=KDF, login_key=public(NEW), new_keys=keys,
            totp_secret="K" * 32, code="000000",
        ),
        "adopt": adopting(desk, desk.patient("child"), ticket=presented),
    }  # fmt: skip
    assert refusal(desk, asked[door], carer.caller if door == "adopt" else None) == "ticketExpired"


@pytest.mark.parametrize("kind", ["none", "letter", "password", "old", "twice"])
def test_any_other_ticket_recovers_nothing(desk: Desk, kind: str) -> None:
    who, child = member(desk), desk.patient("child")
    tickets = {
        "none": "x", "letter": desk.ticket(child.login, "letter", child.seed),
        "password": desk.ticket(who.login, "password", who.password), "old": ticket(desk, who),
    }  # fmt: skip
    if kind == "old":
        desk.clock.move(seconds=301)
    if kind == "twice":
        tickets["twice"] = ticket(desk, who)
        desk.ask(recovering(desk, who, ticket=tickets["twice"]))
    asked = recovering(desk, who, ticket=tickets[kind])
    assert refusal(desk, asked) == "ticketExpired"


@pytest.mark.parametrize(
    ("changed", "name"),
    [({"code": "000000"}, "wrongCode"), ({"code": "١٢٣٤٥٦"}, "wrongCode"), ({"box": box(2)}, "stateMismatch"),
     ({"box": box(4)}, "stateMismatch"), ({"box": "AAAA"}, "invalidProperties"),
     ({"login_key": "A" * 43}, "invalidKeys"), ({"recovery_key": "A" * 43}, "invalidKeys")],
)  # fmt: skip
def test_a_refused_recovery_changes_nothing_and_the_code_stays_good(
    desk: Desk, changed: dict[str, str], name: str
) -> None:
    who = member(desk)
    before = _held(desk, who)
    assert refusal(desk, recovering(desk, who, **changed)) == name
    assert _held(desk, who) == before
    assert refusal(desk, recovering(desk, who)) == "done"


def test_the_same_code_cannot_be_the_new_one(desk: Desk) -> None:
    who = member(desk)
    assert refusal(desk, recovering(desk, who, recovery_key=public(who.recovery))) == "invalidKeys"


def test_wrong_codes_wait_as_failed_log_ins_do(desk: Desk) -> None:
    who = member(desk)
    asked = recovering(desk, who, code="000000")
    assert [refusal(desk, asked) for _ in range(6)] == ["wrongCode"] * 5 + ["tooManyAttempts"]


def test_an_account_without_a_recovery_code_looks_like_none(desk: Desk) -> None:
    who = desk.patient("invited")
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(who.login, "recovery", who.seed)


def test_a_closed_account_is_not_recovered(desk: Desk) -> None:
    from msgspec.structs import replace

    who = member(desk)
    asked = recovering(desk, who)
    account = desk.store.read(lambda tx: tx.one(Account, who.account))
    assert account is not None
    desk.store.write(lambda tx: tx.put(replace(account, state="closed")))
    assert refusal(desk, asked) == "ticketExpired"
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(who.login, "recovery", who.recovery)


def test_twenty_parallel_uses_of_one_ticket_are_one_recovery(desk: Desk) -> None:
    who = member(desk)
    presented = ticket(desk, who)
    asked = [recovering(desk, who, ticket=presented) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        came = list(pool.map(lambda one: refusal(desk, one), asked))
    assert sorted(came) == ["done"] + ["ticketExpired"] * 19


def test_a_recovery_has_its_row_in_the_access_log(desk: Desk) -> None:
    who = member(desk)
    desk.ask(recovering(desk, who))
    acts = desk.store.read(lambda tx: tx.acts(0, 1000))
    assert [(act.account, act.outcome) for act in acts if act.action == "recover"] == [(who.account, "done")]


def test_the_next_box_is_asked_for_and_half_done_log_ins_end(desk: Desk) -> None:
    who = member(desk)
    desk.ticket(who.login, "password", who.password)
    desk.ask(recovering(desk, who, box=next_box(desk, who.account)))
    assert desk.store.read(lambda tx: tx.count(Ticket)) == 0


def _held(desk: Desk, who: Member) -> object:
    held = desk.store.read(lambda tx: (tx.where(Factor, account=who.account), tx.one(Box, who.account)))
    return held, living(desk, who.account)
