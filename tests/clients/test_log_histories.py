"""Whatever a log with many histories shows, in whatever order: what a witness cosigned is one history."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clients.log.cosigning import Duty, Witness
from clients.log.reading import LogReader
from clients.log.store import LogStore
from clients.log.trust import log_alone
from crypto.transparency.checkpoint import WitnessSigner
from tests.clients.key_log import NOW, ORIGIN, KeyLog, fork_of

T = TypeVar("T")
_ANY = st.integers(0, 30)


class Histories(RuleBasedStateMachine):
    """A log's keys in the hands of somebody who shows one history to some and another to others."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.shown, self.histories = KeyLog(), [KeyLog()]
        self.store = LogStore(None, ORIGIN)
        duty = Duty(log_alone(self.shown.policy, ""), WitnessSigner.from_secret(b"w" * 32, "w.example/w"))
        self.witness = Witness(duty, LogReader(self.shown), self.store, lambda: NOW)
        self.cosigned: list[list[bytes]] = []

    @rule(which=_ANY, count=st.integers(1, 3))
    def grow(self, which: int, count: int) -> None:
        self._history(which).enrol(count)

    @rule(which=_ANY, shared=_ANY)
    def fork(self, which: int, shared: int) -> None:
        history = self._history(which)
        length = len(history.entries)
        self.histories.append(fork_of(history, min(shared, length), length))

    @rule(which=_ANY, read=_ANY, old=_ANY, size=_ANY)
    def show(self, which: int, read: int, old: int, size: int) -> None:
        """Ask for a cosignature of one history, while the tiles are those of another one now and then."""
        history = self._history(which)
        wanted = min(size, len(history.entries))
        self.shown.entries = [*(history if read % 4 else self._history(read)).entries]
        self._ask(history, min(old, wanted), wanted)

    @rule(which=_ANY)
    def show_well(self, which: int) -> None:
        """As an honest log asks, of a history that need not be the honest one."""
        history, kept = self._history(which), self.store.head().size
        if kept <= len(history.entries):
            self.shown.entries = [*history.entries]
            self._ask(history, kept, len(history.entries))

    @invariant()
    def one_history(self) -> None:
        for first in getattr(self, "cosigned", []):
            for second in self.cosigned:
                shorter = min(len(first), len(second))
                assert first[:shorter] == second[:shorter]

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self._run(self.witness.close())
            self.loop.close()
            self.store.close()

    def _history(self, which: int) -> KeyLog:
        return self.histories[which % len(self.histories)]

    def _ask(self, history: KeyLog, old: int, size: int) -> None:
        answer = self._run(self.witness.answer(history.request(old, size)))
        assert answer.status in (200, 409, 422)
        if answer.status == 200:
            assert self.store.head().size == size
            self.cosigned.append(history.entries[:size])

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=25, stateful_step_count=20)
