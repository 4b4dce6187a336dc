"""Pairings at the relay: who finds, answers, grants and claims one, each once and within five minutes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from crypto.code import code_text
from crypto.encoding import b64u
from crypto.pairing import Pairing as Pair
from crypto.pairing import new_pairing
from messaging.relay.accesslog import verify
from messaging.relay.records import Pairing
from messaging.relay.relay import Sweep
from messaging.relay.turn import Caller
from messaging.wire.limits import MAX_PAIRING_SEALED, PAIRING_POLLS_PER_MINUTE, PAIRINGS_PER_MINUTE
from messaging.wire.pairing import (
    PairingBegin,
    PairingClaim,
    PairingEnd,
    PairingFind,
    PairingGrant,
    PairingHello,
    PairingPoll,
)
from tests.messaging.desk import SECRETS, Desk, trusted
from tests.messaging.household import (
    Member,
    another_device,
    caller_of,
    change,
    confirm,
    living,
    member,
    recovering,
    refusal,
)

SEALED = b64u(b"sealed hello")
GRANT = b64u(b"sealed grant")
UNKNOWN = "0" * 27
WAITING = Caller(network="203.0.113.5")


class Waiting:
    """A new device that shows its code."""

    def __init__(self, desk: Desk) -> None:
        self.pair: Pair = new_pairing()
        self.code = code_text(self.pair.code)
        self.key = b64u(self.pair.seed.public().raw)
        self.claim = desk.ask(PairingBegin(key=self.key), WAITING).claim

    @property
    def begin(self) -> PairingBegin:
        return PairingBegin(key=self.key)

    @property
    def poll(self) -> PairingPoll:
        return PairingPoll(claim=self.claim)

    @property
    def find(self) -> PairingFind:
        return PairingFind(pairing=self.code)

    @property
    def hello(self) -> PairingHello:
        return PairingHello(pairing=self.code, sealed=SEALED)

    @property
    def grant(self) -> PairingGrant:
        return PairingGrant(pairing=self.code, sealed=GRANT)

    def take(self, **more: bool) -> PairingClaim:
        return PairingClaim(claim=self.claim, **more)


def granted(desk: Desk, who: Member) -> Waiting:
    """A pairing up to its claim."""
    waiting = Waiting(desk)
    for asking in (waiting.hello, waiting.grant):
        desk.ask(asking, who.caller)
    return waiting


def test_a_pairing_goes_from_hand_to_hand_and_ends_in_a_new_device(desk: Desk) -> None:
    who, waiting = member(desk), Waiting(desk)
    assert desk.ask(waiting.find, who.caller).key == waiting.key
    seen = [desk.ask(waiting.poll, WAITING)]
    for asking in (waiting.hello, waiting.grant):
        assert desk.ask(asking, who.caller) == {}
        seen.append(desk.ask(waiting.poll, WAITING))
    assert [(one.hello, one.grant) for one in seen] == [(None, None), (SEALED, None), (SEALED, GRANT)]
    issued = desk.ask(waiting.take(), WAITING)
    assert issued.tokens.account == who.account
    assert [device.id for device in living(desk, who.account)] == [who.caller.device, caller_of(desk, issued).device]


def test_the_relay_knows_the_code_of_every_key(desk: Desk) -> None:
    who = member(desk)
    for _ in range(5):
        waiting = Waiting(desk)
        assert desk.ask(waiting.find, who.caller).key == waiting.key


def test_a_claimed_device_may_not_change_factors_before_it_shows_one(desk: Desk) -> None:
    who = member(desk)
    new = who.on(caller_of(desk, desk.ask(granted(desk, who).take())))
    assert refusal(desk, change(desk, of=who.account), new.caller) == "confirmFirst"
    confirm(desk, new)
    assert refusal(desk, change(desk, of=who.account), new.caller) == "done"


def test_a_claim_gives_cookie_and_trust_where_they_are_asked_for(desk: Desk) -> None:
    who = member(desk)
    issued = desk.ask(granted(desk, who).take(cookie=True, trust_device=True))
    assert issued.cookie
    assert not issued.tokens.refresh_token
    trust = trusted(str(issued.tokens.trust_token))
    assert desk.log_in(who.login, "password", who.password, device=trust).tokens.access_token


def test_a_claim_serves_once(desk: Desk) -> None:
    waiting = granted(desk, member(desk))
    desk.ask(waiting.take())
    assert refusal(desk, waiting.take()) == "ticketExpired"
    assert refusal(desk, waiting.poll) == "notFound"


def test_twenty_parallel_claims_are_one_device(desk: Desk) -> None:
    who = member(desk)
    waiting = granted(desk, who)
    with ThreadPoolExecutor(20) as pool:
        came = list(pool.map(lambda _: refusal(desk, waiting.take()), range(20)))
    assert sorted(came) == ["done"] + ["ticketExpired"] * 19
    assert len(living(desk, who.account)) == 2


@pytest.mark.parametrize("until", ["begin", "hello"])
def test_nothing_is_claimed_before_the_grant(desk: Desk, until: str) -> None:
    who, waiting = member(desk), Waiting(desk)
    if until == "hello":
        desk.ask(waiting.hello, who.caller)
    assert refusal(desk, waiting.take()) == "ticketExpired"
    assert len(living(desk, who.account)) == 1


def test_nothing_is_granted_before_the_hello(desk: Desk) -> None:
    who, waiting = member(desk), Waiting(desk)
    assert refusal(desk, waiting.grant, who.caller) == "notFound"
    assert desk.ask(waiting.poll, WAITING).grant is None


def test_a_device_that_is_not_confirmed_says_hello_and_grants_nothing(desk: Desk) -> None:
    who = member(desk)
    desk.clock.move(minutes=11)
    waiting = Waiting(desk)
    assert refusal(desk, waiting.hello, who.caller) == "done"
    assert refusal(desk, waiting.grant, who.caller) == "confirmFirst"
    assert refusal(desk, waiting.grant, confirm(desk, who).caller) == "done"


def test_hello_and_grant_are_said_once(desk: Desk) -> None:
    who, waiting = member(desk), Waiting(desk)
    for asking in (waiting.hello, waiting.grant):
        assert [refusal(desk, asking, who.caller) for _ in range(2)] == ["done", "alreadyExists"]


def test_another_device_of_the_account_may_grant(desk: Desk) -> None:
    who, waiting = member(desk), Waiting(desk)
    desk.ask(waiting.hello, who.caller)
    assert refusal(desk, waiting.grant, another_device(desk, who).caller) == "done"


def test_for_all_others_it_is_gone_once_somebody_said_hello(desk: Desk) -> None:
    other, who = member(desk, "other"), member(desk)
    waiting = Waiting(desk)
    assert refusal(desk, waiting.find, other.caller) == "done"
    desk.ask(waiting.hello, who.caller)
    confirm(desk, other)
    unknown = [PairingFind(pairing=UNKNOWN), PairingHello(pairing=UNKNOWN, sealed=SEALED)]
    for asking in (waiting.find, waiting.hello, waiting.grant, *unknown):
        assert refusal(desk, asking, other.caller) == "notFound"
    assert refusal(desk, waiting.grant, who.caller) == "done"


@pytest.mark.parametrize("kind", ["bridge", "station"])
def test_operators_pair_no_devices(desk: Desk, kind: str) -> None:
    waiting = Waiting(desk)
    caller = caller_of(desk, desk.log_in(kind, "key", desk.seeds[kind]))
    for asking in (waiting.find, waiting.hello, waiting.grant):
        assert refusal(desk, asking, caller) == "forbidden"


def test_after_five_minutes_it_is_gone_for_everybody(desk: Desk) -> None:
    who = member(desk)
    waiting = granted(desk, who)
    desk.clock.move(seconds=300)
    for asking in (waiting.find, waiting.hello, waiting.grant):
        assert refusal(desk, asking, who.caller) == "notFound"
    assert (refusal(desk, waiting.poll), refusal(desk, waiting.take())) == ("notFound", "ticketExpired")
    desk.clock.move(seconds=1)
    desk.ask(Sweep())
    assert desk.store.read(lambda tx: tx.count(Pairing)) == 0


@pytest.mark.parametrize("side", ["claim", "pairing"])
def test_either_side_ends_it(desk: Desk, side: str) -> None:
    who = member(desk)
    waiting = granted(desk, who)
    said = {"claim": waiting.claim} if side == "claim" else {"pairing": waiting.code}
    caller = WAITING if side == "claim" else who.caller
    assert [desk.ask(PairingEnd(**said), caller) for _ in range(2)] == [{}, {}]
    assert (refusal(desk, waiting.poll), refusal(desk, waiting.take())) == ("notFound", "ticketExpired")


def test_who_is_not_logged_in_ends_none_by_its_code(desk: Desk) -> None:
    waiting = granted(desk, member(desk))
    assert refusal(desk, PairingEnd(pairing=waiting.code), WAITING) == "unauthorized"
    assert refusal(desk, waiting.take()) == "done"


def test_nobody_ends_by_its_code_what_somebody_else_has_answered(desk: Desk) -> None:
    waiting, other = granted(desk, member(desk)), member(desk, "other")
    assert desk.ask(PairingEnd(pairing=waiting.code), other.caller) == {}
    assert refusal(desk, waiting.take()) == "done"


@pytest.mark.parametrize("kind", ["bridge", "station"])
def test_an_operator_ends_none_by_its_code(desk: Desk, kind: str) -> None:
    waiting = granted(desk, member(desk))
    caller = caller_of(desk, desk.log_in(kind, "key", desk.seeds[kind]))
    assert refusal(desk, PairingEnd(pairing=waiting.code), caller) == "forbidden"
    assert refusal(desk, waiting.take()) == "done"


def test_the_old_device_learns_where_and_when_the_new_one_asked(desk: Desk) -> None:
    who, began = member(desk), desk.clock.now()
    waiting = Waiting(desk)
    desk.clock.move(minutes=2)
    found = desk.ask(waiting.find, who.caller)
    assert (found.network, datetime.fromisoformat(found.since)) == (WAITING.network, began)


@pytest.mark.parametrize("said", [{}, {"claim": "x", "pairing": UNKNOWN}])
def test_an_end_names_it_once(desk: Desk, said: dict[str, str]) -> None:
    assert refusal(desk, PairingEnd(**said)) == "invalidProperties"


def test_ending_one_leaves_the_others(desk: Desk) -> None:
    who = member(desk)
    one, other = granted(desk, who), granted(desk, who)
    desk.ask(PairingEnd(claim=one.claim))
    assert refusal(desk, other.take()) == "done"


def test_what_an_ended_device_granted_is_not_claimed(desk: Desk) -> None:
    who = member(desk)
    thief = another_device(desk, who)
    waiting = granted(desk, thief)
    desk.one(who.caller, "Device/set", destroy=[thief.caller.device])
    assert refusal(desk, waiting.take()) == "ticketExpired"


@pytest.mark.parametrize("how", ["endOthers", "recover"])
def test_what_was_granted_ends_with_the_others_and_with_recovery(desk: Desk, how: str) -> None:
    who = member(desk)
    waiting = granted(desk, who)
    asking: Any = change(desk, of=who.account, end_others=True) if how == "endOthers" else recovering(desk, who)
    desk.ask(asking, who.caller if how == "endOthers" else None)
    assert refusal(desk, waiting.take()) == "ticketExpired"


def test_a_key_serves_one_pairing_at_a_time(desk: Desk) -> None:
    waiting = Waiting(desk)
    assert refusal(desk, waiting.begin) == "invalidKeys"
    desk.clock.move(seconds=301)
    assert refusal(desk, waiting.begin) == "done"


@pytest.mark.parametrize("key", [b64u(bytes(1216)), b64u(b"\xff" * 1216), b64u(bytes(1215))])
def test_a_weak_key_is_refused(desk: Desk, key: str) -> None:
    assert refusal(desk, PairingBegin(key=key)) == "invalidKeys"


def test_a_key_whose_code_nobody_can_type_is_refused(desk: Desk) -> None:
    from crypto.code import code_of_bits
    from crypto.keys import SealingSeed
    from crypto.labels import PAIRING

    def untypeable(raw: bytes) -> bool:
        import hashlib

        digest = hashlib.sha256(PAIRING + b"\x00" + raw).digest()
        return code_of_bits(int.from_bytes(digest, "big") >> 126) is None

    keys = (SealingSeed(number.to_bytes(32, "big")).public().raw for number in range(1000))
    assert refusal(desk, PairingBegin(key=b64u(next(filter(untypeable, keys))))) == "invalidKeys"


@pytest.mark.parametrize(
    ("sealed", "name"),
    [("", "invalidProperties"), ("A", "invalidProperties"), (b64u(bytes(MAX_PAIRING_SEALED + 1)), "tooLarge")],
)
def test_a_note_of_another_form_is_refused(desk: Desk, sealed: str, name: str) -> None:
    who, waiting = member(desk), Waiting(desk)
    assert refusal(desk, PairingHello(pairing=waiting.code, sealed=sealed), who.caller) == name
    desk.ask(waiting.hello, who.caller)
    assert refusal(desk, PairingGrant(pairing=waiting.code, sealed=sealed), who.caller) == name


def test_a_network_begins_so_many_a_minute(desk: Desk) -> None:
    keys = [new_pairing().seed.public().raw for _ in range(PAIRINGS_PER_MINUTE + 1)]
    came = [refusal(desk, PairingBegin(key=b64u(key)), WAITING) for key in keys]
    assert came == ["done"] * PAIRINGS_PER_MINUTE + ["rateLimit"]
    assert refusal(desk, PairingBegin(key=b64u(keys[-1])), Caller(network="203.0.113.6")) == "done"


@pytest.mark.parametrize("asking", [PairingPoll(claim="x"), PairingClaim(claim="x"), PairingEnd(claim="x")])
def test_a_network_asks_after_them_so_often_a_minute(desk: Desk, asking: Any) -> None:
    meter = desk.house.rates.polling
    meter.take(WAITING.network, int(desk.clock.now().timestamp() * 1_000_000), PAIRING_POLLS_PER_MINUTE)
    assert refusal(desk, asking, WAITING) == "rateLimit"


def test_claims_and_codes_are_not_in_the_clear(desk: Desk) -> None:
    waiting = Waiting(desk)
    (held,) = desk.store.read(lambda tx: tx.where(Pairing))
    assert waiting.claim.encode() not in held.id
    assert len(held.id) == 32


def test_a_pairing_has_its_rows_in_the_access_log(desk: Desk) -> None:
    who = member(desk)
    desk.ask(granted(desk, who).take())
    acts = desk.store.read(lambda tx: tx.acts(0, 1000))
    assert [(act.target, act.account) for act in acts if act.action == "pairing"] == [
        (step, who.account) for step in ("hello", "grant", "claim")
    ]
    assert verify(acts, SECRETS.log) == len(acts)
