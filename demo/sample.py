"""The mail that the clinician's software writes: text in two forms, an invitation, a PDF and an IHE_XDM archive.

It is written without any of Pli's own code, so that Pli is tried against mail of another maker.
"""

import datetime as dt
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Final
from zoneinfo import ZoneInfo

import icalendar

from demo.archive import write_archive
from demo.names import CAMILLE, CLINIC_DOMAIN, CLINICIAN_ADDRESS, CLINICIAN_NAME
from demo.report import Report, as_cda, as_pdf

PARIS: Final = ZoneInfo("Europe/Paris")
# As mail programs write it: the two rules that have held since 1996.
PARIS_RULES: Final = """BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""


@dataclass(frozen=True)
class Visit:
    """The appointment that the mail proposes: half an hour, beginning at `start`."""

    start: dt.datetime
    summary: str = "Consultation avec le Dr Martin"
    location: str = "Cabinet médical des Tilleuls, 3 place de la Mairie, 75011 Paris"
    description: str = "Merci d'apporter votre carte Vitale et vos derniers résultats."


@dataclass(frozen=True)
class Words:
    """What one mail says. `html` is the body's inner markup."""

    subject: str
    text: str
    html: str
    file_name: str
    sender_name: str = CLINICIAN_NAME


@dataclass(frozen=True)
class Sample:
    """One mail with all that is in it, so that a test can compare what arrives."""

    words: Words
    report: Report
    visit: Visit
    recipient: str
    message_id: str
    uid: str
    pdf: bytes
    cda: bytes
    raw: bytes


def default_words(report: Report) -> Words:
    """What the demonstration's mail says."""
    born = dt.date.fromisoformat(report.patient.birth_date)
    subject = (
        f"XDM/1.0/DDM+CR d'examens biologiques {report.patient.birth_name} {report.patient.first_name} {born:%d/%m/%Y}"
    )
    first = report.patient.first_name.title()
    paragraphs = [
        f"Bonjour {first},",
        "Vos résultats d'analyse sont arrivés : ils sont joints à ce message.",
        "La glycémie est bonne. Le cholestérol est un peu haut, rien d'urgent.",
        "Je vous propose d'en parler en consultation la semaine prochaine.",
        "Vous pouvez accepter le rendez-vous directement dans ce message.",
        "Bien à vous,",
        "Dr Claire Martin\nCabinet médical des Tilleuls",
    ]
    html = "".join("<p>" + text.replace("\n", "<br>") + "</p>" for text in paragraphs)
    return Words(subject, "\n\n".join(paragraphs) + "\n", html, f"{report.drawn:%Y%m%d}_CR-BIO_DURAND_CAMILLE.pdf")


def next_week(now: dt.datetime) -> dt.datetime:
    """Tuesday of the coming week, at 10:30 in Paris."""
    monday = now.astimezone(PARIS).date() + dt.timedelta(days=7 - now.astimezone(PARIS).weekday())
    return dt.datetime.combine(monday + dt.timedelta(days=1), dt.time(10, 30), PARIS)


def compose(
    now: dt.datetime,
    *,
    report: Report | None = None,
    words: Words | None = None,
    visit: Visit | None = None,
    recipient: str = CAMILLE.address,
) -> Sample:
    """A complete mail in CRLF form, ready for SMTP."""
    report = report or Report(drawn=(now - dt.timedelta(days=2)).astimezone(PARIS).replace(microsecond=0))
    words, visit = words or default_words(report), visit or Visit(next_week(now))
    pdf, cda = as_pdf(report), as_cda(report)
    mail = _letter(now, words, recipient)
    uid = make_msgid(domain=CLINIC_DOMAIN)[1:-1]
    invitation = _invitation(now, visit, words.sender_name, recipient, uid)
    mail.add_alternative(invitation, subtype="calendar", charset="utf-8", cte="base64", params={"method": "REQUEST"})
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=words.file_name)
    archive = write_archive(cda, report)
    mail.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.zip")
    return Sample(words, report, visit, recipient, str(mail["Message-ID"]), uid, pdf, cda, mail.as_bytes())


def _letter(now: dt.datetime, words: Words, recipient: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(words.sender_name, addr_spec=CLINICIAN_ADDRESS)
    mail["To"] = Address(CAMILLE.name, addr_spec=recipient)
    mail["Subject"] = words.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=CLINIC_DOMAIN)
    mail["X-MSS-CODECDA"] = "11502-2"
    mail["X-MSS-INS"] = "O"
    mail["X-MSS-NIL"] = "DEMO/1.0"
    mail.set_content(words.text)
    mail.add_alternative(f'<!doctype html><html lang="fr"><body>{words.html}</body></html>', subtype="html")
    return mail


def _invitation(now: dt.datetime, visit: Visit, organiser: str, recipient: str, uid: str) -> str:
    calendar, event = icalendar.Calendar(), icalendar.Event()
    for name, value in {"prodid": "-//Pli demonstration//FR", "version": "2.0", "method": "REQUEST"}.items():
        calendar.add(name, value)
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(dt.UTC).replace(microsecond=0))
    event.add("dtstart", visit.start)
    event.add("dtend", visit.start + dt.timedelta(minutes=30))
    event.add("summary", visit.summary)
    event.add("location", visit.location)
    event.add("description", visit.description)
    event.add("sequence", 0)
    event.add("organizer", icalendar.vCalAddress(f"mailto:{CLINICIAN_ADDRESS}"), parameters={"cn": organiser})
    event.add("attendee", icalendar.vCalAddress(f"mailto:{recipient}"), parameters=_invited())
    calendar.add_component(icalendar.Timezone.from_ical(PARIS_RULES))
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _invited() -> dict[str, str]:
    return {"cn": CAMILLE.name, "role": "REQ-PARTICIPANT", "partstat": "NEEDS-ACTION", "rsvp": "TRUE"}
