"""The witness's answers, status by status (C2SP tlog-witness), to honest logs and to others. In memory."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.log import witness as rules
from clients.log.cosigning import Duty, Witness
from clients.log.reading import LogReader
from clients.log.store import LogStore
from clients.log.trust import log_alone
from clients.log.witness import Answer, Asked
from crypto.errors import BadCheckpoint
from crypto.keys import SigningSeed
from crypto.transparency.checkpoint import Checkpoint, LogSigner, WitnessSigner
from crypto.transparency.note import parse_note
from crypto.transparency.policy import verify_cosignatures
from crypto.transparency.tiles import encode_bundle, tile_path
from tests.clients.key_log import NOW, ORIGIN, STATION, KeyLog, fork_of

WITNESS = WitnessSigner.from_secret(b"w" * 32, "witness.example/w1")
OTHER = LogSigner.from_secret(b"o" * 32, ORIGIN)


@dataclass
class Desk:
    """A witness, its log, and what it keeps."""

    log: KeyLog
    store: LogStore
    witness: Witness

    async def add(self, old: int, size: int | None = None, **other: object) -> Answer:
        """What it answers to this request of the log."""
        return await self.witness.answer(self.log.request(old, size, **other))

    async def begun(self, count: int) -> None:
        """The log has so many accounts, and all are cosigned."""
        self.log.enrol(count)
        assert (await self.add(0)).status == 200

    @property
    def size(self) -> int:
        return self.store.head().size


def desk(log: KeyLog, enrollers: frozenset[bytes] | None = None) -> Desk:
    store = LogStore(None, ORIGIN)
    duty = Duty(log_alone(log.policy, "https://pli.example/log"), WITNESS, enrollers)
    return Desk(log, store, Witness(duty, LogReader(log), store, lambda: NOW))


@pytest.fixture
async def at() -> AsyncIterator[Desk]:
    made = desk(KeyLog())
    yield made
    await made.witness.close()
    made.store.close()


async def test_both_keys_of_the_witness_cosign(at: Desk) -> None:
    at.log.enrol(3)

    answer = await at.add(0)

    assert answer.status == 200
    lines = verify_cosignatures(answer.body, at.log.checkpoint(), WITNESS.keys)
    assert lines.count(b"\n") == 2


async def test_a_log_is_followed_over_partial_and_complete_bundles(at: Desk) -> None:
    await at.begun(250)
    at.log.enrol(20)
    at.log.asked.clear()

    answer = await at.add(250)

    assert (answer.status, at.size) == (200, 270)
    assert at.log.asked == [tile_path("entries", 0), tile_path("entries", 1, 14)]


async def test_only_new_entries_are_audited(at: Desk) -> None:
    await at.begun(5)
    at.log.enrol(1)
    at.log.lies[tile_path("entries", 0, 6)] = encode_bundle([b"old"] * 5 + [at.log.entries[5]])

    assert (await at.add(5)).status == 200


async def test_a_gone_partial_bundle_is_read_from_the_complete_one(at: Desk) -> None:
    at.log.enrol(256)
    at.log.lies[tile_path("entries", 0, 3)] = None

    assert (await at.add(0, 3)).status == 200


async def test_an_empty_log_is_cosigned(at: Desk) -> None:
    assert (await at.add(0)).status == 200


async def test_the_same_checkpoint_is_cosigned_again(at: Desk) -> None:
    await at.begun(4)

    assert (await at.add(4)).status == 200


async def test_what_was_cosigned_is_shown_with_both_signatures(at: Desk) -> None:
    await at.begun(2)

    assert parse_note(at.witness.published).text == at.log.checkpoint().text
    assert len(parse_note(at.witness.published).lines) == 4


async def test_key_changes_and_suspicions_are_counted(at: Desk) -> None:
    (person,) = at.log.enrol()
    at.log.renew(at.log.renew(person), suspected=True)

    await at.add(0)

    counts = at.store.counts()
    assert (counts.entries, counts.accounts, counts.key_changes, counts.suspected) == (3, 1, 2, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"old 00\n\n%s",
        b"old -1\n\n%s",
        b"old 1 \n\n%s",
        b"old 99999999999999999999\n\n%s",
        b"size 0\n\n%s",
        b"old 0\nAAAA\n\n%s",
        b"old 0\n%s",
        b"old 0\n" + b64encode(bytes(32)) + b"\r\n\n%s",
        b"old 0\n" + b64encode(bytes(32))[:-1] + b"\n\n%s",
        b"old 0\n" + (b64encode(bytes(32)) + b"\n") * 64 + b"\n%s",
        b"old 0\n\nno note",
        b"old 0\n\nno\ncheckpoint\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"old 0\n\n" + b"\xff" * 100,
    ],
)
async def test_a_request_of_another_form_is_400(at: Desk, body: bytes) -> None:
    at.log.enrol(1)

    answer = await at.witness.answer(body.replace(b"%s", at.log.note()))

    assert (answer.status, at.size) == (400, 0)


@given(st.binary(max_size=300))
def test_noise_is_refused_and_never_crashes(noise: bytes) -> None:
    found = rules.read(noise)

    assert isinstance(found, Answer)
    assert found.status == 400


@given(st.integers(0, 12), st.data())
def test_a_request_is_read_as_it_was_written(old: int, data: st.DataObject) -> None:
    proof = data.draw(st.lists(st.binary(min_size=32, max_size=32), max_size=63))
    log = KeyLog()
    note = log.note()

    found = rules.read(log.request(0, proof=proof).replace(b"old 0", b"old %d" % old, 1))

    assert isinstance(found, Asked)
    assert (found.old, found.proof, found.checkpoint) == (old, tuple(proof), log.checkpoint())
    assert parse_note(found.note).text == parse_note(note).text


async def test_a_body_over_the_limit_is_413(at: Desk) -> None:
    assert (await at.witness.answer(b"old 0\n" + b"x" * rules.BODY_LIMIT)).status == 413


async def test_an_old_size_above_the_size_is_400(at: Desk) -> None:
    await at.begun(3)

    assert (await at.add(3, 2, proof=[])).status == 400


async def test_another_log_is_404(at: Desk) -> None:
    stranger = KeyLog(LogSigner.from_secret(b"l" * 32, "other.example/log"))

    assert (await at.witness.answer(stranger.request(0))).status == 404


async def test_a_log_of_the_same_name_with_other_keys_is_403(at: Desk) -> None:
    assert (await at.witness.answer(KeyLog(OTHER).request(0))).status == 403


@pytest.mark.parametrize("missing", [0, 1])
async def test_a_checkpoint_without_one_of_the_logs_signatures_is_403(at: Desk, missing: int) -> None:
    lines = at.log.note().splitlines(keepends=True)
    del lines[4 + missing]

    assert (await at.add(0, note=b"".join(lines))).status == 403


async def test_a_signature_for_another_root_is_403(at: Desk) -> None:
    note = at.log.note()
    at.log.enrol(1)
    text, signatures = at.log.note().split(b"\n\n")[0], note.split(b"\n\n")[1]

    assert (await at.add(0, note=text + b"\n\n" + signatures)).status == 403


async def test_a_checkpoint_of_another_day_is_not_cosigned(at: Desk) -> None:
    at.log.now = NOW - timedelta(hours=25)

    assert (await at.add(0)).status == 422


async def test_unknown_signatures_are_ignored(at: Desk) -> None:
    stranger = WitnessSigner.from_secret(b"x" * 32, "x.example/x").cosign(at.log.checkpoint(), NOW)

    assert (await at.add(0, note=at.log.note() + stranger)).status == 200


@pytest.mark.parametrize("old", [0, 2, 4])
async def test_another_old_size_is_409_with_the_right_one(at: Desk, old: int) -> None:
    await at.begun(3)
    at.log.enrol(2)

    answer = await at.add(old)

    assert (answer.status, answer.body, answer.type) == (409, b"3\n", "text/x.tlog.size")


async def test_a_rollback_is_409(at: Desk) -> None:
    await at.begun(5)

    assert (await at.add(2, 4)).status == 409
    assert at.size == 5


async def test_another_tree_of_the_same_size_is_422_and_kept_as_proof(at: Desk) -> None:
    await at.begun(4)
    other = fork_of(at.log, 2, 4)

    answer = await at.witness.answer(other.request(4))

    assert answer.status == 422
    assert [rule for rule, _ in at.store.evidence()] == ["forked"]


async def test_a_proof_for_old_size_zero_is_422(at: Desk) -> None:
    at.log.enrol(2)

    assert (await at.add(0, proof=[bytes(32)])).status == 422


@pytest.mark.parametrize("change", [lambda p: p[1:], lambda p: [*p, bytes(32)], lambda p: [bytes(32), *p[1:]]])
async def test_a_wrong_consistency_proof_is_422_and_nobody_is_accused(
    at: Desk, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    await at.begun(3)
    at.log.enrol(4)

    answer = await at.add(3, proof=change(at.log.proof(3)))

    assert (answer.status, at.size, at.store.evidence()) == (422, 3, [])


async def test_an_empty_tree_with_another_root_is_422(at: Desk) -> None:
    note = at.log.signer.sign(Checkpoint(ORIGIN, 0, bytes(32)), NOW)

    assert (await at.add(0, note=note)).status == 422


async def test_a_fork_that_grew_is_422(at: Desk) -> None:
    await at.begun(4)
    other = fork_of(at.log, 2, 7)

    assert (await at.witness.answer(other.request(4))).status == 422
    assert at.size == 4


def _second_line(log: KeyLog) -> None:
    (person,) = log.enrol()
    log.renew(person, previous=None, box=1, by=STATION)


def _gap(log: KeyLog) -> None:
    (person,) = log.enrol()
    renewed = log.renew(person)
    log.entries.pop()
    log.renew(renewed)


def _fork_of_a_line(log: KeyLog) -> None:
    (person,) = log.enrol()
    log.renew(person)
    log.renew(person)


def _lower_box(log: KeyLog) -> None:
    (person,) = log.enrol()
    log.renew(person, box=1)


def _copied_key(log: KeyLog) -> None:
    first, second = log.enrol(2)
    log.renew(second, pairs=first.pairs)


def _handed_on_by_another(log: KeyLog) -> None:
    first, second = log.enrol(2)
    first.pairs = second.pairs
    log.renew(first)


def _no_canonical_entry(log: KeyLog) -> None:
    log.enrol()
    log.entries[-1] += b" "


def _from_the_future(log: KeyLog) -> None:
    log.now += timedelta(hours=2)
    log.enrol()
    log.now = NOW


def _later_enroller(log: KeyLog) -> None:
    (person,) = log.enrol()
    log.renew(person, by=STATION)


def _noise(log: KeyLog) -> None:
    log.entries.append(b"noise")


BREAKS = [
    _second_line, _gap, _fork_of_a_line, _lower_box, _copied_key, _handed_on_by_another, _no_canonical_entry,
    _from_the_future, _later_enroller, _noise,
]  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
async def test_a_log_with_an_entry_that_breaks_a_rule_is_never_cosigned(
    at: Desk, broken: Callable[[KeyLog], None]
) -> None:
    await at.begun(2)
    broken(at.log)
    at.log.enrol(2)

    answer = await at.add(2)

    assert (answer.status, at.size) == (422, 2)
    assert len(at.store.evidence()) == 1


async def test_what_a_refused_log_said_is_forgotten(at: Desk) -> None:
    await at.begun(1)
    (person,) = at.log.enrol()
    _noise(at.log)
    assert (await at.add(1)).status == 422
    at.log.entries[-1:] = []

    at.log.renew(person)

    assert (await at.add(1)).status == 200


async def test_an_account_of_another_enroller_is_refused_where_there_is_a_list() -> None:
    strict = desk(KeyLog(), frozenset({STATION.public().raw}))
    strict.log.enrol(1)
    assert (await strict.add(0)).status == 200
    strict.log.enrol(1, by=SigningSeed(b"f" * 32))

    assert (await strict.add(1)).status == 422


async def test_an_account_that_nobody_answers_for_is_refused_where_there_is_a_list() -> None:
    strict = desk(KeyLog(), frozenset({STATION.public().raw}))
    strict.log.enrol(1, by=None)

    assert (await strict.add(0)).status == 422


async def test_entries_that_are_not_those_of_the_root_are_422(at: Desk) -> None:
    at.log.enrol(3)
    other = fork_of(at.log, 2, 3)
    at.log.lies[tile_path("entries", 0, 3)] = encode_bundle(other.entries)

    answer = await at.add(0)

    assert (answer.status, at.store.evidence()[0][0]) == (422, "root")


@pytest.mark.parametrize("bundle", [b"", b"\x00", b"\x00\x05abc", b"noise", None])
async def test_garbage_in_place_of_entries_is_422(at: Desk, bundle: bytes | None) -> None:
    at.log.enrol(3)
    at.log.lies[tile_path("entries", 0, 3)] = bundle

    assert (await at.add(0)).status == 422


@pytest.mark.parametrize("count", [2, 4])
async def test_a_bundle_of_another_length_is_422(at: Desk, count: int) -> None:
    at.log.enrol(4)
    at.log.lies[tile_path("entries", 0, 3)] = encode_bundle(at.log.entries[:count])

    assert (await at.add(0, 3)).status == 422


async def test_a_log_that_cannot_be_read_is_no_liar(at: Desk) -> None:
    at.log.enrol(1)
    at.log.down = True

    answer = await at.add(0)

    assert (answer.status, answer.retry_after, at.store.evidence()) == (503, 30, [])


async def test_two_requests_at_once_are_taken_one_after_the_other(at: Desk) -> None:
    at.log.enrol(6)
    other = fork_of(at.log, 2, 6)

    answers = await asyncio.gather(at.add(0), at.witness.answer(other.request(0)), at.add(0, 3))

    assert [answer.status for answer in answers] == [200, 409, 409]


def test_a_cosignature_of_another_witness_is_not_believed() -> None:
    lines = WitnessSigner.from_secret(b"x" * 32, "witness.example/w1").cosign(KeyLog().checkpoint(), NOW)

    with pytest.raises(BadCheckpoint):
        verify_cosignatures(lines, KeyLog().checkpoint(), WITNESS.keys)
