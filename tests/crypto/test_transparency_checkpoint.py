"""Signers, notes and checkpoints beyond the vectors: what is signed verifies, any changed bit does not."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.encoding import hkdf
from crypto.errors import BadCheckpoint, BadPolicy
from crypto.keys import SigningPublic
from crypto.labels import NOTE_LIMIT, NOTE_LINES
from crypto.transparency.checkpoint import (
    Checkpoint,
    LogSigner,
    WitnessSigner,
    parse_checkpoint_text,
    with_lines,
)
from crypto.transparency.note import NoteKey, NoteLine, format_note, is_key_name, parse_lines, parse_note
from crypto.transparency.policy import has_quorum, parse_policy, solo_policy, verify_checkpoint, verify_cosignatures
from tests.vectors import mldsa
from tests.vectors.material import flipped

ORIGIN = "pli.example/log"
NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
LOG = LogSigner.from_secret(bytes(range(32)), ORIGIN)
ALICE, BOB = (WitnessSigner.from_secret(name * 32, f"{name.decode()}.example") for name in (b"a", b"b"))
HEAD = Checkpoint(ORIGIN, 1234567, bytes(range(32)))
NOTE = LOG.sign(HEAD, NOW)
SOLO = parse_policy(solo_policy(LOG))
BOTH = parse_policy(
    solo_policy(LOG).replace(b"quorum none\n", b"")
    + f"witness a {ALICE.keys[0].vkey}\nwitness b {BOB.keys[1].vkey}\ngroup g all a b\nquorum g\n".encode()
)
WITNESSED = with_lines(with_lines(NOTE, ALICE.cosign(HEAD, NOW)), BOB.cosign(HEAD, NOW))


@given(size=st.integers(0, 2**53 - 1), found=st.binary(min_size=32, max_size=32))
def test_what_the_log_signs_is_believed(size: int, found: bytes) -> None:
    head = Checkpoint(ORIGIN, size, found)

    assert verify_checkpoint(LOG.sign(head, NOW), SOLO, NOW) == head
    assert parse_checkpoint_text(head.text) == head


def test_a_quorum_is_reached_witness_by_witness() -> None:
    half = with_lines(NOTE, ALICE.cosign(HEAD, NOW))

    assert [has_quorum(note, BOTH) for note in (NOTE, half, WITNESSED)] == [False, False, True]
    assert verify_checkpoint(WITNESSED, BOTH, NOW) == HEAD


@pytest.mark.parametrize(
    ("later", "item"), [(timedelta(hours=24, seconds=1), "transparency/9"), (-timedelta(seconds=601), "transparency/9")]
)
def test_age_matters_to_whoever_names_a_time(later: timedelta, item: str) -> None:
    assert verify_checkpoint(WITNESSED, BOTH, None) == HEAD
    assert has_quorum(WITNESSED, BOTH)

    with pytest.raises(BadCheckpoint, match=item):
        verify_checkpoint(WITNESSED, BOTH, NOW + later)


@pytest.mark.parametrize("later", [timedelta(hours=24), -timedelta(minutes=10), timedelta()])
def test_the_edges_of_the_day_are_young_enough(later: timedelta) -> None:
    assert verify_checkpoint(WITNESSED, BOTH, NOW + later) == HEAD


@given(bit=st.integers(0, 8 * len(NOTE) - 1))
@settings(max_examples=500)
def test_any_flipped_bit_of_what_the_log_signed_is_refused(bit: int) -> None:
    with pytest.raises(BadCheckpoint):
        verify_checkpoint(flipped(NOTE, bit), SOLO, NOW)


@given(bit=st.integers(0, 8 * len(WITNESSED) - 1))
@settings(max_examples=500)
def test_any_flipped_bit_of_a_witnessed_note_is_refused_or_is_of_a_line_that_nobody_asked_for(bit: int) -> None:
    changed = flipped(WITNESSED, bit)

    try:
        found = verify_checkpoint(changed, BOTH, NOW)
    except BadCheckpoint:
        return

    assert found == HEAD
    assert changed_line(changed) in {ALICE.keys[1].key_id, BOB.keys[0].key_id}


def changed_line(changed: bytes) -> bytes:
    """The key id, as it was, of the line in which a note differs from WITNESSED."""
    pairs = zip(parse_note(WITNESSED).lines, parse_note(changed).lines, strict=True)
    return next(before.key_id for before, after in pairs if before != after)


@given(raw=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_noise_is_no_note_and_no_checkpoint(raw: bytes) -> None:
    for parse in (parse_note, parse_lines, parse_checkpoint_text, lambda one: verify_checkpoint(one, SOLO, NOW)):
        with pytest.raises(BadCheckpoint):
            parse(raw)


@given(at=st.integers(0, len(WITNESSED)), length=st.integers(0, 40), put=st.binary(max_size=20))
@settings(max_examples=300)
def test_a_mutated_note_raises_nothing_but_the_one_error(at: int, length: int, put: bytes) -> None:
    changed = WITNESSED[:at] + put + WITNESSED[at + length :]

    assert has_quorum(changed, BOTH) in {True, False}


@given(
    text=st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=20), min_size=1),
    names=st.lists(st.text("abc./é☃", min_size=1, max_size=9), min_size=1, max_size=5),
    signature=st.binary(min_size=5, max_size=99),
)
def test_parsing_a_note_undoes_formatting_it(text: list[str], names: list[str], signature: bytes) -> None:
    lines = tuple(NoteLine(name, signature[:4], signature[4:]) for name in names)
    said = ("\n".join(text) + "\n").encode()

    note = parse_note(format_note(said, lines))

    assert (note.text, note.lines) == (said, lines)


def test_lines_are_added_once_and_no_more_than_fit() -> None:
    again = with_lines(WITNESSED, ALICE.cosign(HEAD, NOW).splitlines(keepends=True)[0])
    many = "".join(f"— eve{number}.example AAAAAAAA\n" for number in range(NOTE_LINES)).encode()

    assert again == WITNESSED
    with pytest.raises(BadCheckpoint, match="transparency/5"):
        with_lines(NOTE, many)


def test_the_longest_note_is_read_and_one_byte_more_is_not() -> None:
    start = NOTE + "— eve ".encode()
    room = (NOTE_LIMIT - len(start) - 1) // 4 * 4
    longest = start.replace(b" eve ", b" eve" + b"e" * (NOTE_LIMIT - len(start) - 1 - room) + b" ")
    longest += b"A" * room + b"\n"

    assert len(longest) == NOTE_LIMIT
    assert verify_checkpoint(longest, SOLO, NOW) == HEAD
    with pytest.raises(BadCheckpoint, match="transparency/5"):
        verify_checkpoint(longest.replace(b" eve", b" evee"), SOLO, NOW)


def test_of_a_witnesss_answer_only_its_own_lines_are_taken() -> None:
    answer = BOB.cosign(HEAD, NOW) + ALICE.cosign(HEAD, NOW)

    taken = verify_cosignatures(answer, HEAD, ALICE.keys)

    assert answer.endswith(taken)
    assert [line.key_id for line in parse_lines(taken)] == [key.key_id for key in ALICE.keys]


def test_the_example_of_signed_note_verifies_with_its_key() -> None:
    key = NoteKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="

    note = parse_note(f"This is an example message.\n\n— example.com/foo {signature}\n".encode())

    assert note.text == b"This is an example message.\n"
    assert (note.lines[0].name, note.lines[0].key_id) == (key.name, key.key_id)
    SigningPublic.load(key.public).verify(note.text, note.lines[0].signature)


def test_the_text_of_a_note_may_hold_empty_lines_and_the_last_one_ends_it() -> None:
    verse = "trafitto da un raggio di sole:\n\ned è subito sera.\n"

    note = parse_note(f"{verse}\n— a.example AAAAAAAA\n".encode())

    assert note.text == verse.encode()


def test_keys_come_of_one_secret_under_labels_of_their_own() -> None:
    log, witness = LogSigner.from_secret(bytes(32), "x.example"), WitnessSigner.from_secret(bytes(32), "x.example")
    seed = hkdf(bytes(32), b"", b"pli log ml-dsa-44 v1")

    assert [key.kind for key in (*log.keys, *witness.keys)] == [1, 6, 4, 6]
    assert len({key.public for key in (*log.keys, *witness.keys)}) == 4
    assert log.keys[1].public == MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
    assert "00" * 4 not in repr(log) + repr(witness)


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=100))
@settings(max_examples=10)
def test_the_signatures_of_the_vectors_are_ml_dsa(seed: bytes, message: bytes) -> None:
    signature = mldsa.sign(seed, message)

    MLDSA44PrivateKey.from_seed_bytes(seed).public_key().verify(signature, message)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_secret_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        LogSigner.from_secret(bytes(length), ORIGIN)
    with pytest.raises(ValueError, match="32 bytes"):
        WitnessSigner.from_secret(bytes(length), "w.example")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x00", "é" * 128, "\ud800", "a\u2003b", "a\u0085b"])
def test_a_name_that_no_key_may_have_makes_no_signer(name: str) -> None:
    assert not is_key_name(name)
    with pytest.raises(ValueError, match="name"):
        LogSigner.from_secret(bytes(32), name)


def test_a_log_signs_no_other_logs_checkpoint() -> None:
    with pytest.raises(ValueError, match="another"):
        LOG.sign(Checkpoint("other.example/log", 1, bytes(32)), NOW)


def test_a_moment_without_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        LOG.sign(HEAD, NOW.replace(tzinfo=None))


@given(vkey=st.text(max_size=80) | st.text("0123456789abcdefAB+/=", max_size=80))
def test_noise_is_no_key(vkey: str) -> None:
    with pytest.raises(BadPolicy, match="transparency/12"):
        NoteKey.parse(vkey)


@given(bit=st.integers(0, 8 * len(ALICE.keys[0].vkey) - 1))
def test_a_flipped_bit_of_a_key_is_refused(bit: int) -> None:
    changed = flipped(ALICE.keys[0].vkey.encode(), bit).decode("utf-8", "replace")

    with pytest.raises(BadPolicy, match="transparency/12"):
        NoteKey.parse(changed)
