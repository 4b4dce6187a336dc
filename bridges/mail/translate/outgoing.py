"""A letter as the bytes of an ordinary mail (RFC 5322). Pure.

Laws: the same letter gives the same bytes; lines end in CRLF and no bare CR, LF or NUL leaves; no field of a letter can
start a header; every file arrives byte for byte.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Final

from bridges.mail import headers, limits
from bridges.mail.translate import threads
from clients.content.letter import Letter
from clients.content.part import Contents, File, MailContext

_MESSAGE_IDS: Final = frozenset({"message-id", "in-reply-to", "references"})
_HEADER_NAME = re.compile(r"X-[A-Za-z0-9-]{1,60}")
_NOT_PRINTED = re.compile(r"[^\x20-\x7e]")


class _Policy(EmailPolicy):
    """RFC 5322 lines. Message ids are never made encoded words: Python folds long ones so, and threads would break."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _MESSAGE_IDS:
            return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY: Final = _Policy(linesep="\r\n", max_line_length=78)


@dataclass(frozen=True)
class Envelope:
    """Who a mail is from and to: plain addresses, proven by the caller, and the gateway's names."""

    sender: str
    recipient: str
    recipient_name: str
    hostname: str
    product: str


class NoMail(ValueError):
    """The letter has no form as mail: an address that no header may hold."""


def to_mail(letter: Letter, contents: Contents, envelope: Envelope) -> bytes:
    """The mail. `contents` gives the bytes of the letter's attachments. Raises NoMail."""
    context = MailContext(letter.sender.name, letter.sent, envelope.product)
    files = [file for part in letter.parts for file in part.as_files(contents, context)]
    mail = empty_mail()
    _put_headers(mail, letter, envelope)
    for name, value in _of_parts(letter):
        mail[name] = value
    _put_body(mail, letter, files)
    settle(mail, letter.message)
    return mail.as_bytes(policy=_POLICY)


def empty_mail() -> EmailMessage:
    """A mail without anything, under the policy that all mail leaves with."""
    return EmailMessage(policy=_POLICY)


def settle(mail: EmailMessage, name: str) -> None:
    """The last touch: boundaries that follow from `name`, where Python would draw random ones."""
    for position, part in enumerate(mail.walk()):
        if part is not mail:
            del part["MIME-Version"]  # it is said once, at the top
        if part.get_content_maintype() == "multipart":
            digest = hashlib.sha256(f"pli boundary v1 {name} {position}".encode()).hexdigest()[:32]
            part.set_boundary(f"=_{digest}")


def _put_headers(mail: EmailMessage, letter: Letter, envelope: Envelope) -> None:
    mail["From"] = _address(letter.sender.name, envelope.sender)
    mail["To"] = _address(envelope.recipient_name, envelope.recipient)
    mail["Subject"] = headers.line(letter.subject, limits.SUBJECT)
    mail["Date"] = format_datetime(_to_second(letter.sent))
    mail["Message-ID"] = threads.message_id(letter.message, letter.thread, envelope.hostname)
    answered = None if letter.mail is None else letter.mail.in_reply_to
    for name, ids in (("In-Reply-To", (answered,) if answered else ()), ("References", _references(letter))):
        plain = [each for each in ids if each.isascii() and headers.message_ids(each) == (each,)]
        if plain:
            mail[name] = " ".join(plain)
    mail["MIME-Version"] = "1.0"
    mail["X-MSS-NIL"] = _NOT_PRINTED.sub("", envelope.product)[:200]


def _references(letter: Letter) -> tuple[str, ...]:
    if letter.mail is None:
        return ()
    ids = dict.fromkeys((*letter.mail.references, *filter(None, (letter.mail.in_reply_to,))))
    return tuple(ids)[-limits.REFERENCES :]


def _of_parts(letter: Letter) -> Iterator[tuple[str, str]]:
    merged: dict[str, list[str]] = {}
    for part in letter.parts:
        for name, value in part.mail_headers().items():
            if _HEADER_NAME.fullmatch(name):
                merged.setdefault(name, []).append(_NOT_PRINTED.sub("", value)[:200])
    for name, values in merged.items():
        # Several documents: all codes; the identity is qualified only when it is so in each (mssante.md).
        yield name, min(values) if name == "X-MSS-INS" else ",".join(dict.fromkeys(values))


def _put_body(mail: EmailMessage, letter: Letter, files: Iterable[File]) -> None:
    listed = list(files)
    mail.set_content(_lines(letter.text), charset="utf-8", cte=_encoding(letter.text))
    if letter.html is not None:
        mail.add_alternative(_lines(letter.html), subtype="html", charset="utf-8", cte=_encoding(letter.html))
    for file in listed:
        if file.placement == "alternative":
            _add_alternative(mail, file)
    for file in listed:
        _add_file(mail, file, {})


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
    part.add_header("Content-Disposition", "attachment", filename=headers.line(file.name, limits.NAME) or "file")
    mail.attach(part)


def _set_bytes(part: EmailMessage, file: File, parameters: Mapping[str, str]) -> None:
    # base64 for every file: what arrives is byte for byte what was sent, whatever its lines end in.
    maintype, _, subtype = file.type.partition("/")
    if maintype in ("multipart", "message"):  # their content may not be base64 (RFC 2046, 5.2.1)
        maintype, subtype = "application", "octet-stream"
    part.set_content(file.data, maintype=maintype, subtype=subtype, cte="base64")
    for name, value in parameters.items():
        part.set_param(name, value)


def _encoding(text: str) -> str:
    # "=_" begins every boundary: quoted-printable spells it "=3D_", so no text can end a part.
    plain = text.isascii() and "=_" not in text and all(len(line) <= 900 for line in text.split("\n"))
    return "7bit" if plain else "quoted-printable"


def _lines(text: str) -> str:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in unix if c >= " " or c in "\n\t") + "\n"


def _address(name: str, address: str) -> Address:
    if not headers.is_address(address):
        raise NoMail("an address that no header may hold")
    return Address(display_name=headers.line(name, limits.SUBJECT), addr_spec=address)


def _to_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
