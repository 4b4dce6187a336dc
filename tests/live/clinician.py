"""A clinician on the SDK beside a relay, who enrols patients too: one JSON command a line in, one answer a line out.

A program of its own, because the SDK lives on Twisted's loop and a driven browser does not. `Clinician` starts it.
Commands: patient {login, password}; send {to, subject, text, html, parts, thread}; many {to, count}; large {to,
subject, size}; heard {of}.
"""

import asyncio
import base64
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from clients.content.agenda import Invitation
from clients.content.appointment import Attendee, Moment, Person
from clients.content.document import Author, Code, Patient
from clients.content.file import FilePart
from clients.content.letter import Mail
from clients.content.part import Part
from clients.content.record import RecordDocument
from clients.sdk import Arrived, Client, Draft, Mailbox
from clients.sdk.activation import activate, new_totp_secret
from clients.sdk.enrolment import letter_account, managed_account
from clients.session import reactor
from crypto.encoding import b64u, unb64u
from crypto.keybox import DeviceKey
from crypto.keys import SigningSeed
from tests.live.codes import Codes
from tests.live.everything import everything
from tests.live.program import Program
from tests.relays import RunningRelay

CLINIC: Final = "cabinet.mssante.example"
DOCTOR: Final = f"dr.martin@{CLINIC}"
DOMAIN: Final = "patient.pli.example"


_WORDS: Final = "Bonjour Camille, vos résultats sont arrivés, la glycémie est bonne et le cholestérol un peu haut. " * 4


class Clinician:
    """The program, and what it is asked for."""

    def __init__(self, relay: RunningRelay, log: Path) -> None:
        bridge, station = SigningSeed.generate(), SigningSeed.generate()
        relay.add_bridge("gateway", bridge.public(), CLINIC)
        relay.add_station("station", station.public())
        self.origin = relay.origin
        self._program = Program("tests.live.clinician", (relay.origin,), log)
        self._program.say(json.dumps([b64u(bridge.raw), b64u(station.raw)]))
        self._program.hear()

    def patient(self, login: str, password: str) -> tuple[str, Codes]:
        """Somebody new who has opened their account: the account, and their one-time codes."""
        said = self._program.ask({"do": "patient", "login": login, "password": password})
        return str(said["account"]), Codes(str(said["totp"]), datetime.now(UTC).timestamp())

    def send(
        self,
        to: str,
        subject: str,
        text: str,
        html: str | None = None,
        parts: Sequence[dict[str, Any]] = (),
        thread: str | None = None,
    ) -> str:
        """A letter, with its markup as it is; its id. `parts`: {kind: file, name, type, data}, {kind: document, title,
        name, type, data}, or {kind: invitation, summary, location, description}."""
        given = {"to": to, "subject": subject, "text": text, "html": html, "parts": list(parts), "thread": thread}
        return str(self._program.ask({"do": "send"} | given)["sent"])

    def send_many(self, to: str, count: int) -> None:
        """So many letters, each of its own exchange: `Lettre 0017`, and a text with `mot0017`."""
        self._program.ask({"do": "many", "to": to, "count": count})

    def send_large(self, to: str, subject: str, size: int) -> None:
        """A letter with a file of so many random bytes."""
        self._program.ask({"do": "large", "to": to, "subject": subject, "size": size})

    def heard(self, of: str) -> list[str]:
        """The texts of this patient's letters, oldest first."""
        return list(self._program.ask({"do": "heard", "of": of})["texts"])

    def close(self) -> None:
        """End the program."""
        self._program.close()


def file_part(name: str, type: str, data: bytes) -> dict[str, Any]:  # noqa: A002 - as in letters
    """A file, for send()."""
    return {"kind": "file", "name": name, "type": type, "data": base64.b64encode(data).decode()}


