"""Readable copies on the way out: PDF/A-1 of PDFs, pictures, words and CDA bodies; what cannot be one stays."""

import base64
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes

import pikepdf
import pytest
import structlog
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

from bridges.mail import limits
from bridges.mail.copies import copyist, narrative, pages
from bridges.mail.copies.copyist import Copyist
from bridges.mail.copies.pages import Document
from bridges.mail.copies.reasons import NotPossible
from bridges.mail.translate.outgoing import to_mail
from bridges.mail.workers import Workers
from clients.content.document import Author, Code, Patient
from clients.content.letter import Letter
from clients.content.record import RecordDocument
from crypto.attachment import Attachment
from tests.bridges.pdfa_rules import broken_rules, qdf
from tests.bridges.test_outgoing import answer
from tests.bridges.test_translate import ENVELOPE

AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HL7 = 'xmlns="urn:hl7-org:v3"'
BODY = """<structuredBody><component><section><title>Résultats</title><text>Avant
<paragraph>Tout va <content styleCode="Bold">bien</content>.<br/>Vraiment.</paragraph>
<list><item>Fer</item><item>Zinc</item></list>
<table><caption>Bilan</caption>
<tbody><tr><th>H<sub>2</sub>O</th><td>12 g/L</td></tr><tr><td>seul</td></tr></tbody></table>
Après</text><component><section><title>Suite</title><text>Revoir</text></section></component></section></component>
</structuredBody>"""


def cda(body: str = BODY) -> bytes:
    return f"<ClinicalDocument {HL7}><title>T</title><component>{body}</component></ClinicalDocument>".encode()


def document(data: bytes, type_: str, format_: str = "other") -> Document:
    return Document(data, type_, format_, "Compte rendu d'été", ("DURAND Camille", "Dr Claire MARTIN"), AT)


def picture(mode: str, kind: str, **options: object) -> bytes:
    sink = io.BytesIO()
    Image.new(mode, (60, 40)).save(sink, kind, **options)
    return sink.getvalue()


def pdf(change: object = None, content: bytes = b"0 0 1 rg 10 10 50 50 re f") -> bytes:
    """A page with a blue square; `change` makes of it what a test wants."""
    made = Pdf.new()
    made.add_blank_page(page_size=(200, 200))
    made.pages[0].obj[Name.Contents] = made.make_stream(content)
    made.pages[0].obj[Name.Resources] = Dictionary()
    if callable(change):
        change(made, made.pages[0].obj)
    sink = io.BytesIO()
    made.save(sink)
    return sink.getvalue()


def words_of(blocks: object) -> str:
    assert isinstance(blocks, list)
    return "|".join(block.get("text") or str(block.get("rows")) for block in blocks)


@pytest.mark.parametrize(
    "made",
    [
        document(pdf(), "application/pdf", "pdf"),
        document(picture("RGB", "JPEG"), "image/jpeg", "image"),
        document(picture("CMYK", "JPEG"), "image/jpeg", "image"),
        document(picture("RGBA", "PNG"), "image/png", "image"),
        document(picture("1", "TIFF"), "image/tiff", "image"),
        document("Bonjour,\n\nça va ? # *non* $x$ \x07".encode(), "text/plain", "text"),
        document(cda(), "text/xml", "cda-r2"),
        document(
            cda(f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{base64.b64encode(pdf()).decode()}'
                "</text></nonXMLBody>"), "text/xml", "cda-r2",
        ),
    ],
    ids=["pdf", "jpeg", "cmyk-jpeg", "png-alpha", "tiff", "text", "cda", "cda-pdf"],
)  # fmt: skip
def test_a_copy_keeps_the_rules_of_pdfa_1_and_is_always_the_same(made: Document) -> None:
    copy = pages.copy(made)

    assert broken_rules(copy) == []
    assert pages.copy(made) == copy


def test_the_checker_sees_what_a_plain_pdf_lacks() -> None:
    assert {rule.split()[0] for rule in broken_rules(pdf())} >= {"6.7.2", "6.2.2"}


def test_a_jpeg_is_in_its_copy_byte_for_byte() -> None:
    data = picture("RGB", "JPEG")
    with pikepdf.open(io.BytesIO(pages.copy(document(data, "image/jpeg")))) as found:
        assert found.pages[0].obj.Resources.XObject.P.read_raw_bytes() == data


def test_a_picture_of_many_frames_has_a_page_for_each() -> None:
    frames = [Image.new("RGB", (20, 30), colour) for colour in ("red", "blue", "green")]
    sink = io.BytesIO()
    frames[0].save(sink, "TIFF", save_all=True, append_images=frames[1:])
    with pikepdf.open(io.BytesIO(pages.copy(document(sink.getvalue(), "image/tiff")))) as found:
        assert len(found.pages) == 3


