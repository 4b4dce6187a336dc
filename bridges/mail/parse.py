"""Foreign mail to a plain value. Runs inside the limited worker process, never in the service itself.

Laws: the answer is ParsedMail or Refused; what is broken is refused, what is merely odd is read; no byte is invented.
"""

from collections.abc import Iterator
from email import message_from_bytes
from email import policy as policies
from email.errors import CloseBoundaryNotFoundDefect, NoBoundaryInMultipartDefect, StartBoundaryNotFoundDefect
from email.message import Message
from typing import Final

from bridges.mail import headers, limits, status
from bridges.mail.body import Body, Reader
from bridges.mail.parsed import Answer, Flags, Mailbox, ParsedMail, Refused
from bridges.mail.refusal import CannotRead

_CUT: Final = (CloseBoundaryNotFoundDefect, StartBoundaryNotFoundDefect, NoBoundaryInMultipartDefect)
_REPORTS: Final = {"delivery-status": "dsn", "disposition-notification": "mdn"}


def parse(raw: bytes) -> Answer:
    """The mail in `raw` (CRLF or LF lines). Never raises for what a stranger wrote, except MemoryError."""
    try:
        return _mail(raw)
    except CannotRead as refusal:
        return Refused(refusal.status, refusal.reason)
    except RecursionError:
        return Refused("5.6.0", f"MIME parts are nested deeper than {limits.DEPTH}")


def _mail(raw: bytes) -> ParsedMail:
    _check_raw(raw)
    message = message_from_bytes(raw, policy=policies.compat32)
    _check_structure(message)
    body = Reader().read(message)
    _check_total(body)
    subject = headers.value(message, "Subject")
    return ParsedMail(
        message_id=next(iter(headers.message_ids(str(message.get("Message-ID", "")))), None),
        date=headers.date(message),
        from_=headers.mailboxes(message, "From"),
        reply_to=headers.mailboxes(message, "Reply-To"),
        to=headers.mailboxes(message, "To") + headers.mailboxes(message, "Cc"),
        subject=subject,
        in_reply_to=next(iter(headers.message_ids(str(message.get("In-Reply-To", "")))), None),
        references=headers.message_ids(str(message.get("References", ""))),
        text=body.text,
        html=body.html,
        files=body.files,
        invitations=body.invitations,
        documents=body.documents,
        flags=_flags(message, subject),
        restrictions=body.restrictions,
        report=status.report(message),
        receipt_to=_receipt_to(message),
    )


def _check_raw(raw: bytes) -> None:
    if len(raw) > limits.MAIL_RAW:
        raise CannotRead("5.3.4", "the message is over 25 MB in total")
    ends = [end for end in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if end >= 0]
    if min(ends, default=len(raw)) > limits.HEADERS:
        raise CannotRead("5.6.0", f"the header is over {limits.HEADERS} bytes")


def _check_structure(message: Message) -> None:
    for count, (part, depth) in enumerate(_walk(message, 0), 1):
        if count > limits.PARTS:
            raise CannotRead("5.6.0", f"more than {limits.PARTS} MIME parts")
        if depth > limits.DEPTH:
            raise CannotRead("5.6.0", f"MIME parts are nested deeper than {limits.DEPTH}")
        if sum(len(name) + len(str(value)) for name, value in part.items()) > limits.HEADERS:
            raise CannotRead("5.6.0", f"the header of a part is over {limits.HEADERS} bytes")
        if len(part.get_boundary("") or "") > limits.BOUNDARY:
            raise CannotRead("5.6.0", f"a MIME boundary is over {limits.BOUNDARY} characters")
        if any(isinstance(defect, _CUT) for defect in part.defects):
            raise CannotRead("5.6.0", "the MIME structure is broken or cut: a part has no closing boundary")


def _walk(message: Message, depth: int) -> Iterator[tuple[Message, int]]:
    waiting = [(message, depth)]
    while waiting:
        part, level = waiting.pop()
        yield part, level
        inner = part.get_payload() if part.is_multipart() else []
        if isinstance(inner, list):
            waiting.extend((child, level + 1) for child in inner if isinstance(child, Message))


def _check_total(body: Body) -> None:
    files = [*body.files, *(document.file for document in body.documents)]
    total = len(body.text.encode()) + len((body.html or "").encode()) + sum(len(file.data) for file in files)
    if total > limits.MAIL_TOTAL:
        raise CannotRead("5.3.4", "the message is over 25 MB in total")


def _flags(message: Message, subject: str) -> Flags:
    report = _report(message)
    declared = headers.value(message, "Auto-Submitted").lower()
    return Flags(
        automatic=bool(report) or declared not in ("", "no") or _is_machines(message),
        dsn=report == "dsn",
        mdn=report == "mdn",
        final=headers.value(message, "X-MSS-MES").upper() == "FIN" or subject == "[FIN]",
        hops=len(message.get_all("Received", [])),
    )


def _receipt_to(message: Message) -> tuple[Mailbox, ...]:
    # RFC 8098, 2.2: what an option that we do not know requires, we cannot do. We know none.
    if "required" in headers.value(message, "Disposition-Notification-Options").lower():
        return ()
    return headers.mailboxes(message, "Disposition-Notification-To")


def _is_machines(message: Message) -> bool:
    # What out-of-office programs say of their answers where they do not know RFC 3834.
    said = any(headers.value(message, name) for name in ("X-Autoreply", "X-Autorespond"))
    return said or headers.value(message, "Precedence").lower() == "auto_reply"


def _report(message: Message) -> str:
    if message.get_content_type() != "multipart/report":
        return ""
    return _REPORTS.get(str(message.get_param("report-type", "")).lower(), "")
