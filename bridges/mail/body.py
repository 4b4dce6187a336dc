"""The body of a foreign mail: its words, its files, its appointments and record documents. Runs in the worker."""

import html as markup_escape
import io
from dataclasses import dataclass, field
from email import policy as policies
from email.errors import InvalidBase64LengthDefect
from email.generator import BytesGenerator
from email.message import Message
from typing import Any, Final

from bridges.mail import files, headers, limits, markup, structured
from bridges.mail.parsed import ParsedDocument, ParsedFile
from bridges.mail.refusal import CannotRead

_WIRE: Final = policies.compat32.clone(linesep="\r\n", max_line_length=0)


@dataclass(frozen=True)
class Block:
    """One piece of the words: plain, marked up, or both forms of the same."""

    text: str | None
    html: str | None


@dataclass(frozen=True)
class Body:
    """All that the parts hold."""

    text: str
    html: str | None
    files: tuple[ParsedFile, ...]
    invitations: tuple[dict[str, Any], ...]
    documents: tuple[ParsedDocument, ...]
    restrictions: tuple[str, ...] = ()


@dataclass
class Reader:
    """Walks the parts once, in order, and collects."""

    blocks: list[Block] = field(default_factory=list)
    found: list[ParsedFile] = field(default_factory=list)
    invitations: list[dict[str, Any]] = field(default_factory=list)
    documents: list[ParsedDocument] = field(default_factory=list)
    restrictions: set[str] = field(default_factory=set)

    def read(self, message: Message) -> Body:
        """Raises CannotRead: a file was cut; an archive or a calendar is hostile."""
        self._part(message)
        text, html = _joined(self.blocks)
        if len(text.encode()) > limits.TEXT:
            self.found.insert(0, ParsedFile("message.txt", "text/plain", text.encode()))
            text = text.encode()[: limits.TEXT // 2].decode("utf-8", "ignore") + "\n\n[...] message.txt"
            html = None
        if html is not None and len(html.encode()) > limits.TEXT:
            self.found.insert(0, ParsedFile("message.html", "text/html", html.encode()))
            html = None
        restrictions = tuple(sorted(self.restrictions))
        return Body(text, html, tuple(self.found), tuple(self.invitations), tuple(self.documents), restrictions)

    def _part(self, part: Message) -> None:
        if part.get_content_type() == "multipart/alternative" and part.is_multipart():
            self._alternative(part)
        elif part.get_content_maintype() == "multipart" and part.is_multipart():
            for child in _children(part):
                self._part(child)
        elif part.is_multipart():  # message/rfc822, message/delivery-status: kept whole
            self._file(part, _whole(part))
            for inner in part.walk():  # a document is as hidden inside a forwarded mail as beside it
                if not inner.is_multipart():
                    self.restrictions |= structured.restrictions(_named(inner, _bytes(inner), 1))
        else:
            self._leaf(part)

    def _alternative(self, part: Message) -> None:
        # Each form of the same words is read on its own, then joined into one block; files beside them are files.
        outer, self.blocks = self.blocks, []
        for child in _children(part):
            self._part(child)
        inner, self.blocks = self.blocks, outer
        plain = [block.text for block in inner if block.text is not None and block.html is None]
        marked = [block for block in inner if block.html is not None]
        if plain or marked:
            html = marked[-1].html if marked else None
            text = plain[0] if plain else marked[-1].text
            self.blocks.append(Block(text, html))

    def _leaf(self, part: Message) -> None:
        kind, named = part.get_content_type(), bool(part.get_filename())
        inline = part.get_content_disposition() != "attachment" and not named
        if kind == "text/plain" and inline:
            self.blocks.append(Block(_clean(_text(part)), None))
        elif kind == "text/html" and inline:
            html = markup.reduced(_text(part))
            self.blocks.append(Block(None, html))
        else:
            self._file(part, _bytes(part))

    def _file(self, part: Message, data: bytes) -> None:
        file = _named(part, data, len(self.found) + 1)
        invitations = structured.invitations(file)
        if invitations:
            self._keep(invitations)
            return
        documents = structured.documents(file)
        if documents:
            self.documents.extend(documents)
            return
        self.restrictions |= structured.restrictions(file)
        self.found.append(file)

    def _keep(self, invitations: tuple[dict[str, Any], ...]) -> None:
        # Mail programs send the same appointment twice: as an alternative and as a file.
        self.invitations.extend(one for one in invitations if one not in self.invitations)
        if len(self.invitations) > limits.CALENDARS:
            raise CannotRead("5.6.0", f"more than {limits.CALENDARS} appointments in one message")


def _joined(blocks: list[Block]) -> tuple[str, str | None]:
    text = "\n\n".join(_plain(block) for block in blocks).strip("\n")
    if all(block.html is None for block in blocks):
        return text, None
    return text, "\n".join(_marked(block) for block in blocks)


def _plain(block: Block) -> str:
    return block.text if block.text is not None else markup.as_text(block.html or "")


def _marked(block: Block) -> str:
    return block.html if block.html is not None else f"<pre>{markup_escape.escape(block.text or '', quote=False)}</pre>"


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _named(part: Message, data: bytes, position: int) -> ParsedFile:
    return files.file(_name(part), part.get_content_type(), data, position)


def _name(part: Message) -> str:
    raw = part.get_filename("") or ""
    return headers.decoded(raw) if raw else ""


def _bytes(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    if any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects):
        raise CannotRead("5.6.0", "an attachment is cut: its base64 text ends in the middle")
    return data if isinstance(data, bytes) else b""


def _text(part: Message) -> str:
    return headers.charset_text(_bytes(part), (part.get_content_charset(),))


def _clean(text: str) -> str:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in unix if c >= " " or c in "\n\t").rstrip("\n")


def _whole(part: Message) -> bytes:
    out = io.BytesIO()
    for child in _children(part):
        BytesGenerator(out, mangle_from_=False, maxheaderlen=0, policy=_WIRE).flatten(child)
    return out.getvalue()
