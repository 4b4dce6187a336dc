"""Mail to letters and letters to mail, as values."""

import hashlib
import re
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.mail.parse import parse
from bridges.mail.parsed import Flags, Mailbox, ParsedDocument, ParsedFile, ParsedMail
from bridges.mail.translate import incoming, outgoing, threads
from clients.content import xdm
from clients.content.agenda import Attendee, Invitation, Moment, Person, from_ical, reply
from clients.content.document import Author, Code, Patient
from clients.content.file import FilePart
from clients.content.letter import Letter, LetterRecipient, Mail, Sender
from clients.content.part import Part
from clients.content.record import RecordDocument
from crypto.attachment import Attachment
from crypto.keys import blob_id
from tests.bridges.fakes import DOCTOR, HOSTNAME, KEY, PATIENT, SENT, account
from tests.bridges.mails import mail

LETTER_ID, THREAD_ID = "A" * 22, "B" * 21 + "A"
ENVELOPE = outgoing.Envelope(PATIENT, DOCTOR, "Dr Claire MARTIN", HOSTNAME, "Pli 0.1")
START, END = datetime(2026, 12, 1, 9, 30), datetime(2026, 12, 1, 10, 0)  # noqa: DTZ001 - local times, zone beside
INVITATION = Invitation(
    method="REQUEST", uid="uid-1", sequence=0, stamp=SENT, organizer=Person(DOCTOR, "Dr MARTIN"),
    attendees=(Attendee(PATIENT, "Camille"),), start=Moment(START, "Europe/Paris"), end=Moment(END, "Europe/Paris"),
    summary="Consultation",
)  # fmt: skip


def attachment(name: str, type_: str, data: bytes) -> Attachment:
    digest = hashlib.sha256(data).digest()
    return Attachment((blob_id(data),), digest[:16], bytes(32), name, digest, len(data), type_)


def letter(
    subject: str = "Re: Vos résultats", text: str = "Merci", parts: tuple[Part, ...] = (), name: str = "Camille DURAND"
) -> Letter:
    sender = Sender(account(PATIENT), KEY, name, PATIENT)
    to = (LetterRecipient(account(DOCTOR), bytes(32)),)
    facts = Mail(
        PATIENT, DOCTOR, None, "<one@cabinet.mssante.example>", ("<zero@x.example>", "<one@cabinet.mssante.example>")
    )
    return Letter(LETTER_ID, THREAD_ID, SENT, sender, to, 1, None, subject, text, parts=parts, mail=facts)


def rendered(written: Letter, contents: dict[bytes, bytes] | None = None) -> bytes:
    return outgoing.to_mail(written, lambda each: (contents or {})[each.id], ENVELOPE)


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_an_answer_keeps_its_conversation() -> None:
    found = read(rendered(letter()))
    assert found["Message-ID"] == f"<{LETTER_ID}.{THREAD_ID}@{HOSTNAME}>"
    assert found["In-Reply-To"] == "<one@cabinet.mssante.example>"
    assert found["References"].split() == ["<zero@x.example>", "<one@cabinet.mssante.example>"]
    assert found["From"] == f"Camille DURAND <{PATIENT}>"
    assert found["X-MSS-NIL"] == "Pli 0.1"


def test_the_same_letter_is_the_same_bytes() -> None:
    files = {b"x": b"data"}
    written = letter(parts=(INVITATION,))
    assert rendered(written, files) == rendered(written, files)


def test_a_file_arrives_byte_for_byte_whatever_its_line_ends() -> None:
    data = b"a\rb\nc\r\n\x00\xff" * 50
    file = attachment("mesures é.txt", "text/plain", data)
    found = read(rendered(letter(parts=(FilePart(file),)), {file.id: data}))
    (part,) = found.iter_attachments()
    assert (part.get_filename(), part.get_payload(decode=True)) == ("mesures é.txt", data)


def test_an_answer_to_an_appointment_is_both_an_alternative_and_a_file() -> None:
    answer = reply(INVITATION, PATIENT, "ACCEPTED", SENT)
    found = read(rendered(letter(parts=(answer,))))
    calendars = [part for part in found.walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in calendars] == ["REPLY", "REPLY"]
    assert [part.get_content_charset() for part in calendars] == ["utf-8", "utf-8"]
    assert [part.get_content_disposition() for part in calendars] == [None, "attachment"]
    raw = calendars[0].get_payload(decode=True)
    assert isinstance(raw, bytes)
    assert from_ical(raw)[0].attendees[0].partstat == "ACCEPTED"


def test_a_record_document_leaves_as_an_archive_with_its_headers() -> None:
    data = b"%PDF-1.4 test"
    file = attachment("cr.pdf", "application/pdf", data)
    document = RecordDocument(
        file, "pdf", "Compte rendu", Code("11488-4", "Consultation", "2.16"), Author("Dr"), SENT, "1.2^3"
    )
    found = read(rendered(letter(parts=(document,)), {file.id: data}))
    assert next(part.get_filename() for part in found.iter_attachments()) == "IHE_XDM.zip"


