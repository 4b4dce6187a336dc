"""Documents that are no PDF, as PDF/A-1: words and CDA bodies (A), pictures (B). Runs in the limited process.

Laws: no word is left out: where no font here shows one, there is no copy; the same document gives the same bytes.
"""

import io
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pikepdf
import typst
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image, ImageOps, ImageSequence

from bridges.mail import headers
from bridges.mail.copies import narrative, pdfa
from bridges.mail.copies.reasons import NotPossible

_TEMPLATE: Final = (Path(__file__).parent / "readable.typ").read_bytes()
_FONTS: Final = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
_A4: Final = (595.0, 842.0)  # points
_MARGIN: Final = 36.0
_FRAMES: Final = 200
_PIXELS: Final = 60_000_000
_TURNS: Final = {1: 0, 3: 180, 6: 90, 8: 270}  # EXIF orientation -> /Rotate
_EXIF_ORIENTATION: Final = 0x0112
_KEPT: Final = 11
Image.MAX_IMAGE_PIXELS = _PIXELS // 2  # Pillow refuses at twice that


@dataclass(frozen=True)
class Document:
    """`type` and `format` as its record says; `above`: lines about it, for people; `at`: when it was made, UTC."""

    data: bytes
    type: str
    format: str
    title: str
    above: tuple[str, ...]
    at: datetime


def copy(document: Document) -> bytes:
    """Its PDF/A-1. Raises NotPossible."""
    if document.format == "cda-r2":
        body = narrative.read(document.data)
        if isinstance(body, list):
            return _set(document, body)
        return _file(document, body.data, body.type)
    return _file(document, document.data, document.type)


def _file(document: Document, data: bytes, type_: str) -> bytes:
    if data[:1024].find(b"%PDF-") >= 0:
        return pdfa.archived(data, document.title, document.at, profile())
    if type_.startswith("image/"):
        return pdfa.archived(_pictures(data), document.title, document.at, profile())
    if type_ == "text/plain":
        words = headers.charset_text(data, ()).replace("\r\n", "\n").replace("\r", "\n")
        return _set(document, [{"kind": "text", "text": each} for each in words.split("\n\n") if each.strip()])
    raise NotPossible("type")


def profile() -> bytes:
    """The sRGB profile that typst puts into each PDF/A: Compact ICC Profiles, CC0, version 2."""
    with pikepdf.open(io.BytesIO(_compiled({"title": "sRGB", "above": [], "blocks": []}, 0))) as made:
        return bytes(made.Root.OutputIntents[0].DestOutputProfile.read_bytes())


def _set(document: Document, blocks: list[dict[str, Any]]) -> bytes:
    said = {"title": document.title, "above": document.above, "blocks": blocks}
    return _compiled(_shown(said), int(document.at.timestamp()))


def _compiled(said: dict[str, Any], at: int) -> bytes:
    compiler = typst.Compiler(_TEMPLATE, font_paths=_FONTS, ignore_system_fonts=True)
    inputs = {"said": json.dumps(said, ensure_ascii=False)}
    try:
        # Level A asks for the meaning of each glyph: a word that no font here shows is an error, not a row of boxes.
        made = compiler.compile(format="pdf", sys_inputs=inputs, timestamp=at, pdf_standards=["a-1a"])
    except typst.TypstError:
        raise NotPossible("glyphs") from None
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one piece")
    return made


def _shown(value: Any) -> Any:
    """Without control characters: no font shows them."""
    if isinstance(value, str):
        return "".join(c for c in value.replace("\t", "    ") if c == "\n" or c.isprintable() or c.isspace())
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list | tuple) else value


def _pictures(data: bytes) -> bytes:
    """A page for each picture of the file."""
    pdf = Pdf.new()
    try:
        with Image.open(io.BytesIO(data)) as opened:
            for number, frame in enumerate(ImageSequence.Iterator(opened)):
                if number >= _FRAMES:
                    raise NotPossible("long")
                _put(pdf, frame, data if number == 0 and getattr(opened, "n_frames", 1) == 1 else b"")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotPossible("picture") from None
    sink = io.BytesIO()
    pdf.save(sink)
    return sink.getvalue()


def _put(pdf: Pdf, frame: Image.Image, data: bytes) -> None:
    turn = _TURNS.get(frame.getexif().get(_EXIF_ORIENTATION, 1))
    if frame.format == "JPEG" and data and frame.mode in ("RGB", "L") and turn is not None:
        picture = pdf.make_stream(data)  # byte for byte: nothing is lost to a second compression
        picture[Name.Filter] = Name.DCTDecode
    else:
        frame, turn = _opaque(ImageOps.exif_transpose(frame)), 0
        picture = pdf.make_stream(frame.tobytes())
    picture[Name.Type], picture[Name.Subtype], picture[Name.BitsPerComponent] = Name.XObject, Name.Image, 8
    picture[Name.Width], picture[Name.Height] = frame.size
    picture[Name.ColorSpace] = Name.DeviceGray if frame.mode == "L" else Name.DeviceRGB
    page = _A4 if frame.height >= frame.width else (_A4[1], _A4[0])
    scale = min((page[0] - 2 * _MARGIN) / frame.width, (page[1] - 2 * _MARGIN) / frame.height)
    wide, high = frame.width * scale, frame.height * scale
    matrix = f"q {wide:.3f} 0 0 {high:.3f} {(page[0] - wide) / 2:.3f} {(page[1] - high) / 2:.3f} cm /P Do Q"
    pdf.add_blank_page(page_size=page)
    made = pdf.pages[-1].obj
    made[Name.Resources] = Dictionary(XObject=Dictionary(P=picture))
    made[Name.Contents] = pdf.make_stream(matrix.encode())
    made[Name.MediaBox] = Array([0, 0, *(int(each) for each in page)])
    if turn:
        made[Name.Rotate] = turn


def _opaque(frame: Image.Image) -> Image.Image:
    """On white paper: PDF/A-1 knows no transparency."""
    if frame.mode in ("1", "L"):
        return frame.convert("L")
    if frame.has_transparency_data:
        above = frame.convert("RGBA")
        paper = Image.new("RGBA", above.size, "white")
        return Image.alpha_composite(paper, above).convert("RGB")
    return frame.convert("RGB")


def forget() -> None:
    """Let go of what was laid out: typst keeps it until more documents did without it."""
    for _ in range(_KEPT):
        typst.Compiler(b"", font_paths=_FONTS, ignore_system_fonts=True).compile(format="pdf")
