"""A gateway's two directions over one folder, in a process that may be killed: what others took is noted in files.

The relay and the operator are small fakes outside of what is killed: a file is there for good once it is written.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from bridges.mssante import keyfile, outbox
from bridges.mssante.contacts import Contacts
from bridges.mssante.database import Database
from bridges.mssante.directory import Directory
from bridges.mssante.journal import Conversation, Place
from bridges.mssante.notices import Notices
from bridges.mssante.outbox import Outbound
from bridges.mssante.outgoing import Outgoing, Style
from bridges.mssante.sender import Patience, Sender, Way
from bridges.mssante.submissions import Submissions
from clients.sdk import Arrived, Draft, Prepared, Submitted
from crypto.encoding import b64u
from tests.bridges.fakes import DOCTOR, HOSTNAME, PATIENT, SENT, FakeMailbox, FakeRelay, account
from tests.bridges.test_outgoing import answer

KEYS = keyfile.derive(b"k" * 32)
MAILS = 3
THREAD = b64u(bytes(16))
CONVERSATION = Conversation(account(DOCTOR), THREAD, account(PATIENT))


def name(what: str, number: int) -> str:
    """A letter id that is the same in each run."""
    return b64u(hmac.digest(b"ids", f"{what} {number}".encode(), "sha256")[:16])


@dataclass
class Disk:
    """Where things are below the folder."""

    folder: Path

    @property
    def relay(self) -> Path:
        return self.folder / "relay"

    def note(self, ledger: str, line: str) -> None:
        """One line, in one call."""
        handle = os.open(self.folder / ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, f"{line}\n".encode())
        os.close(handle)

    def lines(self, ledger: str) -> list[str]:
        """What was noted."""
        path = self.folder / ledger
        return path.read_text().splitlines() if path.exists() else []

    def fake(self) -> FakeRelay:
        """The relay with all that it took, under the key that it always had."""
        self.relay.mkdir(exist_ok=True)
        found = sorted(path for path in self.relay.iterdir() if path.suffix == ".letter")
        return FakeRelay(sealed={path.stem: path.read_bytes() for path in found}, key=b"r" * 32)


class _Mailbox(FakeMailbox):
    disk: Disk

    async def submit(self, prepared: Prepared) -> Submitted:
        done = await super().submit(prepared)
        begun = self.disk.relay / f"{prepared.client_id}.begun"
        begun.write_bytes(prepared.sealed)
        begun.rename(begun.with_suffix(".letter"))
        return done


class _Operator:
    """As the carrier of one connection: notes a mail, and only then says that it took it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    async def carry(self, outbound: Outbound) -> None:
        self._disk.note("operator", f"{outbound.letter} {hashlib.sha256(outbound.mail).hexdigest()}")

    async def close(self) -> None:
        """Nothing is open."""


class _Sender(Sender):
    disk: Disk

    async def _connect(self, domain: str) -> Any:  # noqa: ARG002 - all go to the same operator
        return _Operator(self.disk)


async def _run(disk: Disk) -> None:
    relay, log, database = disk.fake(), structlog.get_logger(), Database(disk.folder / "data")
    await database.start()
    mailbox = _Mailbox(relay)
    mailbox.disk = disk
    submissions = Submissions(database, clock=lambda: 1000.0)
    await submissions.resume({mailbox.account: mailbox})
    for number in range(MAILS):
        await _take_in(submissions, mailbox, name("in", number))
        disk.note("acknowledged", name("in", number))
    mailbox.items = [Arrived(f"m{number}", _letter(number), SENT, "in") for number in range(MAILS)]
    way: Any = Way(None, None, None, HOSTNAME, 1, 5)  # type: ignore[arg-type]  # who connects is replaced
    notices = Notices(submissions, Contacts(database, relay, log), KEYS.letters, log)
    sender = _Sender(database, KEYS.outbox, way, Patience(1, 1, 1), notices, {}, log, lambda: 1000.0)
    sender.disk = disk
    style = Style("patient.pli.example", HOSTNAME, "Pli", 1e6)
    outgoing = Outgoing(
        database, KEYS, Directory(relay, mailbox.account), notices, style, log, lambda: 1000.0, sender.wake
    )
    await database.run(lambda c: outbox.release_leases(c, 1000.0))
    await outgoing.collect(mailbox)
    await sender.once()
    await database.close()


async def _take_in(submissions: Submissions, mailbox: FakeMailbox, letter: str) -> None:
    async def prepare(place: Place) -> Prepared:
        draft = Draft("s", "canari", thread=THREAD, message=letter, counter=place.counter, previous=place.previous)
        return await mailbox.prepare(draft, [account(PATIENT)])

    await submissions.post(letter, CONVERSATION, mailbox, prepare)


def _letter(number: int) -> Any:
    return replace(answer(text=f"n° {number}"), message=name("out", number), thread=THREAD)


def carry(folder: str, go: Connection) -> None:
    """All of it once, after a word that it may begin."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    go.recv()
    asyncio.run(_run(Disk(Path(folder))))


def counted(lines: Iterable[str]) -> dict[str, set[str]]:
    """The operator's notes: which bytes came of each letter."""
    found: dict[str, set[str]] = {}
    for line in lines:
        letter, digest = line.split()
        found.setdefault(letter, set()).add(digest)
    return found
