"""Log-in by signature and code; known and unknown people look alike."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from crypto.encoding import b64u
from crypto.keys import SigningSeed
from messaging.relay.relay import LogOut, Renew
from messaging.wire.errors import Refusal
from messaging.wire.types import ChallengeRequest, TicketRequest, TotpRequest
from tests.messaging.desk import SECRET, Desk, Person, box, trusted

PASSWORD = SigningSeed(bytes(range(32)))


def activated(desk: Desk) -> Person:
    who = desk.patient()
    desk.ask(desk.activation(who, PASSWORD))
    desk.clock.move(seconds=90)
    return who


def confirm(desk: Desk, code: str, **more: bool) -> object:
    return desk.ask(TotpRequest(ticket=desk.ticket("camille", "password", PASSWORD), code=code, **more))


def test_an_unknown_login_gets_a_stable_answer_of_the_same_shape(desk: Desk) -> None:
    activated(desk)
    asked = [desk.ask(ChallengeRequest(login=name, method="password")) for name in ("camille", "nobody", "nobody")]
    real, one, again = asked
    assert one.kdf == again.kdf
    assert one.challenge != again.challenge
    assert (real.kdf.memory, real.kdf.passes, real.kdf.name) == (one.kdf.memory, one.kdf.passes, one.kdf.name)
    assert len(one.challenge) == len(real.challenge)
    assert one.kdf.salt != real.kdf.salt


@pytest.mark.parametrize("method", ["password", "letter", "recovery", "passkey", "key"])
def test_no_challenge_says_an_account(desk: Desk, method: str) -> None:
    who = activated(desk)
    for login in (who.login, "nobody", who.account):
        said = msgspec.to_builtins(desk.ask(ChallengeRequest(login=login, method=method)))  # type: ignore[arg-type]
        assert set(said) == {"challenge", "expiresIn", "kdf"}
        assert who.account not in str(said)


def test_an_unknown_login_is_refused_as_a_wrong_password_is(desk: Desk) -> None:
    activated(desk)
    for login in ("camille", "nobody"):
        with pytest.raises(Refusal) as caught:
            desk.log_in(login, "password", SigningSeed.generate())
        assert (caught.value.name, caught.value.members) == ("wrongCredentials", {})


def test_activation_replaces_keys_box_and_log_in_and_the_letter_is_spent(desk: Desk) -> None:
    who = desk.patient()
    desk.ask(desk.activation(who, PASSWORD))
    keys = desk.one(who, "PublicKey/get", ids=None)["list"]
    info = desk.one(who, "AccountInfo/get", ids=None)["list"][0]
    assert [key["revokedAt"] is None for key in keys] == [False, True]
    assert (info["state"], info["loginMethods"]) == ("active", ["password"])
    assert desk.one(who, "KeyBox/get", ids=["box"])["list"][0]["version"] == 2
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in("camille", "letter", who.seed)


def test_an_activation_with_a_wrong_code_changes_nothing(desk: Desk) -> None:
    who = desk.patient()
    with pytest.raises(Refusal, match="wrongCode"):
        desk.ask(desk.activation(who, PASSWORD, code="000000"))
    assert desk.one(who, "AccountInfo/get", ids=None)["list"][0]["state"] == "invited"


def test_an_activation_whose_statement_does_not_follow_is_refused(desk: Desk) -> None:
    who, other = desk.patient(), desk.patient("other")
    foreign = desk.activation(other, PASSWORD).new_keys
    with pytest.raises(Refusal, match="invalidKeys"):
        desk.ask(desk.activation(who, PASSWORD, new_keys=foreign))


def test_an_activation_with_an_older_box_is_refused(desk: Desk) -> None:
    with pytest.raises(Refusal, match="invalidProperties"):
        desk.ask(desk.activation(desk.patient(), PASSWORD, box=box(1)))


def test_an_activation_with_a_recovery_code_lets_in_by_it_and_one_without_does_not(desk: Desk) -> None:
    code = SigningSeed.generate()
    one, two = desk.patient(), desk.patient("other")
    desk.ask(desk.activation(one, PASSWORD, recovery_key=b64u(code.public().raw)))
    desk.ask(desk.activation(two, PASSWORD))
    assert desk.ticket(one.login, "recovery", code)
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in(two.login, "recovery", code)


def test_an_activation_with_a_recovery_key_that_is_none_is_refused(desk: Desk) -> None:
    with pytest.raises(Refusal, match="invalidKeys"):
        desk.ask(desk.activation(desk.patient(), PASSWORD, recovery_key="A" * 43))


def test_the_letters_ticket_opens_its_box_and_nothing_else(desk: Desk) -> None:
    who = desk.patient()
    ticket = desk.ticket(who.login, "letter", who.seed)
    assert desk.ask(TicketRequest(ticket=ticket)).account == who.account
    with pytest.raises(Refusal, match="ticketExpired"):
        desk.ask(TotpRequest(ticket=ticket, code="000000"))
    desk.clock.move(minutes=6)
    with pytest.raises(Refusal, match="ticketExpired"):
        desk.ask(TicketRequest(ticket=ticket))


def test_password_and_code_give_tokens_and_a_trusted_device_needs_no_code(desk: Desk) -> None:
    activated(desk)
    first = confirm(desk, desk.code(), trust_device=True)
    trust = first.tokens.trust_token  # type: ignore[attr-defined]  # Issued
    assert desk.log_in("camille", "password", PASSWORD, device=trusted(trust)).tokens.access_token
    desk.clock.move(days=31)
    with pytest.raises(Refusal, match="mfaRequired"):
        desk.log_in("camille", "password", PASSWORD, device=trusted(trust))


def test_one_code_serves_once_under_twenty_parallel_attempts(desk: Desk) -> None:
    activated(desk)
    tickets = [desk.ticket("camille", "password", PASSWORD) for _ in range(20)]
    code = desk.code()

    def attempt(ticket: str) -> str:
        try:
            desk.store.write(lambda _: None)
            asked = TotpRequest(ticket=ticket, code=code)
            from messaging.relay.relay import work
            from messaging.relay.turn import Caller

            outcome = desk.store.write(work(desk.house, asked, Caller(), desk.clock.now()))
        except Refusal as refusal:
            return refusal.name
        return outcome.answer.name if isinstance(outcome.answer, Refusal) else "tokens"

    with ThreadPoolExecutor(20) as pool:
        came = list(pool.map(attempt, tickets))
    assert came.count("tokens") == 1
    assert set(came) <= {"tokens", "wrongCode", "tooManyAttempts"}


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "123 56", "１２３４５６", "12345\n"])
def test_a_code_is_six_ascii_digits(desk: Desk, code: str) -> None:
    activated(desk)
    with pytest.raises(Refusal, match="wrongCode"):
        confirm(desk, code)


@pytest.mark.parametrize(("step", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_one_step_either_side_is_taken(desk: Desk, step: int, good: bool) -> None:
    activated(desk)
    code = desk.code(step)
    if good:
        confirm(desk, code)
    else:
        with pytest.raises(Refusal, match="wrongCode"):
            confirm(desk, code)


def test_the_sixth_failure_in_a_row_has_to_wait_longer_and_longer(desk: Desk) -> None:
    activated(desk)

    def attempt(login: str) -> tuple[str, int]:
        with pytest.raises(Refusal) as caught:
            desk.log_in(login, "password", SigningSeed.generate())
        return caught.value.name, caught.value.members.get("retryAfter", 0)

    for login in ("camille", "nobody"):
        assert {attempt(login)[0] for _ in range(5)} == {"wrongCredentials"}
        assert attempt(login) == ("tooManyAttempts", 30)
        desk.clock.move(seconds=31)
        assert attempt(login)[0] == "wrongCredentials"
        assert attempt(login) == ("tooManyAttempts", 60)
        desk.clock.move(minutes=20)


def test_success_forgets_the_failures(desk: Desk) -> None:
    activated(desk)
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(Refusal, match="wrongCode"):
                confirm(desk, "000000")
        confirm(desk, desk.code())
        desk.clock.move(seconds=60)


def test_a_network_with_thirty_failures_a_minute_waits(desk: Desk) -> None:
    for number in range(30):
        with pytest.raises(Refusal, match="wrongCredentials"):
            desk.log_in(f"nobody{number}", "password", PASSWORD)
    with pytest.raises(Refusal, match="tooManyAttempts"):
        desk.log_in("someone", "password", PASSWORD)


@pytest.mark.parametrize(
    "changed",
    [{"origin": "http://evil.example"}, {"signed": "A" * 43}, {"login": "station"}, {"time": "2020-01-01T00:00:00Z"},
     {"method": "password"}, {"challenge": "A" * 43}],
)  # fmt: skip
def test_a_signature_over_anything_else_is_refused(desk: Desk, changed: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.log_in("bridge", "key", desk.seeds["bridge"], **changed)


def test_a_challenge_serves_once_and_for_a_minute(desk: Desk) -> None:
    asked = desk.ask(ChallengeRequest(login="bridge", method="key"))
    from crypto.login import sign_login
    from messaging.wire.types import LoginRequest
    from tests.messaging.desk import ORIGIN

    def request(challenge: str) -> LoginRequest:
        time = "2026-03-01T12:00:00Z"
        signed = sign_login(desk.seeds["bridge"], challenge, "key", ORIGIN, time)
        return LoginRequest(login="bridge", method="key", challenge=challenge, time=time, signature=b64u(signed))

    assert desk.ask(request(asked.challenge)).tokens.expires_in == 900
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.ask(request(asked.challenge))
    late = desk.ask(ChallengeRequest(login="bridge", method="key")).challenge
    desk.clock.move(seconds=61)
    with pytest.raises(Refusal, match="wrongCredentials"):
        desk.ask(request(late))


def test_a_refresh_token_serves_once_and_late_reuse_ends_the_device(desk: Desk) -> None:
    activated(desk)
    issued = desk.ask(TotpRequest(ticket=desk.ticket("camille", "password", PASSWORD), code=desk.code()))
    old = issued.tokens.refresh_token
    new = desk.ask(Renew(old, cookie=False)).tokens.refresh_token
    desk.clock.move(seconds=11)
    with pytest.raises(Refusal, match="unauthorized"):
        desk.ask(Renew(old, cookie=False))
    assert desk.last is not None
    assert len(desk.last.ended) == 1
    with pytest.raises(Refusal, match="unauthorized"):
        desk.ask(Renew(new, cookie=False))


def test_a_cookie_is_asked_for_and_then_is_not_in_the_body(desk: Desk) -> None:
    activated(desk)
    issued = confirm(desk, desk.code(), cookie=True)
    assert issued.cookie  # type: ignore[attr-defined]  # Issued
    assert not issued.tokens.refresh_token  # type: ignore[attr-defined]  # Issued


def test_logging_out_without_a_device_is_harmless(desk: Desk) -> None:
    desk.ask(LogOut(), desk.bridge)


def test_the_second_factor_is_sealed_at_rest(desk: Desk) -> None:
    from messaging.relay.records import Totp

    who = activated(desk)
    held = desk.store.read(lambda tx: tx.one(Totp, who.account))
    assert held is not None
    import base64

    assert base64.b32decode(SECRET) not in held.sealed
