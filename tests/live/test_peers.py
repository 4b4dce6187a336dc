"""The mail servers of the live tests work by themselves, before any part of Pli is blamed."""

import datetime as dt
import smtplib
import ssl

import pytest

from demo import sample
from demo.names import CLINICIAN_ADDRESS
from tests.live.certificates import Certificates
from tests.live.dovecot import Dovecot
from tests.live.places import Places

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("operator")]


def test_a_mail_through_postfix_is_read_over_imap(clinic: Dovecot, places: Places) -> None:
    mail = sample.compose(dt.datetime.now(dt.UTC), recipient=CLINICIAN_ADDRESS)
    with smtplib.SMTP("127.0.0.1", places.submission) as program:
        program.sendmail(CLINICIAN_ADDRESS, [CLINICIAN_ADDRESS], mail.raw)
    arrived = clinic.wait_for(lambda seen: seen["Message-ID"] == mail.message_id, "the mail is in the mailbox")
    attached = {part.get_filename(): part.get_content() for part in arrived.iter_attachments()}
    assert attached[mail.words.file_name] == mail.pdf


def test_the_door_for_gateways_wants_a_certificate(places: Places, certs: Certificates) -> None:
    stranger = ssl.create_default_context(cafile=str(certs.authority))
    with pytest.raises((smtplib.SMTPException, ssl.SSLError, OSError)):
        _offer(places.operator, stranger)


def test_the_door_for_gateways_takes_mail_with_one(places: Places, certs: Certificates) -> None:
    gateway = ssl.create_default_context(cafile=str(certs.authority))
    gateway.load_cert_chain(certs.gateway.certificate, certs.gateway.key)
    _offer(places.operator, gateway)


def _offer(port: int, context: ssl.SSLContext) -> None:
    with smtplib.SMTP("127.0.0.1", port) as sender:
        sender.starttls(context=context)
        sender.sendmail("passerelle@pli.example", [CLINICIAN_ADDRESS], b"Subject: essai\r\n\r\nBonjour\r\n")