def test_documents_of_one_patient_leave_as_one_archive_under_the_subject_of_mssante() -> None:
    data, identity = b"%PDF-1.4 test", Patient("279035121518989", "1.2.3", "DURAND", "Camille", "1979-03-01", "F")
    files = [attachment(name, "application/pdf", data) for name in ("a.pdf", "b.pdf")]
    made = [
        RecordDocument(file, "pdf", "CR", Code("1", "Consultation", "2"), Author("Dr"), SENT, f"1^{n}", patient)
        for n, (file, patient) in enumerate(zip(files, (identity, None), strict=True))
    ]
    found = read(rendered(letter(subject="Mes examens", parts=tuple(made)), {file.id: data for file in files}))
    plain, names = found.get_body(("plain",)), [part.get_filename() for part in found.iter_attachments()]
    archive = xdm.read(next(part.get_content() for part in found.iter_attachments()))
    assert (names.count("IHE_XDM.zip"), len(names)) == (1, 3)
    assert [document.metadata.id for document in archive if document.metadata] == ["1^0", "1^1"]
    assert found["Subject"] == "XDM/1.0/DDM+2 documents DURAND Camille 01/03/1979"
    assert plain is not None
    assert plain.get_content().splitlines()[:3] == ["Objet : Mes examens", "", "Merci"]
    assert found["X-MSS-NIL"]


def test_documents_of_nobody_known_keep_the_letters_own_subject() -> None:
    file = attachment("a.pdf", "application/pdf", b"%PDF")
    document = RecordDocument(file, "pdf", "CR", Code("1", "Consultation", "2"), Author("Dr"), SENT, "1^1")
    found = read(rendered(letter(subject="Mes examens", parts=(document,)), {file.id: b"%PDF"}))
    assert found["Subject"] == "Mes examens"


def test_long_message_ids_are_not_made_encoded_words() -> None:
    long_id = "<" + "x" * 300 + "@example.org>"
    facts = Mail(PATIENT, DOCTOR, None, long_id, (long_id,) * 3)
    written = letter()
    raw = rendered(Letter(**{**written.__dict__, "mail": facts}))
    assert raw.count(b"References: " + long_id.encode()) == 1
    assert b"In-Reply-To: " + long_id.encode() in raw


TEXTS = st.text(st.characters(codec="utf-8"), max_size=400)


@given(subject=TEXTS, text=TEXTS, name=TEXTS, file_name=TEXTS)
def test_no_field_starts_a_header_and_no_bare_line_end_leaves(
    subject: str, text: str, name: str, file_name: str
) -> None:
    clean = re.sub(r"[\x00-\x1f\x7f-\x9f/\\]", "", file_name)[:255] or "f"
    file = attachment(clean, "application/octet-stream", b"\r\n.\r\nQUIT\r\n")
    written = letter(subject=subject[:255], text=text, parts=(FilePart(file),), name=name[:255])
    raw = rendered(written, {file.id: b"\r\n.\r\nQUIT\r\n"})
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", raw)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    found = read(raw)
    assert {key.lower() for key in found} <= {
        "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "x-mss-nil",
        "content-type",
    }  # fmt: skip
    (part,) = found.iter_attachments()
    assert part.get_payload(decode=True) == b"\r\n.\r\nQUIT\r\n"


@given(text=TEXTS)
def test_text_survives_the_way_out_and_in(text: str) -> None:
    found = parse(rendered(letter(text=text)))
    assert isinstance(found, ParsedMail)
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    assert found.text == "".join(c for c in unix if c >= " " or c in "\n\t").strip("\n")


@pytest.mark.parametrize("text", ["--=_" + "a" * 32, "From me\n.\n..", "x" * 5000, "é" * 3000])
def test_no_text_ends_a_part(text: str) -> None:
    file = attachment("f", "application/pdf", b"1")
    found = parse(rendered(letter(text=text, parts=(FilePart(file),)), {file.id: b"1"}))
    assert isinstance(found, ParsedMail)
    assert (found.text, len(found.files)) == (text, 1)


def test_the_answer_to_our_mail_names_its_thread_and_letter() -> None:
    found = parsed(
        references=("<other@x.example>", f"<{LETTER_ID}.{THREAD_ID}@{HOSTNAME}>"),
        in_reply_to=f"<{LETTER_ID}.{THREAD_ID}@{HOSTNAME}>",
    )
    assert threads.thread_of(found, DOCTOR, HOSTNAME, b"k" * 32, {THREAD_ID}) == THREAD_ID
    assert threads.answered(found, HOSTNAME, THREAD_ID) == LETTER_ID
    assert threads.answered(found, HOSTNAME, "C" * 22) is None


def test_a_message_id_of_another_host_names_nothing() -> None:
    found = parsed(references=(f"<{LETTER_ID}.{THREAD_ID}@elsewhere.example>",))
    assert threads.thread_of(found, DOCTOR, HOSTNAME, b"k" * 32, {THREAD_ID}) != THREAD_ID


