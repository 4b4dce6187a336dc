"""A VTIMEZONE for the years around a date (RFC 5545, 3.6.5), made of the machine's IANA data.

Every change of the clock in those years is written out: no rule is guessed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

YEARS_BEFORE: Final = 1
YEARS_AFTER: Final = 5


@dataclass(frozen=True)
class _Change:
    """`local` is the moment on the clock before the change, as DTSTART wants it."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool


def vtimezone(zone: str, year: int) -> Timezone:
    """The zone from a year before `year` to five after it."""
    made = Timezone()
    made.add("tzid", zone)
    first = datetime(max(year - YEARS_BEFORE, 1), 1, 1, tzinfo=UTC)
    last = datetime(min(year + YEARS_AFTER, 9998), 1, 1, tzinfo=UTC)
    for change in (_start(ZoneInfo(zone), first), *_changes(ZoneInfo(zone), first, last)):
        made.add_component(_observance(change))
    return made


def _start(zone: ZoneInfo, first: datetime) -> _Change:
    local = first.astimezone(zone)
    offset = _offset(local)
    return _Change(local.replace(tzinfo=None), offset, offset, local.tzname() or "", bool(local.dst()))


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[_Change]:
    at = first
    while at < last:
        following = at + timedelta(days=1)
        if _offset(at.astimezone(zone)) != _offset(following.astimezone(zone)):
            yield _change(zone, at, following)
        at = following


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> _Change:
    """The change between two instants, found to the second by halving."""
    before = _offset(low.astimezone(zone))
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset(middle.astimezone(zone)) == before:
            low = middle
        else:
            high = middle
    local = high.astimezone(zone)
    return _Change(
        (high + before).replace(tzinfo=None), before, _offset(local), local.tzname() or "", bool(local.dst())
    )


def _observance(change: _Change) -> TimezoneStandard | TimezoneDaylight:
    made = TimezoneDaylight() if change.daylight else TimezoneStandard()
    made.add("dtstart", change.local)
    made.add("tzoffsetfrom", change.before)
    made.add("tzoffsetto", change.after)
    made.add("tzname", change.name)
    return made


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta(0)
