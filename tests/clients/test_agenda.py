"""Appointments: iCalendar and back, the agenda as a fold."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from clients.content.agenda import Attendee, Invitation, Moment, Person, Said, counter, fold, from_ical, reply, to_ical
from clients.content.kinds import part_from_json
from clients.content.part import MailContext

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
PARIS = Moment(datetime(2026, 4, 1, 9, 30), "Europe/Paris")  # noqa: DTZ001 - local time, the zone stands beside it
REQUEST = Invitation(
    "REQUEST", "rdv-1", 2, NOW, Person("dr@cabinet.example", "Dr Claire MARTIN"),
    (Attendee("camille@patient.example", "Camille DURAND"),), PARIS, replace(PARIS, at=datetime(2026, 4, 1, 10)),  # noqa: DTZ001
    "Suivi", "À jeun;\nvenez tôt, merci", "Cabinet, 2e étage",
)  # fmt: skip

printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=60).map(str.strip)
names = printable.map(lambda text: text.replace('"', "").replace("\\", "")).map(
    lambda text: " ".join(text.split(" ")).strip()
)
locals_ = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001
days = st.dates(date(1971, 1, 1), date(2100, 1, 1)).map(Moment)
times = st.builds(Moment, locals_, st.sampled_from(["UTC", "Europe/Paris", "America/Cayenne", "Pacific/Noumea"]))
invitations = st.builds(
    Invitation,
    method=st.sampled_from(["REQUEST", "CANCEL", "COUNTER"]),
    uid=st.text("abcdef-0123456789@.", min_size=1, max_size=40),
    sequence=st.integers(0, 2**31 - 1),
    stamp=locals_.map(lambda at: at.replace(tzinfo=UTC)),
    organizer=st.builds(Person, st.just("dr@cabinet.example"), names),
    attendees=st.lists(
        st.builds(Attendee, st.just("p@x.example"), names, st.sampled_from(["NEEDS-ACTION", "ACCEPTED", "DECLINED"])),
        max_size=3,
    ).map(tuple),
    start=st.one_of(days, times),
    summary=printable,
    description=printable,
    location=printable,
    recurrence=st.none() | st.just("FREQ=WEEKLY;COUNT=4"),
)


@settings(max_examples=60)
@given(invitations)
def test_icalendar_and_back(invitation: Invitation) -> None:
    assert from_ical(to_ical(invitation)) == (invitation,)


@given(invitations)
def test_json_and_back(invitation: Invitation) -> None:
    assert part_from_json(invitation.to_json()) == invitation


@given(st.binary(max_size=300))
def test_noise_is_a_value_error(noise: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_ical(noise)


@given(st.data())
def test_a_calendar_with_a_spoiled_line_is_read_or_a_value_error(data: st.DataObject) -> None:
    lines = to_ical(REQUEST).splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(st.binary(max_size=40)) + b"\r\n"

    with suppress(ValueError):
        assert all(isinstance(found, Invitation) for found in from_ical(b"".join(lines)))


def test_the_text_is_what_mail_programs_expect() -> None:
    calendar = Calendar.from_ical(to_ical(REQUEST))
    event: Any
    (event,) = calendar.walk("VEVENT")

    assert (calendar["METHOD"], event["UID"], event["SEQUENCE"]) == ("REQUEST", "rdv-1", 2)
    assert str(event["ATTENDEE"]) == "mailto:camille@patient.example"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert event["DTSTART"].params["TZID"] == "Europe/Paris"
    assert all(len(line) <= 75 for line in to_ical(REQUEST).split(b"\r\n"))


def test_the_time_zone_changes_its_clock_when_the_zone_does() -> None:
    zone: Any
    (zone,) = Calendar.from_ical(to_ical(REQUEST)).walk("VTIMEZONE")
    changes = {c["DTSTART"].dt: c["TZOFFSETTO"].td for c in zone.subcomponents}

    assert changes[datetime(2026, 3, 29, 2)] == timedelta(hours=2)  # noqa: DTZ001 - the clock before the change
    assert changes[datetime(2026, 10, 25, 3)] == timedelta(hours=1)  # noqa: DTZ001 - as above


def test_a_microsoft_zone_and_a_duration_are_understood() -> None:
    raw = _outlook(b"DTSTART;TZID=Romance Standard Time:20260401T093000\r\nDURATION:PT30M\r\n")

    (found,) = from_ical(raw)

    assert (found.start, found.end) == (PARIS, replace(PARIS, at=datetime(2026, 4, 1, 10)))  # noqa: DTZ001 - local


def test_a_time_without_a_zone_is_local_time_here() -> None:
    (found,) = from_ical(_outlook(b"DTSTART:20260401T093000\r\n"))

    assert found.start.local() == datetime(2026, 4, 1, 9, 30, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda raw: raw.replace(b"METHOD:REQUEST", b"METHOD:PUBLISH"),
        lambda raw: raw.replace(b"METHOD:REQUEST\r\n", b""),
        lambda raw: raw.replace(b"UID:rdv\r\n", b""),
        lambda raw: raw.replace(b"ORGANIZER:mailto:a@b.fr\r\n", b""),
        lambda raw: raw.replace(b"UID:rdv\r\n", b"UID:rdv\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260408T093000\r\n"),
        lambda raw: raw.replace(b"END:VEVENT\r\n", b"END:VEVENT\r\n" + b"BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n" * 64),
        lambda raw: raw.replace(b"UID:rdv\r\n", b"UID:rdv\r\nRDATE:20260408T093000\r\n"),
        lambda raw: raw.replace(b"UID:rdv", b"UID:" + b"x" * (1 << 20)),
    ],
)
def test_what_is_no_invitation_is_a_value_error(spoiled: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_ical(spoiled(_outlook(b"DTSTART:20260401T093000\r\n")))  # type: ignore[operator]  # a function


@pytest.mark.parametrize("name", ['a"b', "a\r\nATTENDEE:x", "a\x00", "a\\"])
def test_a_name_cannot_start_another_property(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Attendee("a@b.fr", name)


def test_an_answer_carries_its_attendee_alone() -> None:
    answered = reply(REQUEST, "Camille@patient.example", "ACCEPTED", NOW)

    (found,) = from_ical(to_ical(answered))

    assert (found.method, found.uid, found.sequence) == ("REPLY", "rdv-1", 2)
    assert found.attendees == (Attendee("camille@patient.example", "Camille DURAND", "ACCEPTED"),)
    with pytest.raises(ValueError, match="one attendee"):
        replace(answered, attendees=())


def test_the_newest_request_wins_and_answers_to_older_ones_do_not_count() -> None:
    moved = replace(REQUEST, sequence=3, summary="Plus tard")
    old = reply(REQUEST, "camille@patient.example", "ACCEPTED", NOW)
    new = reply(moved, "camille@patient.example", "DECLINED", NOW)

    (entry,) = fold([of_patient(new), of_doctor(moved), of_patient(old), of_doctor(REQUEST)])

    assert (entry.invitation, entry.cancelled) == (moved, False)
    assert entry.answers == {"camille@patient.example": "DECLINED"}


def test_the_last_answer_counts() -> None:
    first = reply(REQUEST, "camille@patient.example", "ACCEPTED", NOW)
    second = reply(REQUEST, "camille@patient.example", "DECLINED", NOW + timedelta(minutes=1))

    (entry,) = fold([of_patient(second), of_doctor(REQUEST), of_patient(first)])

    assert entry.answers == {"camille@patient.example": "DECLINED"}


def test_a_cancelled_appointment_stays_in_the_agenda_as_cancelled() -> None:
    (entry,) = fold([of_doctor(REQUEST), of_doctor(replace(REQUEST, method="CANCEL", sequence=3))])

    assert entry.cancelled


@pytest.mark.parametrize("method", ["CANCEL", "REQUEST"])
def test_nobody_else_changes_an_appointment_of_the_same_uid(method: Any) -> None:
    forged = Said(replace(REQUEST, method=method, sequence=9, summary="Ailleurs"), "a-stranger", "evil@x.fr")

    entries = {entry.account: entry for entry in fold([of_doctor(REQUEST), forged])}

    assert entries["a-doctor"].invitation == REQUEST
    assert not entries["a-doctor"].cancelled
    assert entries["a-stranger"].cancelled == (method == "CANCEL")


def test_an_answer_in_anothers_name_does_not_count() -> None:
    forged = Said(reply(REQUEST, "camille@patient.example", "DECLINED", NOW), "a-stranger", "evil@x.fr")

    (entry,) = fold([of_doctor(REQUEST), forged])

    assert entry.answers == {}


def test_a_proposal_or_answer_alone_is_no_appointment() -> None:
    proposed = counter(REQUEST, "camille@patient.example", PARIS, None, NOW)

    assert fold([of_patient(proposed), Said(reply(REQUEST, "x@y.fr", "ACCEPTED", NOW), "a-other", "x@y.fr")]) == ()


def test_as_mail_it_is_an_alternative_with_its_method() -> None:
    (file,) = REQUEST.as_files(lambda _: b"", MailContext("DURAND Camille", NOW, "Pli"))

    assert (file.type, file.placement, file.parameters["method"]) == ("text/calendar", "alternative", "REQUEST")
    assert file.data == to_ical(REQUEST)


def of_doctor(invitation: Invitation) -> Said:
    return Said(invitation, "a-doctor", "dr@cabinet.example")


def of_patient(invitation: Invitation) -> Said:
    return Said(invitation, "a-patient", "Camille@patient.example")


def _outlook(start: bytes) -> bytes:
    return (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:rdv\r\nSEQUENCE:0\r\n"
        b"DTSTAMP:20260301T100000Z\r\n" + start + b"ORGANIZER:mailto:a@b.fr\r\nATTENDEE;CN=C:MAILTO:c@d.fr\r\n"
        b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
