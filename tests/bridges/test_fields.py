"""Hostile texts in every place of a mail that leaves: none becomes a header, a parameter or another part."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.mail.report import Subject, report
from bridges.mail.translate import fields, outgoing
from bridges.mail.translate.outgoing import NoMail, empty_mail
from clients.content import xdm
from clients.content.agenda import Attendee, Invitation, Person, from_ical, reply
from clients.content.document import Author, Code, Patient
from clients.content.file import FilePart
from clients.content.letter import Letter
from clients.content.record import RecordDocument
from crypto.attachment import Attachment
from tests.bridges.fakes import DOCTOR, HOSTNAME, PATIENT, SENT
from tests.bridges.test_translate import INVITATION, attachment, letter, read, rendered

ATTACK = "=?utf-8?q?a=0d=0aFrom:_Prof_X_<prof=40ch.mssante.fr>=0d=0aX-MSS-INS:_O=0d=0aBcc:_evil@x.fr?="
BASE64 = f"=?utf-8?b?{base64.b64encode(b'a' + bytes([13, 10]) + b'Bcc: evil@x.fr').decode()}?="
PIECES = st.sampled_from((
    ATTACK, BASE64, "=?utf-8?q?=0d=0aBcc:_x?=", "\r\nBcc: evil@x.fr", "\r", "\n", "\x00", "\x85", "\u2028", '"', "\\",
    ";", "<evil@x.fr>", ", ", "=?", "?=", "é", "😀", " ", "a" * 90, "'", "%0d%0a", "filename=", ":", "BEGIN:VEVENT",
))  # fmt: skip
HOSTILE = st.lists(st.one_of(PIECES, st.text(st.characters(codec="utf-8"), max_size=20)), max_size=8).map("".join)
EXPECTED = [
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "x-mss-nil",
    "content-type",
]  # fmt: skip
PART_FIELDS = {"content-type", "content-transfer-encoding", "content-disposition"}


def heads(raw: bytes) -> list[str]:
    """The names of the mail's own head, read without any library."""
    lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return [line.partition(b":")[0].decode().lower() for line in lines if line[:1] not in b" \t"]


def is_clean(raw: bytes) -> bool:
    _, *parts = message_from_bytes(raw).walk()
    foreign = [name for part in parts for name in part if name.lower() not in PART_FIELDS]
    return not foreign and raw.isascii() and not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", raw)


def named(name: str, parts: tuple[Attachment, ...] = (), subject: str = "s") -> Letter:
    return letter(subject=subject[:255], name=name[:255], parts=tuple(FilePart(part) for part in parts))


def file(name: str) -> Attachment:
    clean = re.sub(r"[\x00-\x1f\x7f-\x9f/\\]", "", name)[:255] or "f"
    return attachment(clean, "application/pdf", b"%PDF")


@pytest.mark.parametrize("attack", [ATTACK, BASE64])
def test_an_encoded_word_in_a_subject_is_words_and_no_header(attack: str) -> None:
    raw = rendered(named(attack, (file(attack),), subject=attack), {file(attack).id: b"%PDF"})
    assert sorted(heads(raw)) == sorted(EXPECTED)
    assert b"\r\nBcc" not in raw
    assert is_clean(raw)


@given(subject=HOSTILE, name=HOSTILE, file_name=HOSTILE, recipient=HOSTILE)
def test_no_text_of_a_patient_becomes_a_header(subject: str, name: str, file_name: str, recipient: str) -> None:
    part = file(file_name)
    envelope = outgoing.Envelope(PATIENT, DOCTOR, recipient, HOSTNAME, "Pli 0.1")
    raw = outgoing.to_mail(named(name, (part,), subject), lambda _: b"%PDF", envelope)
    assert sorted(heads(raw)) == sorted(EXPECTED)
    assert is_clean(raw)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp", "Cs")), max_size=120))
def test_a_harmless_text_is_read_as_it_was_written(text: str) -> None:
    plain = " ".join(text.split())
    found = read(rendered(letter(subject=plain)))
    if "=?" not in plain:
        assert found["Subject"] == plain
    (part,) = read(rendered(named("x", (file("a" + plain),)), {file("a" + plain).id: b"%PDF"})).iter_attachments()
    clean = re.sub(r"[/\\]", "", "a" + plain)
    assert part.get_filename() == " ".join(clean.split())


@given(summary=HOSTILE, name=HOSTILE, place=HOSTILE)
def test_no_text_of_an_appointment_starts_a_property(summary: str, name: str, place: str) -> None:
    clean = re.sub(r'[\x00-\x1f\x7f"\\]', "", name)[:255]
    people = {"attendees": (Attendee(PATIENT, clean),), "organizer": Person(DOCTOR, clean)}
    asked = replace(INVITATION, summary=summary, location=place, **people)  # type: ignore[arg-type]  # by their names
    raw = rendered(letter(parts=(reply(asked, PATIENT, "ACCEPTED", SENT),)))
    assert sorted(heads(raw)) == sorted(EXPECTED)
    calendar = next(part for part in read(raw).walk() if part.get_content_type() == "text/calendar")
    data = calendar.get_payload(decode=True)
    assert isinstance(data, bytes)
    (found,) = from_ical(data)
    assert (found.method, [one.address for one in found.attendees]) == ("REPLY", [PATIENT])


