"""A relay with a patient and a clinician's mailbox, for taking pictures of the web client. Reads commands on its input.

One line of JSON for each command: `first`, `second`, `third`, `many`, `long`, `spoilt`, `close`, `answer`. Ends when
its input ends. Run it from the project's root: `python clients/web/walk/rig.py` with the root on PYTHONPATH; not part
of what is shipped.
"""

import asyncio
import json
import os
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clients.content.agenda import Invitation
from clients.content.appointment import Attendee, Moment, Person
from clients.content.document import Author, Code, Patient
from clients.content.file import FilePart
from clients.content.letter import Mail
from clients.content.markup import reduce
from clients.content.record import RecordDocument
from clients.session import reactor
from clients.session.outgoing import Draft
from crypto.code import format_code
from crypto.keybox import DeviceKey
from crypto.keys import SigningSeed
from demo.report import Report, as_cda, as_pdf
from tests.relays import start_relay_process

CLINIC = "cabinet.mssante.example"
DOCTOR = f"dr.martin@{CLINIC}"
PATIENT = "285077505612370@patient.pli.example"
LOGIN = "camille.durand"
WEB = Path(__file__).parent.parent / "dist"


@dataclass
class Rig:
    """What the commands work with."""

    doctor: Any
    patient: str
    thread: str | None = None
    seen: str | None = None


def say(**members: object) -> None:
    sys.stdout.write(json.dumps(members) + "\n")
    sys.stdout.flush()


async def main() -> None:
    from clients.sdk.client import Client  # noqa: PLC0415 - it imports the reactor, which must be installed first
    from clients.sdk.enrolment import letter_account, managed_account  # noqa: PLC0415 - it imports the reactor, which must be installed first

    bridge, station, device = SigningSeed(os.urandom(32)), SigningSeed(os.urandom(32)), DeviceKey(os.urandom(32))
    with tempfile.TemporaryDirectory() as folder:
        relay = start_relay_process(Path(folder) / "relay", web=WEB)
        try:
            relay.add_bridge("gateway", bridge.public(), CLINIC)
            relay.add_station("station", station.public())
            client = await Client.with_key(relay.origin, "gateway", bridge)
            mailbox = managed_account("professional", [DOCTOR], device, datetime.now(UTC), by=bridge)
            await client.enrol([mailbox])
            enroller = await Client.with_key(relay.origin, "station", station)
            invited = letter_account("patient", LOGIN, [PATIENT], datetime.now(UTC), by=station)
            await enroller.enrol([invited.person])
            await enroller.close()
            await client.reload()
            doctor = await client.mailbox(mailbox.account, device, name="Dr Claire MARTIN", address=DOCTOR)
            say(
                origin=relay.origin,
                login=LOGIN,
                code=format_code(invited.code),
                log=str(relay.data.parent / "relay.log"),
            )
            await serve(Rig(doctor, invited.person.account), client, relay.data)
            await client.close()
        finally:
            relay.stop()


async def serve(rig: Rig, client: Any, data: Path) -> None:
    commands = {"first": first, "second": second, "third": third, "many": many, "long": long}
    while command := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if command in commands:
            say(done=command, id=await commands[command](rig))
        elif command == "spoilt":
            await second(rig, subject="Ordonnance à renouveler")
            say(done=command, changed=spoil(data))
        elif command == "close":
            await client.close_contact(rig.doctor.account, rig.patient)
            say(done=command)
        elif command == "answer":
            say(done=command, letters=await answers(rig))


async def first(rig: Rig) -> str:
    """Text in two forms, a PDF, a record document and an appointment."""

    now = datetime.now(UTC)
    report = Report(drawn=now - timedelta(days=2))
    pdf = await rig.doctor.attach("20240312_CR-BIO_DURAND_CAMILLE.pdf", "application/pdf", as_pdf(report))
    cda = await rig.doctor.attach("CR-BIO.xml", "text/xml", as_cda(report))
    text = (
        "Bonjour Camille,\n\nVos résultats d'analyse sont arrivés : ils sont joints à ce message.\n\nLa glycémie est"
        " bonne. Le cholestérol est un peu haut, rien d'urgent. Je vous propose d'en parler en consultation.\n\n"
        "Bien à vous,\n\nDr Claire Martin\nCabinet médical des Tilleuls\n"
    )
    html = "".join("<p>" + piece.strip().replace("\n", "<br>") + "</p>" for piece in text.split("\n\n"))
    subject = "XDM/1.0/DDM+CR d'examens biologiques DURAND CAMILLE 14/07/1985"
    parts = (FilePart(pdf), document(cda, report), invitation(now))
    draft = Draft(subject=subject, text=text, html=reduce(html), parts=parts, mail=mail())
    return await sent(rig, draft)


async def second(rig: Rig, subject: str = "Votre prochain rappel de vaccin") -> str:
    text = "Bonjour Camille,\n\nVotre rappel diphtérie-tétanos-polio est à faire cette année.\n\nDr Claire Martin\n"
    return await sent(rig, Draft(subject=subject, text=text, mail=mail()), keep=False)


