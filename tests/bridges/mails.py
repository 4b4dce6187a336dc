"""Mails that the tests hand over."""

from email.message import EmailMessage
from email.policy import SMTP

from tests.bridges.fakes import DOCTOR, PATIENT


def mail(
    text: str = "Bonjour,\r\nvos résultats.\r\n", subject: str = "Vos résultats", sender: str = DOCTOR
) -> EmailMessage:
    """A plain one."""
    made = EmailMessage(policy=SMTP)
    made["From"] = f"Dr Claire MARTIN <{sender}>"
    made["To"] = PATIENT
    made["Subject"] = subject
    made["Date"] = "Mon, 23 Nov 2026 10:00:00 +0100"
    made["Message-ID"] = "<one@cabinet.mssante.example>"
    made.set_content(text)
    return made
