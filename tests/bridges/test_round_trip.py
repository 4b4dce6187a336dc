"""Mail in, letter, mail out, mail in again: words equal, files byte for byte, and the loop is never held.

The corpus is the one that is shipped; a folder of more mails (scripts/mail-collection fetches one that its licence lets
nobody ship) is read as well where it is.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from bridges.mail.parse import parse
from bridges.mail.parsed import ParsedMail, Refused
from bridges.mail.refusal import CannotRead
from bridges.mail.translate import incoming
from bridges.mail.translate.outgoing import Envelope, to_mail
from bridges.mail.workers import Workers
from clients.content.letter import Letter, LetterRecipient, Sender, from_bytes, to_bytes
from crypto.attachment import Attachment
from crypto.keys import blob_id, random_id
from tests.bridges.fakes import DOCTOR, HOSTNAME, KEY, PATIENT, account

CORPUS = sorted((Path(__file__).parent / "corpus").rglob("*.eml"))
MORE = Path(os.environ.get("PLI_MAILS") or Path(__file__).parents[2] / ".venv" / "mails")
LOOP_SECONDS = 0.25  # of processor time on the loop, for one mail
ENVELOPE = Envelope(PATIENT, DOCTOR, "Dr Claire MARTIN", HOSTNAME, "Pli")


def _files(mail: ParsedMail) -> list[tuple[str, bytes]]:
    return sorted((hashlib.sha256(file.data).hexdigest(), file.data) for file in mail.files)


def _documents(mail: ParsedMail) -> list[bytes]:
    return sorted(document.file.data for document in mail.documents)


def _letter(mail: ParsedMail) -> tuple[Letter, dict[bytes, bytes]]:
    """As the gateway makes it; sealing is not this test's: the attachments are plain references."""
    plan, contents, sealed = incoming.plan(mail), dict[bytes, bytes](), []
    for file in plan.files:
        digest = hashlib.sha256(file.data).digest()
        chunks, key, size = (blob_id(os.urandom(8)),), os.urandom(16), len(file.data)
        made = Attachment(chunks, key, bytes(32), file.name, digest, size, file.type)
        contents[made.id] = file.data
        sealed.append(made)
    to = (LetterRecipient(account(DOCTOR), bytes(32)),)
    letter = Letter(
        random_id(), random_id(), datetime(2026, 11, 23, 10, tzinfo=UTC), Sender(account(PATIENT), KEY, "C", PATIENT),
        to, 1, None, incoming.shown_subject(mail.subject), mail.text, mail.html, plan.parts(sealed),
        mail=incoming.thread_facts(mail, PATIENT, DOCTOR),
    )  # fmt: skip
    return from_bytes(to_bytes(letter)), contents


def _and_back(mail: ParsedMail) -> tuple[bytes, ParsedMail]:
    letter, contents = _letter(mail)
    raw = to_mail(letter, lambda each: contents[each.id], ENVELOPE)
    again = parse(raw)
    assert isinstance(again, ParsedMail), again
    return raw, again


def _check(mail: ParsedMail) -> None:
    raw, again = _and_back(mail)
    assert again.text.startswith(mail.text.rstrip("\n"))
    # An appointment that the author may not send is said in words below; nothing else is ever added.
    assert mail.invitations or again.text == mail.text.rstrip("\n")
    assert _files(again) == _files(mail)
    assert _documents(again) == _documents(mail)
    assert b"\x00" not in raw
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_mail_of_the_corpus_comes_back_whole(path: Path) -> None:
    mail = parse(path.read_bytes())
    if isinstance(mail, Refused):
        assert mail.status == "5.6.0"
        return
    _check(mail)


def _hard() -> Iterator[tuple[str, EmailMessage]]:
    def plain(text: str = "Bonjour") -> EmailMessage:
        made = EmailMessage(policy=SMTP)
        made["From"], made["To"], made["Subject"] = DOCTOR, PATIENT, "=?utf-8?q?R=C3=A9sultats_?= =?utf-8?b?w6k=?="
        made.set_content(text, charset="utf-8", cte="base64")
        return made

    every_byte = bytes(range(256)) * 257
    names = "é à.pdf", "日本語の名前.pdf", "=?utf-8?b?w6k=?=", 'a "quoted" name.bin', "x" * 250 + ".txt"
    for name in (*names, "..", "con\ttrol.txt"):
        made = plain()
        made.add_attachment(every_byte, maintype="application", subtype="octet-stream", filename=name)
        yield f"name {name[:12]!r}", made
    yield "words that look like a boundary", plain("--=_x\n--\n.\n..\nFrom me\n\nSubject: no\n")
    yield "no words", plain("")
    yield "spaces at the ends", plain("a  \n\t b\u00a0\n   \nc")
    yield "every plane", plain("é 日本 \U0001f9ec \u202e rtl e\u0301 \u2028 end")
    long = plain("x" * 5000 + "\n" + "é" * 5000)
    long.add_attachment(b"", maintype="application", subtype="octet-stream", filename="empty.bin")
    long.add_attachment(b"a\rb\nc\r\nd\x00", maintype="text", subtype="plain", filename="ends.txt")
    yield "long lines, an empty file, bare line ends in a file", long
    many = plain()
    for number in range(60):
        many.add_attachment(b"%d" % number, maintype="image", subtype="png", filename="same.png")
    yield "sixty files of one name", many
    inner = plain("inside")
    outer = plain("outside")
    outer.add_attachment(inner)
    yield "a forwarded mail", outer


@pytest.mark.parametrize(("_name", "made"), list(_hard()), ids=[name for name, _ in _hard()])
def test_a_hard_mail_comes_back_whole(_name: str, made: EmailMessage) -> None:
    mail = parse(made.as_bytes())
    assert isinstance(mail, ParsedMail)
    _check(mail)


async def test_no_mail_holds_the_loop() -> None:
    large = EmailMessage(policy=SMTP)
    large["From"], large["To"] = DOCTOR, PATIENT
    large.set_content("Bonjour " * 100_000)
    large.add_attachment(os.urandom(17_000_000), maintype="application", subtype="octet-stream", filename="large.bin")
    pool = Workers(2)
    await pool.start()
    try:
        for raw in (*(path.read_bytes() for path in CORPUS), large.as_bytes()):
            before = time.thread_time()
            with contextlib.suppress(CannotRead):
                await pool.parse(raw)
            assert time.thread_time() - before < LOOP_SECONDS
    finally:
        await pool.stop()


def test_mails_of_a_collection_that_is_not_shipped_come_back_whole() -> None:
    found = sorted(path for path in MORE.rglob("*") if path.is_file()) if MORE.is_dir() else []
    if not found:
        pytest.skip("no collection here: scripts/mail-collection fetches one, or PLI_MAILS names a folder")
    for path in found[:500]:
        mail = parse(path.read_bytes())
        if isinstance(mail, ParsedMail):
            _check(mail)