def _scripted(made: Pdf, page: pikepdf.Object) -> None:
    script = Dictionary(S=Name.JavaScript, JS="app.alert(1)")
    made.Root[Name.OpenAction] = script
    made.Root[Name.Names] = Dictionary(JavaScript=Dictionary(Names=Array([pikepdf.String("a"), script])))
    page[Name.AA] = Dictionary(O=script)
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]))
    link[Name.A] = Dictionary(S=Name.Launch, F="x.exe")
    attached = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]))
    page[Name.Annots] = Array([made.make_indirect(link), made.make_indirect(attached)])
    page[Name.Group] = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)
    made.attachments["evil.exe"] = b"MZ"


def test_what_acts_is_gone_and_the_page_is_as_before() -> None:
    before = pdf(_scripted)
    copy = pages.copy(document(before, "application/pdf"))

    assert broken_rules(copy) == []
    assert b"evil" not in qdf(copy)
    assert b"x.exe" not in qdf(copy)
    with pikepdf.open(io.BytesIO(before)) as one, pikepdf.open(io.BytesIO(copy)) as other:
        assert one.pages[0].Contents.read_bytes() == other.pages[0].Contents.read_bytes()
        assert int(other.pages[0].Annots[0].F) == 4


def _alpha(_: Pdf, page: pikepdf.Object) -> None:
    page.Resources[Name.ExtGState] = Dictionary(G=Dictionary(ca=0.5))


def _helvetica(_: Pdf, page: pikepdf.Object) -> None:
    page.Resources[Name.Font] = Dictionary(F=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))


def _masked(made: Pdf, page: pikepdf.Object) -> None:
    image = made.make_stream(b"\0\0\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8)
    image[Name.ColorSpace], image[Name.SMask] = Name.DeviceRGB, made.make_stream(b"\0")
    page.Resources[Name.XObject] = Dictionary(I=image)


def _layered(made: Pdf, _: pikepdf.Object) -> None:
    made.Root[Name.OCProperties] = Dictionary()


def _form(made: Pdf, _: pikepdf.Object) -> None:
    made.Root[Name.AcroForm] = Dictionary(Fields=Array([]), XFA="x")


def _hidden(_: Pdf, page: pikepdf.Object) -> None:
    page[Name.Annots] = Array([Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), F=2)])


def _blended(_: Pdf, page: pikepdf.Object) -> None:
    page.Resources[Name.ExtGState] = Dictionary(G=Dictionary(BM=Name.Multiply))


def _locked() -> bytes:
    sink = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as made:
        made.save(sink, encryption=pikepdf.Encryption(owner="o", user=""))
    return sink.getvalue()


@pytest.mark.parametrize(
    ("data", "type_", "format_", "reason"),
    [
        (pdf(_alpha), "application/pdf", "pdf", "transparency"),
        (pdf(_masked), "application/pdf", "pdf", "transparency"),
        (pdf(_blended), "application/pdf", "pdf", "transparency"),
        (pdf(_helvetica), "application/pdf", "pdf", "font"),
        (pdf(_layered), "application/pdf", "pdf", "layers"),
        (pdf(_form), "application/pdf", "pdf", "form"),
        (pdf(_hidden), "application/pdf", "pdf", "hidden"),
        (pdf(content=b"0 0 0 1 k 0 0 9 9 re f"), "application/pdf", "pdf", "cmyk"),
        (_locked(), "application/pdf", "pdf", "encrypted"),
        (b"%PDF-1.4 nothing more", "application/pdf", "pdf", "broken"),
        (pdf()[:300], "application/pdf", "pdf", "broken"),
        (b"\x89PNG\r\n\x1a\nnothing", "image/png", "image", "picture"),
        (picture("RGB", "PNG")[:60], "image/png", "image", "picture"),
        ("体の😀".encode(), "text/plain", "text", "glyphs"),
        (b"{\\rtf1 x}", "application/rtf", "text", "type"),
        (b"<html>", "text/html", "text", "type"),
        (b"<a/>", "text/xml", "cda-r2", "cda"),
        (b"<a", "text/xml", "cda-r2", "cda"),
        (cda("<structuredBody/>"), "text/xml", "cda-r2", "cda"),
        (cda('<nonXMLBody><text representation="B64">%%%</text></nonXMLBody>'), "text/xml", "cda-r2", "cda"),
        (cda('<nonXMLBody><text mediaType="x/y">a</text></nonXMLBody>'), "text/xml", "cda-r2", "type"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + cda(), "text/xml", "cda-r2", "cda"),
    ],
)
def test_what_cannot_be_pdfa_without_loss_is_left(data: bytes, type_: str, format_: str, reason: str) -> None:
    with pytest.raises(NotPossible) as left:
        pages.copy(document(data, type_, format_))
    assert left.value.reason == reason


def test_every_word_of_a_cda_body_is_in_its_blocks_in_order() -> None:
    assert words_of(narrative.read(cda())) == (
        "Résultats|Avant|Tout va bien.\nVraiment.|Fer|Zinc|Bilan|[['H2O', '12 g/L'], ['seul', '']]|Après|Suite|Revoir"
    )


# In the process, and out in a mail.


@pytest.fixture(scope="session")
async def copying() -> AsyncIterator[Workers]:
    pool = Workers(1, command=copyist.COMMAND)
    await pool.start()
    yield pool
    await pool.stop()


