"""What a client checks of the key log (docs/spec/transparency.md): each check has a log that fails it alone."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from clients.session.keylog import KeyLog, policy_of
from clients.session.keyring import Distrusted, chain, check_theirs
from crypto.encoding import b64u
from crypto.transparency.checkpoint import LogSigner
from crypto.transparency.policy import parse_policy, solo_policy
from crypto.transparency.statement import holder, make_statement
from tests.clients.letters import NOW, STATION, Person, wire
from tests.clients.logs import ORIGIN, OTHER_WITNESS, WITNESS, SmallLog

DOCTOR, PATIENT, STRANGER = Person.new(), Person.new(), Person.new()


@pytest.fixture
def log() -> SmallLog:
    made = SmallLog()
    made.add(DOCTOR, PATIENT)
    return made


def test_keys_that_stand_in_a_log_that_only_grew_are_proven(log: SmallLog) -> None:
    before = log.known()
    (listed,) = log.add(STRANGER)

    after = before.accept(log.note(), log.consistency(2), NOW)

    assert (before.since, after.since) == (2, 3)
    assert after.proven(STRANGER.account, listed) == chain(STRANGER.account, listed)


def test_a_whole_line_is_proven_by_its_newest_statement(log: SmallLog) -> None:
    newer = DOCTOR.rotated()
    (listed,) = log.add(newer)

    keys = log.known().proven(newer.account, listed)

    assert [key.keys for key in keys] == [pair.public() for pair in newer.pairs]


def test_nobody_is_in_an_empty_log() -> None:
    empty = SmallLog()
    found = empty.known()

    assert found.since is None
    with pytest.raises(Distrusted, match="notInLog"):
        found.proven(DOCTOR.account, [msgspec.structs.replace(DOCTOR.wires[0], inclusion=[])])


def test_a_key_without_a_proof_is_not_in_the_log(log: SmallLog) -> None:
    with pytest.raises(Distrusted, match="notInLog"):
        log.known().proven(DOCTOR.account, DOCTOR.wires)


def test_a_key_that_is_not_an_entry_is_not_in_the_log(log: SmallLog) -> None:
    forked = log.fork()
    (listed,) = forked.add(STRANGER)

    with pytest.raises(Distrusted, match="notInLog"):
        log.known().proven(STRANGER.account, listed)


@pytest.mark.parametrize("change", [{"index": 1}, {"index": 99}, {"inclusion": []}, {"inclusion": ["A" * 43] * 64}])
def test_a_key_at_another_place_than_its_own_is_not_in_the_log(log: SmallLog, change: dict[str, object]) -> None:
    ((listed,),) = log.add(DOCTOR)

    with pytest.raises(Distrusted, match="notInLog"):
        log.known().proven(DOCTOR.account, [msgspec.structs.replace(listed, **change)])


def test_a_voucher_by_somebody_else_breaks_the_chain(log: SmallLog) -> None:
    ((listed,),) = log.add(DOCTOR)
    ((other,),) = log.add(PATIENT)

    with pytest.raises(Distrusted, match="brokenChain"):
        log.known().proven(DOCTOR.account, [msgspec.structs.replace(listed, voucher=other.voucher)])


def test_a_log_that_rewrites_an_entry_is_forked(log: SmallLog) -> None:
    other = SmallLog(log.signer)
    other.add(DOCTOR, STRANGER, PATIENT)

    with pytest.raises(Distrusted, match="logForked"):
        log.known().accept(other.note(), other.consistency(2), NOW)


def test_a_log_that_becomes_smaller_is_forked(log: SmallLog) -> None:
    with pytest.raises(Distrusted, match="logForked"):
        log.known().accept(log.note(1), None, NOW)


def test_a_log_of_the_same_size_and_another_root_is_forked(log: SmallLog) -> None:
    other = SmallLog(log.signer)
    other.add(DOCTOR, STRANGER)

    with pytest.raises(Distrusted, match="logForked"):
        log.known().accept(other.note(), [], NOW)


def test_a_log_that_grew_without_a_proof_is_forked(log: SmallLog) -> None:
    before = log.known()
    log.add(STRANGER)

    for proof in (None, [], ["not base64url"], ["A" * 43]):
        with pytest.raises(Distrusted, match="logForked"):
            before.accept(log.note(), proof, NOW)


@pytest.mark.parametrize("hours", [25, -1])
def test_a_checkpoint_from_yesterday_or_tomorrow_is_stale(log: SmallLog, hours: int) -> None:
    note = log.note(at=NOW - timedelta(hours=hours))

    with pytest.raises(Distrusted, match="staleCheckpoint"):
        log.known().accept(note, [], NOW)


def test_a_checkpoint_by_another_log_is_bad(log: SmallLog) -> None:
    other = replace(log, signer=LogSigner.from_secret(bytes(32), ORIGIN))

    with pytest.raises(Distrusted, match="badCheckpoint"):
        log.known().accept(other.note(), [], NOW)


def test_what_is_no_note_is_a_bad_checkpoint(log: SmallLog) -> None:
    for note in ("", "relay.example/log\n2\n", log.note() + "— x y\n", "\ud800"):
        with pytest.raises(Distrusted, match="badCheckpoint"):
            log.known().accept(note, [], NOW)


def test_a_checkpoint_without_the_quorum_of_witnesses_is_bad(log: SmallLog) -> None:
    careful = KeyLog(parse_policy(log.witnessed_policy()))

    assert careful.accept(log.note(witnesses=[WITNESS]), None, NOW).since == 2
    for witnesses in ([], [OTHER_WITNESS]):
        with pytest.raises(Distrusted, match="badCheckpoint"):
            careful.accept(log.note(witnesses=witnesses), None, NOW)


def test_a_policy_that_says_nothing_is_no_policy() -> None:
    with pytest.raises(Distrusted, match="badCheckpoint"):
        policy_of(b"quorum none\n")


def test_another_persons_checkpoint_fits_where_the_log_goes_on_from_it(log: SmallLog) -> None:
    seen = log.checkpoint()
    log.add(STRANGER)
    forked = SmallLog(log.signer)
    forked.add(DOCTOR, STRANGER)

    assert log.known().holds(seen.size, seen.root, log.consistency(2))
    assert not log.known().holds(2, forked.checkpoint().root, log.consistency(2))
    assert not log.known().holds(9, seen.root, None)


def test_an_account_that_was_enrolled_for_an_address_by_a_station_is_theirs() -> None:
    held = enrolled("camille@patient.example")

    check_theirs(held.account, held.chain, "Camille@patient.example", SALT, None)
    check_theirs(held.account, held.chain, "camille@patient.example", SALT, {STATION.public().raw})


@pytest.mark.parametrize(
    ("address", "salt", "stations"),
    [
        ("other@patient.example", bytes(32), None),
        ("camille@patient.example", bytes([1] * 32), None),
        ("camille@patient.example", b"", None),
        ("camille@patient.example", bytes(32), frozenset({bytes([3] * 32)})),
        ("camille@patient.example", bytes(32), frozenset()),
    ],
)
def test_an_account_for_another_address_or_of_another_station_is_not_theirs(
    address: str, salt: bytes, stations: frozenset[bytes] | None
) -> None:
    held = enrolled("camille@patient.example")

    with pytest.raises(Distrusted, match="notTheirs"):
        check_theirs(held.account, held.chain, address, salt, stations)


def test_an_account_that_nobody_vouches_for_is_nobodys() -> None:
    pairs, account = DOCTOR.pairs[0], DOCTOR.account
    alone = make_statement(account, pairs.public(), pairs.signing, NOW, box=1, holders=[holder(SALT, "x@y.example")])
    made_up = Person(account, (pairs,), (wire(account, pairs, alone),))

    for keys in (made_up.chain, ()):
        with pytest.raises(Distrusted, match="notTheirs"):
            check_theirs(account, keys, "x@y.example", SALT, None)


SALT = bytes(32)


def enrolled(address: str) -> Person:
    pairs, account = DOCTOR.pairs[0], DOCTOR.account
    announced = make_statement(
        account, pairs.public(), pairs.signing, NOW, box=1, by=STATION, holders=[holder(SALT, address)]
    )
    return Person(account, (pairs,), (wire(account, pairs, announced),))


def test_a_log_says_what_it_has_seen(log: SmallLog) -> None:
    newest = log.known().newest

    assert newest is not None
    assert (newest.size, newest.root) == (2, log.checkpoint().root)
    assert newest.policy == parse_policy(solo_policy(log.signer)).hash
    assert len(b64u(newest.root)) == 43


def test_a_log_says_the_newest_checkpoint_with_its_own_signature_of_it(log: SmallLog) -> None:
    known = log.known()

    seen = known.seen

    assert seen is not None
    assert (seen.size, seen.root) == (2, log.checkpoint().root)
    assert known.signed(seen)


def test_what_the_log_did_not_sign_says_nothing(log: SmallLog) -> None:
    known, seen = log.known(), log.known().seen
    assert seen is not None
    other = SmallLog(LogSigner.from_secret(bytes(32), ORIGIN), log.entries).known().seen
    assert other is not None

    for made_up in (
        replace(seen, size=3),
        replace(seen, root=bytes(32)),
        replace(seen, signature=bytes(64)),
        replace(seen, size=2**53 - 1, root=bytes(32)),
        other,
    ):
        assert not known.signed(made_up)


def test_a_checkpoint_that_is_remembered_without_its_signature_is_not_said_in_letters(log: SmallLog) -> None:
    known = log.known()

    assert KeyLog(known.policy, known.newest).seen is None
