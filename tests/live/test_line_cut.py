"""The line breaks between a real Postfix and the gateway, inside DATA and after the final dot, both directions: nothing
is taken by half, what was retried arrives once, and an answer whose 250 was lost twice at most, with the same bytes."""

import datetime as dt
import os
import smtplib

import pytest

from demo import sample
from demo.installation import Installation
from demo.names import CLINICIAN_ADDRESS
from tests.live.desk import Desk
from tests.live.dovecot import Dovecot
from tests.live.people import PEOPLE, PROGRAM
from tests.live.places import Places
from tests.live.polling import until
from tests.live.postfix import Postfix
from tests.live.proxy import Proxy

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("operator")]
PATIENT = PEOPLE[PROGRAM].address


def _send(places: Places) -> str:
    """A mail from the clinician's program; its Message-ID."""
    mail = sample.compose(dt.datetime.now(dt.UTC), recipient=PATIENT)
    with smtplib.SMTP("127.0.0.1", places.submission) as program:
        program.sendmail(CLINICIAN_ADDRESS, [PATIENT], mail.raw)
    return mail.message_id


def _taken(pli: Installation) -> int:
    return pli.gateway.log.read_text().count('"incoming.taken"')


@pytest.fixture
def size(places: Places, operator: Postfix, door: Proxy, desk: Desk) -> int:
    """What Postfix sends in one connection for one such mail, in bytes."""
    ended = len(door.carried)
    desk.wait_for(_send(places))
    operator.hand_over()
    until(lambda: len(door.carried) > ended, "the operator said goodbye")
    assert door.carried[-1] > 10_000
    return door.carried[-1]


@pytest.mark.parametrize("part", [0.3, 0.95])
def test_postfix_cut_off_inside_data_hands_the_mail_over_again_and_it_is_one_letter(
    part: float, size: int, places: Places, operator: Postfix, door: Proxy, pli: Installation, desk: Desk
) -> None:
    before, taken = len(desk.letters()), _taken(pli)
    door.cut_after(int(size * part))
    sent = _send(places)
    assert door.cut.wait(20)
    desk.wait_for(sent)
    operator.hand_over()
    assert (len(desk.letters()) - before, len(desk.with_mail(sent)), _taken(pli) - taken) == (1, 1, 1)


def test_postfix_that_never_heard_the_250_hands_the_mail_over_again_and_it_is_one_letter(
    size: int, places: Places, operator: Postfix, door: Proxy, pli: Installation, desk: Desk
) -> None:
    before, taken = len(desk.letters()), _taken(pli)
    door.cut_after(int(size * 0.9), answer_lost=True)
    sent = _send(places)
    assert door.cut.wait(20)
    operator.hand_over()
    desk.wait_for(sent)
    assert (len(desk.letters()) - before, len(desk.with_mail(sent)), _taken(pli) - taken) == (1, 1, 2)


@pytest.fixture
def letter(places: Places, desk: Desk) -> str:
    """A letter that the patient can answer; its id."""
    return str(desk.wait_for(_send(places))["id"])


@pytest.mark.parametrize(("lost", "copies"), [(False, 1), (True, 2)], ids=["inside DATA", "250 lost"])
def test_an_answer_whose_line_postfix_cut_is_sent_again_with_the_same_bytes(
    lost: bool, copies: int, letter: str, proxy: Proxy, pli: Installation, clinic: Dovecot, desk: Desk
) -> None:
    failed = pli.gateway.log.read_text().count('"outgoing.failed"')
    proxy.cut_after(60_000, answer_lost=lost)
    answer = desk.answer(letter, "Merci docteur", "photo.bin", os.urandom(60_000))
    assert proxy.cut.wait(20)
    until(lambda: _sent(pli) and len(_copies(clinic, answer)) == copies, "it was sent again")
    following = desk.answer(letter, "Encore merci", "photo.bin", b"image")
    clinic.wait_for(lambda mail: following in str(mail["Message-ID"]), "the next one is there: nothing is under way")
    assert (len(_copies(clinic, answer)), len(set(_copies(clinic, answer)))) == (copies, 1)
    assert pli.gateway.log.read_text().count('"outgoing.failed"') == failed + 1


def _sent(pli: Installation) -> bool:
    lines = [line for line in pli.gateway.log.read_text().splitlines() if '"outgoing.' in line]
    return '"outgoing.sent"' in lines[-1]


def _copies(clinic: Dovecot, answer: str) -> list[bytes]:
    """The copies of one answer as the gateway sent them: what Postfix and Dovecot put on top is cut."""
    raw = [mail for mail in clinic.raw_mails() if answer.encode() in mail]
    return [mail[mail.index(b"\r\nFrom:") :] if b"\r\nFrom:" in mail else mail for mail in raw]
