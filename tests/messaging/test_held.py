"""An answer that is held ends once, from whichever side, and nobody writes to who has gone."""

from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from messaging.server.exchange import Line
from messaging.server.held import Held


@dataclass
class Request:
    """A fake of what a request is to Held."""

    lost: bool = False
    producer: Any = None
    written: list[bytes] = field(default_factory=list)
    finishes: int = 0

    def registerProducer(self, producer: Any, streaming: bool) -> None:  # noqa: N802 - Twisted's
        assert streaming
        self.producer = producer
        if self.lost:
            producer.stopProducing()

    def unregisterProducer(self) -> None:  # noqa: N802 - Twisted's name
        self.producer = None

    def write(self, data: bytes) -> None:
        assert not self.finishes
        self.written.append(data)

    def finish(self) -> None:
        assert self.producer is None
        self.finishes += 1


@dataclass
class Writer:
    """A fake of our own Writer."""

    said: list[str] = field(default_factory=list)
    line: Line | None = None

    def begin(self, line: Line) -> None:
        self.said.append("begin")
        self.line = line

    def drained(self) -> None:
        self.said.append("drained")

    def gone(self) -> None:
        self.said.append("gone")


def _held(*, lost: bool = False) -> tuple[Held, Request, Writer, list[int]]:
    request, writer = Request(lost), Writer()
    ended: list[int] = []
    return Held(request, writer, ended.append), request, writer, ended


def test_a_reader_who_has_gone_already_is_never_written_to() -> None:
    held, request, writer, ended = _held(lost=True)
    held.begin()
    assert (writer.said, request.written, request.finishes, ended) == (["gone"], [], 0, [0])


@given(st.lists(st.sampled_from(["write", "end", "lost", "pause", "resume"]), max_size=12))
def test_it_ends_once_and_says_what_was_sent(acts: list[str]) -> None:
    held, request, writer, ended = _held()
    held.begin()
    do = {
        "write": lambda: held.write(b"abc"), "end": held.end, "lost": held.stopProducing,
        "pause": held.pauseProducing, "resume": held.resumeProducing,
    }  # fmt: skip
    for act in acts:
        do[act]()

    over = [act for act in acts if act in ("end", "lost")][:1]
    before = acts[: acts.index(over[0])] if over else acts
    sent = 3 * before.count("write")
    assert ended == ([sent] if over else [])
    assert request.finishes == (over == ["end"])
    assert sum(map(len, request.written)) == sent
    assert writer.said == ["begin", *["drained"] * before.count("resume"), *(["gone"] if over == ["lost"] else [])]


@pytest.mark.parametrize("first", ["pause", "resume"])
def test_a_slow_reader_is_known_as_such(first: str) -> None:
    held, *_ = _held()
    held.begin()
    held.pauseProducing()
    if first == "resume":
        held.resumeProducing()
    assert held.paused is (first == "pause")
