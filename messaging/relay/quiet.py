"""When a person may be told: quiet hours and the daily moment, in the person's zone. Pure."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from messaging.wire.notices import Quiet

DAILY: Final = time(8, 0)
HOME: Final = "Europe/Paris"  # of whoever has named no zone


def is_zone(name: str) -> bool:
    """Whether the IANA data base has it."""
    return _zone(name) is not None


def after_quiet(now: datetime, quiet: Quiet | None) -> datetime:
    """`now`, or the end of the quiet hours that it is in."""
    if quiet is None or quiet.from_ == quiet.to:
        return now
    zone = _zone(quiet.zone) or UTC
    local = now.astimezone(zone)
    begins, ends = _time(quiet.from_), _time(quiet.to)
    clock = local.time().replace(tzinfo=None)
    inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    return _next(local, ends) if inside else now


def next_morning(now: datetime, quiet: Quiet | None) -> datetime:
    """The next time that it is eight o'clock there."""
    return _next(now.astimezone(_zone(HOME if quiet is None else quiet.zone) or UTC), DAILY)


def _next(local: datetime, clock: time) -> datetime:
    # By the wall clock: an hour that a change of the clocks leaves out is the one after it (PEP 495, fold 0).
    day = local.date()
    for later in range(3):
        moment = datetime.combine(day + timedelta(days=later), clock, local.tzinfo).astimezone(UTC)
        if moment > local:
            return moment
    return local.astimezone(UTC)


def _time(text: str) -> time:
    return time(int(text[:2]), int(text[3:]))


@lru_cache(256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
