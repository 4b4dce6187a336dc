"""A PDF as PDF/A-1b, where that takes nothing from its pages. Runs in the limited process. Source: ISO 19005-1:2005.

Laws: pages look as before; a PDF that only a new rendering could make PDF/A raises NotPossible and stays as it is; what
acts (JavaScript, launching, attached files) is gone. The same bytes in give the same bytes out.
"""

import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Operator, Pdf, Stream

from bridges.mail.copies.reasons import NotPossible

# Clause 6.6.1 forbids most actions; a link within the document or to the web stays.
_ACTIONS: Final = frozenset({"/GoTo", "/GoToR", "/URI", "/Named", "/Thread", "/SubmitForm", "/Hide"})
_ANNOTATIONS_GONE: Final = frozenset({"/FileAttachment", "/Sound", "/Movie", "/Screen", "/3D", "/RichMedia"})
_PRINTED, _UNSEEN = 4, 1 | 2 | 32  # annotation flags: Print; Invisible, Hidden, NoView (6.5.3)
_INTENTS: Final = frozenset({"/RelativeColorimetric", "/AbsoluteColorimetric", "/Perceptual", "/Saturation"})
_FILTERS_NOT: Final = frozenset({"/JPXDecode", "/Crypt"})
_INLINE_NOT: Final = (b"/DeviceCMYK", b"/CMYK", b"/LZW")
_DEPTH: Final = 200
_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"><pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<xmp:MetadataDate>{at}</xmp:MetadataDate></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def archived(raw: bytes, title: str, at: datetime, profile: bytes) -> bytes:
    """`raw` as PDF/A-1b. `profile`: an sRGB ICC profile, version 2. Raises NotPossible with a word for the log."""
    try:
        with pikepdf.open(io.BytesIO(raw), attempt_recovery=False) as pdf:
            return _archived(pdf, title, at, profile)
    except (pikepdf.PdfError, pikepdf.DataDecodingError):
        raise NotPossible("broken") from None
    except pikepdf.PasswordError:
        raise NotPossible("encrypted") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # A dictionary that is not what its place in the file says: nobody knows what a reader would show.
        raise NotPossible("odd") from None


def _archived(pdf: Pdf, title: str, at: datetime, profile: bytes) -> bytes:
    if pdf.is_encrypted:
        raise NotPossible("encrypted")
    if len(pdf.pages) == 0:
        raise NotPossible("empty")
    _clear_catalog(pdf)
    for page in pdf.pages:
        _clear_page(page.obj)
    for found in _dictionaries(pdf):
        _check(found)
        _mend(found)
    for page in pdf.pages:
        _check_content(page.obj)
    _declare(pdf, title, at, profile)
    sink = io.BytesIO()
    pdf.save(
        sink, force_version="1.4", object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True,
        stream_decode_level=pikepdf.StreamDecodeLevel.generalized, compress_streams=True,
    )  # fmt: skip
    return sink.getvalue()


def _clear_catalog(pdf: Pdf) -> None:
    root = pdf.Root
    if Name.OCProperties in root:
        raise NotPossible("layers")
    form = root.get(Name.AcroForm)
    if form is not None:
        if Name.XFA in form or form.get(Name.NeedAppearances):
            raise NotPossible("form")
        _without(form, "/NeedAppearances")
    _without(root, "/OpenAction", "/AA", "/Collection", "/AF", "/Extensions", "/Perms", "/Requirements")
    names = root.get(Name.Names)
    if names is not None:
        _without(names, "/JavaScript", "/EmbeddedFiles", "/AlternatePresentations", "/Renditions")


def _clear_page(page: Object) -> None:
    _without(page, "/AA", "/PresSteps")
    annotations = page.get(Name.Annots)
    if annotations is None:
        return
    kept = [one for one in _array(annotations) if str(one.get(Name.Subtype)) not in _ANNOTATIONS_GONE]
    for one in kept:
        _clear_annotation(one)
    page[Name.Annots] = Array(kept)


def _clear_annotation(one: Object) -> None:
    flags = int(one.get(Name.F, 0))
    if flags & _UNSEEN:
        raise NotPossible("hidden")
    appearance = one.get(Name.AP)
    if str(one.get(Name.Subtype)) not in ("/Link", "/Popup") and appearance is None:
        raise NotPossible("appearance")  # every reader would draw it in its own way
    if appearance is not None:
        _without(appearance, "/D", "/R")
    one[Name.F] = flags | _PRINTED
    _without(one, "/AA")


def _dictionaries(pdf: Pdf) -> Iterator[Object]:
    """Every dictionary, and that of every stream, once. Raises NotPossible: a value that PDF/A-1 knows no place for."""
    for found in pdf.objects:
        yield from _inside(found, 0)


def _inside(value: Any, depth: int) -> Iterator[Object]:
    if depth > _DEPTH:
        raise NotPossible("deep")
    if isinstance(value, Name) and value == Name.DeviceCMYK:
        raise NotPossible("cmyk")
    if isinstance(value, Dictionary | Stream):
        yield value
        for key in list(value.keys()):
            yield from _child(value.get(key), depth)
    elif isinstance(value, Array):
        for item in _array(value):
            yield from _child(item, depth)


def _child(value: Any, depth: int) -> Iterator[Object]:
    if not (isinstance(value, Object) and value.is_indirect):  # indirect ones come by themselves
        yield from _inside(value, depth + 1)


