"""The event stream's text: however it is cut, the events are the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.session.events import LINE_LIMIT, EventParser, ServerEvent, TooLong

STREAM = (
    '\ufeffid: 7\nevent: state\r\ndata: {"é":1}\rdata:b\n\n: ping\n\nretry: 5\ndata\n\nevent: x\n\ndata: last\r\n\r\n'
).encode()
EVENTS = [ServerEvent("state", '{"é":1}\nb', "7"), ServerEvent("message", "", "7"), ServerEvent("message", "last", "7")]


@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_any_cut_gives_the_same_events(cuts: list[int]) -> None:
    parser, places = EventParser(), [0, *sorted(cuts), len(STREAM)]

    found = [event for a, b in pairwise(places) for event in parser.feed(STREAM[a:b])]

    assert found == EVENTS


@given(st.lists(st.binary(max_size=30), max_size=30))
def test_noise_never_crashes(pieces: list[bytes]) -> None:
    parser = EventParser()

    for piece in pieces:
        assert all(isinstance(event, ServerEvent) for event in parser.feed(piece))


def test_an_id_is_remembered_for_the_next_connection() -> None:
    parser = EventParser()
    parser.feed(b"id: 42\ndata: x\n\n")

    assert parser.last_id == "42"


def test_a_line_that_never_ends_is_refused() -> None:
    parser = EventParser()

    with pytest.raises(TooLong):
        parser.feed(b"x" * (LINE_LIMIT + 1))


def test_an_event_that_never_ends_is_refused() -> None:
    parser = EventParser()

    with pytest.raises(TooLong):
        parser.feed((b"data: " + b"x" * 1000 + b"\n") * (LINE_LIMIT // 1000 + 2))
