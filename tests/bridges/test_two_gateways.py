"""Two gateway processes on one PostgreSQL and one relay: mail in through both, letters out, and the one that carries
them killed while an operator has one of its mails in hand."""

import asyncio
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import SMTP as WIRE
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from bridges.mssante import keyfile
from clients.content.letter import Letter, Mail
from clients.sdk import Arrived, Client, Draft, Mailbox
from crypto.keys import SigningSeed
from tests.bridges.authority import Authority, Issued, credentials, server_context
from tests.bridges.conftest import Running
from tests.bridges.fakes import DOCTOR, DOMAIN, PATIENT
from tests.bridges.mails import mail
from tests.bridges.test_whole import patient_of, start_gateway, write_config
from tests.bridges.transcript import Peer
from tests.postgres import Cluster
from tests.relays import free_port, install_reactor, start_relay_process

MAILS = 6


@dataclass
class Operator:
    """What it was handed, in order; while it is `held`, it answers nothing."""

    mails: list[bytes] = field(default_factory=list)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002
        async with self.came:
            self.mails.append(envelope.content)
            self.came.notify_all()
        await self.held.wait()
        return "250 2.0.0 OK"

    async def has(self, ids: set[str]) -> None:
        """Returns when it was handed a mail of each of these letters."""
        async with self.came, asyncio.timeout(30):
            await self.came.wait_for(lambda: ids <= set(self.letters()))

    def letters(self) -> Counter[str]:
        """How often each letter came, by its id in the Message-ID."""
        return Counter(str(message_from_bytes(raw)["Message-ID"])[1:23] for raw in self.mails)


@dataclass
class Two:
    """`configs` and `processes` of the gateways, one to one."""

    cluster: Cluster
    configs: list[Path]
    processes: list[asyncio.subprocess.Process]
    doors: list[Running]
    operator: Operator
    client: Client
    patient: Mailbox

    async def hand(self, number: int, at: int) -> None:
        """One mail, numbered, at one of them."""
        made = mail(f"mail {number}", f"Mail {number}")
        made.replace_header("Message-ID", f"<{number}@cabinet.mssante.example>")
        peer = await Peer.secured(self.doors[at], self.doors[at].client)
        await peer.hands_over(made.as_bytes(policy=WIRE), "250 2.0.0")
        peer.close()

    async def letters(self) -> list[Letter]:
        """What the patient has."""
        items = (await self.patient.news(None)).items
        return [item.letter for item in items if isinstance(item, Arrived) and item.box == "in"]

    async def answer(self, letter: Letter, count: int) -> set[str]:
        """Letters of the patient to who wrote that one; their ids."""
        facts = Mail(PATIENT, DOCTOR, None, "<0@cabinet.mssante.example>", ("<0@cabinet.mssante.example>",))
        sent = set()
        for number in range(count):
            draft = Draft("Re", f"answer {number}", thread=letter.thread, in_reply_to=letter.message, mail=facts)
            sent.add((await self.patient.send(draft, [letter.sender.account])).client_id)
        return sent

    def carrier(self) -> int:
        """Which of them has the doctor's domain."""
        holder = self.cluster.say("SELECT holder FROM leases WHERE name LIKE 'domain %'", "two")
        names = [(config.parent / "gateway" / "instance").read_text().strip() for config in self.configs]
        return names.index(holder)

    def a_while_passes(self) -> None:
        """Longer than any lease: the rows' times go back instead of the clock forward."""
        self.cluster.say("UPDATE leases SET until = until - 3600", "two")
        self.cluster.say("UPDATE outbox SET due = due - 3600 WHERE state = 'waiting'", "two")


@pytest.fixture(scope="module")
async def two(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, authority: Authority, operator: Issued, signer: Issued
) -> AsyncIterator[Two]:
    install_reactor()
    cluster.create("two")
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    relay, station = start_relay_process(folders[0] / "relay"), SigningSeed.generate()
    relay.add_bridge("gateway", keyfile.make(folders[0] / "gateway.key").login.public(), DOMAIN)
    relay.add_station("station", station.public())
    shutil.copy2(folders[0] / "gateway.key", folders[1] / "gateway.key")
    taking = Operator()
    taking.held.set()
    tls = server_context(credentials(authority, operator, folders[0], "mx"))
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(taking, tls_context=tls, require_starttls=True, hostname="mx"), "127.0.0.1", 0
    )
    out, ports = server.sockets[0].getsockname()[1], [free_port(), free_port()]
    configs = []
    for folder, port in zip(folders, ports, strict=True):
        config = write_config(folder, authority, signer, relay.origin, port, out, station.public())
        words = config.read_text().replace(
            'data = "gateway"', f'data = "gateway"\ndatabase = "{cluster.url("two")}"\nworkers = 1'
        )
        config.write_text(words.replace("[outgoing]", "[outgoing]\nconnections_per_domain = 1"))
        configs.append(config)
    client, mailbox = await patient_of(relay.origin, station)
    processes = [await start_gateway(config) for config in configs]
    none: Any = None
    door = Running("127.0.0.1", 0, none, none, none, none, credentials(authority, operator, folders[0], "client"))
    doors = [replace(door, port=port) for port in ports]
    yield Two(cluster, configs, processes, doors, taking, client, mailbox)
    for process in processes:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0
    await client.close()
    server.close()
    assert relay.stop() == 0


async def test_mail_in_through_both_is_one_letter_each_and_a_letter_out_one_mail(two: Two) -> None:
    # Each mail at both, at the same moment.
    await asyncio.gather(*(two.hand(number, at) for number in range(MAILS) for at in (0, 1)))
    letters = await two.letters()
    assert sorted(letter.text.strip() for letter in letters) == [f"mail {number}" for number in range(MAILS)]
    sent = await two.answer(letters[0], MAILS)
    await two.operator.has(sent)
    last = await two.answer(letters[0], 1)
    await two.operator.has(last)
    assert two.operator.letters() == Counter(sent | last)


async def test_who_is_killed_with_a_mail_in_an_operators_hand_is_followed_by_the_other(two: Two) -> None:
    await two.hand(100, 0)
    await two.hand(100, 1)
    letter = (await two.letters())[-1]
    two.operator.held.clear()
    before = set(two.operator.letters())
    sent = await two.answer(letter, MAILS)
    async with two.operator.came, asyncio.timeout(30):
        await two.operator.came.wait_for(lambda: set(two.operator.letters()) - before)
    (in_hand,) = set(two.operator.letters()) - before
    killed = two.carrier()
    two.processes[killed].send_signal(signal.SIGKILL)
    await two.processes[killed].wait()
    two.operator.held.set()
    two.a_while_passes()

    sent |= await two.answer(letter, 1)  # a hint: else the other looks after half a minute
    await two.operator.has(sent)
    await two.hand(100, 1 - killed)  # an operator that was not heard hands over again
    last = await two.answer(letter, 1)
    await two.operator.has(last)

    came = two.operator.letters()
    assert {id_: count for id_, count in came.items() if count != 1} in ({}, {in_hand: 2})
    copies = {raw for raw in two.operator.mails if in_hand.encode() in raw}
    assert len(copies) == 1
    assert [each.text.strip() for each in await two.letters()].count("mail 100") == 1
