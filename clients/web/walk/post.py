"""The clinician's mails of the walk, written by the standard library and icalendar alone, and handed to the operator.

Everything that is not the demonstration's own sample mail: many, long, repeated, moved, cancelled, replaced, closing.
"""

import datetime as dt
import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid

import icalendar

from demo.archive import write_archive
from demo.names import CLINIC_DOMAIN, CLINICIAN_ADDRESS, CLINICIAN_NAME, Patient
from demo.report import Report, as_cda
from demo.sample import PARIS, PARIS_RULES

FAREWELL = "\n\nDr Claire Martin\nCabinet médical des Tilleuls\n"


@dataclass(frozen=True)
class Attached:
    """A file of a mail; `media` is its type, as "application/pdf"."""

    name: str
    media: str
    data: bytes


@dataclass(frozen=True)
class Note:
    """One mail. `headers` are added as they are; `calendar` is a whole VCALENDAR with its METHOD."""

    subject: str
    text: str
    files: tuple[Attached, ...] = ()
    calendar: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """An appointment of one uid; `method` and `rule` as in RFC 5546 and RFC 5545."""

    summary: str
    start: dt.datetime
    uid: str = field(default_factory=lambda: make_msgid(domain=CLINIC_DOMAIN)[1:-1])
    method: str = "REQUEST"
    sequence: int = 0
    rule: str | None = None


def send(submission: int, recipient: Patient, note: Note) -> None:
    """To the operator's door for the clinician's mail program."""
    with smtplib.SMTP("127.0.0.1", submission, timeout=20) as program:
        program.sendmail(CLINICIAN_ADDRESS, [recipient.address], written(recipient, note).as_bytes())


def written(recipient: Patient, note: Note) -> EmailMessage:
    """The mail in CRLF form."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((CLINICIAN_NAME, CLINICIAN_ADDRESS))
    mail["To"] = formataddr((recipient.name, recipient.address))
    mail["Subject"] = note.subject
    mail["Date"] = format_datetime(dt.datetime.now(dt.UTC))
    mail["Message-ID"] = make_msgid(domain=CLINIC_DOMAIN)
    for name, value in note.headers.items():
        mail[name] = value
    mail.set_content(note.text)
    if note.calendar is not None:
        method = str(icalendar.Calendar.from_ical(note.calendar)["METHOD"])
        mail.add_alternative(
            note.calendar, subtype="calendar", charset="utf-8", cte="base64", params={"method": method}
        )
    for file in note.files:
        main, _, sub = file.media.partition("/")
        mail.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name)
    return mail


def appointment(recipient: Patient, event: Event) -> str:
    """The calendar object of it."""
    calendar, inner = icalendar.Calendar(), icalendar.Event()
    for name, value in {"prodid": "-//Walk//FR", "version": "2.0", "method": event.method}.items():
        calendar.add(name, value)
    inner.add("uid", event.uid)
    inner.add("dtstamp", dt.datetime.now(dt.UTC).replace(microsecond=0))
    inner.add("dtstart", event.start)
    inner.add("dtend", event.start + dt.timedelta(minutes=30))
    inner.add("summary", event.summary)
    inner.add("location", "Cabinet médical des Tilleuls, 3 place de la Mairie, 75011 Paris")
    inner.add("sequence", event.sequence)
    if event.rule is not None:
        inner.add("rrule", icalendar.vRecur.from_ical(event.rule))
    if event.method == "CANCEL":
        inner.add("status", "CANCELLED")
    inner.add("organizer", icalendar.vCalAddress(f"mailto:{CLINICIAN_ADDRESS}"), parameters={"cn": CLINICIAN_NAME})
    asked = {"cn": recipient.name, "role": "REQ-PARTICIPANT", "partstat": "NEEDS-ACTION", "rsvp": "TRUE"}
    inner.add("attendee", icalendar.vCalAddress(f"mailto:{recipient.address}"), parameters=asked)
    calendar.add_component(icalendar.Timezone.from_ical(PARIS_RULES))
    calendar.add_component(inner)
    return bytes(calendar.to_ical()).decode()


def in_days(days: int, hour: int) -> dt.datetime:
    """That many days from now, at that full hour in Paris."""
    return dt.datetime.combine(dt.datetime.now(PARIS).date() + dt.timedelta(days=days), dt.time(hour), PARIS)


def replacing(older: Report, newer: Report) -> Attached:
    """An archive with a CDA document that takes the place of another one (relatedDocument RPLC)."""
    whole, root = as_cda(newer).decode(), "1.2.250.1.213.1.1.1.55"
    parent = whole.partition("<id root=")[2].partition('"')[2].partition('"')[0] or root
    related = (
        f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{parent}" extension="{older.identifier}"/>'
        "</parentDocument></relatedDocument>"
    )
    before, _, after = whole.partition("<component>")
    return Attached(
        "IHE_XDM.zip", "application/zip", write_archive(f"{before}{related}<component>{after}".encode(), newer)
    )