def letter(data: bytes, type_: str, format_: str) -> tuple[Letter, dict[bytes, bytes]]:
    file = Attachment(("b" + "0" * 64,), b"f" * 16, bytes(32), "doc", bytes(32), len(data), type_)
    part = RecordDocument(
        file, format_, "Analyses", Code("11502-2", "CR d'examens biologiques", "2.16.840.1.113883.6.1"),  # type: ignore[arg-type]
        Author("Dr Claire MARTIN", "Cabinet"), AT, "1.2^3",
        Patient("279035121518989", "1.2.250.1.213.1.4.10", "DURAND", "Camille", "1979-03-28", "F"),
    )  # fmt: skip
    return answer(parts=(part,)), {file.id: data}


def files(raw: bytes) -> dict[str | None, bytes]:
    parts = [part for part in message_from_bytes(raw).walk() if part.get_filename()]
    return {part.get_filename(): part.get_payload(decode=True) for part in parts}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("data", "type_", "format_"),
    [
        (cda(), "text/xml", "cda-r2"),
        (pdf(), "application/pdf", "pdf"),
        (picture("RGB", "JPEG"), "image/jpeg", "image"),
        (b"Bonjour", "text/plain", "text"),
    ],
)
async def test_a_document_leaves_with_a_pdfa_of_the_name_that_mssante_asks(
    copying: Workers, data: bytes, type_: str, format_: str
) -> None:
    sent, contents = letter(data, type_, format_)
    made = await Copyist(copying, structlog.get_logger()).copies(sent, contents)
    found = files(to_mail(sent, lambda each: contents[each.id], ENVELOPE, made))

    assert list(found) == ["IHE_XDM.zip", "20260304_CR-d-examens-biologiques_DURAND_Camille.pdf"]
    assert broken_rules(found["20260304_CR-d-examens-biologiques_DURAND_Camille.pdf"]) == []


async def test_what_cannot_be_copied_leaves_as_it_is(copying: Workers) -> None:
    sent, contents = letter(pdf(_alpha), "application/pdf", "pdf")
    made = await Copyist(copying, structlog.get_logger()).copies(sent, contents)
    found = files(to_mail(sent, lambda each: contents[each.id], ENVELOPE, made))

    assert made == {}
    assert list(found.values())[1] == contents[b"f" * 16]


@pytest.mark.parametrize(
    "program",
    [
        "import os,signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import sys; sys.stdin.buffer.read(9); sys.stdout.buffer.write(b'\\0\\0\\0\\1x'); sys.stdout.flush(); input()",
        "import time; time.sleep(60)",
    ],
    ids=["dies", "talks nonsense", "hangs"],
)
async def test_a_process_that_fails_stops_no_mail(program: str) -> None:
    pool = Workers(1, wall_seconds=0.5, command=(sys.executable, "-c", program))
    await pool.start()
    sent, contents = letter(b"Bonjour", "text/plain", "text")
    assert await Copyist(pool, structlog.get_logger()).copies(sent, contents) == {}
    await pool.stop()


async def test_a_letter_whose_documents_take_too_long_leaves_without_their_copies(copying: Workers) -> None:
    sent, contents = letter(b"Bonjour", "text/plain", "text")
    assert await Copyist(copying, structlog.get_logger(), 0.0).copies(sent, contents) == {}


async def test_the_process_outlives_a_document_that_wants_more_memory_than_there_is(copying: Workers) -> None:
    bomb = io.BytesIO()
    Image.new("RGBA", (7700, 7700)).save(bomb, "PNG")
    asked = Copyist(copying, structlog.get_logger())
    assert limits.WORKER_MEMORY < 7700 * 7700 * 4 * 4
    assert await asked.copies(*letter(bomb.getvalue(), "image/png", "image")) == {}
    assert len(await asked.copies(*letter(b"Bonjour", "text/plain", "text"))) == 1


async def test_a_killed_process_is_replaced(copying: Workers) -> None:
    asked = Copyist(copying, structlog.get_logger())
    sent, contents = letter(b"Bonjour", "text/plain", "text")
    assert len(await asked.copies(sent, contents)) == 1
    os.kill(copying.alive()[0], signal.SIGKILL)
    assert len(await asked.copies(sent, contents)) == 1


async def test_a_document_that_came_with_a_copy_has_that_copy_made_pdfa(copying: Workers) -> None:
    sent, contents = letter(cda(), "text/xml", "cda-r2")
    (part,) = sent.parts
    assert isinstance(part, RecordDocument)
    shown = replace(part.file, id=b"g" * 16, type="application/pdf", name="copie.pdf")
    sent = replace(sent, parts=(replace(part, copy=shown),))
    made = await Copyist(copying, structlog.get_logger()).copies(sent, contents | {shown.id: pdf()})

    with pikepdf.open(io.BytesIO(made[part.file.id])) as found:
        assert b"0 0 1 rg" in found.pages[0].Contents.read_bytes()
