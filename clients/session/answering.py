"""An answer to a letter: same thread, right person, and the thread kept whole in ordinary mail. Pure."""

import re
from typing import Final

from clients.content.letter import REFERENCES_LIMIT, SUBJECT_LIMIT, Letter, Mail
from clients.content.part import Part
from clients.session.outgoing import Draft

_RE: Final = re.compile(r"re\s*:", re.IGNORECASE)


def answer(letter: Letter, address: str, text: str, *, html: str | None = None, parts: tuple[Part, ...] = ()) -> Draft:
    """A draft that answers `letter`; `address` is the mail address of who answers."""
    return Draft(
        subject=answer_subject(letter.subject),
        text=text,
        html=html,
        parts=parts,
        thread=letter.thread,
        in_reply_to=letter.message,
        mail=None if letter.mail is None else answer_mail(letter.mail, address),
    )


def answer_subject(subject: str) -> str:
    """One "Re: ", whatever stood before."""
    return (subject if _RE.match(subject) else f"Re: {subject}")[:SUBJECT_LIMIT]


def answer_mail(answered: Mail, address: str) -> Mail:
    """The bridge makes the Message-ID; what is answered is named here."""
    named = (*answered.references, *([answered.message_id] if answered.message_id else []))
    return Mail(address, answered.from_, None, answered.message_id, named[-REFERENCES_LIMIT:])
