"""Moments as the records hold them: whole microseconds since 1970, UTC. Order is by change numbers, never by these."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_UTC = _EPOCH.replace(tzinfo=None)  # so that isoformat() writes no offset
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def stamp(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def date_text(moment: int) -> str:
    """RFC 3339 with six digits, so that text order is time order."""
    return (_EPOCH_UTC + timedelta(microseconds=moment)).isoformat(timespec="microseconds") + "Z"


def parse_date(text: str) -> int:
    """Microseconds of an RFC 3339 UTC text. Raises ValueError."""
    return stamp(datetime.fromisoformat(text))
