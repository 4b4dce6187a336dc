"""What the demonstration writes: the sample mail, its documents, the refusals of its operator, its white list."""

import datetime as dt
import email
import hashlib
import io
import zipfile
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import icalendar
import pytest
from lxml import etree
from signxml.verifier import XMLVerifier

from demo import pki, sample
from demo.refusal import Refused, write_refusal
from demo.spool import Spool
from demo.whitelist import NAMESPACE, SIGNER_COMMON_NAME, Domain, write_list

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def mail() -> EmailMessage:
    return email.message_from_bytes(sample.compose(NOW).raw, policy=default)


def test_the_sample_has_all_its_parts(mail: EmailMessage) -> None:
    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar", "application/pdf", "application/zip"]


def test_the_invitation_is_for_next_tuesday_in_paris(mail: EmailMessage) -> None:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    event = icalendar.Calendar.from_ical(part.get_content()).events[0]
    assert part.get_param("method") == "REQUEST"
    assert event.start == dt.datetime(2026, 12, 1, 10, 30, tzinfo=sample.PARIS)


def test_the_archive_names_its_document_with_hash_and_size() -> None:
    made = sample.compose(NOW)
    archive = email.message_from_bytes(made.raw, policy=default)
    zipped = next(part for part in archive.iter_attachments() if part.get_filename() == "IHE_XDM.zip").get_content()
    metadata = zipfile.ZipFile(io.BytesIO(zipped)).read("IHE_XDM/SUBSET01/METADATA.XML").decode()
    assert hashlib.sha1(made.cda).hexdigest() in metadata
    assert f"<rim:Value>{len(made.cda)}</rim:Value>" in metadata


def test_the_pdf_finds_each_object_where_it_says() -> None:
    pdf = sample.compose(NOW).pdf
    table = pdf[int(pdf.split(b"startxref\n")[1].split(b"\n")[0]) :].split(b"\n")[3:11]
    offsets = [int(line[:10]) for line in table]
    assert [pdf[at:].split(b" ")[0] for at in offsets] == [b"%d" % number for number in range(1, 9)]


def test_a_refusal_is_a_delivery_status_in_french_first() -> None:
    raw = write_refusal(sample.compose(NOW).raw, "a@b.example", Refused("x@y.example", 550, "5.1.1 Inconnu."), NOW)
    told = email.message_from_bytes(raw, policy=default)
    assert told.get_content_type() == "multipart/report"
    assert told.get_param("report-type") == "delivery-status"
    assert [line in raw for line in (b"Action: failed", b"Status: 5.1.1")] == [True, True]
    body = told.get_body()
    assert body is not None
    assert body.get_content().startswith("Votre message")


def test_a_spooled_mail_is_there_until_it_is_done(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    kept = spool.keep("a@b.example", "x@y.example", b"raw")
    assert list(Spool(tmp_path).waiting()) == [kept]
    spool.done(kept)
    assert list(Spool(tmp_path).waiting()) == []


def test_the_white_list_verifies_and_a_changed_one_does_not() -> None:
    tree = pki.make_authority(NOW)
    signer = pki.issue(tree, pki.organisation_name(SIGNER_COMMON_NAME, "AGENCE", "1" * 14), (), NOW)
    raw = write_list([Domain("a.mssante.example", "CN=a,C=FR")], signer, tree, NOW)
    verified = XMLVerifier().verify(raw, x509_cert=signer.pem.decode())
    assert not isinstance(verified, list)
    assert verified.signed_xml is not None
    assert verified.signed_xml.findtext(f".//{{{NAMESPACE}}}Nom") == "a.mssante.example"
    with pytest.raises(Exception, match=r"[Dd]igest|[Ss]ignature"):
        XMLVerifier().verify(raw.replace(b"a.mssante", b"z.mssante"), x509_cert=signer.pem.decode())


def test_the_signature_is_the_last_child() -> None:
    tree = pki.make_authority(NOW)
    signer = pki.issue(tree, pki.organisation_name(SIGNER_COMMON_NAME, "AGENCE", "1" * 14), (), NOW)
    root = etree.fromstring(write_list([], signer, tree, NOW))
    assert root[-1].tag == "{http://www.w3.org/2000/09/xmldsig#}Signature"
