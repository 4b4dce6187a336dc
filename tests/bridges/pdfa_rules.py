"""What ISO 19005-1 asks of a file, by reading it: written from the standard, knowing nothing of the writer.

verapdf, the reference, needs a Java runtime and is not in Debian: these are the rules that can be read off the objects.
"""

import io
import re

import pikepdf
from lxml import etree

PDFAID = "http://www.aiim.org/pdfa/ns/id/"


def broken_rules(raw: bytes) -> list[str]:
    """The clauses that the file breaks; empty: none of those that are looked at."""
    found = []
    if not re.match(rb"%PDF-1\.[1-4]\r?\n%[\x80-\xff]{4}", raw):
        found.append("6.1.2 header")
    if b"/ObjStm" in raw or b"/XRef" in raw:
        found.append("6.1.4 streams of PDF 1.5")
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        root = pdf.Root
        found += [] if "/ID" in pdf.trailer else ["6.1.3 ID"]
        found += ["6.1.3 Encrypt"] if "/Encrypt" in pdf.trailer else []
        found += _xmp(root.get("/Metadata"))
        found += _intent(root)
        found += [f"6.6 {key}" for key in ("/OpenAction", "/AA", "/OCProperties") if key in root]
        names = root.get("/Names", pikepdf.Dictionary())
        found += [f"6.1.11, 6.6.1 {key}" for key in ("/EmbeddedFiles", "/JavaScript") if key in names]
    text = qdf(raw)
    for clause, pattern in (
        ("6.4 transparency", rb"/S\s*/Transparency|/SMask\s+\d|/ca\s+0|/CA\s+0|/BM\s*/(?!Normal|Compatible)"),
        ("6.6.1 action", rb"/S\s*/(JavaScript|Launch|ImportData|ResetForm|Sound|Movie)\b|/JS[ (]"),
        ("6.2.3 colour", rb"/DeviceCMYK"),
        ("6.1.10 LZW", rb"/LZWDecode"),
        ("6.1.11 file", rb"/EF\b|/FileAttachment"),
    ):
        if re.search(pattern, text):
            found.append(clause)
    return found + _fonts(raw)


def qdf(raw: bytes) -> bytes:
    """Its objects as plain text."""
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        return b"\n".join(each.unparse() for each in pdf.objects)


def _xmp(metadata: pikepdf.Object | None) -> list[str]:
    if metadata is None:
        return ["6.7.2 XMP"]
    if "/Filter" in metadata:
        return ["6.7.2 XMP is compressed"]
    tree = etree.fromstring(bytes(metadata.read_bytes()))
    part, level = (next(tree.iter(f"{{{PDFAID}}}{name}")).text for name in ("part", "conformance"))
    return [] if part == "1" and level in ("A", "B") else [f"6.7.11 PDF/A-{part}{level}"]


def _intent(root: pikepdf.Object) -> list[str]:
    intents = [one for one in root.get("/OutputIntents", []) if one.S == "/GTS_PDFA1"]
    if len(intents) != 1:
        return ["6.2.2 intent"]
    profile = bytes(intents[0].DestOutputProfile.read_bytes())
    fits = profile[36:40] == b"acsp" and profile[16:20] == b"RGB " and profile[8] == 2
    return [] if fits and int(intents[0].DestOutputProfile.N) == 3 else ["6.2.2 profile"]


def _fonts(raw: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        fonts = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"]
        return [
            f"6.3.4 {font.get('/BaseFont')}"
            for font in fonts
            if font.Subtype not in ("/Type0", "/Type3")
            and not any(key in font.get("/FontDescriptor", {}) for key in ("/FontFile", "/FontFile2", "/FontFile3"))
        ]
