"""An appointment as values: when, who, what. Bounded at construction; every failure is ValueError."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal, Self, TypeAlias, get_args
from zoneinfo import ZoneInfo, available_timezones

from clients.content import shape
from crypto.encoding import Json

Method: TypeAlias = Literal["REQUEST", "REPLY", "CANCEL", "COUNTER"]
Partstat: TypeAlias = Literal["NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)
PARTSTATS: Final[tuple[Partstat, ...]] = get_args(Partstat)
ATTENDEES_LIMIT: Final = 200
EXCLUDED_LIMIT: Final = 366
TEXT_LIMIT: Final = 64 * 1024  # characters of a description
_RRULE = re.compile(r"FREQ=[A-Z]+(;[A-Z-]+=[A-Z0-9,+:-]+)*", re.ASCII)
_ZONES = available_timezones()


@dataclass(frozen=True)
class Moment:
    """A whole day (`zone` None, `at` a date), or a local time (`at` without tzinfo) in an IANA zone or "UTC"."""

    at: date | datetime
    zone: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.at, datetime) != (self.zone is not None):
            raise ValueError("a time has a zone, a day has none")
        if isinstance(self.at, datetime) and (self.at.tzinfo is not None or self.at.microsecond):
            raise ValueError("a local time is naive, to the second")
        if self.zone is not None and self.zone != "UTC" and self.zone not in _ZONES:
            raise ValueError("not an IANA zone")

    @property
    def all_day(self) -> bool:
        return self.zone is None

    def instant(self) -> datetime:
        """In UTC; a whole day begins at midnight UTC."""
        if isinstance(self.at, datetime):
            return self.local().astimezone(UTC)
        return datetime(self.at.year, self.at.month, self.at.day, tzinfo=UTC)

    def local(self) -> datetime:
        """A time with its zone. Raises ValueError for a whole day."""
        if not isinstance(self.at, datetime) or self.zone is None:
            raise ValueError("a whole day has no time")
        return self.at.replace(tzinfo=UTC if self.zone == "UTC" else ZoneInfo(self.zone))

    def to_json(self) -> dict[str, Json]:
        if isinstance(self.at, datetime):
            return {"at": self.at.isoformat(), "zone": self.zone}
        return {"date": self.at.isoformat()}

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        if isinstance(raw, Mapping) and raw.keys() == {"date"}:
            return cls(shape.day(raw["date"]))
        found = shape.members(raw, frozenset({"at", "zone"}))
        spelled = shape.text(found["at"], 19)
        at = datetime.fromisoformat(spelled)
        if at.isoformat() != spelled:
            raise shape.WrongShape("not a local time")
        return cls(at, shape.text(found["zone"], 64))


@dataclass(frozen=True)
class Person:
    """An organizer: mail address and name to show."""

    address: str
    name: str = ""

    def __post_init__(self) -> None:
        _require_one_line(self.address, self.name)


@dataclass(frozen=True)
class Attendee:
    """Somebody invited, and what they answered."""

    address: str
    name: str = ""
    partstat: Partstat = "NEEDS-ACTION"

    def __post_init__(self) -> None:
        _require_one_line(self.address, self.name)


@dataclass(frozen=True)
class Appointment:
    """One iTIP message about one appointment. `stamp` in UTC; `recurrence` is an RRULE's text, `excluded` the starts
    that it leaves out (EXDATE). `instance` (RECURRENCE-ID): this is about one occurrence of a series alone, the one
    that was to begin then."""

    method: Method
    uid: str
    sequence: int
    stamp: datetime
    organizer: Person
    attendees: tuple[Attendee, ...]
    start: Moment
    end: Moment | None = None
    summary: str = ""
    description: str = ""
    location: str = ""
    recurrence: str | None = None
    excluded: tuple[Moment, ...] = ()
    instance: Moment | None = None

    def __post_init__(self) -> None:
        if self.method == "REPLY" and len(self.attendees) != 1:
            raise ValueError("a REPLY carries exactly one attendee")
        if not 1 <= len(self.uid) <= 255 or self.sequence < 0 or len(self.attendees) > ATTENDEES_LIMIT:
            raise ValueError("an invitation outside the limits")
        if max(map(len, (self.summary, self.description, self.location))) > TEXT_LIMIT:
            raise ValueError("a text over its limit")
        if self.recurrence is not None and (len(self.recurrence) > 255 or not _RRULE.fullmatch(self.recurrence)):
            raise ValueError("not a recurrence rule")
        if len(self.excluded) > EXCLUDED_LIMIT or any(out.all_day != self.start.all_day for out in self.excluded):
            raise ValueError("too many exceptions, or days where times are")
        if self.recurrence is None and self.excluded:
            raise ValueError("exceptions to no rule")
        if self.instance is not None and self.recurrence is not None:
            raise ValueError("one occurrence does not repeat")
        if self.end is not None and self.end.all_day != self.start.all_day:
            raise ValueError("start and end are both days or both times")


def _require_one_line(address: str, name: str) -> None:
    # They stand in iCalendar property values and parameters: a line end or quote there would start something else.
    if not address or len(address) > 254 or re.search(r'[\x00-\x20\x7f"<>]', address):
        raise ValueError("not a mail address")
    if len(name) > 255 or re.search(r'[\x00-\x1f\x7f"\\]', name):
        raise ValueError("not a name")


def method_of(text: str) -> Method:
    """One of METHODS. Raises ValueError."""
    for known in METHODS:
        if text == known:
            return known
    raise ValueError("not a method of invitations")


def partstat_of(text: str) -> Partstat:
    """One of PARTSTATS. Raises ValueError."""
    for known in PARTSTATS:
        if text == known:
            return known
    raise ValueError("not an answer to an invitation")
