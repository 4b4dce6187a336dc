"""imip.json: what the calendars of patients and professionals say to each other, as parts of letters and iCalendar."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from clients.content import agenda
from clients.content.agenda import Attendee, Invitation, Moment, Person
from tests.vectors.material import Case

ABOUT = "Appointments as parts (docs/spec/content.md, agenda.invitation) and as text/calendar (RFC 5545, 5546)"

PATIENT = "279035121518989@patient.pli.example"
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def _at(text: str, zone: str) -> Moment:
    return Moment(datetime.fromisoformat(text), zone)


ONCE = Invitation(
    "REQUEST", "rdv-1@cabinet.example", 1, datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
    Person("dr.martin@cabinet.example", "Dr Claire MARTIN"), (Attendee(PATIENT, "Camille DURAND"),),
    _at("2026-03-29T09:30:00", "Europe/Paris"), _at("2026-03-29T10:00:00", "Europe/Paris"), "Consultation",
    "Apporter l'ordonnance ; venir à jeun,\nmerci.", "Cabinet, 1 rue de l'Église",
)  # fmt: skip
WEEKLY = replace(
    ONCE, uid="kine@cabinet.example", summary="Kinésithérapie", recurrence="FREQ=WEEKLY;COUNT=8",
    start=_at("2026-10-05T14:00:00", "Europe/Paris"), end=_at("2026-10-05T14:30:00", "Europe/Paris"),
    excluded=(_at("2026-10-12T14:00:00", "Europe/Paris"), _at("2026-11-02T14:00:00", "Europe/Paris")),
)  # fmt: skip
REUNION = replace(
    WEEKLY, uid="reunion@chu.example", start=_at("2026-10-05T08:00:00", "Indian/Reunion"),
    end=_at("2026-10-05T08:30:00", "Indian/Reunion"), excluded=(_at("2026-10-12T08:00:00", "Indian/Reunion"),),
)  # fmt: skip
DAYS = replace(
    ONCE, uid="jours@chu.example", start=Moment(date(2026, 7, 14)), end=Moment(date(2026, 7, 16)), summary="Séjour"
)
EACH_YEAR = replace(DAYS, uid="an@chu.example", recurrence="FREQ=YEARLY;COUNT=4", excluded=(Moment(date(2027, 7, 14)),))
MOVED = replace(
    WEEKLY, recurrence=None, excluded=(), sequence=2, instance=_at("2026-10-19T14:00:00", "Europe/Paris"),
    start=_at("2026-10-20T16:00:00", "Europe/Paris"), end=_at("2026-10-20T16:30:00", "Europe/Paris"),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """A part, and the text/calendar that leaves of it."""
    yield _case("an appointment on the day that the clock changes", ONCE)
    yield _case("the same, moved", replace(ONCE, sequence=2, start=_at("2026-03-30T09:30:00", "Europe/Paris"),
                                           end=_at("2026-03-30T10:00:00", "Europe/Paris")))  # fmt: skip
    yield _case("the same, cancelled", replace(ONCE, method="CANCEL", sequence=3))
    yield _case("accepted", agenda.reply(ONCE, PATIENT, "ACCEPTED", NOW))
    yield _case("declined", agenda.reply(ONCE, PATIENT, "DECLINED", NOW))
    yield _case("perhaps", agenda.reply(ONCE, PATIENT, "TENTATIVE", NOW))
    later = _at("2026-03-31T17:00:00", "Europe/Paris"), _at("2026-03-31T17:30:00", "Europe/Paris")
    yield _case("another time proposed", agenda.counter(ONCE, PATIENT, *later, NOW))
    yield _case("each week over the change of the clock, without two of them", WEEKLY)
    yield _case("each week in La Réunion, without one", REUNION)
    yield _case("one occurrence moved", MOVED)
    yield _case("one occurrence moved, accepted", agenda.reply(MOVED, PATIENT, "ACCEPTED", NOW))
    yield _case("one occurrence cancelled", replace(MOVED, method="CANCEL", sequence=3))
    yield _case("a series, accepted", agenda.reply(WEEKLY, PATIENT, "ACCEPTED", NOW))
    yield _case("whole days", DAYS)
    yield _case("whole days, each year but one", EACH_YEAR)


def _case(name: str, invitation: Invitation) -> Case:
    return {"name": name, "part": invitation.to_json(), "ics": agenda.to_ical(invitation).decode()}
