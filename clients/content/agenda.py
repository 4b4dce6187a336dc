"""Appointments as a part of a letter (iTIP, RFC 5546; iMIP, RFC 6047), and the agenda as the fold of all invitations.

Laws: the highest (sequence, stamp) of a REQUEST or CANCEL wins; answers of that or a later sequence apply.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import ClassVar, Self

from clients.content import ical, shape
from clients.content.appointment import (
    ATTENDEES_LIMIT,
    Appointment,
    Attendee,
    Method,
    Moment,
    Partstat,
    Person,
    method_of,
    partstat_of,
)
from clients.content.part import Contents, File, MailContext, Part
from crypto.encoding import Json

__all__ = [
    "AgendaEntry", "Attendee", "Invitation", "Method", "Moment", "Partstat", "Person", "counter", "fold", "from_ical",
    "reply", "to_ical",
]  # fmt: skip

_MEMBERS = frozenset({
    "attendees", "description", "end", "kind", "location", "method", "organizer", "recurrence", "sequence", "stamp",
    "start", "summary", "uid",
})  # fmt: skip


@dataclass(frozen=True)
class Invitation(Appointment, Part):
    """An appointment inside a letter."""

    kind: ClassVar[str] = "agenda.invitation"

    def title(self) -> str:
        return self.summary or "Rendez-vous"

    def as_files(self, contents: Contents, context: MailContext) -> tuple[File, ...]:  # noqa: ARG002 - the protocol's
        """iMIP (RFC 6047): a text/calendar alternative with the method in its Content-Type."""
        parameters = {"method": self.method, "component": "VEVENT", "charset": "UTF-8"}
        return (File("invite.ics", "text/calendar", ical.write(self), parameters, "alternative"),)

    def to_json(self) -> dict[str, Json]:
        return {
            "attendees": [{"address": a.address, "name": a.name, "partstat": a.partstat} for a in self.attendees],
            "description": self.description,
            "end": None if self.end is None else self.end.to_json(),
            "kind": self.kind,
            "location": self.location,
            "method": self.method,
            "organizer": {"address": self.organizer.address, "name": self.organizer.name},
            "recurrence": self.recurrence,
            "sequence": self.sequence,
            "stamp": shape.spell(self.stamp),
            "start": self.start.to_json(),
            "summary": self.summary,
            "uid": self.uid,
        }

    @classmethod
    def from_json(cls, raw: Json) -> Self:
        found = shape.members(raw, _MEMBERS)
        organizer = shape.members(found["organizer"], frozenset({"address", "name"}))
        return cls(
            method=method_of(shape.text(found["method"])),
            uid=shape.text(found["uid"], 255),
            sequence=shape.integer(found["sequence"]),
            stamp=shape.instant(found["stamp"]),
            organizer=Person(shape.text(organizer["address"], 254), shape.text(organizer["name"], 255)),
            attendees=tuple(_attendee(item) for item in shape.array(found["attendees"], ATTENDEES_LIMIT)),
            start=Moment.from_json(found["start"]),
            end=None if found["end"] is None else Moment.from_json(found["end"]),
            summary=shape.text(found["summary"]),
            description=shape.text(found["description"]),
            location=shape.text(found["location"]),
            recurrence=shape.optional_text(found["recurrence"]),
        )


@dataclass(frozen=True)
class AgendaEntry:
    """One appointment as it stands now. `answers`: mail address in small letters -> what was answered last."""

    invitation: Invitation
    cancelled: bool
    answers: Mapping[str, Partstat]


def to_ical(invitation: Invitation) -> bytes:
    """An iCalendar object (RFC 5545) with its VTIMEZONEs, CRLF line ends."""
    return ical.write(invitation)


def from_ical(raw: bytes) -> tuple[Invitation, ...]:
    """The invitations in an iTIP object. Raises ValueError: not iTIP, a method other than ours, or over a limit."""
    return tuple(_invitation(found) for found in ical.read(raw))


def reply(invitation: Invitation, attendee: str, partstat: Partstat, now: datetime) -> Invitation:
    """The answer of the attendee with that address (RFC 5546, 3.2.3)."""
    return replace(
        invitation,
        method="REPLY",
        stamp=now.replace(microsecond=0),
        attendees=(_answering(invitation, attendee, partstat),),
    )


def counter(invitation: Invitation, attendee: str, start: Moment, end: Moment | None, now: datetime) -> Invitation:
    """Another time, proposed by the attendee (RFC 5546, 3.2.7)."""
    return replace(
        invitation,
        method="COUNTER",
        stamp=now.replace(microsecond=0),
        attendees=(_answering(invitation, attendee, "TENTATIVE"),),
        start=start,
        end=end,
    )


def fold(invitations: Iterable[Invitation]) -> tuple[AgendaEntry, ...]:
    """The agenda: one entry for each uid that has a REQUEST or CANCEL, by start."""
    by_uid: dict[str, list[Invitation]] = {}
    for invitation in invitations:
        by_uid.setdefault(invitation.uid, []).append(invitation)
    entries = (_entry(group) for group in by_uid.values())
    return tuple(
        sorted((e for e in entries if e is not None), key=lambda e: (e.invitation.start.instant(), e.invitation.uid))
    )


def _entry(group: list[Invitation]) -> AgendaEntry | None:
    said = [found for found in group if found.method in ("REQUEST", "CANCEL")]
    if not said:
        return None
    winner = max(said, key=_version)
    replies = sorted(
        (found for found in group if found.method == "REPLY" and found.sequence >= winner.sequence), key=_version
    )
    answers = {found.attendees[0].address.lower(): found.attendees[0].partstat for found in replies}
    return AgendaEntry(winner, winner.method == "CANCEL", answers)


def _version(invitation: Invitation) -> tuple[int, datetime]:
    return invitation.sequence, invitation.stamp


def _answering(invitation: Invitation, address: str, partstat: Partstat) -> Attendee:
    for attendee in invitation.attendees:
        if attendee.address.lower() == address.lower():
            return replace(attendee, partstat=partstat)
    return Attendee(address, "", partstat)  # forwarded to them: RFC 5546, 3.2.3 allows an uninvited answer


def _attendee(raw: Json) -> Attendee:
    found = shape.members(raw, frozenset({"address", "name", "partstat"}))
    return Attendee(
        shape.text(found["address"], 254), shape.text(found["name"], 255), partstat_of(shape.text(found["partstat"]))
    )


def _invitation(found: Appointment) -> Invitation:
    return Invitation(**{field.name: getattr(found, field.name) for field in fields(Appointment)})
