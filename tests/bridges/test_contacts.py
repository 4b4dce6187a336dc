"""What a professional closed stays closed when a program writes."""

import structlog

from bridges.mssante.contacts import Contacts
from bridges.mssante.database import Database
from messaging.wire.errors import Refusal
from tests.bridges.conftest import Running
from tests.bridges.fakes import PATIENT, FakeRelay, account
from tests.bridges.mails import mail
from tests.bridges.transcript import Peer

PAIR = ("a-doctor", "a-patient")


async def test_an_out_of_office_answer_leaves_a_closed_contact_closed(running: Running) -> None:
    pair = (running.mailbox.account, account(PATIENT))
    running.relay.contacts[pair] = False
    absent = mail("Je suis absente", "Absence")
    absent["Auto-Submitted"] = "auto-replied"
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(absent.as_bytes(), "250 2.0.0")
    assert (len(running.relay.sealed), running.relay.contacts[pair]) == (1, False)
    await peer.hands_over(mail("Je suis là").as_bytes(), "250 2.0.0")
    assert running.relay.contacts[pair] is True
    peer.close()


async def test_an_open_contact_stays_open(running: Running) -> None:
    pair = (running.mailbox.account, account(PATIENT))
    running.relay.contacts[pair] = True
    absent = mail("Je suis absente", "Absence")
    absent["X-Autoreply"] = "yes"
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(absent.as_bytes(), "250 2.0.0")
    assert (running.relay.closed, running.relay.contacts[pair]) == ([], True)
    peer.close()


async def test_what_could_not_be_closed_is_closed_at_the_next_start(database: Database) -> None:
    relay = FakeRelay(contacts={PAIR: False}, faults={"close_contact": [Refusal("serverUnavailable")]})
    contacts = Contacts(database, relay, structlog.get_logger())
    async with contacts.as_they_are(*PAIR):
        relay.contacts[PAIR] = True
    assert relay.contacts[PAIR] is True
    await Contacts(database, relay, structlog.get_logger()).resume()
    assert relay.contacts[PAIR] is False


async def test_what_the_professional_opened_meanwhile_stays_open(database: Database) -> None:
    relay = FakeRelay(contacts={PAIR: False}, faults={"close_contact": [Refusal("serverUnavailable")]})
    contacts = Contacts(database, relay, structlog.get_logger())
    async with contacts.as_they_are(*PAIR):
        relay.contacts[PAIR] = True
    contacts.opened(*PAIR)
    await contacts.resume()
    assert relay.contacts[PAIR] is True
