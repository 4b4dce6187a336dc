"""Refusals at the gateway's door: clear words for the sender, and nothing changed at the relay."""

import datetime as dt
import os
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from demo import sample
from demo.installation import Installation
from demo.names import CLINICIAN_ADDRESS, PATIENT_DOMAIN
from demo.pki import Files
from tests.live import ledger
from tests.live.certificates import Certificates
from tests.live.dovecot import Dovecot
from tests.live.handing import Said, hand_over, without_tls
from tests.live.people import PEOPLE, PROGRAM
from tests.live.places import Places
from tests.live.polling import until
from tests.live.postfix import Postfix

pytestmark = pytest.mark.live
PATIENT = PEOPLE[PROGRAM].address
UNKNOWN = f"299127505699953@{PATIENT_DOMAIN}"


@pytest.fixture(autouse=True)
def nothing_changed(pli: Installation, members: object) -> Iterator[None]:  # noqa: ARG001 - enrolled before counting
    """Around every test: the relay's ledger is the same before and after."""
    before = ledger.take(pli.layout.relay_data)
    yield
    assert ledger.take(pli.layout.relay_data) == before


@pytest.fixture
def mail() -> bytes:
    return sample.compose(dt.datetime.now(dt.UTC), recipient=PATIENT).raw


def _hand(places: Places, certs: Certificates, shown: Files | None, raw: bytes, **more: str) -> Said:
    recipient = more.pop("recipient", PATIENT)
    return hand_over(places.gateway, certs.authority, shown, recipient, raw, **more)


def test_mail_without_tls_is_refused(places: Places, mail: bytes) -> None:
    said = without_tls(places.gateway, PATIENT, mail)
    assert said.code == 530
    assert "STARTTLS" in said.words


def test_mail_without_a_certificate_is_refused(places: Places, certs: Certificates, mail: bytes) -> None:
    said = _hand(places, certs, None, mail)
    assert said.code in (0, 550, 554)
    assert "certificate" in said.words.lower()


# TLS itself ends such a handshake, before SMTP could say a word: the gateway's operator reads why.
TLS_REASONS = {
    "foreign": "unable to get local issuer certificate",
    "expired": "certificate has expired",
    "revoked": "certificate revoked",
}


@pytest.mark.parametrize("peer", TLS_REASONS)
def test_a_certificate_that_does_not_hold_ends_the_connection_and_the_log_says_why(
    peer: str, pli: Installation, places: Places, certs: Certificates, mail: bytes
) -> None:
    said = _hand(places, certs, getattr(certs, peer), mail)
    assert said.code in (0, 550, 554)
    until(lambda: TLS_REASONS[peer] in pli.gateway.log.read_text(), "the gateway's log says why")


@pytest.mark.parametrize("peer", ["unlisted", "same_common_name"])
def test_a_certificate_that_is_not_on_the_white_list_is_refused(
    peer: str, places: Places, certs: Certificates, mail: bytes
) -> None:
    said = _hand(places, certs, getattr(certs, peer), mail)
    assert said.code == 550
    assert "white list" in said.words


def test_a_domain_of_somebody_else_is_refused(places: Places, certs: Certificates, mail: bytes) -> None:
    said = _hand(places, certs, certs.operator, mail, sender="dr.autre@autre.mssante.example")
    assert said.code == 550
    assert "white list" in said.words


def test_an_unknown_patient_is_refused(places: Places, certs: Certificates, mail: bytes) -> None:
    said = _hand(places, certs, certs.operator, mail, recipient=UNKNOWN)
    assert (said.code, said.words.split()[0]) == (550, "5.1.1")
    assert "no such patient" in said.words


def test_a_mail_of_26_megabytes_is_refused(places: Places, certs: Certificates) -> None:
    said = _hand(places, certs, certs.operator, _large(26_000_000))
    assert (said.code, said.words.split()[0]) == (552, "5.3.4")
    assert "25" in said.words


def test_a_cut_mail_is_refused(places: Places, certs: Certificates, mail: bytes) -> None:
    said = _hand(places, certs, certs.operator, mail[: len(mail) // 2])
    assert said.code in (550, 554)
    assert said.words.startswith("5.6.0")


def test_the_author_reads_the_refusal_in_the_mailbox(operator: Postfix, clinic: Dovecot, places: Places) -> None:
    made = sample.compose(dt.datetime.now(dt.UTC), recipient=UNKNOWN)
    with smtplib.SMTP("127.0.0.1", places.submission) as program:
        program.sendmail(CLINICIAN_ADDRESS, [UNKNOWN], made.raw)
    told = clinic.wait_for(lambda seen: _is_about(seen, made.message_id), "the refusal is in the mailbox")
    assert "no such patient" in told.as_string()
    assert operator.queue_is_empty()


def _large(size: int) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = CLINICIAN_ADDRESS, PATIENT, "Une grande image"
    mail["Message-ID"] = "<grande@cabinet.mssante.example>"
    mail.set_content("Ci-joint.")
    mail.add_attachment(os.urandom(size), maintype="application", subtype="octet-stream", filename="image.bin")
    return mail.as_bytes()


def _is_about(mail: EmailMessage, message_id: str) -> bool:
    return mail.get_content_type() == "multipart/report" and message_id in mail.as_string()
