"""A delivery status notification (RFC 3464) for recipients that were refused after others had been accepted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, Message
from email.utils import format_datetime

from bridges.mail import headers
from bridges.mail.translate import fields
from bridges.mail.translate.outgoing import empty_mail, settle


@dataclass(frozen=True)
class Subject:
    """What is reported on: who handed it over, its Message-ID, and a name that is the same at each attempt."""

    sender: str
    message_id: str | None
    name: str


def report(subject: Subject, answers: Mapping[str, str], hostname: str, now: datetime) -> bytes:
    """The report as mail; `answers` are SMTP answers by recipient."""
    mail = empty_mail()
    mail["From"] = f"MAILER-DAEMON@{hostname}"
    mail["To"] = subject.sender
    mail["Subject"] = fields.text("Message non remis / Undelivered message")
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{subject.name}.report@{hostname}>"
    if subject.message_id is not None and fields.printable(subject.message_id, 998) == subject.message_id:
        mail["In-Reply-To"] = subject.message_id
        mail["References"] = subject.message_id
    mail["Auto-Submitted"] = "auto-replied"
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = 'multipart/report; report-type="delivery-status"'
    mail.attach(_part("plain", _words(answers)))
    status = empty_mail()
    status["Content-Type"] = "message/delivery-status"
    status.set_payload(_status(answers, hostname))
    mail.attach(status)
    settle(mail, subject.name)
    return fields.checked(mail)


def _part(subtype: str, text: str) -> EmailMessage:
    part = empty_mail()
    part.set_content(text, subtype=subtype, charset="utf-8", cte="quoted-printable")
    return part


def _words(answers: Mapping[str, str]) -> str:
    listed = "\n".join(
        f"<{headers.line(address)}>: {headers.line(answer)}" for address, answer in sorted(answers.items())
    )
    french = "Votre message n'a pas été remis à ces destinataires ; les autres l'ont reçu."
    return f"{french}\nYour message was not delivered to these recipients; the others have it.\n\n{listed}\n"


def _status(answers: Mapping[str, str], hostname: str) -> list[Message | str]:
    first = empty_mail()
    first["Reporting-MTA"] = f"dns; {hostname}"
    return [first, *(_recipient(address, answer) for address, answer in sorted(answers.items()))]


def _recipient(address: str, answer: str) -> EmailMessage:
    block = empty_mail()
    block["Final-Recipient"] = f"rfc822; {fields.printable(address, 254)}"
    block["Action"] = "failed"
    block["Status"] = answer.split(" ")[1]
    block["Diagnostic-Code"] = f"smtp; {fields.printable(answer, 900)}"
    return block