def test_a_thread_that_nobody_here_has_is_derived_as_a_strangers() -> None:
    ours = f"<{LETTER_ID}.{THREAD_ID}@{HOSTNAME}>"
    found = threads.thread_of(parsed(references=("<a@x.example>", ours)), DOCTOR, HOSTNAME, b"k" * 32, ())
    assert found == threads.thread_of(parsed(references=("<a@x.example>",)), DOCTOR, HOSTNAME, b"k" * 32, ())


def test_mails_of_one_conversation_have_one_thread() -> None:
    first = parsed(message_id="<a@x.example>")
    second = parsed(message_id="<b@x.example>", in_reply_to="<a@x.example>")
    third = parsed(
        message_id="<c@x.example>", references=("<a@x.example>", "<b@x.example>"), in_reply_to="<b@x.example>"
    )
    found = {threads.thread_of(each, DOCTOR, HOSTNAME, b"k" * 32, ()) for each in (first, second, third)}
    assert len(found) == 1


def test_another_professional_has_another_thread() -> None:
    found = parsed(message_id="<a@x.example>")
    other = threads.thread_of(found, "dr.other@x.example", HOSTNAME, b"k" * 32, ())
    assert other != threads.thread_of(found, DOCTOR, HOSTNAME, b"k" * 32, ())


def test_a_pdf_copy_stands_with_its_document() -> None:
    document = described("2026-11-20")
    files = (
        ParsedFile("20261120_CR_DURAND_Camille.pdf", "application/pdf", b"%PDF"),
        ParsedFile("photo.jpg", "image/jpeg", b"j"),
    )
    documents = (document, described("2026-10-01"))
    plan = incoming.plan(parsed(files=files, documents=documents, invitations=(INVITATION.to_json(),)))
    parts = plan.parts([attachment(file.name, file.type, file.data) for file in plan.files])
    assert [part.kind for part in parts] == ["record.document", "record.document", "agenda.invitation", "file"]
    first, second = parts[0], parts[1]
    assert isinstance(first, RecordDocument)
    assert isinstance(second, RecordDocument)
    assert first.copy is not None
    assert (first.copy.name, second.copy) == ("20261120_CR_DURAND_Camille.pdf", None)


def test_more_parts_than_a_letter_holds_are_refused() -> None:
    files = tuple(ParsedFile(f"{n}.txt", "text/plain", b"") for n in range(65))
    with pytest.raises(incoming.TooManyParts):
        incoming.plan(parsed(files=files))


def test_the_prefix_of_document_mails_is_hidden() -> None:
    shown = "CR DURAND Camille 01/02/1980"
    assert incoming.shown_subject(f"XDM/1.0/DDM+{shown}") == shown
    assert incoming.shown_subject(f"xdm/1.0/ddm+ {shown}") == shown
    assert incoming.shown_subject(f"RE: XDM/1.0/DDM+{shown}") == f"RE: {shown}"


def test_a_mail_of_everything_is_read_whole() -> None:
    made = mail()
    made.add_alternative('<p onclick="x()">Vos <b>résultats</b><script>alert(1)</script></p>', subtype="html")
    made.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="é.pdf")
    found = parse(made.as_bytes())
    assert isinstance(found, ParsedMail)
    assert found.text == "Bonjour,\nvos résultats."
    assert found.html is not None
    assert "script" not in found.html
    assert "onclick" not in found.html
    assert [(file.name, file.data) for file in found.files] == [("é.pdf", b"%PDF-1")]
    assert found.from_ == (Mailbox(DOCTOR, "Dr Claire MARTIN"),)


def described(day: str) -> ParsedDocument:
    patient = Patient("279035121518989", "1.2.250.1.213.1.4.10", "DURAND", "Camille", "1979-03-01", "F")
    raw = {
        "author": {"name": "Dr", "organization": ""}, "code": {"code": "11488-4", "label": "CR", "system": "2.16"},
        "confidentiality": ["N"], "date": day, "format": "cda-r2", "id": f"1.2^{day}", "kind": "record.document",
        "patient": {"birthDate": patient.birth_date,
                    "birthName": "DURAND", "firstName": "Camille", "ins": patient.ins,
                    "oid": patient.oid, "sex": "F"},
        "replaces": None, "title": "CR",
    }  # fmt: skip
    return ParsedDocument(ParsedFile("DOC1.XML", "text/xml", b"<x/>"), raw)


def parsed(**changes: object) -> ParsedMail:
    base: dict[str, object] = {
        "message_id": "<m@x.example>", "date": None, "from_": (Mailbox(DOCTOR),), "reply_to": (), "to": (),
        "subject": "s",
        "in_reply_to": None, "references": (), "text": "t", "html": None, "files": (), "invitations": (),
        "documents": (),
        "flags": Flags(),
    }  # fmt: skip
    return ParsedMail(**{**base, **changes})  # type: ignore[arg-type]  # each test names fields of the right type
