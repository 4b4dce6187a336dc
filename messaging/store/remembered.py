"""What a PostgreSQL writer knows of the database from one batch to the next.

Laws: it is true as long as nobody else has written (postgres.py asks at each batch) and no batch of its own failed; it
is bounded, and what was forgotten is asked again.
"""

from typing import Any, Final, get_args

from messaging.relay.ports import Numbered
from messaging.relay.records import KEYS, Account, Act, Delegation, Edge, Gone
from messaging.store.pending import Key

_KEPT: Final = (Account, Edge, Delegation)  # others are asked for once
_NUMBERED: Final = (*(get_args(kind)[0] for kind in get_args(Numbered)), Gone)
_MOST: Final = 20_000  # of each


class Remembered:
    """Of one writer; a reader has one for each snapshot."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing is known."""
        self.rows: dict[type, dict[Key, Any]] = {kind: {} for kind in KEYS}
        self.latest: dict[tuple[type, str], int] = {}  # as the database had it
        self.marks: dict[tuple[type, str], int] = {}  # as was written since
        self.last_act: Act | None = None
        self.last_acts: dict[str, Act | None] = {}
        self.last_body: int | None = None
        self._dropped: set[str] = set()

    def drop(self, kind: type, key: Key) -> None:
        """The row is gone, and with it perhaps its account's highest number."""
        self.rows[kind][key] = None
        if kind in _NUMBERED:
            self._dropped.add(key[0])

    def settle(self) -> None:
        """A batch is committed: keep what the next ones are likely to ask."""
        for kind, rows in self.rows.items():
            if kind not in _KEPT or len(rows) > _MOST:
                rows.clear()
        for numbers in (self.latest, self.marks):
            if self._dropped:
                for name in [name for name in numbers if name[1] in self._dropped]:
                    del numbers[name]
            if len(numbers) > _MOST:
                # One without the other would be too low: both begin anew.
                self.latest.clear()
                self.marks.clear()
        self._dropped.clear()
        if len(self.last_acts) > _MOST:
            self.last_acts.clear()
