"""Encodings beyond the vectors: round trips and noise."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import Json, b64u, canonical, moment, parse_canonical, unb64u, utc
from crypto.errors import NotCanonical

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES)
def test_parsing_undoes_canonical(value: Json) -> None:
    assert parse_canonical(canonical(value)) == value


@given(value=VALUES)
def test_any_other_spelling_is_refused(value: Json) -> None:
    spelled = json.dumps([value], indent=1).encode()

    with pytest.raises(NotCanonical):
        parse_canonical(spelled)


@given(noise=st.binary(max_size=60))
def test_noise_is_refused_or_canonical(noise: bytes) -> None:
    try:
        value = parse_canonical(noise)
    except NotCanonical:
        return
    assert canonical(value) == noise


@given(keys=st.sets(st.text(max_size=3)))
def test_keys_are_sorted_by_utf16_code_units(keys: set[str]) -> None:
    ordered = list(json.loads(canonical(dict.fromkeys(keys))))

    assert ordered == sorted(keys, key=lambda key: key.encode("utf-16-be"))


@pytest.mark.parametrize("value", [1.5, 2**53, b"bytes", {1: 2}, {"a": {1}}, "\ud800", {"\udfff": 1}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_noise_does_not_crash(opening: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse_canonical(opening * 100_000)


@given(raw=st.binary(max_size=100))
def test_unb64u_undoes_b64u(raw: bytes) -> None:
    assert unb64u(b64u(raw), len(raw)) == raw


@given(text=st.text(alphabet="AZaz09-_+/= \n", max_size=12))
def test_a_text_has_one_reading_or_none(text: str) -> None:
    try:
        raw = unb64u(text)
    except NotCanonical:
        return
    assert b64u(raw) == text


def test_times_are_written_in_utc() -> None:
    paris = timezone(timedelta(hours=1))

    assert utc(datetime(2026, 11, 23, 16, 6, 55, 999_999, paris)) == "2026-11-23T15:06:55Z"


@given(when=st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is beside it
def test_what_is_written_as_a_time_is_read_as_one(when: datetime) -> None:
    assert moment(utc(when)) == utc(when)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        utc(datetime(2026, 11, 23))  # noqa: DTZ001 - the point of the test
