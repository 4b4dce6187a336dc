"""Documents of the record: CDA headers, XDM archives good and hostile, identities, the mail that comes of them."""

import io
import struct
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.content import as_mail, cda, ins, xdm
from clients.content.document import Author, Code, Patient
from clients.content.document_types import document_types, label_of
from clients.content.part import MailContext
from clients.content.record import RecordDocument
from clients.content.unzip import Limits
from crypto.attachment import Attachment

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
CDA = b"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2" extension="3"/>
<code code="11502-2" codeSystem="2.16.840.1.113883.6.1"/><title>Analyses du <!-- x --> jour</title>
<effectiveTime value="20260301093000+0100"/><confidentialityCode code="N"/>
<recordTarget><patientRole><id root="9.9" extension="7"/><id root="1.2.250.1.213.1.4.10" extension="279035121518989"/>
<patient><name><family qualifier="CL">X</family><family qualifier="BR">DURAND</family>
<given qualifier="BR">Camille</given></name>
<administrativeGenderCode code="F"/><birthTime value="19790328"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name><prefix>DR</prefix><given>Claire</given><family>MARTIN</family></name>
</assignedPerson><representedOrganization><name>Cabinet</name></representedOrganization></assignedAuthor></author>
<relatedDocument typeCode="RPLC"><parentDocument><id root="1.1"/></parentDocument></relatedDocument>
<component><structuredBody/></component></ClinicalDocument>"""
PATIENT = Patient("279035121518989", ins.TEST, "DURAND", "Camille", "1979-03-28", "F")
FILE = Attachment(("b" + "0" * 64,), bytes(16), bytes(32), "doc.xml", bytes(32), len(CDA), "text/xml")
COPY = Attachment(("b" + "1" * 64,), bytes(16), bytes(32), "copie.PDF", bytes(32), 4, "application/pdf")
CONTEXT = MailContext("DURAND Camille", NOW, "Pli 0.1")
DOCUMENT = RecordDocument(
    FILE, "cda-r2", "Analyses", Code("11502-2", "CR d'examens biologiques", "2.16.840.1.113883.6.1"),
    Author("Dr Claire MARTIN", "Cabinet"), NOW, "1.2^3", PATIENT, ("N",), COPY,
)  # fmt: skip


def test_a_cda_header_says_who_whom_what_and_when() -> None:
    found = cda.header(CDA)

    assert (found.id, found.replaces, found.confidentiality) == ("1.2^3", "1.1", ("N",))
    assert found.code == Code("11502-2", "CR d'examens biologiques", "2.16.840.1.113883.6.1")
    assert (found.title, found.date) == ("Analyses du jour", datetime(2026, 3, 1, 8, 30, tzinfo=UTC))
    assert (found.author, found.patient) == (Author("DR Claire MARTIN", "Cabinet"), PATIENT)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"<a/>", b"<a", CDA[:400], CDA.replace(b"urn:hl7-org:v3", b"urn:other"), b"PK\x03\x04",
        CDA.replace(b"<Clin", b'<!DOCTYPE x [<!ENTITY a "b">]><Clin'),
        CDA.replace(b"<Clin", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Clin'),
        CDA.replace(b"20260301093000+0100", b"tomorrow"),
        b"<a>" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_cda_is_refused_with_the_one_error(raw: bytes) -> None:
    with pytest.raises(cda.NotCda):
        cda.header(raw)


@given(st.binary(max_size=300))
def test_noise_is_no_cda(noise: bytes) -> None:
    with pytest.raises(cda.NotCda):
        cda.header(noise)


def test_a_document_type_hidden_in_utf16_is_refused() -> None:
    raw = ('<!DOCTYPE x [<!ENTITY a "b">]>' + CDA.decode().split("?>", 1)[1]).encode("utf-16")

    with pytest.raises(cda.NotCda):
        cda.header(raw)


def test_a_record_document_as_mail_is_an_archive_and_a_readable_copy() -> None:
    archive, copy = DOCUMENT.as_files(lambda a: CDA if a == FILE else b"%PDF", CONTEXT)
    (inside,) = xdm.read(archive.data)

    assert (archive.name, archive.type) == ("IHE_XDM.zip", "application/zip")
    assert (copy.name, copy.data) == ("20260304_CR-d-examens-biologiques_DURAND_Camille.pdf", b"%PDF")
    assert inside.data == CDA
    assert inside.metadata is not None
    assert (inside.metadata.patient, inside.metadata.code, inside.metadata.id) == (PATIENT, DOCUMENT.code, "1.2^3")
    assert DOCUMENT.mail_headers() == {"X-MSS-CODECDA": "11502-2", "X-MSS-INS": "O"}


def test_documents_of_two_patients_are_two_archives() -> None:
    other = replace(DOCUMENT, patient=replace(PATIENT, ins="1"), id="1.2^4", copy=None)
    made = as_mail.files((DOCUMENT, other), lambda _: CDA, CONTEXT)

    assert [file.name for file in made][:2] == ["IHE_XDM.zip"] * 2
    assert [len(xdm.read(file.data)) for file in made[:2]] == [1, 1]
    assert as_mail.subject((DOCUMENT,)) == "XDM/1.0/DDM+CR d'examens biologiques DURAND Camille 28/03/1979"


def test_headers_name_every_code_once_and_promise_the_weakest_identity() -> None:
    unknown = replace(DOCUMENT, patient=None, code=replace(DOCUMENT.code, code="34112-3"))
    made = as_mail.headers((DOCUMENT, DOCUMENT, unknown))

    assert made == {"X-MSS-CODECDA": "11502-2,34112-3", "X-MSS-INS": "N"}


def test_the_archive_holds_what_ihe_names_and_the_hash_of_the_document() -> None:
    (archive, _) = DOCUMENT.as_files(lambda _: CDA, CONTEXT)
    with zipfile.ZipFile(io.BytesIO(archive.data)) as opened:
        names, metadata = opened.namelist(), opened.read("IHE_XDM/SUBSET01/METADATA.XML")

    assert names == ["INDEX.HTM", "README.TXT", "IHE_XDM/SUBSET01/METADATA.XML", "IHE_XDM/SUBSET01/DOC0001.XML"]
    assert metadata.count(b"urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1") == 1
    assert str(len(CDA)).encode() in metadata


@pytest.mark.parametrize(
    "rename",
    [lambda n: "export/" + n, lambda n: n.lower(), lambda n: n.replace("/", "\\"), lambda n: "a\\" + n.lower()],
)
def test_archives_of_other_makers_are_read(rename: object) -> None:
    (inside,) = xdm.read(_renamed(rename))

    assert inside.data == CDA
    assert inside.metadata is not None


def test_an_archive_without_metadata_gives_its_documents() -> None:
    (inside,) = xdm.read(_zip({"IHE_XDM/SUBSET01/A.XML": b"a"}))

    assert (inside.path, inside.data, inside.metadata) == ("A.XML", b"a", None)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"../IHE_XDM/SUBSET01/A": b""}, "a name that leaves the folder"),
        ({"/IHE_XDM/SUBSET01/A": b""}, "a name that leaves the folder"),
        ({"C:/IHE_XDM/SUBSET01/A": b""}, "a name that leaves the folder"),
        ({"IHE_XDM\\SUBSET01\\..\\A": b""}, "a name that leaves the folder"),
        ({"a/" * 9 + "A": b""}, "a name that leaves the folder"),
        ({"IHE_XDM/SUBSET01/A": b"", "ihe_xdm/subset01/a": b""}, "a name twice"),
        ({f"IHE_XDM/SUBSET01/{n}": b"" for n in range(501)}, "too many entries"),
        ({"IHE_XDM/SUBSET01/A": bytes(5_000_000)}, "ratio"),
        ({"other/A": b""}, "empty"),
        ({"IHE_XDM/SUBSET01/METADATA.XML": b"<x"}, "metadata"),
    ],
)
def test_an_archive_that_is_not_safe_is_refused_by_name(files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(xdm.NotXdm) as refused:
        xdm.read(_zip(files))

    assert refused.value.reason == reason


def test_an_archive_that_claims_too_much_is_refused_before_anything_is_inflated() -> None:
    with pytest.raises(xdm.NotXdm, match="too large inside"):
        xdm.read(_zip({"IHE_XDM/SUBSET01/A": bytes(2000)}), Limits(total=1999))


def test_entries_that_overlap_are_refused() -> None:
    raw = bytearray(_zip({"IHE_XDM/SUBSET01/A": b"a" * 40, "IHE_XDM/SUBSET01/B": b"a" * 40}))
    second = raw.rfind(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<L", 0)

    with pytest.raises(xdm.NotXdm, match="overlap"):
        xdm.read(bytes(raw))


def test_a_link_is_refused() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        entry = zipfile.ZipInfo("IHE_XDM/SUBSET01/A")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")

    with pytest.raises(xdm.NotXdm, match="a link or device"):
        xdm.read(sink.getvalue())


@pytest.mark.parametrize("spoil", [lambda data: data + b"x", lambda data: data[:-1] + b"?", lambda _: None])
def test_a_document_that_its_metadata_do_not_fit_is_refused(spoil: object) -> None:
    files = _files()
    changed = spoil(files.pop("IHE_XDM/SUBSET01/DOC0001.XML"))  # type: ignore[operator]  # a function
    with pytest.raises(xdm.NotXdm, match=r"size|hash|missing document"):
        xdm.read(_zip(files | ({} if changed is None else {"IHE_XDM/SUBSET01/DOC0001.XML": changed})))


@given(st.data())
def test_a_flipped_bit_gives_the_documents_or_the_one_error(data: st.DataObject) -> None:
    raw = bytearray(ARCHIVE)
    raw[data.draw(st.integers(0, 1 << 20)) % len(raw)] ^= 1 << data.draw(st.integers(0, 7))

    with suppress(xdm.NotXdm):
        assert all(found.data for found in xdm.read(bytes(raw)))


@given(st.binary(max_size=200))
def test_noise_is_no_archive(noise: bytes) -> None:
    with pytest.raises(xdm.NotXdm):
        xdm.read(noise)


def test_keys_of_matricules_are_checked_where_they_are_real() -> None:
    ins.check("279035121518989", ins.NIR)
    ins.check("279035121518900", ins.TEST)
    with pytest.raises(ins.BadMatricule):
        ins.check("279035121518988", ins.NIR)


@pytest.mark.parametrize(("body", "key"), [("2790351215189", 89), ("1850512A04512", None), ("1850219045122", None)])
def test_the_key_is_97_minus_the_rest(body: str, key: int | None) -> None:
    if key is None:
        with pytest.raises(ins.BadMatricule):
            ins.key_of(body[:5] + "2C" + body[7:])
    else:
        assert ins.key_of(body) == key


def test_corsica_counts_as_19_and_18() -> None:
    assert ins.key_of("185052A004123") == ins.key_of("1850519004123")
    assert ins.key_of("185052B004123") == ins.key_of("1850518004123")


def test_there_are_114_document_types() -> None:
    assert len(document_types()) == 114
    assert label_of("11502-2") == "CR d'examens biologiques"
    assert label_of("no such code") == "Document"


def _files() -> dict[str, bytes]:
    (archive, _) = DOCUMENT.as_files(lambda _: CDA, CONTEXT)
    with zipfile.ZipFile(io.BytesIO(archive.data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _renamed(rename: object) -> bytes:
    return _zip({rename(name): data for name, data in _files().items()})  # type: ignore[operator]  # a function


def _zip(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return sink.getvalue()


ARCHIVE = _zip(_files())
