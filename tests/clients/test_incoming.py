"""The checks of docs/spec/content.md: each has a letter that fails it and nothing else."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from clients.content.letter import LetterRecipient, to_bytes
from clients.session.incoming import NotShown, read
from clients.session.keyring import Distrusted, chain, check_own, is_behind, moved_pin
from crypto.encoding import utc
from crypto.errors import OlderBox
from crypto.keys import random_id
from tests.clients.letters import NOW, Person, author, known, letter, message, sealed, usurped

DOCTOR, PATIENT, STRANGER = Person.new(), Person.new(), Person.new()
BOTH = [DOCTOR, PATIENT]


def test_a_letter_that_passes_every_check_is_read() -> None:
    written = letter(DOCTOR, BOTH)

    found = read(message(written), sealed(written, DOCTOR, BOTH), PATIENT.reader(), known(DOCTOR))

    assert found.letter == written


def test_the_sender_reads_the_own_copy() -> None:
    written = letter(DOCTOR, BOTH)

    found = read(message(written, box="out"), sealed(written, DOCTOR, BOTH), DOCTOR.reader(), known(DOCTOR))

    assert found.letter == written


def test_a_reader_who_has_newer_keys_reads_what_was_sealed_to_the_older() -> None:
    written = letter(DOCTOR, BOTH)
    bytes_ = sealed(written, DOCTOR, BOTH)

    found = read(message(written), bytes_, PATIENT.rotated().reader(), known(DOCTOR))

    assert found.letter == written


def test_a_letter_from_before_its_senders_new_keys_is_read() -> None:
    written = letter(DOCTOR, BOTH)

    found = read(message(written), sealed(written, DOCTOR, BOTH), PATIENT.reader(), known(DOCTOR.rotated()))

    assert found.letter == written


def test_the_same_bytes_again_are_one_letter() -> None:
    written = letter(DOCTOR, BOTH)
    bytes_ = sealed(written, DOCTOR, BOTH)
    first = read(message(written), bytes_, PATIENT.reader(), known(DOCTOR))
    seen = {(DOCTOR.account, written.message): first.hash}

    assert read(message(written), bytes_, PATIENT.reader(), known(DOCTOR, seen=seen)) == first


def test_changed_bytes_are_refused_as_cannot_open() -> None:
    written = letter(DOCTOR, BOTH)
    spoiled = bytearray(sealed(written, DOCTOR, BOTH))
    spoiled[-1] ^= 1

    assert _refusal(written, bytes(spoiled)) == "cannotOpen"


def test_a_letter_that_is_not_canonical_is_refused() -> None:
    written = letter(DOCTOR, BOTH)

    assert _refusal(written, sealed(b" " + to_bytes(written), DOCTOR, BOTH)) == "notCanonical"


def test_a_letter_with_another_member_is_refused() -> None:
    written = letter(DOCTOR, BOTH)
    raw = to_bytes(written).replace(b'"v":1}', b'"v":1,"w":2}')

    assert _refusal(written, sealed(raw, DOCTOR, BOTH)) == "unknownMembers"


def test_a_letter_that_does_not_name_its_reader_is_refused() -> None:
    written = letter(DOCTOR, [DOCTOR, STRANGER])

    assert _refusal(written, sealed(written, DOCTOR, BOTH)) == "notForYou"


def test_a_letter_with_a_reader_who_is_not_named_is_refused() -> None:
    written = letter(DOCTOR, BOTH)

    assert _refusal(written, sealed(written, DOCTOR, [*BOTH, STRANGER])) == "hiddenRecipient"


@pytest.mark.parametrize("label", [{"from_": STRANGER.account}, {"client_id": random_id()}, {"box": "out"}])
def test_a_letter_that_the_relay_labels_otherwise_is_refused(label: dict[str, str]) -> None:
    written = letter(DOCTOR, BOTH)

    assert _refusal(written, sealed(written, DOCTOR, BOTH), label=label) == "mislabelled"


def test_a_letter_signed_by_another_key_than_the_directorys_is_refused() -> None:
    written = letter(DOCTOR, BOTH)

    assert _refusal(written, sealed(written, STRANGER, BOTH)) == "unknownSenderKey"


def test_a_letter_that_names_another_key_than_the_one_that_signed_is_refused() -> None:
    plain = letter(DOCTOR, BOTH)
    written = replace(plain, sender=replace(plain.sender, key=STRANGER.chain[0].key_id))

    assert _refusal(written, sealed(written, DOCTOR, BOTH)) == "unknownSenderKey"


def test_a_letter_from_before_its_key_existed_is_refused() -> None:
    written = letter(DOCTOR, BOTH)
    early = {"received_at": "2026-03-04T09:59:59Z"}

    assert _refusal(written, sealed(written, DOCTOR, BOTH), label=early) == "unknownSenderKey"


def test_a_sender_whose_pinned_key_is_not_in_the_chain_is_refused() -> None:
    written = letter(DOCTOR, BOTH)
    pins = {DOCTOR.account: STRANGER.chain[0].pin}

    assert _refusal(written, sealed(written, DOCTOR, BOTH), pins=pins) == "senderKeyChanged"


def test_a_pin_on_an_older_key_that_statements_join_is_no_reason_to_refuse() -> None:
    newer = DOCTOR.rotated()
    written = letter(newer, [newer, PATIENT])
    pins = {DOCTOR.account: DOCTOR.chain[0].pin}

    found = read(message(written), sealed(written, newer, [newer, PATIENT]), PATIENT.reader(), known(newer, pins=pins))

    assert found.letter == written


def test_a_letter_sealed_to_a_statement_that_is_not_the_readers_is_refused() -> None:
    recipients = tuple(sorted([DOCTOR.recipient(), LetterRecipient(PATIENT.account, bytes(32))]))
    written = letter(DOCTOR, BOTH, recipients=recipients)

    assert _refusal(written, sealed(written, DOCTOR, BOTH)) == "sealedToOtherKey"


def test_another_letter_under_an_id_that_was_seen_is_refused() -> None:
    written = letter(DOCTOR, BOTH)
    seen = {(DOCTOR.account, written.message): bytes(32)}

    assert _refusal(written, sealed(written, DOCTOR, BOTH), seen=seen) == "replayed"


@pytest.mark.parametrize(("minutes", "reason"), [(59, None), (61, "unknownSenderKey")])
def test_a_key_that_was_replaced_signs_for_an_hour_and_no_longer(minutes: int, reason: str | None) -> None:
    written = letter(DOCTOR, BOTH)
    late = message(written, received_at=utc(NOW + timedelta(minutes=minutes)))
    newer = known(DOCTOR.rotated(NOW))

    if reason is None:
        assert read(late, sealed(written, DOCTOR, BOTH), PATIENT.reader(), newer).letter == written
        return
    with pytest.raises(NotShown) as refused:
        read(late, sealed(written, DOCTOR, BOTH), PATIENT.reader(), newer)
    assert refused.value.reason == reason


def test_a_key_below_the_pin_signs_nothing_new() -> None:
    written, newer = letter(DOCTOR, BOTH), DOCTOR.rotated(NOW)
    late = message(written, received_at=utc(NOW + timedelta(days=1)))
    pins = {DOCTOR.account: newer.chain[1].pin}

    with pytest.raises(NotShown) as refused:
        read(late, sealed(written, DOCTOR, BOTH), PATIENT.reader(), known(newer, pins=pins))

    assert refused.value.reason == "unknownSenderKey"


def test_a_pin_moves_forward_along_the_chain_and_never_back() -> None:
    newer = DOCTOR.rotated()
    first, second = (each.pin for each in newer.chain)

    assert moved_pin(DOCTOR.chain, None) == first
    assert moved_pin(newer.chain, first) == second
    assert moved_pin(DOCTOR.chain, second) == second
    assert moved_pin(newer.chain, STRANGER.chain[0].pin) == STRANGER.chain[0].pin


def test_a_key_that_the_relay_puts_before_the_pinned_one_is_refused() -> None:
    intruder = usurped(DOCTOR)
    written = replace(letter(intruder, [intruder, PATIENT]), sender=author(intruder, intruder.chain[0].key_id))
    forged = sealed(written, Person(DOCTOR.account, intruder.pairs[:1], intruder.wires[:1]), [intruder, PATIENT])
    pins = {DOCTOR.account: DOCTOR.chain[0].pin}

    assert intruder.chain[1].key_id == DOCTOR.chain[0].key_id
    with pytest.raises(NotShown) as refused:
        read(message(written), forged, PATIENT.reader(), known(intruder, pins=pins))
    assert refused.value.reason == "senderKeyChanged"


def test_a_key_that_the_relay_puts_before_ones_own_is_refused() -> None:
    check_own(DOCTOR.account, DOCTOR.chain, [DOCTOR.pairs[0].public()], 1)

    with pytest.raises(Distrusted, match="ownKeyChanged"):
        check_own(DOCTOR.account, usurped(DOCTOR).chain, [DOCTOR.pairs[0].public()], 1)


def test_keys_that_a_later_box_holds_than_the_one_that_was_opened_say_that_it_is_an_older_one() -> None:
    newer = DOCTOR.rotated()

    with pytest.raises(OlderBox):
        check_own(DOCTOR.account, newer.chain, [DOCTOR.pairs[0].public()], 1)
    with pytest.raises(Distrusted, match="ownKeyChanged"):
        check_own(DOCTOR.account, newer.chain, [DOCTOR.pairs[0].public()], 2)


def test_a_line_that_lacks_the_newest_of_ones_own_keys_is_not_ones_own() -> None:
    newer = DOCTOR.rotated()
    own = [pair.public() for pair in newer.pairs]

    assert is_behind(DOCTOR.chain, own)
    assert not is_behind(newer.chain, own)
    assert not is_behind(STRANGER.chain, own)
    with pytest.raises(Distrusted, match="ownKeyChanged"):
        check_own(DOCTOR.account, DOCTOR.chain, own, 2)


def test_what_a_known_key_signed_is_attributed_also_when_it_is_not_shown() -> None:
    recipients = tuple(sorted([DOCTOR.recipient(), LetterRecipient(PATIENT.account, bytes(32))]))
    written = letter(DOCTOR, BOTH, recipients=recipients)

    with pytest.raises(NotShown) as refused:
        read(message(written), sealed(written, DOCTOR, BOTH), PATIENT.reader(), known(DOCTOR))

    assert (refused.value.proven, refused.value.thread) == (True, written.thread)


def test_what_a_stranger_signed_is_attributed_to_nobody() -> None:
    written = letter(DOCTOR, BOTH)

    with pytest.raises(NotShown) as refused:
        read(message(written), sealed(written, STRANGER, BOTH), PATIENT.reader(), known(DOCTOR))

    assert not refused.value.proven


def test_a_chain_whose_statement_is_signed_by_a_stranger_is_broken() -> None:
    newer, other = DOCTOR.rotated(), DOCTOR.rotated()
    mixed = (
        newer.wires[0],
        msgspec.structs.replace(newer.wires[1], signature=other.wires[1].signature),
    )

    with pytest.raises(Distrusted) as refused:
        chain(DOCTOR.account, mixed)

    assert refused.value.reason == "brokenChain"


def test_a_chain_of_another_account_is_broken() -> None:
    with pytest.raises(Distrusted):
        chain(PATIENT.account, DOCTOR.wires)


def test_a_chain_that_lost_its_first_key_is_broken() -> None:
    with pytest.raises(Distrusted):
        chain(DOCTOR.account, DOCTOR.rotated().wires[1:])


def _refusal(written: object, bytes_: bytes, label: dict[str, str] | None = None, **changed: object) -> str:
    with pytest.raises(NotShown) as refused:
        read(message(written, **label or {}), bytes_, PATIENT.reader(), known(DOCTOR, **changed))  # type: ignore[arg-type]
    return refused.value.reason


@pytest.mark.parametrize(("hours", "stale"), [(25, False), (25.01, True)])
def test_a_letter_to_a_key_that_was_replaced_more_than_25_hours_before_is_shown_with_a_warning(
    hours: float, stale: bool
) -> None:
    written = letter(DOCTOR, BOTH)
    came, bytes_ = utc(NOW + timedelta(hours=hours)), sealed(written, DOCTOR, BOTH)

    found = read(message(written, received_at=came), bytes_, PATIENT.rotated(NOW).reader(), known(DOCTOR))
    present = read(message(written, received_at=came), bytes_, PATIENT.reader(), known(DOCTOR))

    assert (found.stale_key, present.stale_key) == (stale, False)


def test_a_letter_that_appeared_later_than_the_relay_says_is_judged_by_when_it_appeared() -> None:
    written = letter(DOCTOR, BOTH)
    bytes_, newer = sealed(written, DOCTOR, BOTH), DOCTOR.rotated(NOW)
    at_once = known(newer, complete=NOW + timedelta(minutes=59))
    late = known(newer, complete=NOW + timedelta(minutes=61))

    assert read(message(written), bytes_, PATIENT.reader(), at_once).letter == written
    with pytest.raises(NotShown, match="unknownSenderKey"):
        read(message(written), bytes_, PATIENT.reader(), late)


def test_when_the_reader_last_had_all_makes_no_letter_older() -> None:
    written, newer = letter(DOCTOR, BOTH), DOCTOR.rotated(NOW)
    late = message(written, received_at=utc(NOW + timedelta(hours=2)))

    with pytest.raises(NotShown, match="unknownSenderKey"):
        read(late, sealed(written, DOCTOR, BOTH), PATIENT.reader(), known(newer, complete=NOW))
