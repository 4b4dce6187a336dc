"""Appointments as a part of a letter (iTIP, RFC 5546; iMIP, RFC 6047), and the agenda as the fold of all invitations.

Laws: an appointment is of the account that asked: nobody else moves or cancels it; the highest (sequence, stamp) of a
REQUEST or CANCEL wins; answers of that or a later sequence, each of its own attendee, apply. One occurrence of a series
that was changed is an entry of its own; a later word on the whole series ends it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import ClassVar, Self, TypeAlias

from clients.content import ical, shape
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
from clients.content.part import Contents, File, MailContext, Part
from crypto.encoding import Json

__all__ = [
    "AgendaEntry", "Attendee", "Invitation", "Method", "Moment", "Partstat", "Person", "Said", "counter", "fold",
    "from_ical", "reply", "to_ical",
]  # fmt: skip

_MEMBERS = frozenset({
    "attendees", "description", "end", "kind", "location", "method", "organizer", "recurrence", "sequence", "stamp",
    "start", "summary", "uid",
})  # fmt: skip
_MORE = frozenset({"excluded", "instance"})


@dataclass(frozen=True)
class Invitation(Appointment, Part):
    """An appointment inside a letter."""

    kind: ClassVar[str] = "agenda.invitation"

    def title(self) -> str:
        return self.summary or "Rendez-vous"

    def as_files(self, contents: Contents, context: MailContext) -> tuple[File, ...]:  # noqa: ARG002 - the protocol's
        """iMIP (RFC 6047): a text/calendar alternative with the method in its Content-Type.

        Of a patient: their own answer or proposal alone, never an invitation, a cancellation or another's answer.
        """
        if not self._may_be_said_by(context.author):
            return ()
        parameters = {"method": self.method, "component": "VEVENT", "charset": "UTF-8"}
        return (File("invite.ics", "text/calendar", ical.write(self), parameters, "alternative"),)

    def mail_note(self, context: MailContext) -> str:
        """What is said of an appointment that this author may not send as one."""
        if self._may_be_said_by(context.author):
            return ""
        title = " ".join(self.title().split())[:200]
        french = f"[Ce message contenait un rendez-vous qui n'a pas été transmis comme tel : {title}]"
        return f"{french}\n[This message held an appointment that was not passed on as one: {title}]"

    def _may_be_said_by(self, author: str) -> bool:
        if not author:
            return True
        own = len(self.attendees) == 1 and self.attendees[0].address.lower() == author.lower()
        return own and self.method in ("REPLY", "COUNTER")

    def to_json(self) -> dict[str, Json]:
        """`excluded` and `instance` stand there only where they say something."""
        more: dict[str, Json] = {}
        if self.excluded:
            more["excluded"] = [moment.to_json() for moment in self.excluded]
        if self.instance is not None:
            more["instance"] = self.instance.to_json()
        return more | {
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
        more = _MORE & raw.keys() if isinstance(raw, Mapping) else frozenset()
        found = shape.members(raw, _MEMBERS | more)
        excluded = shape.array(found["excluded"], EXCLUDED_LIMIT) if "excluded" in more else None
        if excluded is not None and not excluded:
            raise shape.WrongShape("exceptions that are none")
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
            excluded=tuple(Moment.from_json(moment) for moment in excluded or ()),
            instance=Moment.from_json(found["instance"]) if "instance" in more else None,
        )


@dataclass(frozen=True)
class Said:
    """An invitation and whose letter it was in: account and mail address of the sender."""

    invitation: Invitation
    account: str
    address: str


@dataclass(frozen=True)
class AgendaEntry:
    """One appointment as it stands now, and the account that asked. `answers`: mail address in small letters -> what
    was answered last."""

    account: str
    invitation: Invitation
    cancelled: bool
    answers: Mapping[str, Partstat]


_Key: TypeAlias = tuple[str, str, Moment | None]


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


def fold(said: Iterable[Said]) -> tuple[AgendaEntry, ...]:
    """The agenda: one entry for each account, uid and occurrence that has a REQUEST or CANCEL, by start."""
    asked: dict[_Key, list[Invitation]] = {}
    answered: dict[tuple[str, Moment | None], list[Invitation]] = {}
    for one in said:
        found = one.invitation
        if found.method in ("REQUEST", "CANCEL"):
            asked.setdefault((one.account, found.uid, found.instance), []).append(found)
        elif found.method == "REPLY" and _is_own(one):
            answered.setdefault((found.uid, found.instance), []).append(found)
    winners = {key: max(group, key=_version) for key, group in asked.items()}
    entries = (
        _entry(account, winner, winners.get((account, uid, None)), answered.get((uid, instance), []))
        for (account, uid, instance), winner in winners.items()
        if not _is_ended(winner, winners.get((account, uid, None)))
    )
    return tuple(sorted(entries, key=_place))


def _place(entry: AgendaEntry) -> tuple[datetime, str, str, str]:
    instance = entry.invitation.instance
    spelled = "" if instance is None else instance.instant().isoformat()
    return entry.invitation.start.instant(), entry.invitation.uid, entry.account, spelled


def _is_ended(winner: Invitation, series: Invitation | None) -> bool:
    """A change of one occurrence, and the whole series was asked for anew after it (RFC 5546, 2.1.4)."""
    if winner.instance is None or series is None or series.method == "CANCEL":
        return False
    return series.sequence > winner.sequence


def _is_own(one: Said) -> bool:
    return one.invitation.attendees[0].address.lower() == one.address.lower()


def _entry(account: str, winner: Invitation, series: Invitation | None, answered: list[Invitation]) -> AgendaEntry:
    replies = sorted(
        (found for found in answered if found.sequence >= winner.sequence and _same_organizer(found, winner)),
        key=_version,
    )
    answers = {found.attendees[0].address.lower(): found.attendees[0].partstat for found in replies}
    ended = series is not None and series.method == "CANCEL" and _version(series) >= _version(winner)
    return AgendaEntry(account, winner, winner.method == "CANCEL" or ended, answers)


def _same_organizer(left: Invitation, right: Invitation) -> bool:
    return left.organizer.address.lower() == right.organizer.address.lower()


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
