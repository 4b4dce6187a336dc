"""The gateway as a process of its own, before a real relay: mail in, read by the patient, answered, mail out."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP as WIRE
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from bridges.mssante import keyfile
from clients.content.agenda import Attendee, Invitation, Moment, Person, from_ical, reply, to_ical
from clients.content.file import FilePart
from clients.content.letter import Mail
from clients.content.receipt import Receipt
from clients.sdk import Arrived, Client, Draft, Mailbox, activate, letter_account
from clients.sdk.activation import new_totp_secret
from crypto.encoding import b64u
from crypto.keys import SigningPublic, SigningSeed
from tests.bridges.authority import SIGNER, Authority, Issued, credentials, name, server_context, signed_list, written
from tests.bridges.conftest import OPERATOR, Running
from tests.bridges.fakes import DOCTOR, DOMAIN, PATIENT
from tests.bridges.mails import mail
from tests.bridges.transcript import Peer
from tests.relays import RunningRelay, free_port, install_reactor, start_relay_process

PASSWORD = "correct horse battery staple"


class Inbox:
    """The operator's side: what it was handed, and an event for each."""

    def __init__(self) -> None:
        self.mails: asyncio.Queue[bytes] = asyncio.Queue()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002
        self.mails.put_nowait(envelope.content)
        return "250 2.0.0 OK"


