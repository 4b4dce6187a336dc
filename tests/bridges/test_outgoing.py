"""Mail out: from a patient's letter through the sealed outbox to a small operator over real TLS."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.smtp import SMTP
from structlog.typing import EventDict

from bridges.mssante import keyfile, outbox
from bridges.mssante.certificates import Reloading, client_context
from bridges.mssante.contacts import Contacts
from bridges.mssante.database import Database
from bridges.mssante.directory import Directory
from bridges.mssante.notices import Notices
from bridges.mssante.outgoing import Outgoing, Style
from bridges.mssante.routes import Routes
from bridges.mssante.sender import Patience, Sender, Way
from bridges.mssante.submissions import Submissions
from bridges.mssante.whitelist_keeper import WhitelistKeeper
from clients.content.file import FilePart
from clients.content.letter import Letter, LetterRecipient, Mail
from clients.content.letter import Sender as Author
from clients.content.part import Part
from clients.sdk import Arrived, Distrusted, Unreadable
from crypto.attachment import Attachment
from crypto.keys import blob_id, random_id
from tests.bridges.authority import Authority, Issued, credentials, name, server_context
from tests.bridges.fakes import DOCTOR, DOMAIN, HOSTNAME, KEY, PATIENT, SENT, FakeMailbox, FakeRelay, account

KEYS = keyfile.derive(b"k" * 32)
HOUR = 3600.0


class Operator:
    """Takes mail as scripted: an answer for each attempt, the last one for ever; "cut" breaks the line instead."""

    def __init__(self) -> None:
        self.answers: list[str] = ["250 2.0.0 OK"]
        self.recipients: list[str] = ["250 2.1.5 OK"]
        self.seen: list[bytes] = []
        self.senders: list[str] = []
        self.taken = asyncio.Event()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802, ARG002
        answer = _next(self.recipients)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002
        self.seen.append(envelope.content)
        self.senders.append(envelope.mail_from)
        self.taken.set()
        answer = _next(self.answers)
        if answer == "cut":
            server.transport.abort()
        return answer


def _next(answers: list[str]) -> str:
    return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass
class Desk:
    """The outgoing side of a gateway, with a clock that only moves when it is told."""

    relay: FakeRelay
    mailbox: FakeMailbox
    operator: Operator
    database: Database
    outgoing: Outgoing
    sender: Sender
    clock: list[float] = field(default_factory=lambda: [SENT.timestamp()])

    def arrives(self, letter: Letter) -> None:
        item = "m" + hashlib.sha256(letter.message.encode()).hexdigest()[:26].translate(str.maketrans("01890", "abcde"))
        self.mailbox.items.append(Arrived(item, letter, SENT, "in"))

    async def collect(self) -> None:
        await self.outgoing.collect(self.mailbox)

    async def send(self) -> None:
        await self.sender.once()

    async def waiting(self) -> int:
        return await self.database.run(outbox.waiting)


@pytest.fixture
async def port_of(authority: Authority, tmp_path: Path) -> AsyncIterator[Callable[[Operator, Issued | None], Any]]:
    servers: list[asyncio.Server] = []

    async def begin(handler: Operator, identity: Issued | None) -> int:
        context = None
        if identity is not None:
            context = server_context(credentials(authority, identity, tmp_path, "operator"))

        def connection() -> SMTP:
            return SMTP(handler, tls_context=context, require_starttls=context is not None, hostname="operator.example")

        server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield begin
    for server in servers:
        server.close()


@pytest.fixture
async def desk(
    tmp_path: Path, authority: Authority, operator: Issued, database: Database, whitelist: WhitelistKeeper, port_of: Any
) -> Desk:
    handler = Operator()
    return make_desk(tmp_path, authority, database, whitelist, handler, await port_of(handler, operator))


def make_desk(
    folder: Path, authority: Authority, database: Database, whitelist: WhitelistKeeper, handler: Operator, port: int
) -> Desk:
    relay, log, clock = FakeRelay(), structlog.get_logger(), [SENT.timestamp()]
    mailbox = FakeMailbox(relay)
    notices = Notices(Submissions(database), Contacts(database, relay, log), KEYS.letters, log)
    tls = Reloading(
        credentials(authority, authority.issue(name("gateway")), folder, "out"), client_context, lambda _: None
    )
    way = Way(Routes({DOMAIN: f"127.0.0.1:{port}"}), tls, whitelist, HOSTNAME, 1, 5)
    patience = Patience(300.0, 4200.0, 4 * HOUR, lambda: 0.5)
    sender = Sender(database, KEYS.outbox, way, patience, notices, {mailbox.account: mailbox}, log, lambda: clock[0])
    style = Style("patient.pli.example", HOSTNAME, "Pli", 24 * HOUR)
    outgoing = Outgoing(
        database, KEYS, Directory(relay, mailbox.account), notices, style, log, lambda: clock[0], sender.wake
    )
    return Desk(relay, mailbox, handler, database, outgoing, sender, clock)


def answer(
    text: str = "Merci docteur", parts: tuple[Part, ...] = (), address: str = PATIENT, who: str = PATIENT
) -> Letter:
    author = Author(account(who), KEY, "Camille DURAND", address)
    to = (LetterRecipient(account(DOCTOR), bytes(32)),)
    facts = Mail(address, DOCTOR, None, "<one@cabinet.mssante.example>", ("<one@cabinet.mssante.example>",))
    return Letter(random_id(), random_id(), SENT, author, to, 1, None, "Re: canari", text, parts=parts, mail=facts)


async def test_an_answer_reaches_the_operator(desk: Desk) -> None:
    data = bytes(range(256)) * 40
    file = Attachment(
        (blob_id(data),), b"i" * 16, bytes(32), "photo.jpg", hashlib.sha256(data).digest(), len(data), "image/jpeg"
    )
    desk.relay.files[file.id] = data
    desk.arrives(answer(parts=(FilePart(file),)))
    await desk.collect()
    await desk.send()
    (raw,) = desk.operator.seen
    found = message_from_bytes(raw)
    payloads = [part.get_payload(decode=True) for part in found.walk() if part.get_filename() == "photo.jpg"]
    assert (found["From"], found["To"]) == (f"Camille DURAND <{PATIENT}>", f"Dr Claire MARTIN <{DOCTOR}>")
    assert payloads == [data]
    assert await desk.waiting() == 0


async def test_an_operator_that_says_later_gets_the_same_bytes_later(desk: Desk) -> None:
    desk.operator.answers = ["450 4.2.0 later", "451 4.3.0 later", "250 2.0.0 OK"]
    desk.arrives(answer())
    await desk.collect()
    for _ in range(3):
        await desk.send()
        desk.clock[0] += HOUR
    assert len(desk.operator.seen) == 3
    assert len(set(desk.operator.seen)) == 1
    assert await desk.waiting() == 0


async def test_gaps_grow_and_end_growing() -> None:
    patience = Patience(300.0, 4200.0, 4 * HOUR, lambda: 0.5)
    gaps = [patience.gap(n) for n in (1, 2, 3, 20, 2000)]
    assert gaps == [300.0, 450.0, 675.0, 4200.0, 4200.0]


async def test_a_line_cut_before_the_answer_means_the_same_mail_again(desk: Desk) -> None:
    desk.operator.answers = ["cut", "250 2.0.0 OK"]
    desk.arrives(answer())
    await desk.collect()
    await desk.send()
    assert await desk.waiting() == 1
    desk.clock[0] += HOUR
    await desk.send()
    first, second = (message_from_bytes(raw) for raw in desk.operator.seen)
    assert first["Message-ID"] == second["Message-ID"]
    assert await desk.waiting() == 0


async def test_killed_while_sending_the_next_start_sends_the_same(desk: Desk) -> None:
    desk.arrives(answer())
    await desk.collect()
    due = await desk.database.run(lambda c: outbox.take_due(c, DOMAIN, desk.clock[0], 900.0))
    assert due is not None
    await desk.database.run(lambda c: outbox.release_leases(c, desk.clock[0]))
    await desk.send()
    assert desk.operator.seen == [outbox.unseal(KEYS.outbox, due).mail]


async def test_killed_before_the_cursor_moves_makes_no_second_mail(desk: Desk) -> None:
    desk.arrives(answer())
    await desk.collect()
    await desk.send()
    await desk.database.run(lambda c: outbox.advance(c, desk.mailbox.account, "0"))
    await desk.collect()
    await desk.send()
    assert len(desk.operator.seen) == 1


async def test_a_refusal_for_good_is_told_to_the_patient_once(desk: Desk) -> None:
    desk.operator.recipients = ["550 5.1.1 unknown"]
    letter = answer()
    desk.arrives(letter)
    await desk.collect()
    await desk.send()
    (notice,) = desk.relay.letters()
    assert (notice.thread, notice.in_reply_to) == (letter.thread, letter.message)
    assert "n'a pas pu être remis" in notice.text
    assert "could not be delivered" in notice.text
    assert await desk.waiting() == 0


async def test_a_notice_that_cannot_be_told_now_is_told_later(desk: Desk) -> None:
    desk.operator.recipients = ["550 5.1.1 unknown"]
    desk.relay.faults["before submit"] = [*[_away()] * 1]
    desk.arrives(answer())
    await desk.collect()
    await desk.send()
    assert (await desk.waiting(), len(desk.relay.sealed)) == (1, 0)
    desk.clock[0] += HOUR
    await desk.send()
    assert (await desk.waiting(), len(desk.relay.sealed)) == (0, 1)


def _away() -> BaseException:
    from messaging.wire.errors import Refusal

    return Refusal("serverUnavailable")


async def test_a_delay_is_told_once_and_the_end_once(desk: Desk) -> None:
    desk.operator.answers = ["450 4.2.0 later"]
    desk.arrives(answer())
    await desk.collect()
    for _ in range(30):
        await desk.send()
        desk.clock[0] += HOUR
    subjects = [letter.subject for letter in desk.relay.letters()]
    assert [subject.split(" / ")[1] for subject in subjects] == [
        "Your message is delayed",
        "Your message was not delivered",
    ]
    assert await desk.waiting() == 0


async def test_an_operator_without_the_listed_certificate_gets_nothing(
    tmp_path: Path,
    authority: Authority,
    database: Database,
    whitelist: WhitelistKeeper,
    port_of: Any,
    logs: list[EventDict],
) -> None:
    handler = Operator()
    port = await port_of(handler, authority.issue(name("mail.operateur.example", unit="1999999999")))
    desk = make_desk(tmp_path, authority, database, whitelist, handler, port)
    desk.arrives(answer())
    await desk.collect()
    await desk.send()
    assert (handler.seen, await desk.waiting()) == ([], 1)
    assert "otherCertificate" in [entry.get("reason") for entry in logs]


async def test_an_operator_of_another_authority_gets_nothing(
    tmp_path: Path,
    authority: Authority,
    database: Database,
    whitelist: WhitelistKeeper,
    port_of: Any,
    logs: list[EventDict],
) -> None:
    handler = Operator()
    port = await port_of(handler, Authority("AC INCONNUE").issue(name("mail.operateur.example")))
    desk = make_desk(tmp_path, authority, database, whitelist, handler, port)
    desk.arrives(answer())
    await desk.collect()
    await desk.send()
    assert (handler.seen, await desk.waiting()) == ([], 1)
    assert any("tls" in str(entry.get("reason")) for entry in logs)


async def test_an_operator_without_tls_gets_nothing(
    tmp_path: Path,
    authority: Authority,
    database: Database,
    whitelist: WhitelistKeeper,
    port_of: Any,
    logs: list[EventDict],
) -> None:
    handler = Operator()
    desk = make_desk(tmp_path, authority, database, whitelist, handler, await port_of(handler, None))
    desk.arrives(answer())
    await desk.collect()
    await desk.send()
    assert (handler.seen, await desk.waiting()) == ([], 1)
    assert "noTls" in [entry.get("reason") for entry in logs]


async def test_an_operator_that_is_down_loses_nothing(
    tmp_path: Path, authority: Authority, database: Database, whitelist: WhitelistKeeper
) -> None:
    desk = make_desk(tmp_path, authority, database, whitelist, Operator(), 9)
    desk.arrives(answer())
    await desk.collect()
    await desk.send()
    assert await desk.waiting() == 1


async def test_an_author_with_anothers_address_makes_no_mail(desk: Desk, logs: list[EventDict]) -> None:
    desk.arrives(answer(who="somebody else"))
    desk.arrives(answer(address="boss@cabinet.mssante.example"))
    await desk.collect()
    assert await desk.waiting() == 0
    assert [entry["reason"] for entry in logs if entry["event"] == "outgoing.skipped"] == [
        "unprovenAuthor",
        "foreignAuthor",
    ]


async def test_what_cannot_be_read_is_counted_and_skipped(desk: Desk, logs: list[EventDict]) -> None:
    desk.mailbox.items.append(Unreadable("m" + "b" * 26, "cannotOpen", SENT))
    desk.arrives(answer())
    await desk.collect()
    assert await desk.waiting() == 1
    assert [entry["reason"] for entry in logs if entry["event"] == "outgoing.skipped"] == ["cannotOpen"]


async def test_own_letters_make_no_mail(desk: Desk) -> None:
    desk.mailbox.items.append(Arrived("m" + "c" * 26, answer(), SENT, "out"))
    await desk.collect()
    assert await desk.waiting() == 0


async def test_a_letter_over_the_mails_limit_is_told(desk: Desk) -> None:
    big = Attachment(
        tuple(blob_id(bytes([n])) for n in range(8)), b"i" * 16, bytes(32), "x", bytes(32), 8 * 4_194_304, "image/png"
    )
    desk.arrives(answer(parts=(FilePart(big),)))
    await desk.collect()
    (notice,) = desk.relay.letters()
    assert "trop volumineux" in notice.subject
    assert await desk.waiting() == 0


async def test_nothing_readable_is_on_the_disk(desk: Desk, tmp_path: Path) -> None:
    desk.arrives(answer("canari-texte " * 50))
    await desk.collect()
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert await desk.waiting() == 1
    assert b"canari" not in written
    assert PATIENT.encode() not in written


async def test_a_row_moved_to_another_place_does_not_open(desk: Desk) -> None:
    desk.arrives(answer())
    await desk.collect()
    due = await desk.database.run(lambda c: outbox.take_due(c, DOMAIN, desk.clock[0], 1.0))
    assert due is not None
    moved = outbox.Due(**{**due.__dict__, "item": "m" + "z" * 26})
    from crypto.errors import CannotOpen

    with pytest.raises(CannotOpen):
        outbox.unseal(KEYS.outbox, moved)


async def test_one_domain_that_hangs_holds_up_no_other(desk: Desk) -> None:
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    desk.sender._way.routes._routes["slow.example"] = ("127.0.0.1", port)
    sealed = outbox.seal(KEYS.outbox, "a", "b", outbox.Outbound(PATIENT, "x@slow.example", b"x\r\n", "", "", "", ""))
    await desk.database.run(lambda c: outbox.put(c, "a", "b", "slow.example", sealed, desk.clock[0] - 9, HOUR))
    desk.arrives(answer())
    await desk.collect()
    task = asyncio.create_task(desk.sender.run())
    await asyncio.wait_for(desk.operator.taken.wait(), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    silent.close()
    assert len(desk.operator.seen) == 1


async def test_letters_wait_while_the_key_log_is_not_believed_and_are_mailed_once_after_it(
    desk: Desk, logs: list[EventDict]
) -> None:
    desk.relay.faults["news"] = [Distrusted("", "staleCheckpoint")] * 2
    desk.arrives(answer())
    for _ in range(4):
        await desk.collect()
    await desk.send()

    assert len(desk.operator.seen) == 1
    assert [entry["reason"] for entry in logs if entry["event"] == "outgoing.postponed"] == ["staleCheckpoint"] * 2


async def test_an_address_that_cannot_be_asked_about_for_want_of_trust_postpones_the_letter(desk: Desk) -> None:
    desk.relay.faults["resolve"] = [Distrusted("", "logForked")]
    desk.arrives(answer())
    await desk.collect()
    assert await desk.waiting() == 0

    await desk.collect()

    assert await desk.waiting() == 1


async def test_a_letter_whose_authors_address_nobody_vouches_for_stays_unsent(
    desk: Desk, logs: list[EventDict]
) -> None:
    desk.relay.faults["resolve"] = [Distrusted(account(PATIENT), "notTheirs")]
    desk.arrives(answer())
    await desk.collect()
    await desk.collect()

    assert await desk.waiting() == 0
    assert [entry["reason"] for entry in logs if entry["event"] == "outgoing.skipped"] == ["unprovenAuthor"]


async def test_a_notice_that_cannot_be_sealed_for_now_is_told_later(desk: Desk) -> None:
    desk.relay.faults["prepare"] = [Distrusted("", "staleCheckpoint")]
    desk.arrives(answer(address="camille@elsewhere.example"))
    await desk.collect()
    assert desk.relay.sealed == {}

    await desk.collect()

    assert len(desk.relay.sealed) == 1


async def test_a_letter_that_shows_a_forked_log_is_mailed_and_the_operator_is_told(
    desk: Desk, logs: list[EventDict]
) -> None:
    desk.arrives(answer())
    arrived = desk.mailbox.items.pop()
    assert isinstance(arrived, Arrived)
    desk.mailbox.items.append(replace(arrived, forked=True))

    await desk.collect()

    assert await desk.waiting() == 1
    assert [entry["reason"] for entry in logs if entry["event"] == "keylog.distrusted"] == ["logForked"]
