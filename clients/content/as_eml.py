"""A letter as one file of ordinary mail (RFC 5322, MIME): for an archive that any mail program opens. Pure.

Laws: the same letter and files give the same bytes; every body is base64, so no text of the letter can end a part;
what stands in a header has no line end.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from clients.content import as_mail
from clients.content.letter import Letter
from clients.content.part import Contents, File, MailContext

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_ADDRESS: Final = re.compile(r"[^\s<>\"(),:;\\\[\]@]{1,64}@[A-Za-z0-9.-]{1,189}", re.ASCII)
_OCTETS: Final = "application/octet-stream"
_NOBODY: Final = "undisclosed-recipients:;"


def eml(letter: Letter, contents: Contents) -> bytes:
    """The mail. `contents` gives the bytes of an attachment. Raises what `contents` raises."""
    mail = EmailMessage(policy=SMTP)
    for name, value in _headers(letter).items():
        mail[name] = value
    files = _files(letter, contents)
    mail.set_content(letter.text, cte="base64")
    if letter.html is not None:
        mail.add_alternative(letter.html, subtype="html", cte="base64")
    for file in files:
        if file.placement == "alternative":
            _add(mail, file, attached=False)
    for file in files:
        if file.placement == "attachment":
            _add(mail, file, attached=True)
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{letter.message}_{number}")
    return mail.as_bytes()


def _headers(letter: Letter) -> Mapping[str, str]:
    sent, mail = letter.sender, letter.mail
    said = {
        "From": _mailbox(sent.name, sent.address or (mail.from_ if mail else ""), sent.account),
        "To": mail.to if mail and _ADDRESS.fullmatch(mail.to) else _NOBODY,
        "Date": f"{letter.sent:%a, %d %b %Y %H:%M:%S} +0000",
        "Subject": line(letter.subject),
        "Message-ID": _message_id(letter),
        "X-Pli-Sender": sent.account,
        "X-Pli-Recipients": " ".join(to.account for to in letter.recipients),
        "X-Pli-Thread": letter.thread,
    }
    if mail and mail.in_reply_to:
        said["In-Reply-To"] = line(mail.in_reply_to)
    return said


def line(text: str) -> str:
    """Text on one line, without control characters."""
    return _CONTROLS.sub(" ", text).strip()


def _mailbox(name: str, address: str, account: str) -> str:
    shown = re.sub(r'["\\<>,;:@()\[\]]', " ", line(name)).strip()
    place = address if _ADDRESS.fullmatch(address) else f"{account}@pli.invalid"
    return f'"{shown}" <{place}>' if shown else place


def _message_id(letter: Letter) -> str:
    given = letter.mail.message_id if letter.mail else None
    return line(given) if given and given.isascii() and len(given) <= 200 else f"<{letter.message}@pli.invalid>"


def _files(letter: Letter, contents: Contents) -> Sequence[File]:
    context = MailContext(subject_name="", now=letter.sent, product="Pli")
    try:
        return as_mail.files(letter.parts, contents, context)
    except ValueError:
        # A document that does not fit its own description: the files as they were attached.
        return [File(file.name, file.type, contents(file)) for file in letter.attachments()]


def _add(mail: EmailMessage, file: File, *, attached: bool) -> None:
    type_ = file.type if _TYPE.fullmatch(file.type) else _OCTETS
    main, _, sub = type_.lower().partition("/")
    if main in ("multipart", "message"):  # these have no bytes of their own in MIME
        main, sub = _OCTETS.split("/")
    parameters = dict(_parameters(file.parameters))
    if attached:
        mail.add_attachment(
            file.data, maintype=main, subtype=sub, filename=line(file.name) or "file", params=parameters, cte="base64"
        )
    else:
        mail.add_alternative(file.data, maintype=main, subtype=sub, params=parameters, cte="base64")


def _parameters(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if _WORD.fullmatch(name) and _WORD.fullmatch(value):
            yield name, value
