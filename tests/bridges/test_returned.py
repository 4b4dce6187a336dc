"""Mail from nobody: reports on what left here are told to the patient, everything else is refused."""

import pytest
from structlog.typing import EventDict

from bridges.mssante import outbox
from bridges.mssante.outbox import Mark
from clients.content.receipt import Receipt
from crypto.keys import random_id
from tests.bridges.conftest import Running
from tests.bridges.fakes import DOMAIN, HOSTNAME, PATIENT, account
from tests.bridges.mails import mail
from tests.bridges.transcript import Peer

OTHER = "180035121518989@patient.pli.example"


async def sent(running: Running, author: str = PATIENT) -> Mark:
    """A letter of the patient that left as mail."""
    mark = Mark(account(author), random_id(), random_id())
    mailbox = running.mailbox.account
    await running.database.run(lambda c: outbox.put(c, mailbox, "m", DOMAIN, b"x", 1e9, 60.0, mark))
    return mark


def message_id(mark: Mark, host: str = HOSTNAME) -> str:
    return f"<{mark.letter}.{mark.thread}@{host}>"


def dsn(id_: str, action: str = "failed") -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {PATIENT}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nno\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; x@y.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id_}\r\nSubject: x\r\n\r\n--b--"
    ).encode()


def mdn(id_: str, disposition: str) -> bytes:
    return (
        f"From: dr@x.example\r\nTo: {PATIENT}\r\nSubject: Lu\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nlu\r\n"
        "--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822; x@y.example\r\nOriginal-Message-ID: {id_}\r\n"
        f"Disposition: automatic-action/MDN-sent-automatically; {disposition}\r\n\r\n--b--"
    ).encode()


async def hands_over(running: Running, content: bytes, expected: str, recipient: str = PATIENT) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.asks("MAIL FROM:<>", "250 2.1.0")
    await peer.asks(f"RCPT TO:<{recipient}>", "250 2.1.5")
    await peer.asks("DATA", "354 ")
    await peer.says(content + b"\r\n.\r\n")
    await peer.hears(expected)
    peer.close()


async def test_a_failed_delivery_is_told_once_in_the_thread_of_the_letter(running: Running) -> None:
    mark = await sent(running)
    for _ in range(2):
        await hands_over(running, dsn(message_id(mark)), "250 2.0.0")
    (notice,) = running.relay.letters()
    assert (notice.thread, notice.in_reply_to) == (mark.thread, mark.letter)
    assert "n'a pas pu être remis" in notice.text
    assert notice.text.index("n'a pas pu") < notice.text.index("could not be delivered")


@pytest.mark.parametrize(("disposition", "event"), [("displayed", "read"), ("processed", "delivered")])
async def test_a_disposition_becomes_a_receipt(running: Running, disposition: str, event: str) -> None:
    mark = await sent(running)
    await hands_over(running, mdn(message_id(mark), disposition), "250 2.0.0")
    (part,) = running.relay.letters()[0].parts
    assert isinstance(part, Receipt)
    assert (part.of, part.event) == (mark.letter, event)


async def test_a_successful_delivery_becomes_a_receipt(running: Running) -> None:
    mark = await sent(running)
    await hands_over(running, dsn(message_id(mark), "delivered"), "250 2.0.0")
    (part,) = running.relay.letters()[0].parts
    assert isinstance(part, Receipt)
    assert part.event == "delivered"


async def test_other_mail_of_nobody_is_refused_and_never_answered(running: Running, logs: list[EventDict]) -> None:
    mark = await sent(running)
    stranger = Mark("", random_id(), random_id())
    for content in (
        mail().as_bytes(),
        dsn("<one@cabinet.mssante.example>"),
        dsn(message_id(stranger)),
        dsn(message_id(mark, "elsewhere.example")),
    ):
        await hands_over(running, content, "550 5.7.1")
    assert running.relay.sealed == {}
    assert await running.database.run(outbox.waiting) == 1  # the letter itself
    assert {entry["reason"] for entry in logs if entry["event"] == "incoming.refused"} == {"noReport", "notOurs"}


async def test_a_report_on_anothers_letter_is_refused(running: Running) -> None:
    mark = await sent(running, author=OTHER)
    await hands_over(running, dsn(message_id(mark)), "550 5.7.1")
    assert running.relay.sealed == {}


async def test_without_a_certificate_nobody_is_refused(running: Running) -> None:
    peer = await Peer.secured(running, None)
    await peer.asks("MAIL FROM:<>", "550 5.7.1")
    peer.close()


async def test_a_notice_does_not_open_a_contact_that_was_closed(running: Running) -> None:
    pair = (running.mailbox.account, account(PATIENT))
    running.relay.contacts[pair] = False
    await hands_over(running, dsn(message_id(await sent(running))), "250 2.0.0")
    assert len(running.relay.sealed) == 1
    assert running.relay.contacts[pair] is False
