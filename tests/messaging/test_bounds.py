"""Values at the edge of what the wire takes: refused as the asker's mistake, never an error of the relay."""

import msgspec
import pytest

from messaging.relay.rates import Meter
from messaging.relay.references import _step
from messaging.wire.codec import convert
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changes, MessageQuery
from messaging.wire.types import AccountId, BlobId, ClientId, Date, KeyId, LoginRequest

ACCOUNT = "a" + "a" * 26


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**25])
def test_a_number_that_no_json_reader_keeps_is_refused(number: int) -> None:
    with pytest.raises(Refusal, match="invalidArguments"):
        convert({"accountId": ACCOUNT, "position": number}, MessageQuery)


def test_a_count_below_nothing_is_refused() -> None:
    with pytest.raises(Refusal, match="invalidArguments"):
        convert({"accountId": ACCOUNT, "sinceState": "0", "maxChanges": -1}, Changes)


TEXTS = (
    (AccountId, ACCOUNT),
    (KeyId, "k" + "a" * 26),
    (BlobId, "b" + "0" * 64),
    (ClientId, "A" * 22),
    (Date, "2026-11-23T10:00:00Z"),
)


@pytest.mark.parametrize(("kind", "good"), TEXTS)
def test_an_id_with_a_line_end_behind_it_is_another_id_and_refused(kind: object, good: str) -> None:
    assert msgspec.convert(good, kind) == good
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(good + "\n", kind)


def test_a_log_in_with_a_line_end_in_its_challenge_is_refused() -> None:
    given = {"login": "x", "method": "key", "signature": "A" * 86, "time": "2026-11-23T10:00:00Z"}
    with pytest.raises(Refusal, match="invalidArguments"):
        convert(given | {"challenge": "A" * 43 + "\n"}, LoginRequest)


def test_a_result_reference_with_thousands_of_digits_points_nowhere() -> None:
    with pytest.raises(Refusal, match="invalidResultReference"):
        _step(["x"], "1" * 5000)


BACK = (2_000_000, 600_000_000, 7_200_000_000)  # microseconds: within a meter's window, and far out of it


@pytest.mark.parametrize("step", BACK)
def test_a_wall_clock_that_was_stepped_back_makes_nobody_wait(step: int) -> None:
    meter, now = Meter(1_000_000, 3600), 10**16
    meter.take("a", now)
    assert meter.wait("a", now - step) == 0
    assert meter.wait("new", now - step) == 0


@pytest.mark.parametrize("step", BACK)
def test_a_wall_clock_that_was_stepped_back_gives_nobody_more(step: int) -> None:
    meter, now = Meter(1_000_000, 10), 10**16
    meter.take("a", now, 10)
    back = now - step
    assert meter.wait("a", back) == 1_000_000
    assert meter.wait("a", back + 999_999) == 1
    assert meter.wait("a", back + 1_000_000) == 0


def test_requests_that_overtake_each_other_do_not_hasten_a_meter() -> None:
    meter, now = Meter(1_000_000, 10), 10**16
    meter.take("a", now, 10)
    for _ in range(1000):
        meter.wait("b", now - 5_000)
        meter.wait("b", now)
    assert meter.wait("a", now) == 1_000_000
