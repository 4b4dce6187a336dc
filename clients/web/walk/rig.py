"""Pli as `./dev run` starts it: witness, relay with a catalogue, gateway, operator; for walking through the client.

Reads commands on its input, one a line, and answers each with a line of JSON; the first line says where everything is.
Ends when its input ends. Run it from the project's root with the root on PYTHONPATH; not part of what is shipped.
"""

import asyncio
import datetime as dt
import json
import logging
import smtplib
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from clients.web.walk import post
from clients.web.walk.post import Attached, Event, Note
from demo import sample
from demo.names import CLINICIAN_ADDRESS, Patient, Ports
from demo.reading import read_maildir
from demo.report import Report, as_pdf
from demo.run import Running, start
from tests.live.polling import free_ports
from tests.live.tampering import flip_newest_letter

WALKER = "camille.durand.walks"
INVITED = {
    WALKER: Patient("285077505612371", "DURAND", "CAMILLE", "1985-07-14", "F"),
    "jean.refuse": Patient("145067505600137", "BERNARD", "JEAN", "1945-06-02", "M"),
    "lou.durand": Patient("115067505600138", "DURAND", "LOU", "2015-06-02", "F"),
    "odette.neuve": Patient("239067505600139", "LEROY", "ODETTE", "1939-06-02", "F"),
}


@dataclass
class Rig:
    """What the commands work with."""

    running: Running
    report: Report = field(default_factory=lambda: Report(drawn=post.in_days(-2, 8), patient=INVITED[WALKER]))
    visit: Event = field(default_factory=lambda: Event("Vaccination", post.in_days(9, 14)))
    seen: int = 0

    def send(self, note: Note, to: str = WALKER) -> None:
        post.send(self.running.layout.ports.submission, INVITED[to], note)


def say(**members: object) -> None:
    sys.stdout.write(json.dumps(members) + "\n")
    sys.stdout.flush()


async def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    relay, gateway, operator, submission = free_ports(4)
    with tempfile.TemporaryDirectory() as folder:
        async with start(Path(folder), Ports(relay, gateway, operator, submission)) as running:
            codes = await asyncio.to_thread(running.installation.letter_codes, INVITED)
            app = json.loads((running.layout.folder / "app-request.json").read_text())["account"]
            say(origin=running.layout.origin, login=WALKER, codes=codes, app=app)
            rig = Rig(running)
            while words := (await asyncio.to_thread(sys.stdin.readline)).split():
                say(done=words[0], **(await asyncio.to_thread(COMMANDS[words[0]], rig, *words[1:]) or {}))


def first(rig: Rig, to: str = WALKER) -> None:
    """The demonstration's mail: text in two forms, a PDF, an archive with a document, an appointment."""
    now = dt.datetime.now(dt.UTC)
    mail = sample.compose(now, report=rig.report, recipient=INVITED[to].address)
    with smtplib.SMTP("127.0.0.1", rig.running.layout.ports.submission, timeout=20) as program:
        program.sendmail(CLINICIAN_ADDRESS, [mail.recipient], mail.raw)


def second(rig: Rig, to: str = WALKER) -> None:
    text = "Bonjour,\n\nVotre rappel diphtérie-tétanos-polio est à faire cette année." + post.FAREWELL
    rig.send(Note("Votre prochain rappel de vaccin", text), to)


def spoilt(rig: Rig) -> None:
    """One bit of the newest letter at rest is changed, as a dishonest operator would."""
    flip_newest_letter(rig.running.layout.relay_data, WALKER)


