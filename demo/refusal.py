"""A refusal or a delay as the mail that the author reads (RFC 3464): French first, then English, then the facts."""

import datetime as dt
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from demo.names import OPERATOR_HOST


@dataclass(frozen=True)
class Refused:
    """What a next server said about one recipient. `code` is the SMTP code, `said` its text with the enhanced code."""

    recipient: str
    code: int
    said: str

    @property
    def status(self) -> str:
        """Enhanced status (RFC 3463): the server's own, else x.0.0 of its class."""
        first = self.said.split(" ", 1)[0]
        parts = first.split(".")
        told = len(parts) == 3 and all(part.isdigit() for part in parts)
        return first if told else f"{self.code // 100}.0.0"


def write_refusal(original: bytes, author: str, refused: Refused, now: dt.datetime) -> bytes:
    """The delivery status notification, from nobody (the envelope's `<>`) to the author."""
    headers = BytesHeaderParser(policy=SMTP).parsebytes(original)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Remise du courrier <mailer-daemon@{OPERATOR_HOST}>"
    mail["To"] = author
    mail["Subject"] = f"Message non remis : {headers.get('Subject', '(sans objet)')}"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=OPERATOR_HOST)
    mail["Auto-Submitted"] = "auto-replied"
    if headers["Message-ID"]:
        mail["In-Reply-To"] = str(headers["Message-ID"])
    mail.set_content(_words(refused))
    mail.make_mixed()
    mail.attach(_status(refused, now))  # type: ignore[arg-type]  # a delivery status is no EmailMessage
    mail.add_attachment(_only_headers(original), maintype="text", subtype="rfc822-headers", cte="8bit")
    mail.replace_header("Content-Type", str(mail["Content-Type"]).replace("multipart/mixed", "multipart/report"))
    mail.set_param("report-type", "delivery-status")
    return mail.as_bytes()


def _words(refused: Refused) -> str:
    return (
        f"Votre message à {refused.recipient} n'a pas été remis. Le serveur du destinataire a répondu :\n\n"
        f"    {refused.said}\n\n"
        f"Your message to {refused.recipient} was not delivered; the recipient's server said the words above.\n"
    )


def _status(refused: Refused, now: dt.datetime) -> Message:
    per_message, per_recipient = Message(), Message()
    per_message["Reporting-MTA"] = f"dns; {OPERATOR_HOST}"
    per_message["Arrival-Date"] = format_datetime(now)
    per_recipient["Final-Recipient"] = f"rfc822; {refused.recipient}"
    per_recipient["Action"] = "failed"
    per_recipient["Status"] = refused.status
    per_recipient["Diagnostic-Code"] = f"smtp; {refused.code} {refused.said}"
    report = Message()
    report["Content-Type"] = "message/delivery-status"
    report.set_payload([per_message, per_recipient])
    return report


def _only_headers(original: bytes) -> bytes:
    return original.split(b"\r\n\r\n", 1)[0] + b"\r\n"
