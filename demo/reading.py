"""The clinician's mailbox shown on a terminal: who wrote, what, with which files and answers to invitations."""

import email
import mailbox
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import icalendar
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_STATES = {"ACCEPTED": "accepté", "DECLINED": "refusé", "TENTATIVE": "peut-être", "NEEDS-ACTION": "sans réponse"}


def read_maildir(maildir: Path) -> list[EmailMessage]:
    """All mails, oldest first by arrival. An absent folder holds none."""
    if not maildir.exists():
        return []
    box = mailbox.Maildir(str(maildir), create=False)
    arrived = sorted(box.values(), key=lambda mail: mail.get_date())
    return [email.message_from_bytes(mail.as_bytes(), policy=default) for mail in arrived]


def show(mail: EmailMessage) -> Panel:
    """One mail: head, text, files, answers."""
    head = Table.grid(padding=(0, 2))
    for label, name in (("De", "From"), ("À", "To"), ("Objet", "Subject"), ("Date", "Date")):
        head.add_row(Text(label, style="dim"), Text(str(mail.get(name, ""))))
    blocks: list[RenderableType] = [head, Text(), Text(_text(mail).strip())]
    blocks += [Text(line, style="cyan") for line in dict.fromkeys(_extras(mail))]
    return Panel(Group(*blocks), border_style="green", padding=(1, 2))


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain", "html"))
    return str(body.get_content()) if body is not None else ""


def _extras(mail: EmailMessage) -> Iterator[str]:
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            yield from _answers(part)
        elif part.get_filename():
            size = len(part.get_payload(decode=True) or b"")
            yield f"Pièce jointe : {part.get_filename()} ({part.get_content_type()}, {size} octets)"


def _answers(part: EmailMessage) -> Iterator[str]:
    for event in icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT"):
        attendees = event.get("attendee", [])
        for attendee in attendees if isinstance(attendees, list) else [attendees]:
            state = _STATES.get(str(attendee.params.get("PARTSTAT", "")), "sans réponse")
            yield f"Rendez-vous « {event.get('summary', '')} » : {state}"
