"""The life of a key box: enrolment, activation, a bridge's slot, and what a hostile store can try."""

import json
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.code import format_code, new_code, parse_code
from crypto.encoding import b64u
from crypto.errors import BadCode, CannotOpen, CryptoError, OlderBox, WeakKdf
from crypto.keybox import (
    BoxContent,
    DeviceKey,
    LastCheckpoint,
    LetterKey,
    PasswordKdf,
    PasswordKey,
    RecoveryKey,
    new_box,
    open_box,
    renew,
    replace,
    stretch,
)
from crypto.keys import KeyPairs, account_id
from tests.vectors.material import flipped

NOW, LATER = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = account_id()
KDF = changed(PasswordKdf.fresh(), memory=19456, passes=2)
PASSWORD = PasswordKey(stretch("trois pommes", KDF))
LETTER, DEVICE, RECOVERY = LetterKey(new_code()), DeviceKey.generate(), RecoveryKey(new_code())
CONTENT = BoxContent.first(KeyPairs.generate(), NOW)
BOX, BOX_KEY = new_box(ACCOUNT, CONTENT, [LETTER, DEVICE])


def test_activation_makes_new_keys_keeps_the_old_ones_and_drops_the_letter() -> None:
    opened = open_box(BOX, ACCOUNT, LETTER)
    keys = KeyPairs.generate()

    box, box_key = renew(opened, opened.content.rotated(keys, LATER), [PASSWORD])
    again = open_box(box, ACCOUNT, PASSWORD, minimum_version=2)

    assert again.version == 2
    assert [slot.type for slot in again.slots] == ["password"]
    assert again.content.sealing_seeds() == (keys.sealing, CONTENT.keys.sealing)
    assert (again.content.previous[0].since, again.content.previous[0].until) == (
        CONTENT.created,
        again.content.created,
    )
    assert box_key != BOX_KEY
    for old in (LETTER, DEVICE, BOX_KEY):
        with pytest.raises(CannotOpen):
            open_box(box, ACCOUNT, old)


def test_a_slot_is_added_without_the_others() -> None:
    opened = open_box(BOX, ACCOUNT, DEVICE)

    box, box_key = replace(opened, opened.content, add=[PASSWORD])

    assert box_key == BOX_KEY
    assert [open_box(box, ACCOUNT, key).version for key in (LETTER, DEVICE, PASSWORD, BOX_KEY)] == [2, 2, 2, 2]
    assert {slot.since for slot in open_box(box, ACCOUNT, BOX_KEY).slots} == {1, 2}


def test_a_dropped_slot_opens_nothing_even_when_the_store_brings_it_back() -> None:
    opened = open_box(BOX, ACCOUNT, DEVICE)
    letter = next(slot for slot in opened.slots if slot.type == "letter")

    box, _ = replace(opened, opened.content, drop={letter.id})
    forged = json.loads(box)
    forged["slots"] = sorted([*forged["slots"], letter.to_json()], key=lambda slot: str(slot["id"]))

    with pytest.raises(CannotOpen, match="keybox/2"):
        open_box(box, ACCOUNT, LETTER)
    with pytest.raises(CannotOpen, match="keybox/4"):
        open_box(_canonical(forged), ACCOUNT, LETTER)


def test_pins_and_checkpoint_are_kept() -> None:
    checkpoint = LastCheckpoint(policy=bytes(32), root=bytes(range(32)), size=3)
    content = changed(CONTENT, pins={account_id(): b64u(bytes(32))}, last_checkpoint=checkpoint)

    box, _ = new_box(ACCOUNT, content, [DEVICE])

    assert open_box(box, ACCOUNT, DEVICE).content == content


@pytest.mark.parametrize(
    ("after", "due"),
    [(timedelta(0), False), (timedelta(days=365), False), (timedelta(days=365, seconds=1), True), (-HOUR, False)],
)
def test_keys_are_due_when_they_are_older_than_365_days(after: timedelta, due: bool) -> None:
    assert CONTENT.is_due(NOW + after) is due


def test_keys_that_were_just_made_are_not_due() -> None:
    rotated = CONTENT.rotated(KeyPairs.generate(), NOW + timedelta(days=400))

    assert not rotated.is_due(NOW + timedelta(days=401))


