"""A directory that is not believed: nothing is sealed, nothing is lost, and the operator is told the reason."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import insert
from structlog.typing import EventDict

from bridges.account import bridged, enrolment
from bridges.mssante import keyfile, keylog
from bridges.mssante.config import BadConfig, Config, LogTable, load
from bridges.mssante.database import META, Database, Unusable
from bridges.mssante.gateway import _keep_pins
from bridges.mssante.keylog import Remembering
from bridges.mssante.metrics import METRICS
from clients.content.letter import Letter, Sender
from clients.sdk import ANY_STATION, Arrived, Distrusted, LogMemory, Refusal, Trust
from clients.session.keyring import DistrustReason
from crypto.encoding import unb64u
from crypto.errors import OlderBox
from crypto.keybox import LastCheckpoint
from crypto.transparency.statement import Announcement, verify_statement
from tests.bridges.conftest import Running
from tests.bridges.fakes import DOCTOR, PATIENT, SENT, account
from tests.bridges.mails import mail
from tests.bridges.transcript import Peer
from tests.clients.logs import SmallLog

SAMPLE = Path(__file__).parents[2] / "docs" / "gateway.sample.toml"
KEYS = keyfile.derive(b"k" * 32)


def reasons(logs: list[EventDict], event: str) -> list[str]:
    return [entry["reason"] for entry in logs if entry["event"] == event]


@pytest.mark.parametrize("reason", ["notTheirs", "notInLog", "keyChanged", "brokenChain"])
async def test_a_patient_whose_keys_are_not_proven_is_not_written_to_for_now(
    running: Running, logs: list[EventDict], reason: DistrustReason
) -> None:
    running.relay.faults["resolve"] = [Distrusted(account(PATIENT), reason)]
    before = METRICS.distrusted.labels(reason)._value.get()
    peer = await Peer.secured(running, running.client)
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 ")

    await peer.asks(f"RCPT TO:<{PATIENT}>", "451 4.7.0")
    peer.close()

    assert reasons(logs, "keylog.account_distrusted") == reasons(logs, "incoming.refused") == [reason]
    assert METRICS.distrusted.labels(reason)._value.get() == before + 1
    assert PATIENT not in repr(logs)
    assert running.relay.sealed == {}


@pytest.mark.parametrize("reason", ["badCheckpoint", "staleCheckpoint", "logForked", "policyChanged"])
async def test_while_the_log_is_not_believed_the_sender_keeps_the_mail_and_no_file_leaves(
    running: Running, logs: list[EventDict], reason: DistrustReason
) -> None:
    running.relay.faults["check"] = [Distrusted("", reason)] * 2  # of what begins a conversation it is asked twice
    running.relay.faults["attach"] = [AssertionError("a file was uploaded")]
    made = mail()
    made.add_attachment(b"x" * 100, maintype="application", subtype="pdf", filename="a.pdf")
    peer = await Peer.secured(running, running.client)

    await peer.hands_over(made.as_bytes(), "451 4.7.0")
    assert running.relay.sealed == {}
    running.relay.faults.clear()
    await peer.hands_over(made.as_bytes(), "250 2.0.0")
    peer.close()

    assert reasons(logs, "keylog.distrusted") == [reason]
    assert len(running.relay.sealed) == 1


async def test_what_is_remembered_of_the_log_outlives_a_restart(database: Database) -> None:
    memory = LogMemory(b"a policy", LastCheckpoint(bytes(32), bytes([1] * 32), 7), frozenset({(8, bytes(32))}))

    await Remembering(database, memory).keep()

    assert await database.run(keylog.load) == memory
    assert METRICS.distrusting._value.get() == 1


async def test_what_was_accepted_is_remembered_as_well(database: Database) -> None:
    memory = LogMemory(b"a policy", None, frozenset({(8, bytes(32))}))
    remembering = Remembering(database, memory)
    await remembering.keep()
    memory.forgive(bytes(32))

    await remembering.keep()

    assert await database.run(keylog.load) == memory
    assert METRICS.distrusting._value.get() == 0


async def test_a_first_start_remembers_nothing_and_a_spoilt_memory_is_no_first_start(database: Database) -> None:
    assert await database.run(keylog.load) == LogMemory()

    await database.run(lambda c: c.execute(insert(META).values(name="key log", value="{}")))

    with pytest.raises(Unusable):
        await database.run(keylog.load)


def with_log(folder: Path, table: LogTable) -> Config:
    (folder / "gateway.toml").write_text(SAMPLE.read_text())
    import msgspec

    return msgspec.structs.replace(load(folder / "gateway.toml"), log=table)


async def test_the_policy_and_the_stations_of_the_file_count(tmp_path: Path, database: Database) -> None:
    text = SmallLog().witnessed_policy()
    (tmp_path / "policy").write_bytes(text)
    station = "A" * 43

    trust = await keylog.trust(with_log(tmp_path, LogTable(policy="policy", stations=[station])), database)

    assert (trust.policy, trust.stations) == (text, frozenset({unb64u(station)}))


def test_without_a_file_the_policy_is_taken_at_the_first_use(tmp_path: Path) -> None:
    assert keylog.policy(with_log(tmp_path, LogTable())) is None


@pytest.mark.parametrize("content", [None, b"", b"quorum none\n", b"\xff"])
def test_a_policy_file_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "policy").write_bytes(content)

    with pytest.raises(BadConfig, match="policy"):
        keylog.policy(with_log(tmp_path, LogTable(policy="policy")))


@pytest.mark.parametrize("station", ["", "x", "A" * 42, "A" * 44])
def test_a_station_that_is_no_key_is_named(tmp_path: Path, station: str) -> None:
    sample = SAMPLE.read_text().replace(f'stations = ["{"A" * 43}"]', f'stations = ["{station}"]')
    (tmp_path / "gateway.toml").write_text(sample)

    with pytest.raises(BadConfig, match="stations"):
        load(tmp_path / "gateway.toml")


@pytest.mark.parametrize("line", ["", "stations = []"])
def test_without_a_word_on_stations_the_gateway_does_not_start(tmp_path: Path, line: str) -> None:
    (tmp_path / "gateway.toml").write_text(SAMPLE.read_text().replace(f'stations = ["{"A" * 43}"]', line))

    with pytest.raises(BadConfig, match="stations"):
        load(tmp_path / "gateway.toml")


async def test_any_station_is_said_by_name_and_warned_of_at_each_start(
    tmp_path: Path, database: Database, logs: list[EventDict]
) -> None:
    sample = SAMPLE.read_text().replace(f'stations = ["{"A" * 43}"]', 'stations = "any"')
    (tmp_path / "gateway.toml").write_text(sample)
    trust = await keylog.trust(load(tmp_path / "gateway.toml"), database)

    keylog.tell_stations(structlog.get_logger(), trust)

    assert trust.stations == ANY_STATION
    assert [entry["event"] for entry in logs] == ["keylog.any_station"]
    assert METRICS.any_station._value.get() == 1
    keylog.tell_stations(structlog.get_logger(), Trust())
    assert METRICS.any_station._value.get() == 0


class Accepting:
    """Takes what it is told, but for `refused`."""

    def __init__(self, **refused: Exception) -> None:
        self.taken: list[bytes] = []
        self.refused = refused

    async def accept_log(self, accepted: bytes) -> None:
        if accepted.hex()[:2] in self.refused:
            raise self.refused[accepted.hex()[:2]]
        self.taken.append(accepted)


async def test_a_running_gateway_takes_up_what_its_operator_accepted_once(
    database: Database, logs: list[EventDict]
) -> None:
    await database.run(partial(keylog.wish, accepted=[bytes([170] * 32)]))
    await database.run(partial(keylog.wish, accepted=[bytes([187] * 32), bytes([170] * 32)]))
    client, remembering = Accepting(bb=Distrusted("", "policyChanged")), Remembering(database, LogMemory())

    for _ in range(2):
        await remembering.take_up(client, structlog.get_logger())

    assert client.taken == [bytes([170] * 32)]
    assert reasons([entry for entry in logs if "reason" in entry], "keylog.not_accepted") == ["policyChanged"]
    assert await database.run(keylog.wishes) == []


async def test_what_the_relay_cannot_answer_now_is_accepted_later(database: Database) -> None:
    await database.run(partial(keylog.wish, accepted=[bytes([170] * 32)]))
    remembering = Remembering(database, LogMemory())

    await remembering.take_up(Accepting(aa=Refusal("serverUnavailable")), structlog.get_logger())
    later = Accepting()
    await remembering.take_up(later, structlog.get_logger())

    assert later.taken == [bytes([170] * 32)]


async def test_beside_a_running_gateway_its_rows_are_read_and_wishes_left(tmp_path: Path) -> None:
    running = Database(tmp_path)
    await running.start()
    beside = Database(tmp_path, beside=True)
    await beside.start()

    await beside.run(partial(keylog.wish, accepted=[bytes(32)]))

    assert await running.run(keylog.wishes) == [bytes(32)]
    await beside.close()
    with pytest.raises(Unusable):
        Database(tmp_path)
    await running.close()


async def test_letters_that_show_something_of_the_log_are_counted_and_told(logs: list[EventDict]) -> None:
    letter = Letter("m", "t", SENT, Sender("a", "k", "n", "x@y"), (), 1, None, "s", "t")
    before = METRICS.stale_keys._value.get(), METRICS.claims_unsigned._value.get()
    plain = Arrived("m1", letter, SENT, "in")

    keylog.tell_letters(structlog.get_logger(), "a1", [plain])
    assert logs == []
    keylog.tell_letters(
        structlog.get_logger(), "a1", [plain, replace(plain, stale_key=True), replace(plain, unsigned=True)]
    )

    assert [entry["event"] for entry in logs] == ["keylog.stale_key_used", "keylog.claim_unsigned"]
    assert (METRICS.stale_keys._value.get(), METRICS.claims_unsigned._value.get()) == (before[0] + 1, before[1] + 1)


class Pinning:
    """A mailbox whose box is written by others as well."""

    account, box_version = "a" * 27, 1

    def __init__(self, *raised: Exception) -> None:
        self.raised, self.kept = list(raised), 0

    async def keep_pins(self) -> None:
        if self.raised:
            raise self.raised.pop(0)
        self.kept += 1


async def test_pins_that_cannot_be_kept_now_are_kept_in_a_later_round(
    database: Database, logs: list[EventDict]
) -> None:
    errors = [Refusal("stateMismatch"), Distrusted("", "logForked"), OlderBox("keybox/6")]
    mailboxes: Any = {"a": Pinning(*errors), "b": Pinning()}

    for _ in range(4):
        await _keep_pins(mailboxes, database, structlog.get_logger())

    assert (mailboxes["a"].kept, mailboxes["b"].kept) == (1, 4)
    assert [entry["event"] for entry in logs] == ["keylog.distrusted", "pins.not_kept"]


def test_a_mailbox_is_vouched_for_by_the_gateway_and_its_address_is_salted() -> None:
    box = bridged(KEYS.root, DOCTOR)

    person = enrolment(box, "professional", SENT, KEYS.login)

    voucher = unb64u(person.voucher or "")
    announced = Announcement(unb64u(person.statement), unb64u(person.signature), voucher)
    statement = verify_statement(announced, None, account=box.account)
    assert statement.by == KEYS.login.public()
    assert statement.holds(DOCTOR.upper(), unb64u(person.salts[0]))
    assert DOCTOR.encode() not in person.statement.encode() + statement.raw


def test_the_salt_of_an_address_follows_from_the_key_file_alone() -> None:
    first, again, other = (bridged(key, DOCTOR) for key in (KEYS.root, KEYS.root, b"o" * 32))

    assert first.salt == again.salt != other.salt
    assert first.salt not in (first.device.raw, KEYS.root)
    assert first.salt != bridged(KEYS.root, "other@cabinet.mssante.example").salt
    assert replace(first, salt=b"").address == DOCTOR
