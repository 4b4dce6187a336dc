"""A letter as the bytes of an ordinary mail (RFC 5322). Pure.

Laws: the same letter gives the same bytes; lines end in CRLF and no bare CR, LF or NUL leaves; no field of a letter can
start a header; every file arrives byte for byte.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from types import MappingProxyType
from typing import Final

from bridges.mail import files as names
from bridges.mail import headers, limits
from bridges.mail.translate import fields, threads
from clients.content import as_mail, markup
from clients.content.letter import Letter
from clients.content.part import Contents, File, MailContext

_HEADER_NAME = re.compile(r"X-[A-Za-z0-9-]{1,60}")
_TOKEN = re.compile(r"[A-Za-z0-9-]{1,40}")
_CALENDARS: Final = frozenset({"text/calendar", "application/ics"})


@dataclass(frozen=True)
class Envelope:
    """Who a mail is from and to: plain addresses, proven by the caller, and the gateway's names."""

    sender: str
    recipient: str
    recipient_name: str
    hostname: str
    product: str


class NoMail(ValueError):
    """The letter has no form as mail: an address or a field that may not leave."""


def to_mail(
    letter: Letter, contents: Contents, envelope: Envelope, copies: Mapping[bytes, bytes] = MappingProxyType({})
) -> bytes:
    """The mail. `contents` gives the bytes of the letter's attachments, `copies` PDF/A-1 copies by the attachment id of
    their document. Raises NoMail."""
    try:
        return _to_mail(letter, contents, envelope, copies)
    except fields.BadField as error:
        raise NoMail(str(error)) from None


def _to_mail(letter: Letter, contents: Contents, envelope: Envelope, copies: Mapping[bytes, bytes]) -> bytes:
    context = MailContext(letter.sender.name, letter.sent, envelope.product, envelope.sender, copies)
    files = as_mail.files(letter.parts, contents, context)
    mail = empty_mail()
    _put_headers(mail, letter, envelope)
    for name, value in as_mail.headers(letter.parts).items():
        if _HEADER_NAME.fullmatch(name):
            mail[name] = fields.printable(value)
    notes = [note for part in letter.parts if (note := part.mail_note(context))]
    _put_body(mail, letter, files, notes)
    settle(mail, letter.message)
    return fields.checked(mail)


def empty_mail() -> EmailMessage:
    """A mail without anything, under the policy that all mail leaves with."""
    return EmailMessage(policy=fields.POLICY)


def settle(mail: EmailMessage, name: str) -> None:
    """The last touch: boundaries that follow from `name`, where Python would draw random ones."""
    for position, part in enumerate(mail.walk()):
        if part is not mail:
            del part["MIME-Version"]  # it is said once, at the top
        if part.get_content_maintype() == "multipart":
            digest = hashlib.sha256(f"pli boundary v1 {name} {position}".encode()).hexdigest()[:32]
            part.set_boundary(f"=_{digest}")


def _put_headers(mail: EmailMessage, letter: Letter, envelope: Envelope) -> None:
    mail["From"] = fields.address(letter.sender.name, envelope.sender)
    mail["To"] = fields.address(envelope.recipient_name, envelope.recipient)
    mail["Subject"] = fields.text(as_mail.subject(letter.parts) or letter.subject)
    mail["Date"] = format_datetime(_to_second(letter.sent))
    mail["Message-ID"] = threads.message_id(letter.message, letter.thread, envelope.hostname)
    answered = None if letter.mail is None else letter.mail.in_reply_to
    for name, ids in (("In-Reply-To", (answered,) if answered else ()), ("References", _references(letter))):
        plain = [each for each in ids if each.isascii() and headers.message_ids(each) == (each,)]
        if plain:
            mail[name] = " ".join(plain)
    mail["MIME-Version"] = "1.0"
    mail["X-MSS-NIL"] = fields.printable(envelope.product)


def _references(letter: Letter) -> tuple[str, ...]:
    if letter.mail is None:
        return ()
    ids = dict.fromkeys((*letter.mail.references, *filter(None, (letter.mail.in_reply_to,))))
    return tuple(ids)[-limits.REFERENCES :]


def _put_body(mail: EmailMessage, letter: Letter, files: Iterable[File], notes: Sequence[str]) -> None:
    listed = list(files)
    text, html = _words(letter, notes)
    mail.set_content(_lines(text), charset="utf-8", cte=_encoding(text))
    if html is not None:
        mail.add_alternative(_lines(html), subtype="html", charset="utf-8", cte=_encoding(html))
    for file in listed:
        if file.placement == "alternative":
            _add_alternative(mail, file)
    for file in listed:
        _add_file(mail, file, {})


def _words(letter: Letter, notes: Sequence[str]) -> tuple[str, str | None]:
    """Text and HTML, with what the parts note below. A subject that the parts' own rule displaced stands above them: no
    word of a patient is lost."""
    displaced = as_mail.subject(letter.parts) is not None and letter.subject
    above = [f"Objet : {letter.subject}"] if displaced else []
    text = "\n\n".join((*above, letter.text, *notes))
    if letter.html is None:
        return text, None
    before, after = ("".join(f"<p>{escape(word, quote=False)}</p>\n" for word in words) for words in (above, notes))
    # Whoever wrote the letter was to reduce its HTML: a hostile client did not.
    return text, f"{before}{markup.reduce(letter.html)}{after}"


def _add_alternative(mail: EmailMessage, file: File) -> None:
    # Beside the words for mail programs that answer it there, and once more as a file (below) for those that do not.
    if mail.get_content_type() != "multipart/alternative":
        mail.make_alternative()
    part = empty_mail()
    _set_bytes(part, file, file.parameters)
    mail.attach(part)


def _add_file(mail: EmailMessage, file: File, parameters: Mapping[str, str]) -> None:
    if mail.get_content_type() != "multipart/mixed":
        mail.make_mixed()
    part = empty_mail()
    _set_bytes(part, file, parameters if file.placement == "attachment" else file.parameters)
    part["Content-Disposition"] = f"attachment; {fields.file_name(file.name)}"
    mail.attach(part)


def _set_bytes(part: EmailMessage, file: File, parameters: Mapping[str, str]) -> None:
    # base64 for every file: what arrives is byte for byte what was sent, whatever its lines end in.
    maintype, _, subtype = _type(file).partition("/")
    part.set_content(file.data, maintype=maintype, subtype=subtype, cte="base64")
    for name, value in parameters.items():
        if not _TOKEN.fullmatch(name) or not _TOKEN.fullmatch(value):
            raise NoMail("a parameter that may not leave")
        part.set_param(name, value)


def _type(file: File) -> str:
    kind = names.media_type(file.type)
    # The content of multipart and message may not be base64 (RFC 2046, 5.2.1). A calendar that a patient merely
    # attached is no answer to an appointment: no mail program is to act on it.
    if kind.startswith(("multipart/", "message/")) or (kind in _CALENDARS and file.placement == "attachment"):
        return names.UNKNOWN_TYPE
    return kind


def _encoding(text: str) -> str:
    # "=_" begins every boundary: quoted-printable spells it "=3D_", so no text can end a part.
    plain = text.isascii() and "=_" not in text and all(len(line) <= 900 for line in text.split("\n"))
    return "7bit" if plain else "quoted-printable"


def _lines(text: str) -> str:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in unix if c >= " " or c in "\n\t") + "\n"


def _to_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