def repeated(rig: Rig) -> None:
    """An appointment that repeats, one that is moved, and one that is cancelled."""
    patient = INVITED[WALKER]
    series = Event("Kinésithérapie", post.in_days(3, 16), rule="FREQ=WEEKLY;COUNT=6")
    rig.send(
        Note(
            "Vos séances de kinésithérapie", "Six séances." + post.FAREWELL, calendar=post.appointment(patient, series)
        )
    )
    rig.send(Note("Vaccination", "Pour votre rappel." + post.FAREWELL, calendar=post.appointment(patient, rig.visit)))
    cancelled = Event("Radiographie", post.in_days(12, 11))
    for method, sequence in (("REQUEST", 0), ("CANCEL", 1)):
        event = Event(cancelled.summary, cancelled.start, cancelled.uid, method, sequence)
        rig.send(
            Note(
                f"Radiographie ({method})", "Voir ci-joint." + post.FAREWELL, calendar=post.appointment(patient, event)
            )
        )


def moved(rig: Rig) -> None:
    event = Event("Vaccination", post.in_days(10, 15), rig.visit.uid, sequence=1)
    calendar = post.appointment(INVITED[WALKER], event)
    rig.send(Note("Vaccination : changement d'horaire", "L'horaire a changé." + post.FAREWELL, calendar=calendar))


def replaced(rig: Rig) -> None:
    """A newer version of the first document."""
    newer = Report(drawn=rig.report.drawn, patient=rig.report.patient, remark="Valeurs corrigées.")
    headers = {"X-MSS-CODECDA": "11502-2", "X-MSS-INS": "O"}
    text = "Une valeur a été corrigée." + post.FAREWELL
    rig.send(Note("Version corrigée de vos résultats", text, (post.replacing(rig.report, newer),), headers=headers))


def many(rig: Rig) -> None:
    """Mails with subjects of every length, some of one word."""
    subjects = [
        "Résultats",
        "Compte rendu de la consultation du 12 mars et calendrier des examens, à lire avant la semaine prochaine",
        "Hexakosioihexekontahexaphobie" * 5,
        "Re: Re: Re: Tr: Votre rendez-vous",
    ]
    for number in range(12):
        rig.send(
            Note(f"{number + 1}. {subjects[number % len(subjects)]}"[:255], f"Message {number + 1}" + post.FAREWELL)
        )


def long(rig: Rig) -> None:
    """Twelve files, with a word and names that no line can hold."""
    pdf = as_pdf(rig.report)
    names = [
        f"{number + 1:02}_{'radiographie_du_poignet_gauche_de_face_et_de_profil' * (1 + number % 3)}.pdf"
        for number in range(11)
    ]
    files = (
        *(Attached(name, "application/pdf", pdf) for name in names),
        Attached("note.txt", "text/plain", b"Rien.\n"),
    )
    text = "Bonjour,\n\nVoici vos images : https://images.example/" + "a1b2c3d4" * 40 + post.FAREWELL
    rig.send(Note("Vos douze documents", text, files))


def close(rig: Rig) -> None:
    """The clinician ends the exchange (X-MSS-MES: FIN)."""
    rig.send(Note("Fin de notre échange", "Bonne continuation." + post.FAREWELL, headers={"X-MSS-MES": "FIN"}))


def stop(rig: Rig) -> None:
    rig.running.installation.relay.stop()


def again(rig: Rig) -> None:
    rig.running.installation.relay.start()


def answer(rig: Rig) -> dict[str, object]:
    """What came to the clinician's mailbox since the last time: subjects, texts, names of files."""
    mails = read_maildir(rig.running.maildir)
    new, rig.seen = mails[rig.seen :], len(mails)
    return {"mails": [_told(mail) for mail in new]}


def _told(mail: EmailMessage) -> dict[str, object]:
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    names = [part.get_filename() for part in mail.iter_attachments()]
    return {"from": str(mail["From"]), "subject": str(mail["Subject"]), "text": str(text)[:200], "files": names}


COMMANDS: dict[str, Callable[..., dict[str, object] | None]] = {
    one.__name__: one
    for one in (first, second, spoilt, repeated, moved, replaced, many, long, close, stop, again, answer)
}


if __name__ == "__main__":
    asyncio.run(main())