def _check(found: Object) -> None:
    """Raises NotPossible: transparency, a font that is not inside, a filter or a rule of later versions."""
    for key in ("/CA", "/ca"):
        alpha: Any = found.get(key)
        if isinstance(alpha, int | float | Decimal) and alpha != 1:  # elsewhere the key holds words
            raise NotPossible("transparency")
    if str(found.get(Name.SMask, "/None")) != "/None" or str(found.get(Name.BM, "/Normal")) not in (
        "/Normal", "/Compatible",
    ):  # fmt: skip
        raise NotPossible("transparency")
    if Name.TR in found and str(found.get(Name.Type)) == "/ExtGState":
        raise NotPossible("transfer")
    _check_font(found)
    if isinstance(found, Stream):
        _check_stream(found)


def _check_font(found: Object) -> None:
    if str(found.get(Name.Type)) != "/Font":
        return
    kind = str(found.get(Name.Subtype))
    if kind == "/Type0":
        encoding = found.get(Name.Encoding)
        if isinstance(encoding, Name) and str(encoding) not in ("/Identity-H", "/Identity-V"):
            raise NotPossible("font")
        return
    if kind == "/Type3":
        return
    descriptor = found.get(Name.FontDescriptor)
    if descriptor is None:
        raise NotPossible("font")
    program = next((descriptor[key] for key in ("/FontFile", "/FontFile2", "/FontFile3") if key in descriptor), None)
    if program is None or str(program.get(Name.Subtype)) == "/OpenType":
        raise NotPossible("font")
    if "+" in str(descriptor.get(Name.FontName))[:8]:  # 6.3.5: a subset says which glyphs it has
        wanted = {"/Type1": "/CharSet", "/MMType1": "/CharSet", "/CIDFontType0": "/CIDSet", "/CIDFontType2": "/CIDSet"}
        if kind in wanted and wanted[kind] not in descriptor:
            raise NotPossible("font")


def _check_stream(found: Object) -> None:
    filters = found.get(Name.Filter)
    listed = _array(filters) if isinstance(filters, Array) else [filters]
    if Name.F in found or any(str(each) in _FILTERS_NOT for each in listed):
        raise NotPossible("filter")
    subtype = str(found.get(Name.Subtype))
    if subtype == "/PS" or found.get(Name.Subtype2) == Name.PS or Name.Ref in found:
        raise NotPossible("postscript")
    if subtype == "/Form" or found.get(Name.PatternType) == 1:
        _check_content(found)


def _mend(found: Object) -> None:
    """What changes no page: groups without transparency in them, hints, actions that PDF/A does not allow."""
    group = found.get(Name.Group)
    if isinstance(group, Dictionary) and str(group.get(Name.S)) == "/Transparency":
        _without(found, "/Group")
    if isinstance(found, Stream) and str(found.get(Name.Subtype)) == "/Image":
        _without(found, "/Interpolate", "/Alternates", "/OPI", "/Metadata")
    action = found.get(Name.A)
    if isinstance(action, Dictionary) and str(action.get(Name.S)) not in _ACTIONS:
        _without(found, "/A")
    _without(found, "/AA", "/JS", "/EF")
    if str(found.get(Name.Subtype)) == "/CIDFontType2" and Name.CIDToGIDMap not in found:
        found[Name.CIDToGIDMap] = Name.Identity  # what its absence means (ISO 32000-1, table 117)


def _check_content(holder: Object) -> None:
    for instruction in pikepdf.parse_content_stream(holder, operators="k K cs CS ri BI ID EI INLINE IMAGE"):
        operator = str(instruction.operator)
        if operator in ("k", "K") or (operator in ("cs", "CS") and instruction.operands[0] == Name.DeviceCMYK):
            raise NotPossible("cmyk")
        if operator == "ri" and str(instruction.operands[0]) not in _INTENTS:
            raise NotPossible("intent")
        if instruction.operator == Operator("INLINE IMAGE"):
            head = instruction.iimage.obj  # type: ignore[union-attr]  # the operator says which of the two it is
            if any(each in bytes(str(head), "utf-8", "replace") for each in _INLINE_NOT):
                raise NotPossible("cmyk")


def _declare(pdf: Pdf, title: str, at: datetime, profile: bytes) -> None:
    """The words that make it a PDF/A: XMP, and the colours that its device colours mean (6.2.2, 6.7.11)."""
    said = _XMP.format(title=escape(_printable(title)), at=at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    metadata = pdf.make_stream(said.encode())
    metadata[Name.Type], metadata[Name.Subtype] = Name.Metadata, Name.XML
    pdf.Root[Name.Metadata] = metadata
    colours = pdf.make_stream(profile)
    colours[Name.N] = 3
    intent = Dictionary(
        Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier="sRGB", Info="sRGB IEC61966-2.1",
        DestOutputProfile=colours,
    )  # fmt: skip
    pdf.Root[Name.OutputIntents] = Array([pdf.make_indirect(intent)])
    # What it said of itself must agree with the XMP word for word: only the XMP says it now.
    if Name.Info in pdf.trailer:
        del pdf.trailer[Name.Info]


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable())


def _array(value: Object) -> list[Any]:
    return list(value.as_list())


def _without(found: Object, *keys: str) -> None:
    for key in keys:
        if key in found:
            del found[key]
