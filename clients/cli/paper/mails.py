"""Letters by e-mail: one RFC 5322 message a person, with the letter, or with the second code alone.

Law: where there are two codes, only the second one ever goes by mail; the first one goes by post.
"""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from clients.cli.paper.letterhead import Letterhead, term
from clients.cli.paper.letters import Letter, as_text, second_code_text

_POLICY = SMTP.clone(max_line_length=78)


def letter_mail(letter: Letter, account: str, to: str, head: Letterhead, made: datetime) -> bytes:
    """The letter with its only code. The same letter gives the same bytes, Message-ID among them.

    Raises ValueError for a letter of two codes.
    """
    if letter.two_codes:
        raise ValueError("the first of two codes goes by post")
    subject = "Votre messagerie de santé vous attend / Your health mail is waiting for you"
    return _mail(subject, as_text(letter, head, term(head, made.date())), account, to, head, made)


def second_mail(name: str, code: str, account: str, to: str, head: Letterhead, made: datetime) -> bytes:
    """The second code, and nothing that the first one is used with."""
    subject = "Le second code de votre messagerie de santé / The second code of your health mail"
    return _mail(subject, second_code_text(name, code, head), account, to, head, made)


def _mail(subject: str, text: str, account: str, to: str, head: Letterhead, made: datetime) -> bytes:
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = head.mail_from
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(made)
    # A mail that is handed over twice, since the first time's answer was lost, is one mail for who keeps by this id.
    mail["Message-ID"] = f"<{account}@{head.mail_from.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    mail["Content-Language"] = "fr, en"
    mail.set_content(text, cte="quoted-printable")
    return mail.as_bytes()
