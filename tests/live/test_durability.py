"""kill -9 at many moments: the patient has each mail once, the clinician has each answer, under one Message-ID."""

import datetime as dt
import os
import secrets
import smtplib
import threading

import pytest

from demo import sample
from demo.child import Child
from demo.installation import Installation
from demo.names import CLINICIAN_ADDRESS
from demo.sample import Sample
from tests.live.certificates import Certificates
from tests.live.desk import Desk
from tests.live.dovecot import Dovecot
from tests.live.handing import hand_over
from tests.live.people import PEOPLE, PROGRAM
from tests.live.places import Places
from tests.live.polling import until
from tests.live.postfix import Postfix
from tests.live.proxy import Proxy

pytestmark = pytest.mark.live
PATIENT = PEOPLE[PROGRAM].address
MOMENTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # seconds after the operator began
SENT = (1, 1_500, 4_000, 20_000)  # bytes of the gateway's connection: greeting, handshake, envelope, in the mail


def _mail() -> Sample:
    return sample.compose(dt.datetime.now(dt.UTC), recipient=PATIENT)


def _parts(pli: Installation, names: str) -> list[Child]:
    return [part for part in (pli.relay, pli.gateway) if part.name in names]


def _kill_and_start(parts: list[Child]) -> None:
    for part in parts:
        part.kill()
    for part in parts:
        part.start()


@pytest.mark.parametrize("killed", ["relay", "gateway", "relay and gateway"])
def test_what_was_taken_is_there_once_after_a_kill(
    killed: str, pli: Installation, places: Places, certs: Certificates, desk: Desk
) -> None:
    mail = _mail()
    said = hand_over(places.gateway, certs.authority, certs.operator, PATIENT, mail.raw)
    _kill_and_start(_parts(pli, killed))
    assert said.code == 250
    desk.wait_for(mail.message_id)
    assert len(desk.with_mail(mail.message_id)) == 1


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("killed", ["relay", "gateway"])
def test_a_kill_while_a_mail_is_handed_over_loses_and_doubles_nothing(
    killed: str, moment: float, pli: Installation, operator: Postfix, places: Places, desk: Desk
) -> None:
    mail, part = _mail(), _parts(pli, killed)
    with smtplib.SMTP("127.0.0.1", places.submission) as program:
        program.sendmail(CLINICIAN_ADDRESS, [PATIENT], mail.raw)
    threading.Event().wait(moment)  # not to wait for anything: it chooses where the kill falls
    _kill_and_start(part)
    operator.flush()
    desk.wait_for(mail.message_id)
    operator.hand_over()
    assert len(desk.with_mail(mail.message_id)) == 1


def test_the_same_mail_again_is_the_same_letter(places: Places, certs: Certificates, desk: Desk) -> None:
    mail = _mail()
    said = [hand_over(places.gateway, certs.authority, certs.operator, PATIENT, mail.raw) for _ in range(3)]
    desk.wait_for(mail.message_id)
    assert [one.code for one in said] == [250, 250, 250]
    assert len(desk.with_mail(mail.message_id)) == 1


@pytest.fixture
def letter(places: Places, certs: Certificates, desk: Desk) -> str:
    """A letter that the patient can answer; its id."""
    mail = _mail()
    hand_over(places.gateway, certs.authority, certs.operator, PATIENT, mail.raw)
    return str(desk.wait_for(mail.message_id)["id"])


@pytest.mark.parametrize("sent", SENT)
def test_a_gateway_killed_while_it_sends_delivers_the_answer_once(
    sent: int, letter: str, pli: Installation, proxy: Proxy, clinic: Dovecot, desk: Desk
) -> None:
    proxy.hold_after(sent)
    answer = desk.answer(letter, "Merci docteur", "photo.bin", os.urandom(60_000))
    assert proxy.reached.wait(20)
    pli.gateway.kill()
    proxy.release()
    pli.gateway.start()
    clinic.wait_for(lambda mail: answer in str(mail["Message-ID"]), "the answer is in the mailbox")
    assert len([mail for mail in clinic.mails() if answer in str(mail["Message-ID"])]) == 1


def test_a_gateway_killed_before_it_hears_the_250_sends_again_under_the_same_message_id(
    letter: str, pli: Installation, proxy: Proxy, clinic: Dovecot, desk: Desk
) -> None:
    data = secrets.token_bytes(60_000)
    proxy.hold_after(60_000, answers_only=True)
    answer = desk.answer(letter, "Merci docteur", "photo.bin", data)
    clinic.wait_for(lambda mail: answer in str(mail["Message-ID"]), "the answer is in the mailbox a first time")
    pli.gateway.kill()
    proxy.release()
    pli.gateway.start()
    until(lambda: len(_copies(clinic, answer)) == 2, "it was sent again")
    first, second = _copies(clinic, answer)
    assert first == second


def test_an_answer_given_while_the_gateway_is_away_is_sent_when_it_is_back(
    letter: str, pli: Installation, clinic: Dovecot, desk: Desk
) -> None:
    pli.gateway.kill()
    answer = desk.answer(letter, "Merci docteur", "photo.bin", b"image")
    pli.gateway.start()
    clinic.wait_for(lambda mail: answer in str(mail["Message-ID"]), "the answer is in the mailbox")


def _copies(clinic: Dovecot, answer: str) -> list[bytes]:
    """The copies of one answer as the gateway sent them: what Postfix and Dovecot put on top is cut."""
    raw = [mail for mail in clinic.raw_mails() if answer.encode() in mail]
    return [mail[mail.index(b"\r\nFrom:") :] if b"\r\nFrom:" in mail else mail for mail in raw]
