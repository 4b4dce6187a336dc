"""What a batch changed, for the other relays on the same database: which accounts, devices and rights; never content.

A row is written in the transaction that it tells of, by the one writer of that moment: so numbers are in the order of
the commits, and whoever asks for what follows the last number that it saw misses nothing. Rows are kept for an hour.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from messaging.relay.records import LogHead
from messaging.relay.turn import Acting, Outcome
from messaging.store.arrays import Step

CHANNEL: Final = "pli_news"
KEPT_SECONDS: Final = 3_600
MAKE: Final = (
    "CREATE TABLE IF NOT EXISTS news ("
    "number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    "time BIGINT NOT NULL, source TEXT NOT NULL, said BYTEA NOT NULL)"
)
ADD: Final = Step("INSERT INTO news (time, source, said) VALUES ({0}, {1}, {2})", 3)
AFTER: Final = "SELECT number, source, said FROM news WHERE number > $1 ORDER BY number LIMIT $2"
LAST: Final = "SELECT coalesce(max(number), 0) FROM news"
# Who wrote last: whoever it was knows what it read and wrote before, until somebody else writes.
MAKE_WRITER: Final = (
    "CREATE TABLE IF NOT EXISTS writer (one INTEGER PRIMARY KEY CHECK (one = 1), source TEXT NOT NULL)",
    "INSERT INTO writer VALUES (1, '') ON CONFLICT (one) DO UPDATE SET source = ''",
)
SELECT_WRITER: Final = "SELECT FROM writer WHERE source = "
TAKE_OVER: Final = Step("UPDATE writer SET source = {0} WHERE one = 1", 1)
SWEEP: Final = "DELETE FROM news WHERE time < $1"


class News(msgspec.Struct, omit_defaults=True):
    """As in Outcome. `logged` and `published` are sizes of the key log."""

    changed: dict[str, dict[str, str]] = {}
    ended: list[str] = []
    joined: list[Acting] = []
    parted: list[Acting] = []
    logged: int = 0
    published: int = 0


class Heard(msgspec.Struct, frozen=True):
    """A row: who wrote it, and what it says."""

    number: int
    source: str
    news: News


def of(outcomes: Iterable[Any]) -> bytes:
    """What these came to, together; empty when there is nothing to tell. What is no Outcome tells nothing."""
    news = News(changed={}, ended=[], joined=[], parted=[])
    for outcome in outcomes:
        if isinstance(outcome, Outcome):
            _join(news, outcome)
    return b"" if news == News() else msgspec.json.encode(news)


def heard(number: int, source: str, said: bytes) -> Heard:
    """A row as it was written by any version: what this one does not know is left out."""
    return Heard(number, source, msgspec.json.decode(said, type=News))


def _join(news: News, outcome: Outcome) -> None:
    for account, states in outcome.changed.items():
        news.changed.setdefault(account, {}).update(states)
    news.ended += outcome.ended
    news.joined += outcome.joined
    news.parted += outcome.parted
    news.logged = max(news.logged, outcome.logged)
    if isinstance(outcome.answer, LogHead):
        news.published = max(news.published, outcome.answer.published)
