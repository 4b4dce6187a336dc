"""iCalendar text of appointments and back (RFC 5545, 5546). The library parses; everything it gives is bounded here.

Laws: read(write(appointment)) == (appointment,). Whatever is wrong with the bytes, ValueError and nothing else leaves.
"""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from icalendar import Calendar, Event, vCalAddress, vRecur, vText

from clients.content.appointment import (
    ATTENDEES_LIMIT,
    EXCLUDED_LIMIT,
    Appointment,
    Attendee,
    Method,
    Moment,
    Partstat,
    Person,
    method_of,
    partstat_of,
)
from clients.content.vtimezone import vtimezone

PRODUCT: Final = "-//Pli//Pli 1//FR"
SIZE_LIMIT: Final = 1 << 20  # bytes
COMPONENTS_LIMIT: Final = 64
EVENTS_LIMIT: Final = 16
FLOATING_ZONE: Final = "Europe/Paris"  # a time without a zone means the place's own: this is where the mailboxes are
_LINES_LIMIT: Final = 20_000
_UNKNOWN_ANSWER: Final[Partstat] = "NEEDS-ACTION"


def write(appointment: Appointment) -> bytes:
    """One VCALENDAR with one VEVENT and the VTIMEZONEs it needs."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", appointment.method)
    for zone in _zones(appointment):
        calendar.add_component(vtimezone(zone, appointment.start.at.year))
    calendar.add_component(_event(appointment))
    return bytes(calendar.to_ical())


def read(raw: bytes) -> tuple[Appointment, ...]:
    """Every VEVENT; one with a RECURRENCE-ID is about that occurrence alone.

    Raises ValueError: no iTIP, no event, a method that is not ours, anything over a limit, and what an appointment
    cannot say (RDATE, RANGE=THISANDFUTURE): a calendar half understood would be a false agenda.
    """
    if len(raw) > SIZE_LIMIT or raw.count(b"\n") > _LINES_LIMIT or raw.upper().count(b"BEGIN:") > COMPONENTS_LIMIT:
        raise ValueError("a calendar over the limits")
    try:
        found = tuple(_appointments(Calendar.from_ical(raw)))
    except ValueError:
        raise
    except Exception as error:
        raise ValueError("not a calendar") from error
    if not 1 <= len(found) <= EVENTS_LIMIT:
        raise ValueError("no appointment in this calendar, or too many")
    return found


def _event(appointment: Appointment) -> Event:
    event = Event()
    event.add("uid", appointment.uid)
    event.add("dtstamp", appointment.stamp.astimezone(UTC))
    event.add("sequence", appointment.sequence)
    event.add("dtstart", _when(appointment.start))
    if appointment.end is not None:
        event.add("dtend", _when(appointment.end))
    if appointment.recurrence is not None:
        event.add("rrule", vRecur.from_ical(appointment.recurrence))
    for excluded in appointment.excluded:
        event.add("exdate", _when(excluded))
    if appointment.instance is not None:
        event.add("recurrence-id", _when(appointment.instance))
    for name in ("summary", "description", "location"):
        if value := getattr(appointment, name):
            event.add(name, value)
    event.add("status", "CANCELLED" if appointment.method == "CANCEL" else "CONFIRMED")
    event.add("organizer", _address(appointment.organizer.address, appointment.organizer.name))
    for attendee in appointment.attendees:
        event.add("attendee", _invited(attendee, appointment.method), encode=False)
    return event


def _when(moment: Moment) -> date | datetime:
    return moment.at if moment.all_day else moment.local()


def _zones(appointment: Appointment) -> list[str]:
    ends = (appointment.start, appointment.end, appointment.instance, *appointment.excluded)
    return sorted({moment.zone for moment in ends if moment and moment.zone and moment.zone != "UTC"})


def _address(address: str, name: str) -> vCalAddress:
    found = vCalAddress(f"mailto:{address}")
    if name:
        found.params["cn"] = vText(name)
    return found


def _invited(attendee: Attendee, method: Method) -> vCalAddress:
    found = _address(attendee.address, attendee.name)
    found.params["partstat"] = vText(attendee.partstat)
    found.params["role"] = vText("REQ-PARTICIPANT")
    if method == "REQUEST":
        found.params["rsvp"] = vText("TRUE")
    return found


def _appointments(calendar: Any) -> Iterator[Appointment]:
    method = method_of(str(calendar.get("method", "")).upper())
    for event in calendar.walk("VEVENT"):
        yield _appointment(event, method)


def _appointment(event: Any, method: Method) -> Appointment:
    start = _moment(event["dtstart"].dt)
    recurrence, instance = event.get("rrule"), event.get("recurrence-id")
    if "rdate" in event or (instance is not None and "RANGE" in instance.params):
        raise ValueError("a series that an appointment cannot say")
    return Appointment(
        method=method,
        uid=str(event["uid"]),
        sequence=int(event.get("sequence", 0)),
        stamp=_stamp(event["dtstamp"].dt),
        organizer=_organizer(event["organizer"]),
        attendees=tuple(_attendees(event.get("attendee", []), method)),
        start=start,
        end=_end(event, start),
        summary=_text(event, "summary"),
        description=_text(event, "description"),
        location=_text(event, "location"),
        recurrence=None if recurrence is None else recurrence.to_ical().decode("ascii"),
        excluded=tuple(_excluded(event.get("exdate", []))) if recurrence is not None else (),
        instance=None if instance is None else _moment(instance.dt),
    )


def _excluded(value: Any) -> Iterator[Moment]:
    """One EXDATE property or several, each of one moment or several."""
    properties = value if isinstance(value, list) else [value]
    moments = (each.dt for one in properties for each in one.dts)
    return (_moment(moment) for moment in itertools.islice(moments, EXCLUDED_LIMIT + 1))


def _text(event: Any, name: str) -> str:
    found = event.get(name, "")
    return str(found[0] if isinstance(found, list) else found)


def _stamp(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError("a DTSTAMP is a time")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _moment(value: Any) -> Moment:
    if not isinstance(value, datetime):
        return Moment(value)
    local = value.replace(tzinfo=None, microsecond=0, fold=0)
    if value.tzinfo is None:
        return Moment(local, FLOATING_ZONE)
    zone = getattr(value.tzinfo, "key", None) or ("UTC" if value.utcoffset() == timedelta(0) else None)
    if zone is not None:
        try:
            return Moment(local, zone)
        except ValueError:
            pass  # a zone that only the sender's VTIMEZONE knows: its offset is enough for one moment
    return Moment(value.astimezone(UTC).replace(tzinfo=None, microsecond=0), "UTC")


def _end(event: Any, start: Moment) -> Moment | None:
    if "dtend" in event:
        return _moment(event["dtend"].dt)
    if "duration" not in event:
        return None
    length = event["duration"].dt
    if not isinstance(length, timedelta):
        raise ValueError("not a duration")
    return Moment(start.at + length, start.zone)


def _organizer(value: Any) -> Person:
    return Person(_mailto(str(value)), _name(value))


def _attendees(value: Any, method: Method) -> Iterator[Attendee]:
    people = value if isinstance(value, list) else [value]
    if len(people) > ATTENDEES_LIMIT:
        raise ValueError("too many attendees")
    for person in people:
        if str(person).lower().startswith("mailto:") or method == "REPLY":
            yield Attendee(_mailto(str(person)), _name(person), _partstat(str(person.params.get("PARTSTAT", ""))))


def _partstat(text: str) -> Partstat:
    try:
        return partstat_of(text.upper())
    except ValueError:
        return _UNKNOWN_ANSWER  # RFC 5545, 3.2.12: what is not recognised is NEEDS-ACTION


def _mailto(uri: str) -> str:
    if not uri.lower().startswith("mailto:"):
        raise ValueError("not a mail address")
    return uri[len("mailto:") :].strip()


def _name(value: Any) -> str:
    cleaned = re.sub(r'[\x00-\x1f\x7f"\\]+', " ", str(value.params.get("CN", "")))
    return cleaned.strip()[:255]