def test_recovery_replaces_password_and_recovery_code_and_nothing_else() -> None:
    box, box_key = new_box(ACCOUNT, CONTENT, [PASSWORD, RECOVERY, DEVICE])
    opened = open_box(box, ACCOUNT, RECOVERY)
    new_password, new_recovery = PasswordKey(stretch("quatre poires", KDF)), RecoveryKey(new_code())

    after, kept_key = replace(
        opened, opened.content, add=[new_password, new_recovery], drop=opened.ids("password", "recovery")
    )

    assert kept_key == box_key
    assert [open_box(after, ACCOUNT, key).content for key in (new_password, new_recovery, DEVICE)] == [CONTENT] * 3
    for old in (PASSWORD, RECOVERY):
        with pytest.raises(CannotOpen, match="keybox/2"):
            open_box(after, ACCOUNT, old)


def test_a_yearly_rotation_keeps_box_key_and_slots_and_opens_old_letters() -> None:
    box, box_key = new_box(ACCOUNT, CONTENT, [PASSWORD, DEVICE])
    opened, keys = open_box(box, ACCOUNT, DEVICE), KeyPairs.generate()

    after, kept_key = replace(opened, opened.content.rotated(keys, LATER))
    again = open_box(after, ACCOUNT, PASSWORD, minimum_version=2)

    assert kept_key == box_key
    assert again.slots == opened.slots
    assert again.content.sealing_seeds() == (keys.sealing, CONTENT.keys.sealing)


def test_an_older_box_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(OlderBox):
        open_box(BOX, ACCOUNT, RecoveryKey(new_code()), minimum_version=2)


def test_a_box_without_a_slot_is_not_made() -> None:
    opened = open_box(BOX, ACCOUNT, DEVICE)

    with pytest.raises(ValueError, match="without a slot"):
        new_box(ACCOUNT, CONTENT, [])
    with pytest.raises(ValueError, match="without a slot"):
        replace(opened, CONTENT, drop=[slot.id for slot in opened.slots])
    with pytest.raises(ValueError, match="not in the box"):
        replace(opened, CONTENT, drop=["A" * 22])


@given(bit=st.integers(0, 8 * len(BOX) - 1))
@settings(max_examples=300)
def test_any_flipped_bit_is_refused_with_an_error_of_ours(bit: int) -> None:
    # A flip in the letter's slot may leave the device's slot whole, but then the content's list or the shape is wrong.
    with pytest.raises(CryptoError):
        open_all(flipped(BOX, bit))


@pytest.mark.parametrize(
    "changes", [{"memory": 19455}, {"memory": 2**20 + 1}, {"passes": 1}, {"passes": 17}, {"lanes": 2}]
)
def test_weak_parameters_are_refused_before_any_work(changes: dict[str, int]) -> None:
    weak = PasswordKdf(**{"salt": bytes(16), **changes})  # type: ignore[arg-type]  # integers but for the salt

    with pytest.raises(WeakKdf):
        stretch("trois pommes", weak)


def test_what_is_written_today_is_64_mib_and_three_passes() -> None:
    kdf = PasswordKdf.fresh()

    assert (kdf.memory, kdf.passes, kdf.lanes, len(kdf.salt)) == (65536, 3, 1, 16)
    assert PasswordKdf.from_json(kdf.to_json()) == kdf


def test_codes_are_read_back_and_are_letters_and_digits() -> None:
    printed = [format_code(new_code()) for _ in range(200)]

    assert all(format_code(parse_code(code)) == code for code in printed)
    assert all(code.replace("-", "").isalnum() and len(code) == 35 for code in printed)


@given(place=st.integers(0, 26), other=st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_any_one_wrong_character_is_noticed(place: int, other: str) -> None:
    typed = format_code(LETTER.code).replace("-", "")
    wrong = typed[:place] + other + typed[place + 1 :]

    if wrong != typed:
        with pytest.raises(BadCode):
            parse_code(wrong)


def test_no_secret_prints_itself() -> None:
    opened = open_box(BOX, ACCOUNT, LETTER)
    secrets = [
        opened.content.keys.signing.raw,
        opened.content.keys.sealing.raw,
        opened.box_key.raw,
        PASSWORD.master.raw,
        DEVICE.raw,
        LETTER.code.raw,
    ]

    shown = f"{opened!r} {opened} {PASSWORD!r} {DEVICE!r} {LETTER!r}"

    assert not [secret for secret in secrets if repr(secret) in shown or secret.hex() in shown]


def open_all(box: bytes) -> None:
    """Every slot of it, as its owner would over time."""
    for key in (LETTER, DEVICE):
        open_box(box, ACCOUNT, key)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
