"""Who may write as whom, and what must not reach a patient."""

from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from bridges.mail.parse import parse
from bridges.mail.parsed import Mailbox, ParsedMail
from bridges.mssante import rules
from bridges.mssante.rules import NotTaken
from tests.bridges.fakes import DOCTOR, DOMAIN
from tests.bridges.mails import mail
from tests.bridges.test_translate import parsed

STRANGER = "dr.evil@other.example"
CDA = (
    '<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2" extension="3"/>'
    '<code code="11488-4"/><title>CR</title><effectiveTime value="20261123"/>'
    '<confidentialityCode code="N"/>{}<component/></ClinicalDocument>'
)
HIDDEN = CDA.format('<confidentialityCode code="INVISIBLE_PATIENT"/>')


def test_a_reply_to_of_another_operators_professional_is_nobody_here() -> None:
    forged = parsed(from_=(Mailbox(STRANGER),), reply_to=(Mailbox(DOCTOR),))
    with pytest.raises(NotTaken) as refused:
        rules.author(forged, {DOCTOR}, lambda domain: domain == "other.example")
    assert refused.value.reason == "unknownAuthor"


def test_a_reply_to_of_another_operator_leaves_the_from_the_author() -> None:
    forged = parsed(from_=(Mailbox(STRANGER),), reply_to=(Mailbox(DOCTOR),))
    assert rules.author(forged, {DOCTOR, STRANGER}, lambda domain: domain == "other.example") == Mailbox(STRANGER)


def test_a_reply_to_that_the_certificate_may_speak_for_is_the_author() -> None:
    secretary = f"secretariat@{DOMAIN}"
    written = parsed(from_=(Mailbox(secretary),), reply_to=(Mailbox(DOCTOR),))
    assert rules.author(written, {DOCTOR, secretary}, lambda domain: domain == DOMAIN) == Mailbox(DOCTOR)


def attached(cda: str) -> ParsedMail:
    made = mail()
    made.add_attachment(cda.encode(), maintype="text", subtype="xml", filename="cr.xml")
    return read(made)


def forwarded(cda: str) -> ParsedMail:
    inner = MIMEMultipart()
    inner.attach(MIMEText("voir", "plain"))
    part = MIMEText(cda, "xml", "utf-8")
    part.add_header("Content-Disposition", "attachment", filename="cr.bin")
    inner.attach(part)
    twice = MIMEMultipart()
    twice.attach(MIMEMessage(inner))
    made = MIMEMultipart()
    made["From"] = DOCTOR
    made.attach(MIMEText("ci-joint", "plain"))
    made.attach(MIMEMessage(twice))
    return read(made)


def read(made: EmailMessage | MIMEMultipart) -> ParsedMail:
    found = parse(made.as_bytes())
    assert isinstance(found, ParsedMail)
    return found


@pytest.mark.parametrize("found", [attached(HIDDEN), forwarded(HIDDEN)])
def test_a_document_that_the_patient_must_not_see_is_refused_wherever_it_lies(found: ParsedMail) -> None:
    with pytest.raises(NotTaken) as refused:
        rules.check_mail(found, lambda _: True, 1)
    assert refused.value.reason == "invisibleToPatient"


@pytest.mark.parametrize(
    "found", [attached(CDA.format("")), forwarded(CDA.format("")), attached("<x>INVISIBLE_PATIENT</x>")]
)
def test_other_xml_is_a_file_like_any_other(found: ParsedMail) -> None:
    rules.check_mail(found, lambda _: True, 1)
    assert len(found.files) == 1