@given(title=HOSTILE, author=HOSTILE, family=HOSTILE, birth=HOSTILE, code=HOSTILE)
def test_no_text_of_a_document_leaves_its_place(title: str, author: str, family: str, birth: str, code: str) -> None:
    part = file("cr.pdf")
    patient = Patient("279035121518989", "1.2.250.1.213.1.4.10", family[:255], "Camille", birth[:10], "F")
    document = RecordDocument(
        part, "pdf", title[:255], Code(code[:64], code[:255], "2.16"), Author(author[:255]), SENT, "1.2^3", patient
    )
    raw = rendered(letter(parts=(document,)), {part.id: b"%PDF"})
    assert sorted(heads(raw)) == sorted(EXPECTED)
    assert is_clean(raw)
    archive = next(p for p in read(raw).iter_attachments() if p.get_filename() == "IHE_XDM.zip")
    data = archive.get_payload(decode=True)
    assert isinstance(data, bytes)
    (found,) = xdm.read(data)
    assert found.data == b"%PDF"
    assert found.metadata is not None
    assert found.metadata.patient is not None
    assert found.metadata.patient.ins == patient.ins


@given(message_id=HOSTILE, answer=HOSTILE)
def test_no_text_of_a_strangers_mail_becomes_a_header_of_its_report(message_id: str, answer: str) -> None:
    raw = report(Subject(DOCTOR, message_id, "n"), {PATIENT: f"550 5.7.1 {answer}"}, HOSTNAME, datetime.now(UTC))
    known = {"from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"}
    assert set(heads(raw)) - {"in-reply-to", "references"} == known
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", raw)
    assert raw.count(b"Final-Recipient:") == 1


def test_a_head_that_is_not_what_was_set_does_not_leave() -> None:
    mail = empty_mail()
    mail["Subject"] = "x"
    mail._headers.append(("X", "a\r\nBcc: evil@x.fr"))  # type: ignore[attr-defined]  # past every other guard
    with pytest.raises(fields.BadField):
        fields.checked(mail)


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "é", "\x00"])
def test_a_field_that_is_not_printable_ascii_is_refused(value: str) -> None:
    mail = empty_mail()
    with pytest.raises(fields.BadField):
        mail["X-Odd"] = value


@pytest.mark.parametrize("spec", ["a\r\nb@x.fr", "é@x.fr", "=?utf-8?q?a=0d=0a?=@x.fr", "a b@x.fr"])
def test_an_address_that_no_header_may_hold_makes_no_mail(spec: str) -> None:
    with pytest.raises(NoMail):
        outgoing.to_mail(letter(), lambda _: b"", outgoing.Envelope(spec, DOCTOR, "", HOSTNAME, "Pli"))


def test_the_html_of_a_hostile_client_leaves_reduced() -> None:
    written = replace(
        letter(), html='<p onclick="x()">Merci<script>alert(1)</script><img src="http://t.example/1"></p>'
    )
    found = read(rendered(written))
    html = found.get_body(("html",))
    assert isinstance(html, EmailMessage)
    assert html.get_content().strip() == "<p>Merci</p>"


def other_than_an_answer() -> list[Invitation]:
    answer = reply(INVITATION, PATIENT, "ACCEPTED", SENT)
    return [
        INVITATION,
        replace(INVITATION, method="CANCEL"),
        replace(answer, attendees=(Attendee("somebody@else.example", "", "ACCEPTED"),)),
        replace(INVITATION, method="COUNTER", attendees=(Attendee(PATIENT), Attendee("x@y.example"))),
    ]


@pytest.mark.parametrize("said", other_than_an_answer())
def test_a_patient_sends_no_appointment_but_the_own_answer(said: Invitation) -> None:
    found = read(rendered(letter(parts=(said,))))
    assert [part.get_content_type() for part in found.walk() if not part.is_multipart()] == ["text/plain"]
    body = found.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    assert "n'a pas été transmis comme tel : Consultation" in body.get_content()


def test_a_patients_own_proposal_is_sent() -> None:
    proposed = replace(INVITATION, method="COUNTER", attendees=(Attendee(PATIENT.upper()),))
    found = read(rendered(letter(parts=(proposed,))))
    assert "text/calendar" in [part.get_content_type() for part in found.walk()]


def test_a_calendar_that_a_patient_attached_is_an_unknown_file() -> None:
    part = attachment("invite.ics", "text/calendar", b"BEGIN:VCALENDAR")
    found = read(rendered(letter(parts=(FilePart(part),)), {part.id: b"BEGIN:VCALENDAR"}))
    assert [each.get_content_type() for each in found.iter_attachments()] == ["application/octet-stream"]


def test_an_odd_message_id_is_left_out_of_the_threads_headers() -> None:
    written = letter()
    assert written.mail is not None
    odd = replace(written.mail, in_reply_to="<é@x.example>", references=("<é@x.example>", "<ok@x.example>", "<a b>"))
    found = message_from_bytes(rendered(replace(written, mail=odd)), policy=default)
    assert found["In-Reply-To"] is None
    assert found["References"] == "<ok@x.example>"