async def third(rig: Rig) -> str:
    """One more letter in the first thread."""

    text = "Merci de votre réponse. À la semaine prochaine.\n\nDr Claire Martin\n"
    return await sent(rig, Draft(subject="Re: CR d'examens biologiques", text=text, thread=rig.thread, mail=mail()))


async def many(rig: Rig) -> str:
    """Thirty letters, with subjects of every length, some of one word."""

    subjects = [
        "Résultats",
        "Compte rendu de la consultation du 12 mars et calendrier des examens, à lire avant la semaine prochaine",
        "Hexakosioihexekontahexaphobie" * 5,
        "Re: Re: Re: Tr: Votre rendez-vous",
    ]
    last = ""
    for number in range(30):
        subject = f"{number + 1}. {subjects[number % len(subjects)]}"[:255]
        last = await sent(rig, Draft(subject=subject, text=f"Message {number + 1}", mail=mail()), keep=False)
    return last


async def long(rig: Rig) -> str:
    """A letter of twelve parts, with a word and a file name that no line can hold."""

    names = [
        f"{number + 1:02}_{'radiographie_du_poignet_gauche_de_face_et_de_profil' * (1 + number % 3)}.pdf"
        for number in range(11)
    ]
    files = [await rig.doctor.attach(name, "application/pdf", b"%PDF-1.4\n") for name in names]
    note = await rig.doctor.attach("note.txt", "text/plain", b"Rien de plus.\n")
    text = (
        "Bonjour Camille,\n\nVoici toutes vos images : https://images.example/"
        + "a1b2c3d4" * 40
        + "\n\nDr Claire Martin\n"
    )
    parts = tuple(FilePart(file) for file in (*files, note))
    return await sent(rig, Draft(subject="Vos douze documents", text=text, parts=parts, mail=mail()), keep=False)


async def sent(rig: Rig, draft: Any, *, keep: bool = True) -> str:
    submitted = await rig.doctor.send(draft, [rig.patient])
    if keep and rig.thread is None:
        news = await rig.doctor.news(None)
        rig.thread = news.items[-1].letter.thread
    return str(submitted.id)


async def answers(rig: Rig) -> list[dict[str, object]]:
    """What the patient wrote since the last time: text, kinds of parts, and the sizes of files that open."""
    news = await rig.doctor.news(rig.seen)
    rig.seen = news.state
    found: list[dict[str, object]] = []
    for item in news.items:
        if not hasattr(item, "letter"):
            found.append({"unreadable": item.reason})
        elif item.letter.sender.account == rig.patient:
            sizes = [len(await rig.doctor.download(file)) for file in item.letter.attachments()]
            letter = item.letter
            found.append({
                "subject": letter.subject, "text": letter.text, "name": letter.sender.name, "sizes": sizes,
                "kinds": [part.kind for part in letter.parts], "inReplyTo": letter.mail and letter.mail.in_reply_to,
            })  # fmt: skip
    return found


def mail() -> Any:

    return Mail(
        from_=DOCTOR, to=PATIENT, message_id=f"<{os.urandom(8).hex()}@{CLINIC}>", in_reply_to=None, references=()
    )


def document(file: Any, report: Any) -> Any:

    return RecordDocument(
        file=file,
        format="cda-r2",
        name=report.title,
        code=Code("11502-2", "CR d'examens biologiques", "2.16.840.1.113883.6.1"),
        author=Author(report.author, report.laboratory),
        date=report.drawn.replace(microsecond=0),
        id=f"1.2.250.1.213.1.1.1.55^{report.identifier}",
        patient=Patient("285077505612370", "1.2.250.1.213.1.4.10", "DURAND", "CAMILLE", "1985-07-14", "F"),
    )


def invitation(now: datetime) -> Any:

    start = (now + timedelta(days=8)).replace(hour=10, minute=30, second=0, microsecond=0, tzinfo=None)
    return Invitation(
        method="REQUEST",
        uid=f"{os.urandom(8).hex()}@{CLINIC}",
        sequence=0,
        stamp=now.replace(microsecond=0),
        organizer=Person(DOCTOR, "Dr Claire MARTIN"),
        attendees=(Attendee(PATIENT, "Camille DURAND"),),
        start=Moment(start, "Europe/Paris"),
        end=Moment(start + timedelta(minutes=30), "Europe/Paris"),
        summary="Consultation avec le Dr Martin",
        location="Cabinet médical des Tilleuls, 3 place de la Mairie, 75011 Paris",
        description="Merci d'apporter votre carte Vitale et vos derniers résultats.",
    )


def spoil(data: Path) -> int:
    """Change one byte of the newest letter at rest, as a dishonest operator would."""

    with sqlite3.connect(data / "relay.db", timeout=10) as database:
        number, sealed = database.execute("SELECT number, sealed FROM bodies ORDER BY number DESC LIMIT 1").fetchone()
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        database.execute("UPDATE bodies SET sealed = ? WHERE number = ?", (changed, number))
    return int(number)


if __name__ == "__main__":
    reactor.run(main())
