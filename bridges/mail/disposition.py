"""A message disposition notification (RFC 8098): the patient read the mail, and agreed to say so. Pure.

Laws: the same receipt gives the same bytes; nothing of the mail is in it but its Message-ID; it asks for nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from bridges.mail import headers
from bridges.mail.translate import fields
from bridges.mail.translate.outgoing import empty_mail, settle

_SUBJECT: Final = "Accusé de lecture / Read receipt"
_WORDS: Final = (
    "Votre patient a ouvert votre message et accepte de vous le dire. Cela ne dit pas qu'il l'a compris.\n"
    "Your patient opened your message and agreed to tell you so. It does not say that it was understood.\n"
)


@dataclass(frozen=True)
class Displayed:
    """`name` is the letter of the receipt; addresses are plain and proven by the caller."""

    name: str
    reader: str
    reader_name: str
    author: str
    message_id: str
    at: datetime


def disposition(said: Displayed, hostname: str, product: str) -> bytes:
    """The notification as mail. Raises fields.BadField: an id that no header may hold."""
    if headers.message_ids(said.message_id) != (said.message_id,) or not said.message_id.isascii():
        raise fields.BadField("a message id that no header may hold")
    mail = empty_mail()
    mail["From"] = fields.address(said.reader_name, said.reader)
    mail["To"] = fields.address("", said.author)
    mail["Subject"] = fields.text(_SUBJECT)
    mail["Date"] = format_datetime(said.at.astimezone(UTC).replace(microsecond=0))
    mail["Message-ID"] = f"<{said.name}.receipt@{hostname}>"
    mail["In-Reply-To"] = said.message_id
    mail["References"] = said.message_id
    mail["Auto-Submitted"] = "auto-replied"  # RFC 3834: no program is to answer it
    mail["X-MSS-NIL"] = fields.printable(product)
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = 'multipart/report; report-type="disposition-notification"'
    words = empty_mail()
    words.set_content(_WORDS, charset="utf-8", cte="quoted-printable")
    mail.attach(words)
    mail.attach(_notification(said, hostname, product))
    settle(mail, said.name)
    return fields.checked(mail)


def _notification(said: Displayed, hostname: str, product: str) -> EmailMessage:
    inner, part = empty_mail(), empty_mail()
    inner["Reporting-UA"] = f"{hostname}; {fields.printable(product)}"
    inner["Final-Recipient"] = f"rfc822; {said.reader}"
    inner["Original-Message-ID"] = said.message_id
    inner["Disposition"] = "manual-action/MDN-sent-manually; displayed"
    part["Content-Type"] = "message/disposition-notification"
    part.set_payload([inner])
    return part
