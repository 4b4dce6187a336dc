"""A mail that asks to be told that it was read (RFC 8098): who agrees is told of by one MDN."""

from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from bridges.mail.disposition import Displayed, disposition
from bridges.mail.parse import parse
from bridges.mail.parsed import ParsedMail
from bridges.mail.translate.fields import BadField
from bridges.mssante import receipts
from bridges.mssante.receipts import Asked
from clients.content.letter import Letter, LetterRecipient, Mail, from_bytes, to_bytes
from clients.content.letter import Sender as Author
from clients.content.part import Part
from clients.content.receipt import Receipt
from crypto.keys import random_id
from tests.bridges.conftest import Running
from tests.bridges.fakes import DOCTOR, HOSTNAME, KEY, PATIENT, SENT, account
from tests.bridges.mails import mail
from tests.bridges.test_outgoing import KEYS, Desk, desk, port_of
from tests.bridges.transcript import Peer

__all__ = ["desk", "port_of"]
OTHER = "180035121518989@patient.pli.example"
UNASKED, ASKED_FOR = "A" * 22, "B" * 21 + "A"
ONE = "<one@cabinet.mssante.example>"


async def _letter(running: Running, header: str, value: str, **more: str) -> Letter:
    made = mail()
    made["Disposition-Notification-To"] = DOCTOR
    if header in made:
        made.replace_header(header, value)
    else:
        made[header] = value
    for name, each in more.items():
        made[name.replace("_", "-")] = each
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(made.as_bytes(), "250 2.0.0")
    peer.close()
    return running.relay.letters()[-1]


async def _asked(running: Running, letter: Letter) -> bool:
    asked = Asked(running.mailbox.account, account(PATIENT), letter.message, receipts.name(running.keys.letters, ONE))
    return await running.database.run(lambda c: receipts.take(c, asked))


async def test_a_mail_that_asks_is_a_letter_that_says_so_and_a_row_to_answer_it_once(running: Running) -> None:
    letter = await _letter(running, "Disposition-Notification-To", f"Dr Martin <{DOCTOR.upper()}>")
    assert letter.mail is not None
    assert letter.mail.receipt_wanted
    assert from_bytes(to_bytes(letter)) == letter
    assert [await _asked(running, letter) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Disposition-Notification-To", "dr.autre@cabinet.mssante.example"),  # not the return path
        ("Disposition-Notification-To", f"{DOCTOR}, dr.autre@cabinet.mssante.example"),
        ("Disposition-Notification-To", "stranger@elsewhere.example"),
        ("Disposition-Notification-To", "nobody"),
        ("Disposition-Notification-Options", "signed-receipt-protocol=required,pkcs7-signature"),
        ("Auto-Submitted", "auto-generated"),
    ],
)
async def test_a_mail_that_may_not_be_answered_asks_for_nothing(running: Running, header: str, value: str) -> None:
    letter = await _letter(running, header, value)
    assert letter.mail is not None
    assert not letter.mail.receipt_wanted
    assert not await _asked(running, letter)


def test_an_ordinary_mail_asks_for_nothing() -> None:
    found = parse(mail().as_bytes())
    assert isinstance(found, ParsedMail)
    assert found.receipt_to == ()


def _says(of: str, *parts: Part, **changed: Any) -> Letter:
    """The patient's letter that says that `of` was read."""
    author = Author(account(PATIENT), KEY, "Camille DURAND", PATIENT)
    to = (LetterRecipient(account(DOCTOR), bytes(32)),)
    said = parts or (Receipt(of, "read", SENT),)
    plain = Letter(
        random_id(), random_id(), SENT, author, to, 1, None, "", "", parts=said, in_reply_to=of,
        mail=Mail(PATIENT, DOCTOR, None, ONE, (ONE,)),
    )  # fmt: skip
    return replace(plain, **changed)


async def _want(desk: Desk, letter: str) -> None:
    asked = Asked(desk.mailbox.account, account(PATIENT), letter, receipts.name(KEYS.letters, ONE))
    await desk.database.run(lambda c: receipts.want(c, asked, 1.0))


async def _told(desk: Desk, *letters: Letter) -> list[Message]:
    for letter in letters:
        desk.arrives(letter)
    await desk.collect()
    await desk.send()
    return [message_from_bytes(raw) for raw in desk.operator.seen]


async def test_who_agrees_is_told_of_by_one_notification_from_nobody(desk: Desk) -> None:
    of = random_id()
    await _want(desk, of)
    (found,) = await _told(desk, _says(of), _says(of))  # two devices, or a client that doubts
    assert found.get_content_type() == "multipart/report"
    assert found.get_param("report-type") == "disposition-notification"
    assert (found["To"], found["In-Reply-To"], found["Auto-Submitted"]) == (f"<{DOCTOR}>", ONE, "auto-replied")
    assert found["Disposition-Notification-To"] is None
    fields = next(part for part in found.walk() if part.get_content_type() == "message/disposition-notification")
    (block,) = [each for each in fields.walk() if each is not fields]
    assert block["Disposition"] == "manual-action/MDN-sent-manually; displayed"
    assert (block["Original-Message-ID"], block["Final-Recipient"]) == (ONE, f"rfc822; {PATIENT}")
    assert desk.operator.senders == ["<>"]
    assert (await desk.waiting(), desk.relay.letters()) == (0, [])


async def test_the_gateway_itself_reads_its_notification(desk: Desk) -> None:
    of = random_id()
    await _want(desk, of)
    await _told(desk, _says(of))
    found = parse(desk.operator.seen[0])
    assert isinstance(found, ParsedMail)
    assert found.report is not None
    assert (found.report.event, found.report.message_ids[0]) == ("read", ONE)
    assert (found.flags.mdn, found.flags.automatic) == (True, True)


@pytest.mark.parametrize(
    "letter",
    [
        _says(UNASKED),
        _says(UNASKED, mail=None),
        _says(ASKED_FOR, sender=Author(account(OTHER), KEY, "Autre", OTHER)),
        _says(ASKED_FOR, mail=Mail(PATIENT, DOCTOR, None, "<other@cabinet.mssante.example>", ())),
        _says(ASKED_FOR, Receipt(ASKED_FOR, "delivered", SENT)),
    ],
    ids=["never asked", "no mail", "another patient's", "another mail", "delivered"],
)
async def test_what_nobody_asked_for_is_no_mail_and_no_notice(desk: Desk, letter: Letter) -> None:
    desk.relay.people[OTHER] = "open"
    await _want(desk, ASKED_FOR)
    assert await _told(desk, letter) == []
    assert (await desk.waiting(), desk.relay.letters()) == (0, [])


async def test_a_receipt_with_words_is_an_ordinary_mail(desk: Desk) -> None:
    of = random_id()
    await _want(desk, of)
    (found,) = await _told(desk, _says(of, text="Bien lu, merci."))
    assert found.get_content_type() == "text/plain"


async def test_a_request_of_two_years_ago_is_forgotten(desk: Desk) -> None:
    of = random_id()
    await _want(desk, of)
    await desk.database.run(lambda c: receipts.purge(c, 1.0 + receipts.KEPT_SECONDS + 1))
    assert await _told(desk, _says(of)) == []


@pytest.mark.parametrize("id_", ["", "one@x", "<a@b>\r\nBcc: x@y", "<é@b>", "<a@b> <c@d>"])
def test_an_id_that_no_header_may_hold_leaves_in_none(id_: str) -> None:
    with pytest.raises(BadField):
        disposition(Displayed("n", PATIENT, "Camille", DOCTOR, id_, SENT), HOSTNAME, "Pli")
