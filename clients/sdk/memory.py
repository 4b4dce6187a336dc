"""What a mailbox remembers while it runs: keys seen, letters seen, places in threads. Bounded."""

from collections.abc import Callable, Container, Mapping
from typing import Final, TypeVar

from clients.content.letter import Letter
from clients.session.keyring import Chain, moved_pin
from clients.session.outgoing import Place

K = TypeVar("K")
V = TypeVar("V")

SEEN_LIMIT: Final = 50_000  # letters; some 10 MB
THREADS_LIMIT: Final = 50_000
PINS_LIMIT: Final = 500  # what goes into the key box: 64 KiB in all


class Memory:
    """`pins` maps accounts to the statement seen last (its hash, b64u), the account seen longest ago first."""

    def __init__(self, pins: Mapping[str, str]) -> None:
        self._pins = dict(pins)
        self._kept = dict(pins)
        self._seen: dict[tuple[str, str], bytes] = {}
        self._places: dict[tuple[str, str], Place] = {}
        self._submitted: dict[str, None] = {}

    @property
    def pins(self) -> Mapping[str, str]:
        return self._pins

    @property
    def seen(self) -> Mapping[tuple[str, str], bytes]:
        """(sender, letter id) -> the letter's hash."""
        return self._seen

    @property
    def new_pins(self) -> Mapping[str, str]:
        """What the key box does not hold yet."""
        return {account: key for account, key in self.newest_pins().items() if self._kept.get(account) != key}

    def newest_pins(self) -> dict[str, str]:
        """What the key box has room for: the oldest seen are left out."""
        return dict(list(self._pins.items())[-PINS_LIMIT:])

    def pin(self, account: str, statement: str) -> None:
        """This statement of that account was proven, and is no older than the one before."""
        self._pins.pop(account, None)  # seen now: the last to be left out
        self._pins[account] = statement

    @property
    def submitted(self) -> Container[str]:
        """The relay's ids of letters that were submitted here."""
        return self._submitted

    def submit(self, message: str) -> None:
        """The relay has an own letter under this id."""
        _put(self._submitted, message, None, SEEN_LIMIT)

    def merge_pins(self, theirs: Mapping[str, str], held: Callable[[str], Chain]) -> None:
        """Another client wrote these pins into the key box; `held`: the line of an account as it is known here."""
        self._pins, self._kept = _merged(theirs, self._pins, held), dict(theirs)

    def pins_kept(self, pins: Mapping[str, str]) -> None:
        """The key box holds these now."""
        self._kept = dict(pins)

    def last(self, thread: str, sender: str) -> Place | None:
        """The count and hash of the last letter of `sender` there."""
        return self._places.get((thread, sender))

    def take(self, letter: Letter, digest: bytes) -> bool:
        """Remember a letter; whether one before it may be missing. The same letter again changes nothing."""
        sender = letter.sender.account
        if self._seen.get((sender, letter.message)) == digest:
            return False
        _put(self._seen, (sender, letter.message), digest, SEEN_LIMIT)
        before = self._places.get((letter.thread, sender))
        if before is None or letter.counter > before.counter:
            _put(self._places, (letter.thread, sender), Place(letter.counter, digest), THREADS_LIMIT)
        return not _fits(letter, before)


def _fits(letter: Letter, before: Place | None) -> bool:
    if before is None:
        return letter.counter == 1 and letter.previous is None
    return letter.counter == before.counter + 1 and letter.previous == before.previous


def _merged(theirs: Mapping[str, str], ours: Mapping[str, str], held: Callable[[str], Chain]) -> dict[str, str]:
    """Of two clients: of each account the later one, theirs where that cannot be told. Those seen here are last."""
    kept = {account: pin for account, pin in theirs.items() if account not in ours}
    return kept | {account: _later(held(account), theirs.get(account), pin) for account, pin in ours.items()}


def _later(line: Chain, theirs: str | None, ours: str) -> str:
    return ours if theirs in (None, ours) else moved_pin(line, theirs) or ours


def _put(kept: dict[K, V], key: K, value: V, limit: int) -> None:
    kept[key] = value
    if len(kept) > limit:
        del kept[next(iter(kept))]
