"""All appointments of an agenda in one iCalendar file (RFC 5545), for calendars that import it. Pure."""

from collections.abc import Sequence

from icalendar import Calendar

from clients.content import ical
from clients.content.agenda import AgendaEntry


def agenda_file(entries: Sequence[AgendaEntry]) -> bytes:
    """One VCALENDAR with one VEVENT an appointment, those that were cancelled too, and no METHOD: nothing is asked."""
    whole, zones = Calendar(), set[str]()
    whole.add("prodid", ical.PRODUCT)
    whole.add("version", "2.0")
    events = []
    for entry in entries:
        made = Calendar.from_ical(ical.write(entry.invitation))
        for zone in made.walk("VTIMEZONE"):
            if str(zone["tzid"]) not in zones:
                whole.add_component(zone)
            zones.add(str(zone["tzid"]))
        events += made.walk("VEVENT")
    for event in events:
        whole.add_component(event)
    return bytes(whole.to_ical())
