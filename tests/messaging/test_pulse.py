"""Who is called how often, on a clock that the test moves."""

from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import given

from messaging.server.pulse import Pulse


@dataclass
class Timer:
    loop: "Clock"
    when: float
    call: Callable[[int], None]
    seconds: int

    def cancel(self) -> None:
        self.loop.timers.remove(self)


@dataclass
class Clock:
    """A fake of our own Loop."""

    now: float = 0
    timers: list[Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[int], None], seconds: int, /) -> Timer:
        self.timers.append(timer := Timer(self, when, call, seconds))
        return timer

    def go_on(self, until: float) -> None:
        while due := [timer for timer in self.timers if timer.when <= until]:
            first = min(due, key=lambda timer: timer.when)
            self.timers.remove(first)
            self.now = max(self.now, first.when)
            first.call(first.seconds)
        self.now = until


class Reader:
    """A fake of our own Beating, which leaves after so many beats if it shall."""

    def __init__(self, pulse: Pulse, clock: Clock, seconds: int, leaves_after: int = 0) -> None:
        self._pulse, self._clock, self._seconds, self._left = pulse, clock, seconds, leaves_after
        self.beaten: list[float] = []
        pulse.join(self, seconds)

    def beat(self) -> None:
        self.beaten.append(self._clock.now)
        if len(self.beaten) == self._left:
            self._pulse.leave(self, self._seconds)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 7), st.integers(0, 3)), max_size=12).map(sorted),
    st.integers(40, 90),
)
def test_each_is_called_at_its_own_interval_from_when_it_joined(
    joins: list[tuple[int, int, int]], end: int
) -> None:  # fmt: skip
    clock = Clock()
    pulse = Pulse(clock)
    readers = []
    for begun, seconds, leaves_after in joins:
        clock.go_on(begun)
        readers.append(Reader(pulse, clock, seconds, leaves_after))
        assert len(clock.timers) <= len({(timer.seconds) for timer in clock.timers})  # one an interval
    clock.go_on(end)

    for reader, (begun, seconds, leaves_after) in zip(readers, joins, strict=True):
        expected = list(range(begun + seconds, end + 1, seconds))
        assert reader.beaten == (expected[:leaves_after] if leaves_after else expected)


def test_nothing_is_left_of_those_who_left() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    readers = [Reader(pulse, clock, seconds) for seconds in (30, 30, 15)]
    for reader in readers:
        pulse.leave(reader, 15)
        pulse.leave(reader, 30)
    clock.go_on(100)

    assert clock.timers == []
    assert [reader.beaten for reader in readers] == [[], [], []]


def test_one_that_fails_takes_nobodys_next_beat() -> None:
    clock = Clock()
    pulse = Pulse(clock)

    class Failing:
        def beat(self) -> None:
            raise RuntimeError("a reader that cannot be written to")

    pulse.join(Failing(), 5)
    other = Reader(pulse, clock, 5)
    for until in (5, 5, 10, 10):
        try:
            clock.go_on(until)
        except RuntimeError:
            continue

    assert other.beaten == [5, 10]
