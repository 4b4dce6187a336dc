"""Appointments between a patient and a professional's calendar program: what Thunderbird and Outlook ask of iMIP
(RFC 6047), which word is the newer one, time zones. clients/web/tests/content/imip.test.ts does it by ical.js."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from bridges.mail.parse import parse
from bridges.mail.parsed import ParsedMail
from bridges.mail.translate.outgoing import Envelope, to_mail
from clients.content import agenda
from clients.content.agenda import Attendee, Invitation, Said, fold, from_ical, to_ical
from clients.content.kinds import part_from_json
from clients.content.letter import Letter, LetterRecipient, Sender
from crypto.keys import random_id
from tests.vectors import generate
from tests.vectors.cases import imip
from tests.vectors.cases.imip import MOVED, NOW, ONCE, PATIENT, WEEKLY

CASES: list[dict[str, Any]] = json.loads(generate.path(imip).read_text())["cases"]
DOCTOR, ACCOUNT, DOCTORS = "dr.martin@cabinet.example", "a" + "b" * 25 + "a", "a" + "c" * 25 + "a"
NAMES = [case["name"] for case in CASES]


def test_the_vectors_are_what_is_written_today() -> None:
    assert generate.rendered(imip) == generate.path(imip).read_text()


def _mail(invitation: Invitation) -> bytes:
    letter = Letter(
        random_id(), random_id(), NOW, Sender(ACCOUNT, "k" + "a" * 26, "Camille DURAND", PATIENT),
        (LetterRecipient(DOCTORS, bytes(32)),), 1, None, "Re: Consultation", "Merci", parts=(invitation,),
    )  # fmt: skip
    return to_mail(letter, lambda _: b"", Envelope(PATIENT, DOCTOR, "Dr MARTIN", "gateway.example", "Pli"))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_calendar_keeps_the_rules_of_itip(case: dict[str, Any]) -> None:
    whole: Any = Calendar.from_ical(case["ics"])
    event: Any
    (event,) = whole.walk("VEVENT")
    method = str(whole["METHOD"])
    assert (str(whole["VERSION"]), method) == ("2.0", case["part"]["method"])
    # RFC 5546, 3.2: these are required of each of our methods, once.
    for name in ("UID", "DTSTAMP", "ORGANIZER", "SEQUENCE", "DTSTART"):
        assert not isinstance(event[name], list)
    assert event["DTSTAMP"].dt.tzinfo is not None
    assert event["DTSTAMP"].dt.utcoffset() == timedelta(0)
    assert str(event["ORGANIZER"]) == "mailto:dr.martin@cabinet.example"
    assert str(event["STATUS"]) == ("CANCELLED" if method == "CANCEL" else "CONFIRMED")
    assert str(event["ATTENDEE"]) == f"mailto:{PATIENT}"
    if method == "REPLY":
        assert event["ATTENDEE"].params["PARTSTAT"] in {"ACCEPTED", "DECLINED", "TENTATIVE"}
    lines = case["ics"].split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    zones = {str(zone["TZID"]) for zone in whole.walk("VTIMEZONE")}
    named = {value.params["TZID"] for _, value in event.property_items() if "TZID" in getattr(value, "params", {})}
    assert named == zones


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_part_and_its_calendar_are_the_same_appointment(case: dict[str, Any]) -> None:
    part = part_from_json(case["part"])
    assert isinstance(part, Invitation)
    assert part.to_json() == case["part"]
    assert from_ical(case["ics"].encode()) == (part,)


@pytest.mark.parametrize(
    "invitation",
    [
        *(agenda.reply(ONCE, PATIENT, answer, NOW) for answer in ("ACCEPTED", "DECLINED", "TENTATIVE")),
        agenda.counter(ONCE, PATIENT, MOVED.start, MOVED.end, NOW), agenda.reply(MOVED, PATIENT, "ACCEPTED", NOW),
    ],
    ids=["accepted", "declined", "perhaps", "countered", "one occurrence"],
)  # fmt: skip
def test_a_patients_word_leaves_as_imip_that_mail_programs_act_on(invitation: Invitation) -> None:
    raw = _mail(invitation)
    mail: Any = message_from_bytes(raw, policy=policy.default)
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert mail.get_content_type() == "multipart/mixed"
    alternative = next(part for part in mail.walk() if part.get_content_type() == "multipart/alternative")
    # RFC 6047, 2.4: the method in the Content-Type is the one inside. Outlook acts on the alternative, the last one;
    # others look for a file.
    assert list(alternative.iter_parts())[-1] is parts[0]
    assert [part.get_content_disposition() for part in parts] == [None, "attachment"]
    for part in parts:
        assert part.get_param("method") == invitation.method
        assert str(part.get_param("charset")).lower() == "utf-8"
        assert str(part.get_param("component")).upper() == "VEVENT"
        assert part["Content-Transfer-Encoding"] == "base64"
    first, second = (part.get_payload(decode=True) for part in parts)
    assert first == second == to_ical(invitation)
    # And whoever is at the other end of it reads the same, once.
    found = parse(raw)
    assert isinstance(found, ParsedMail)
    assert [dict(each) for each in found.invitations] == [invitation.to_json()]


def test_a_series_with_a_changed_occurrence_in_one_calendar_is_two_parts() -> None:
    first, second = to_ical(WEEKLY), to_ical(MOVED)
    event = second[second.index(b"BEGIN:VEVENT") : second.index(b"END:VCALENDAR")]
    assert from_ical(first.replace(b"END:VCALENDAR", event + b"END:VCALENDAR")) == (WEEKLY, MOVED)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw | {"excluded": []},
        lambda raw: raw | {"excluded": [{"date": "2026-10-12"}]},
        lambda raw: raw | {"excluded": raw["excluded"] * 400},
        lambda raw: raw | {"recurrence": None},
        lambda raw: raw | {"instance": raw["start"]},
        lambda raw: raw | {"instance": None},
        lambda raw: raw | {"instances": []},
    ],
)
def test_a_part_with_an_exception_to_nothing_is_of_no_known_shape(spoil: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        Invitation.from_json(spoil(dict(WEEKLY.to_json())))


def _said(*invitations: Invitation) -> list[Said]:
    by = {"REPLY": (ACCOUNT, PATIENT), "COUNTER": (ACCOUNT, PATIENT)}
    return [Said(each, *by.get(each.method, (DOCTORS, DOCTOR))) for each in invitations]


sequences = st.integers(0, 4)
stamps = st.integers(0, 5).map(lambda hours: datetime(2026, 3, 1, hours, tzinfo=UTC))
words = st.builds(
    lambda method, sequence, stamp, instance, partstat: replace(
        ONCE, method=method, sequence=sequence, stamp=stamp, instance=instance,
        attendees=(Attendee(PATIENT, "", partstat),),
    ),
    st.sampled_from(["REQUEST", "CANCEL", "REPLY", "COUNTER"]), sequences, stamps,
    st.sampled_from([None, MOVED.instance]), st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE"]),
)  # fmt: skip


@given(st.lists(words, max_size=8, unique_by=lambda each: (each.sequence, each.stamp)), st.randoms())
def test_the_agenda_does_not_depend_on_the_order_in_which_letters_come(said: Sequence[Invitation], random: Any) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)
    assert fold(_said(*said)) == fold(_said(*shuffled))


@given(st.lists(words, max_size=8), words)
def test_an_old_word_never_overrides_a_newer_one(said: Sequence[Invitation], late: Invitation) -> None:
    before = {(entry.account, entry.invitation.instance): entry for entry in fold(_said(*said))}
    for entry in fold(_said(*said, late)):
        known = before.get((entry.account, entry.invitation.instance))
        if known is not None:
            found, held = entry.invitation, known.invitation
            assert (found.sequence, found.stamp) >= (held.sequence, held.stamp)


@given(st.lists(words, max_size=8))
def test_an_answer_to_an_old_sequence_is_no_answer_to_the_newer_one(said: Sequence[Invitation]) -> None:
    for entry in fold(_said(*said)):
        fits = [one for one in said if one.method == "REPLY" and one.sequence >= entry.invitation.sequence]
        assert not entry.answers or fits


def test_a_changed_occurrence_is_an_entry_of_its_own_until_the_series_is_asked_for_anew() -> None:
    entries = fold(_said(WEEKLY, MOVED))
    assert [entry.invitation.instance for entry in entries] == [None, MOVED.instance]
    again = replace(WEEKLY, sequence=MOVED.sequence + 1)
    assert [entry.invitation for entry in fold(_said(WEEKLY, MOVED, again))] == [again]


def test_a_series_that_is_cancelled_cancels_its_changed_occurrence() -> None:
    end = replace(WEEKLY, method="CANCEL", sequence=5)
    assert [entry.cancelled for entry in fold(_said(WEEKLY, MOVED, end))] == [True, True]


def test_an_answer_to_one_occurrence_answers_that_one() -> None:
    reply = agenda.reply(MOVED, PATIENT, "DECLINED", NOW)
    found = {entry.invitation.instance: dict(entry.answers) for entry in fold(_said(WEEKLY, MOVED, reply))}
    assert found == {None: {}, MOVED.instance: {PATIENT: "DECLINED"}}