async def _main(origin: str) -> None:
    bridge, station = (SigningSeed(unb64u(word)) for word in json.loads(sys.stdin.readline()))
    client = await Client.with_key(origin, "gateway", bridge)
    device = DeviceKey.generate()
    doctor = managed_account("professional", [DOCTOR], device, datetime.now(UTC), by=bridge)
    await client.enrol([doctor])
    enroller = await Client.with_key(origin, "station", station)
    await client.reload()
    mailbox = await client.mailbox(doctor.account, device, name="Dr Claire MARTIN", address=DOCTOR)
    _say({"ready": doctor.account})
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        match command["do"]:
            case "patient":
                _say(await _patient(origin, enroller, station, command))
            case "send":
                _say({"sent": (await mailbox.send(await _draft(mailbox, command), [command["to"]])).client_id})
            case "many":
                for number in range(command["count"]):
                    await mailbox.send(_plain(f"Lettre {number:04}", f"{_WORDS} mot{number:04}"), [command["to"]])
                _say({})
            case "large":
                file = await mailbox.attach("grand.bin", "application/octet-stream", os.urandom(command["size"]))
                await mailbox.send(_plain(command["subject"], "Un grand fichier", FilePart(file)), [command["to"]])
                _say({})
            case "heard":
                letters = [item for item in await everything(mailbox) if isinstance(item, Arrived)]
                _say({"texts": [one.letter.text for one in letters if one.letter.sender.account == command["of"]]})
    await enroller.close()
    await client.close()


async def _patient(origin: str, enroller: Client, station: SigningSeed, command: dict[str, Any]) -> dict[str, Any]:
    login = command["login"]
    invited = letter_account("patient", login, [f"{login}@{DOMAIN}"], datetime.now(UTC), by=station)
    await enroller.enrol([invited.person])
    secret = new_totp_secret()
    opened = await activate(origin, login, invited.code, command["password"], secret)
    await opened.close()
    return {"account": invited.person.account, "totp": secret}


async def _draft(mailbox: Mailbox, command: dict[str, Any]) -> Draft:
    parts = tuple([await _part(mailbox, each) for each in command["parts"]])
    mail = Mail(
        from_=DOCTOR, to=f"p@{DOMAIN}", message_id=f"<{os.urandom(8).hex()}@{CLINIC}>", in_reply_to=None, references=()
    )
    said = {name: command[name] for name in ("subject", "text", "html", "thread")}
    return Draft(parts=parts, mail=mail, **said)


def _plain(subject: str, text: str, *parts: Part) -> Draft:
    mail = Mail(from_=DOCTOR, to=f"p@{DOMAIN}", message_id=None, in_reply_to=None, references=())
    return Draft(subject=subject, text=text, parts=parts, mail=mail)


async def _part(mailbox: Mailbox, given: dict[str, Any]) -> Part:
    if given["kind"] == "invitation":
        return _invitation(given)
    file = await mailbox.attach(given["name"], given["type"], base64.b64decode(given["data"]))
    if given["kind"] == "file":
        return FilePart(file)
    return RecordDocument(
        file=file,
        format="cda-r2",
        name=given["title"],
        code=Code("11502-2", "CR d'examens biologiques", "2.16.840.1.113883.6.1"),
        author=Author(given["title"], given["title"]),
        date=datetime.now(UTC).replace(microsecond=0),
        id=f"1.2.250.1.213.1.1.1.55^{os.urandom(8).hex()}",
        patient=Patient("285077505612370", "1.2.250.1.213.1.4.10", "DURAND", "CAMILLE", "1985-07-14", "F"),
    )


def _invitation(given: dict[str, Any]) -> Invitation:
    now = datetime.now(UTC)
    start = (now + timedelta(days=8)).replace(hour=10, minute=30, second=0, microsecond=0, tzinfo=None)
    return Invitation(
        method="REQUEST",
        uid=f"{os.urandom(8).hex()}@{CLINIC}",
        sequence=0,
        stamp=now.replace(microsecond=0),
        organizer=Person(DOCTOR, "Dr Claire MARTIN"),
        attendees=(Attendee(f"p@{DOMAIN}", "Camille DURAND"),),
        start=Moment(start, "Europe/Paris"),
        end=Moment(start + timedelta(minutes=30), "Europe/Paris"),
        summary=given["summary"],
        location=given["location"],
        description=given["description"],
    )


def _say(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    reactor.run(_main(*sys.argv[1:]))