@dataclass
class World:
    """A relay, a gateway before it, an operator, a patient who is logged in."""

    relay: RunningRelay
    port: int
    config: Path
    process: asyncio.subprocess.Process
    inbox: Inbox
    client: Client
    patient: Mailbox
    running: Running
    station: SigningSeed

    async def restart(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        self.process = await start_gateway(self.config)

    async def peer(self) -> Peer:
        return await Peer.secured(self.running, self.running.client)

    async def letters(self, count: int) -> list[Arrived]:
        """The letters that the patient has, once there are so many."""
        async with asyncio.timeout(20):
            async for _ in self.client.watch():
                news = await self.patient.news(None)
                found = [item for item in news.items if isinstance(item, Arrived) and item.box == "in"]
                if len(found) >= count:
                    return found
        raise AssertionError


async def start_gateway(config: Path) -> asyncio.subprocess.Process:
    log = (config.parent / "gateway.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pli", "gateway", "--config", str(config), stdout=asyncio.subprocess.PIPE, stderr=log,
        cwd=Path(__file__).parents[2], env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    log.close()
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    assert line.startswith(b"ready smtp "), (config.parent / "gateway.log").read_text()[-3000:]
    return process


@pytest.fixture(scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, operator: Issued, signer: Issued
) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("whole")
    install_reactor()
    relay = start_relay_process(folder / "relay")
    station = SigningSeed.generate()
    relay.add_bridge("gateway", keyfile.make(folder / "gateway.key").login.public(), DOMAIN)
    relay.add_station("station", station.public())
    inbox, port = Inbox(), free_port()
    tls = server_context(credentials(authority, operator, folder, "mx"))
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(inbox, tls_context=tls, require_starttls=True, hostname="mx"), "127.0.0.1", 0
    )
    out = server.sockets[0].getsockname()[1]
    config = write_config(folder, authority, signer, relay.origin, port, out, station.public())
    client, mailbox = await patient_of(relay.origin, station)
    process = await start_gateway(config)
    ways: Any = None
    running = Running("127.0.0.1", port, ways, ways, ways, ways, credentials(authority, operator, folder, "client"))
    world = World(relay, port, config, process, inbox, client, mailbox, running, station)
    yield world
    world.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(world.process.wait(), 20) == 0
    await client.close()
    server.close()
    assert relay.stop() == 0


def write_config(
    folder: Path, authority: Authority, signer: Issued, origin: str, port: int, operator_port: int,
    station: SigningPublic,
) -> Path:  # fmt: skip
    gateway = credentials(authority, authority.issue(name("gateway")), folder, "gw")
    (folder / "revoked.pem").write_bytes(authority.revocations())
    (folder / "list.xml").write_bytes(signed_list(signer, [(DOMAIN, written(OPERATOR))]))
    config = folder / "gateway.toml"
    config.write_text(f"""
[gateway]
relay = "{origin}"
login = "gateway"
key_file = "gateway.key"
data = "gateway"
patient_domain = "patient.pli.example"
hostname = "gateway.pli.example"
[smtp]
listen = "127.0.0.1:{port}"
certificate = "{gateway.certificate}"
key = "{gateway.key}"
client_ca = "{gateway.authorities}"
crl = "revoked.pem"
[outgoing]
certificate = "{gateway.certificate}"
key = "{gateway.key}"
ca = "{gateway.authorities}"
routes = {{ "{DOMAIN}" = "127.0.0.1:{operator_port}" }}
[whitelist]
file = "list.xml"
signer_ca = "{gateway.authorities}"
signer_subject = "{SIGNER}"
[revocation]
policy = "soft"
[log]
stations = ["{b64u(station.raw)}"]
[[mailbox]]
address = "{DOCTOR}"
name = "Dr Claire MARTIN"
""")
    return config


async def patient_of(origin: str, station: SigningSeed) -> tuple[Client, Mailbox]:
    async with await Client.with_key(origin, "station", station) as desk:
        made = letter_account("patient", "camille", [PATIENT], datetime.now(UTC), by=station)
        (outcome,) = await desk.enrol([made.person])
        assert outcome.outcome == "created"
    client = await activate(origin, "camille", made.code, PASSWORD, new_totp_secret())
    key = client.password_key
    assert key is not None
    return client, await client.mailbox(client.account, key, name="Camille DURAND", address=PATIENT)


def appointment() -> Invitation:
    start, end = datetime(2026, 12, 1, 9, 30), datetime(2026, 12, 1, 10, 0)  # noqa: DTZ001 - local times, zone beside
    return Invitation(
        "REQUEST", "uid-whole", 0, datetime.now(UTC).replace(microsecond=0), Person(DOCTOR, "Dr MARTIN"),
        (Attendee(PATIENT, "Camille"),), Moment(start, "Europe/Paris"), Moment(end, "Europe/Paris"), "Consultation",
    )  # fmt: skip


def everything(pdf: bytes) -> EmailMessage:
    made = mail()
    made.add_alternative("<p>Vos <b>résultats</b></p>", subtype="html")
    made.add_attachment(pdf, maintype="application", subtype="pdf", filename="résultats.pdf")
    made.add_attachment(
        to_ical(appointment()), maintype="text", subtype="calendar", filename="invite.ics", params={"method": "REQUEST"}
    )
    return made


async def test_a_mail_is_read_and_its_answer_is_mail_again(world: World) -> None:
    pdf = os.urandom(200_000)
    peer = await world.peer()
    await peer.hands_over(everything(pdf).as_bytes(policy=WIRE), "250 2.0.0")
    peer.close()
    letter = (await world.letters(1))[0].letter
    invitation, file = letter.parts
    assert isinstance(invitation, Invitation)
    assert isinstance(file, FilePart)
    assert (letter.subject, await world.patient.download(file.file)) == ("Vos résultats", pdf)

    photo = await world.patient.attach("photo.jpg", "image/jpeg", pdf)
    answer = reply(invitation, PATIENT, "ACCEPTED", datetime.now(UTC))
    facts = Mail(PATIENT, DOCTOR, None, "<one@cabinet.mssante.example>", ("<one@cabinet.mssante.example>",))
    draft = Draft(
        "Re: Vos résultats",
        "Merci",
        parts=(FilePart(photo), answer),
        thread=letter.thread,
        in_reply_to=letter.message,
        mail=facts,
    )
    await world.patient.send(draft, [letter.sender.account])
    found = message_from_bytes(await asyncio.wait_for(world.inbox.mails.get(), 30))
    assert found["In-Reply-To"] == "<one@cabinet.mssante.example>"
    assert [part.get_payload(decode=True) for part in found.walk() if part.get_filename() == "photo.jpg"] == [pdf]
    assert accepted(found)


def accepted(found: Message) -> bool:
    calendar = next(part for part in found.walk() if part.get_content_type() == "text/calendar")
    raw = calendar.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return calendar.get_param("method") == "REPLY" and from_ical(raw)[0].attendees[0].partstat == "ACCEPTED"


async def test_the_answer_to_an_answer_stays_in_the_thread(world: World) -> None:
    first = (await world.letters(1))[0].letter
    sent = await world.patient.send(Draft("Re", "Encore", thread=first.thread), [first.sender.account])
    out = message_from_bytes(await asyncio.wait_for(world.inbox.mails.get(), 30))
    made = mail("Réponse", "Re: Re")
    made.replace_header("Message-ID", "<two@cabinet.mssante.example>")
    made["In-Reply-To"] = out["Message-ID"]
    made["References"] = f"<one@cabinet.mssante.example> {out['Message-ID']}"
    peer = await world.peer()
    await peer.hands_over(made.as_bytes(), "250 2.0.0")
    peer.close()
    letter = (await world.letters(2))[-1].letter
    assert (letter.thread, letter.in_reply_to, letter.counter) == (first.thread, sent.client_id, 2)


async def test_who_says_that_a_mail_was_read_is_told_of_by_one_notification(world: World) -> None:
    made = mail("À lire", "À lire")
    made.replace_header("Message-ID", "<read@cabinet.mssante.example>")
    made["Disposition-Notification-To"] = DOCTOR
    before = len(await world.letters(0))
    peer = await world.peer()
    await peer.hands_over(made.as_bytes(), "250 2.0.0")
    peer.close()
    read = (await world.letters(before + 1))[-1].letter
    assert read.mail is not None
    assert read.mail.receipt_wanted
    facts = Mail(PATIENT, DOCTOR, None, read.mail.message_id, (str(read.mail.message_id),))
    said = Receipt(read.message, "read", datetime.now(UTC).replace(microsecond=0))
    for draft in (Draft("", "", parts=(said,), mail=facts), Draft("", "", parts=(said,), mail=facts), Draft("", "Fin")):
        await world.patient.send(replace(draft, thread=read.thread), [read.sender.account])
    told, last = [message_from_bytes(await asyncio.wait_for(world.inbox.mails.get(), 30)) for _ in range(2)]
    assert (told.get_param("report-type"), told["To"]) == ("disposition-notification", f"<{DOCTOR}>")
    assert last.get_content_type() == "text/plain"


async def test_killed_after_the_250_the_gateway_has_lost_and_doubled_nothing(world: World) -> None:
    made = mail("une fois", "Une fois")
    made.replace_header("Message-ID", "<three@cabinet.mssante.example>")
    before = len(await world.letters(0))
    peer = await world.peer()
    await peer.hands_over(made.as_bytes(), "250 2.0.0")
    await world.restart()
    again = await world.peer()
    await again.hands_over(made.as_bytes(), "250 2.0.0")
    again.close()
    assert len(await world.letters(before + 1)) == before + 1


async def test_a_killed_parsing_process_costs_one_attempt(world: World) -> None:
    made = mail("encore là", "Encore là")
    made.replace_header("Message-ID", "<five@cabinet.mssante.example>")
    peer = await world.peer()
    for pid in children(world.process.pid):
        os.kill(pid, signal.SIGKILL)
    answers = [await peer_answer(peer, made.as_bytes()) for _ in range(4)]
    assert {answer[:3] for answer in answers[:2]} <= {"451", "250"}
    assert answers[-1].startswith("250 ")
    peer.close()


async def test_an_invited_patient_who_opens_the_account_gets_every_mail(world: World) -> None:
    address = "180035121518989@patient.pli.example"
    async with await Client.with_key(world.relay.origin, "station", world.station) as desk:
        made = letter_account("patient", "dominique", [address], datetime.now(UTC), by=world.station)
        (outcome,) = await desk.enrol([made.person])
        assert outcome.outcome == "created"
    peer = await world.peer()
    await peer.hands_over(numbered(1, address), "250 2.0.0", (address,))
    client = await activate(world.relay.origin, "dominique", made.code, PASSWORD, new_totp_secret())
    for number in (2, 3):
        await peer.hands_over(numbered(number, address), "250 2.0.0", (address,))
    peer.close()
    assert client.password_key is not None
    mailbox = await client.mailbox(client.account, client.password_key, name="Dominique", address=address)
    items = (await mailbox.news(None)).items
    await client.close()
    assert [item.letter.text for item in items if isinstance(item, Arrived)] == ["mail 1", "mail 2", "mail 3"]


def numbered(number: int, address: str) -> bytes:
    made = mail(f"mail {number}", f"Mail {number}")
    made.replace_header("To", address)
    made.replace_header("Message-ID", f"<invited-{number}@cabinet.mssante.example>")
    return made.as_bytes()


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert listed
    return [int(child) for child in listed]


async def test_a_patient_whom_another_station_enrolled_is_not_written_to(world: World) -> None:
    other, address = SigningSeed.generate(), "199035121518989@patient.pli.example"
    world.relay.add_station("other", other.public())
    async with await Client.with_key(world.relay.origin, "other", other) as desk:
        made = letter_account("patient", "autre", [address], datetime.now(UTC), by=other)
        (outcome,) = await desk.enrol([made.person])
        assert outcome.outcome == "created"
    peer = await world.peer()
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 ")

    await peer.asks(f"RCPT TO:<{address}>", "451 4.7.0")

    peer.close()
    assert b"notTheirs" in (world.config.parent / "gateway.log").read_bytes()


async def test_a_relay_that_is_down_means_try_again_and_then_it_works(world: World) -> None:
    made = mail("plus tard", "Plus tard")
    made.replace_header("Message-ID", "<four@cabinet.mssante.example>")
    before = len(await world.letters(0))
    world.relay.kill()
    peer = await world.peer()
    await peer.hands_over(made.as_bytes(), "451 4.3.0")
    world.relay.start_again()
    async with asyncio.timeout(30):
        while (await peer_answer(peer, made.as_bytes()))[:3] != "250":
            pass
    assert len(await world.letters(before + 1)) == before + 1


async def peer_answer(peer: Peer, content: bytes) -> str:
    return await peer.hands_over(content, "")


async def test_the_gateway_says_what_it_remembers_of_the_log_and_takes_the_offered_policy_by_its_hash(
    world: World,
) -> None:
    running = json.loads(await gateway_log(world, "--json"))
    left = json.loads(await gateway_log(world, "--accept", running["offered"], "--json"))
    world.process.send_signal(signal.SIGTERM)
    await world.process.wait()
    accepted = json.loads(await gateway_log(world, "--accept", running["offered"], "--json"))
    world.process = await start_gateway(world.config)

    assert left["accepting"] == running["offered"]
    assert (running["distrusted"], accepted["distrusted"]) == ("no", "no")
    assert running["offeredPolicy"].startswith("log ")
    assert int(accepted["known"].split(":")[0]) > 2


async def test_a_policy_that_is_not_offered_is_not_accepted(world: World) -> None:
    world.process.send_signal(signal.SIGTERM)
    await world.process.wait()

    for wrong in ("0" * 64, "none"):
        await gateway_log(world, "--accept", wrong, status=2)
    world.process = await start_gateway(world.config)


async def gateway_log(world: World, *words: str, status: int = 0) -> bytes:
    program = "from bridges.mssante.commands import app; app()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, "gateway-log", "--config", str(world.config), *words,
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == status
    return said


async def test_nothing_readable_is_on_the_gateways_disk_or_in_its_log(world: World) -> None:
    folder = world.config.parent
    files = [path for path in (folder / "gateway").rglob("*") if path.is_file()] + [folder / "gateway.log"]
    kept = b"".join(path.read_bytes() for path in files)
    assert b"letter.submitted" in kept
    assert not [
        word for word in ("résultats", "Vos r", "Merci", "photo.jpg", PATIENT[:15], DOCTOR[:9]) if word.encode() in kept
    ]
