"""A one-page PDF with text and thin rules, written by hand: enough for a tidy report, and nothing more.

Laws: PDF 1.4, one A4 page, the two standard Helvetica fonts in WinAnsiEncoding, no compression, exact cross-reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH, HEIGHT, MARGIN = 595, 842, 56  # points; A4
_CATALOGUE: Final = (
    b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 8 0 R >>",
)
_FONT: Final = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"


@dataclass(frozen=True)
class Line:
    """One line of the page. `cells` stand in columns; `gap` is the space above, in points."""

    cells: tuple[str, ...]
    size: int = 11
    bold: bool = False
    gap: int = 6
    rule: bool = False


def write_page(title: str, lines: Sequence[Line], columns: Sequence[int] = (0, 260, 380)) -> bytes:
    """The PDF. `columns` are the cells' distances from the left margin, in points. Text must fit in Windows-1252."""
    content = _content(lines, columns)
    objects = [
        *_CATALOGUE,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        _FONT % b"Helvetica",
        _FONT % b"Helvetica-Bold",
        b"<< /Title (%s) /Producer (Pli demonstration) >>" % _escape(title),
        b"<< /Font << /F1 5 0 R /F2 6 0 R >> >>",
    ]
    return _assemble(objects)


def _content(lines: Sequence[Line], columns: Sequence[int]) -> bytes:
    y, out = HEIGHT - MARGIN, []
    for line in lines:
        y -= line.size + line.gap
        font = b"F2" if line.bold else b"F1"
        for x, cell in zip(columns, line.cells, strict=False):
            out.append(b"BT /%s %d Tf %d %d Td (%s) Tj ET" % (font, line.size, MARGIN + x, y, _escape(cell)))
        if line.rule:
            out.append(b"0.6 w %d %d m %d %d l S" % (MARGIN, y - 5, WIDTH - MARGIN, y - 5))
    return b"\n".join(out)


def _escape(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _assemble(objects: Sequence[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)
