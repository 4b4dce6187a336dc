"""The session without a network: what it asks, and what it makes of answers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.session.carried import HttpResponse
from clients.session.session import Challenged, CodeWanted, Described, LoggedIn, OutOfTurn, Refused, Session
from crypto.encoding import b64u
from crypto.keys import SigningSeed
from crypto.login import verify_login
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.types import Challenge, Kdf, LoginRequest, RefreshRequest, Tokens

ORIGIN, ACCOUNT, NOW = "https://pli.example", "a" + "a" * 26, datetime(2026, 3, 4, tzinfo=UTC)
SEED = SigningSeed(bytes(32))
CHALLENGE = Challenge(challenge=b64u(bytes(32)), expires_in=60, kdf=Kdf(name="key"))
TOKENS = Tokens(access_token="first", account=ACCOUNT, expires_in=900, refresh_token="again")


def test_a_log_in_asks_for_a_challenge_signs_it_and_reads_the_session() -> None:
    session = challenged()
    session.prove(SEED, NOW)
    request = session.next_request()
    assert request is not None
    said = codec.decode(request.body, LoginRequest)

    events = session.receive(ok(TOKENS))
    described = session.receive(answer(b'{"accounts": {"%s": {}}, "capabilities": {"x": {}}}' % ACCOUNT.encode()))

    assert events == [LoggedIn(ACCOUNT, None)]
    assert described == [Described((ACCOUNT,), frozenset({"x"}))]
    assert (request.path, session.token, session.next_request()) == (names.LOGIN, "first", None)
    assert_signed(said)


def test_a_code_is_asked_for_and_given() -> None:
    session = challenged()
    session.prove(SEED, NOW)

    events = session.receive(refused(Refusal("mfaRequired", members={"ticket": "t"})))
    session.answer_code("123456", trust=False)

    request = session.next_request()
    assert events == [CodeWanted("t")]
    assert request is not None
    assert (request.path, codec.plain(request.body)) == (names.TOTP, {"ticket": "t", "code": "123456"})


def test_a_refusal_says_how_long_to_wait_and_ends_the_log_in() -> None:
    session = challenged()
    session.prove(SEED, NOW)

    (event,) = session.receive(refused(Refusal("tooManyAttempts"), {"retry-after": "30"}))

    assert isinstance(event, Refused)
    assert (event.refusal.name, event.refusal.members) == ("tooManyAttempts", {"retryAfter": 30})
    assert session.next_request() is None
    assert not session.has_token


def test_tokens_are_renewed_by_the_refresh_token_once() -> None:
    session = challenged()
    session.prove(SEED, NOW)
    session.receive(ok(TOKENS))
    session.receive(answer(b'{"accounts": {}, "capabilities": {}}'))

    session.renew()
    request = session.next_request()
    session.receive(ok(Tokens(access_token="second", account=ACCOUNT, expires_in=900)))
    session.receive(answer(b'{"accounts": {}, "capabilities": {}}'))
    token = session.token
    session.renew()

    again = session.next_request()
    assert request is not None
    assert codec.decode(request.body, RefreshRequest).refresh_token == "again"
    assert again is not None
    assert (token, again.path) == ("second", names.CHALLENGE)


def test_steps_out_of_turn_are_a_mistake_of_the_caller() -> None:
    session = Session(ORIGIN, "anne", "key")

    with pytest.raises(OutOfTurn):
        session.prove(SEED, NOW)
    with pytest.raises(OutOfTurn):
        session.answer_code("1", trust=False)
    with pytest.raises(OutOfTurn):
        session.receive(answer(b""))


def test_without_tokens_there_is_no_token() -> None:
    with pytest.raises(Refusal, match="unauthorized"):
        _ = Session(ORIGIN, "anne", "key").token


@given(st.lists(st.tuples(st.integers(100, 599), st.binary(max_size=60)), min_size=1, max_size=6))
def test_noise_is_a_refusal_and_never_a_crash(answers: list[tuple[int, bytes]]) -> None:
    session = Session(ORIGIN, "anne", "key")
    for status, body in answers:
        session.log_in()

        events = session.receive(HttpResponse(status, {}, body))

        assert all(isinstance(event, Refused) for event in events)
        assert session.next_request() is None


def challenged() -> Session:
    """A session that got its challenge."""
    session = Session(ORIGIN, "anne", "key")
    session.log_in()
    assert session.receive(ok(CHALLENGE)) == [Challenged(CHALLENGE.kdf)]
    return session


def ok(value: object) -> HttpResponse:
    return answer(codec.encode(value))


def answer(body: bytes) -> HttpResponse:
    return HttpResponse(200, {}, body)


def refused(refusal: Refusal, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(refusal.status, headers or {}, codec.encode(refusal.as_problem()))


def assert_signed(said: LoginRequest) -> None:
    from crypto.encoding import unb64u

    verify_login(SEED.public(), unb64u(said.signature), said.challenge, "key", ORIGIN, said.time)
