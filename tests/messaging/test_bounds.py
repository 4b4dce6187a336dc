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


def test_a_wall_clock_that_was_stepped_back_shuts_nobody_out_for_as_long() -> None:
    meter, now = Meter(1_000_000, 10), 10**16
    meter.take("a", now)
    back = now - 7_200_000_000
    assert meter.wait("a", back) == 1_000_000  # full, as after ten at once
    assert meter.wait("a", back + 1_000_000) == 0
