"""Refusals at the gateway's door: clear words for the sender, and nothing changed at the relay."""

import datetime as dt
import json
import os
import re
import smtplib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from bridges.mssante import rules
from demo import sample
from demo.installation import Installation
from demo.names import CLINICIAN_ADDRESS, PATIENT_DOMAIN
from demo.pki import Files
from tests.live import ledger, postfix
from tests.live.certificates import Certificates
from tests.live.dovecot import Dovecot
from tests.live.handing import Said, hand_over, without_tls
from tests.live.people import PEOPLE, PROGRAM
from tests.live.places import Places
from tests.live.polling import free_ports, until
from tests.live.postfix import Identity, Postfix

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("members", "calm")]  # before anything is counted
PATIENT = PEOPLE[PROGRAM].address
UNKNOWN = f"299127505699953@{PATIENT_DOMAIN}"


@pytest.fixture(scope="module")
def calm(pli: Installation, operator: Postfix) -> None:
    """No mail of an earlier test is under way: not in the gateway, then not at the operator, which may answer."""
    for _ in range(2):
        until(lambda: _waiting(pli) == 0, "the gateway handed everything over")
        operator.hand_over()


def _waiting(pli: Installation) -> int:
    with closing(sqlite3.connect(f"file:{pli.layout.gateway_data / 'gateway.db'}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()[0])


@pytest.fixture(autouse=True)
def nothing_changed(pli: Installation) -> Iterator[None]:
    """Around every test: the relay's ledger is the same before and after."""
    before = ledger.take(pli.layout.relay_data)
    yield
    assert ledger.take(pli.layout.relay_data).since(before) == []


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


# What each peer lacks, as the gateway's log names it. The stranger hears one sentence for all of them.
REASONS = {
    "none": "noCertificate",
    "foreign": "unknownAuthority",
    "expired": "expired",
    "revoked": "revoked",
    "withdrawn": "revoked",
    "unlisted": "certificateNotListed",
    "same_common_name": "certificateNotListed",
}


@pytest.mark.parametrize("peer", REASONS)
def test_a_certificate_that_does_not_hold_hears_one_sentence_and_the_log_says_why(
    peer: str, pli: Installation, places: Places, certs: Certificates, mail: bytes
) -> None:
    before = len(_refusals(pli))
    said = _hand(places, certs, None if peer == "none" else getattr(certs, peer), mail)
    assert said == Said(550, f"5.7.1 {rules.not_trusted('').words}")
    until(lambda: _refusals(pli)[before:] == [REASONS[peer]], "the gateway's log says why")


def test_a_domain_of_somebody_else_hears_the_same_sentence(
    pli: Installation, places: Places, certs: Certificates, mail: bytes
) -> None:
    before = len(_refusals(pli))
    said = _hand(places, certs, certs.operator, mail, sender="dr.autre@autre.mssante.example")
    assert said == Said(550, f"5.7.1 {rules.not_trusted('').words}")
    until(lambda: _refusals(pli)[before:] == ["otherDomainsCertificate"], "the gateway's log says why")


def test_a_header_from_of_somebody_else_hears_the_same_sentence(
    pli: Installation, places: Places, certs: Certificates, mail: bytes
) -> None:
    before = len(_refusals(pli))
    header = re.compile(rb"(?m)^From: [^\r]*(\r\n[ \t][^\r]*)*")
    forged = header.sub(b"From: Dr Autre <dr.autre@autre.mssante.example>", mail, count=1)
    assert forged != mail
    said = _hand(places, certs, certs.operator, forged)
    assert said == Said(550, f"5.7.1 {rules.not_trusted('').words}")
    until(lambda: _refusals(pli)[before:] == ["headerFromNotBound"], "the gateway's log says why")


def test_postfix_with_a_revoked_certificate_gives_the_mail_back_to_its_author(
    revoked_operator: Postfix, clinic: Dovecot
) -> None:
    made = sample.compose(dt.datetime.now(dt.UTC), recipient=PATIENT)
    with smtplib.SMTP("127.0.0.1", revoked_operator.submission) as program:
        program.sendmail(CLINICIAN_ADDRESS, [PATIENT], made.raw)
    told = clinic.wait_for(lambda seen: _is_about(seen, made.message_id), "the refusal is in the mailbox")
    assert rules.not_trusted("").words.split(",")[0][:40] in " ".join(told.as_string().split())
    assert "revoked" not in told.as_string().lower().replace(made.message_id, "")


def test_the_responders_good_word_is_enough(places: Places, certs: Certificates, mail: bytes) -> None:
    said = _hand(places, certs, certs.vouched, mail, recipient=UNKNOWN)
    assert said.words.startswith("5.1.1")  # trusted: it is told who is not here


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


@pytest.fixture
def revoked_operator(places: Places, certs: Certificates, clinic: Dovecot) -> Iterator[Postfix]:  # noqa: ARG001 - it delivers there
    """The same operator, with the certificate that its authority revoked."""
    if reason := postfix.missing():
        pytest.skip(reason)
    shown = Identity(certs.revoked.certificate, certs.revoked.key)
    ports = (*free_ports(2), places.lmtp, places.gateway)
    server = Postfix(postfix.Settings(places.make("postfix-revoked"), certs.authority, shown, shown, *ports))
    server.start()
    yield server
    server.stop()


def _refusals(pli: Installation) -> list[str]:
    """The reasons in the gateway's log, in order."""
    lines = [line for line in pli.gateway.log.read_text().splitlines() if '"incoming.refused"' in line]
    return [str(json.loads(line[line.index("{") :])["reason"]) for line in lines]


def _large(size: int) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = CLINICIAN_ADDRESS, PATIENT, "Une grande image"
    mail["Message-ID"] = "<grande@cabinet.mssante.example>"
    mail.set_content("Ci-joint.")
    mail.add_attachment(os.urandom(size), maintype="application", subtype="octet-stream", filename="image.bin")
    return mail.as_bytes()


def _is_about(mail: EmailMessage, message_id: str) -> bool:
    return mail.get_content_type() == "multipart/report" and message_id in mail.as_string()
