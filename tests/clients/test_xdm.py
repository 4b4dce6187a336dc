"""XDM archives against rules written from the specification; and the ZIP games that strangers play."""

import io
import struct
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.content import xdm
from clients.content.document import Code
from clients.content.record import RecordDocument
from tests.clients.test_record import CDA, CONTEXT, DOCUMENT, PATIENT
from tests.clients.xdm_rules import broken

NAME = "IHE_XDM/SUBSET01/A.TXT"


def _archive(*documents: RecordDocument) -> bytes:
    return RecordDocument.files_of(documents, lambda _: CDA, CONTEXT)[0].data


@pytest.mark.parametrize(
    "document",
    [
        DOCUMENT,
        replace(DOCUMENT, patient=None),
        replace(DOCUMENT, id=""),
        replace(DOCUMENT, confidentiality=("N", "MASQUE_PS")),
        replace(DOCUMENT, name='<&">', author=replace(DOCUMENT.author, name="É|^~&", organization="")),
        *(
            replace(DOCUMENT, format="other", file=replace(DOCUMENT.file, type=type_))
            for type_ in ("image/tiff", "image/jpeg", "text/html", "application/x-unheard-of", "video/quicktime")
        ),
    ],
)
def test_an_archive_of_ours_keeps_every_rule(document: RecordDocument) -> None:
    assert broken(_archive(document)) == []


def test_an_archive_of_many_documents_keeps_every_rule_and_is_read_back() -> None:
    documents = [replace(DOCUMENT, id=f"1.2.3^{number}", name=f"n° {number}") for number in range(40)]
    archive = _archive(*documents)
    assert broken(archive) == []
    found = [each.metadata for each in xdm.read(archive)]
    assert [(one.id, one.title, one.patient) for one in found if one] == [(d.id, d.name, PATIENT) for d in documents]


def test_the_same_documents_are_the_same_bytes() -> None:
    assert _archive(DOCUMENT) == _archive(DOCUMENT)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_words_of_a_document_break_a_rule(title: str, label: str, name: str) -> None:
    code = Code("11502-2", label, "2.16.840.1.113883.6.1")
    patient = replace(PATIENT, birth_name=name)
    document = replace(DOCUMENT, name=title, code=code, patient=patient)
    assert broken(_archive(document)) == []


def test_the_rules_notice_what_is_wrong() -> None:
    # A validator that says yes to everything shows nothing.
    archive, sink = _archive(DOCUMENT), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as whole, zipfile.ZipFile(sink, "w") as spoilt:
        for name in whole.namelist():
            data = whole.read(name)
            if name.endswith("METADATA.XML"):
                data = data.replace(b"Original", b"Copy").replace(b'name="size"', b'name="length"')
            spoilt.writestr(name.replace("README", "readme"), data + (b"x" if name.endswith("DOC0001.XML") else b""))
    said = broken(sink.getvalue())
    assert {"README.TXT is missing", "SubmissionSetStatus", "size", "hash"} <= set(said)


def _zip(name: str = NAME, data: bytes = b"text", method: int = zipfile.ZIP_STORED) -> bytearray:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        archive.writestr(name, data)
    return bytearray(sink.getvalue())


def _central(raw: bytearray) -> int:
    return raw.rfind(b"PK\x01\x02")


def _encrypted() -> bytes:
    raw = _zip()
    for at in (6, _central(raw) + 8):
        raw[at] |= 1
    return bytes(raw)


def _says_longer() -> bytes:
    raw = _zip()
    struct.pack_into("<L", raw, _central(raw) + 24, 1 << 20)
    return bytes(raw)


def _says_shorter() -> bytes:
    raw = _zip(data=b"text" * 9, method=zipfile.ZIP_DEFLATED)
    struct.pack_into("<L", raw, _central(raw) + 24, 4)
    return bytes(raw)


def _zip64_says_much() -> bytes:
    # The 32-bit size says "see the ZIP64 field", which says 4 EiB.
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        entry = zipfile.ZipInfo(NAME)
        entry.extra = struct.pack("<HHQ", 1, 8, 1 << 62)
        archive.writestr(entry, b"text")
    raw = bytearray(sink.getvalue())
    struct.pack_into("<L", raw, _central(raw) + 24, 0xFFFFFFFF)
    return bytes(raw)


def _zip64_cut() -> bytes:
    raw = _zip()
    struct.pack_into("<LL", raw, _central(raw) + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    return bytes(raw)


def _zip64_elsewhere() -> bytes:
    # The place of the entry comes from a ZIP64 field too, and lies outside of the file.
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        entry = zipfile.ZipInfo(NAME)
        entry.extra = struct.pack("<HHQ", 1, 8, 1 << 40)
        archive.writestr(entry, b"text")
    raw = bytearray(sink.getvalue())
    struct.pack_into("<L", raw, _central(raw) + 42, 0xFFFFFFFF)
    return bytes(raw)


def _other_name_inside() -> bytes:
    raw = _zip()
    raw[30:31] = b"J"
    return bytes(raw)


def _twice() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(NAME, b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(NAME, b"two")
    return sink.getvalue()


def _device() -> bytes:
    raw = _zip()
    struct.pack_into("<L", raw, _central(raw) + 38, 0o020666 << 16)
    return bytes(raw)


def _exotic() -> bytes:
    return bytes(_zip(data=b"text" * 9, method=zipfile.ZIP_LZMA))


@pytest.mark.parametrize(
    "make",
    [
        _encrypted, _says_longer, _says_shorter, _zip64_says_much, _zip64_cut, _zip64_elsewhere, _other_name_inside,
        _twice, _device, _exotic,
    ],
)  # fmt: skip
def test_a_game_with_the_archive_is_refused(make: object) -> None:
    with pytest.raises(xdm.NotXdm):
        xdm.read(make())  # type: ignore[operator]  # a function


@pytest.mark.parametrize(
    "name",
    [
        "../" + NAME, "/" + NAME, "\\" + NAME, "C:\\" + NAME, "IHE_XDM/SUBSET01/../../A", "IHE_XDM/SUBSET01//A",
        "IHE_XDM/./SUBSET01/A", "IHE_XDM/SUBSET01/a\nb", "\\\\host\\share\\" + NAME, "IHE_XDM/SUBSET01/" + "A" * 300,
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(xdm.NotXdm):
        xdm.read(bytes(_zip(name)))


def test_an_archive_inside_is_a_document_and_never_opened() -> None:
    bomb = bytes(_zip(data=bytes(40_000_000), method=zipfile.ZIP_DEFLATED))
    (found,) = xdm.read(bytes(_zip("IHE_XDM/SUBSET01/INNER.ZIP", bomb)))
    assert found.data == bomb


@pytest.mark.parametrize(
    "metadata",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
        b'<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><x/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16"),
    ],
)
def test_metadata_with_a_document_type_are_refused(metadata: bytes) -> None:
    with pytest.raises(xdm.NotXdm, match="metadata"):
        xdm.read(bytes(_zip("IHE_XDM/SUBSET01/METADATA.XML", metadata)))
