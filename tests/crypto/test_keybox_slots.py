"""Passkeys and letters with two codes: what opens, what never does, and what a hostile store can try."""

import json
from collections.abc import Callable
from dataclasses import replace as changed
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crypto.code import Code, new_code
from crypto.encoding import canonical
from crypto.errors import CannotOpen, CryptoError, WeakKdf
from crypto.keybox import (
    BoxContent,
    DeviceKey,
    LetterKey,
    PasskeyKey,
    PasswordKdf,
    PasswordKey,
    RecoveryKey,
    SlotKey,
    new_box,
    open_box,
    read_slots,
    renew,
    replace,
    stretch,
)
from crypto.keys import KeyPairs, account_id
from crypto.labels import PRF_INPUT
from tests.vectors.material import flipped

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ACCOUNT = account_id()
CONTENT = BoxContent.first(KeyPairs.generate(), NOW)
FIRST, SECOND = new_code(), new_code()
PASSKEY = PasskeyKey(bytes(range(16)), bytes(range(32)))
RECOVERY, DEVICE = RecoveryKey(new_code()), DeviceKey.generate()
BOX, _ = new_box(ACCOUNT, CONTENT, [PASSKEY, RECOVERY, DEVICE])
LETTER_BOX, _ = new_box(ACCOUNT, CONTENT, [LetterKey(FIRST, SECOND)])
KEYS: dict[str, SlotKey] = {"passkey": PASSKEY, "recovery": RECOVERY, "device": DEVICE}
SLOTS = {slot.type: slot for slot in read_slots(BOX)}

codes = st.integers(0, 2**130 - 1).map(lambda number: Code(number.to_bytes(17, "big")))


def test_a_passkey_opens_and_its_slot_says_which_one_to_ask() -> None:
    opened = open_box(BOX, ACCOUNT, PASSKEY)

    assert opened.content == CONTENT
    assert [slot.credential for slot in opened.slots if slot.credential is not None] == [PASSKEY.credential]
    assert SLOTS["device"].credential is None


def test_the_authenticator_is_asked_for_the_words_of_the_page() -> None:
    assert PRF_INPUT == b"pli prf v1"


def test_a_passkey_that_was_removed_opens_nothing() -> None:
    opened = open_box(BOX, ACCOUNT, PASSKEY)

    box, _ = replace(opened, opened.content, drop=opened.ids("passkey"))

    with pytest.raises(CannotOpen, match="keybox/2"):
        open_box(box, ACCOUNT, PASSKEY)


@pytest.mark.parametrize("keys", [[PASSKEY], [PASSKEY, PasskeyKey(b"other", bytes(32))]])
def test_a_box_for_passkeys_alone_is_not_made(keys: list[PasskeyKey]) -> None:
    opened = open_box(BOX, ACCOUNT, PASSKEY)

    with pytest.raises(ValueError, match="passkey alone"):
        new_box(ACCOUNT, CONTENT, keys)
    with pytest.raises(ValueError, match="passkey alone"):
        renew(opened, CONTENT, keys)
    with pytest.raises(ValueError, match="passkey alone"):
        replace(opened, CONTENT, add=keys, drop=opened.ids("recovery", "device"))


def test_a_box_for_passkeys_alone_is_neither_opened_nor_shown() -> None:
    left = _with_slots(lambda slots: [slot for slot in slots if slot["type"] == "passkey"])

    with pytest.raises(CannotOpen, match="keybox/9"):
        open_box(left, ACCOUNT, PASSKEY)
    with pytest.raises(CannotOpen, match="keybox/9"):
        read_slots(left)


def test_both_codes_open_the_letter() -> None:
    assert open_box(LETTER_BOX, ACCOUNT, LetterKey(FIRST, SECOND)).content == CONTENT


@given(other=codes)
@settings(max_examples=60)
def test_one_of_two_codes_opens_nothing_whatever_is_put_beside_it(other: Code) -> None:
    assume(other not in (FIRST, SECOND))

    for key in _guesses(other):
        with pytest.raises(CannotOpen, match="keybox/2"):
            open_box(LETTER_BOX, ACCOUNT, key)


@given(first=codes, second=codes)
def test_keys_of_one_code_and_of_two_have_nothing_in_common(first: Code, second: Code) -> None:
    assume(first != second)
    alone = {code.letter_wrap(ACCOUNT) for code in (first, second)}
    together = {first.letter_wrap(ACCOUNT, second), second.letter_wrap(ACCOUNT, first)}
    logins = {first.letter_login(second).raw, first.letter_login().raw}

    assert len(alone | together | logins) == 6


@given(bit=st.integers(0, 8 * len(SLOTS["passkey"].wrapped) - 1), kind=st.sampled_from(sorted(SLOTS)))
def test_any_flipped_bit_of_a_slot_is_refused_with_the_one_error(bit: int, kind: str) -> None:
    bent = changed(SLOTS[kind], wrapped=flipped(SLOTS[kind].wrapped, bit))

    box = _with_slots(lambda slots: [bent.to_json() if slot["id"] == bent.id else slot for slot in slots])

    with pytest.raises(CannotOpen):
        open_box(box, ACCOUNT, KEYS[kind])


@given(bit=st.integers(0, 8 * len(BOX) - 1))
@settings(max_examples=200)
def test_any_flipped_bit_of_a_box_is_refused_with_an_error_of_ours(bit: int) -> None:
    # A flip in one slot leaves the others whole, but one of the three keys, or the content, tells.
    with pytest.raises(CryptoError):
        _open_with_all(flipped(BOX, bit))


def test_a_slot_that_the_store_adds_is_refused() -> None:
    strange = read_slots(new_box(ACCOUNT, CONTENT, [PasskeyKey(b"mine", bytes(32)), DeviceKey.generate()])[0])

    for slot in strange:
        forged = _with_slots(lambda slots, slot=slot: [*slots, slot.to_json()])  # type: ignore[misc]  # a default binds the loop's value
        with pytest.raises(CannotOpen, match="keybox/4"):
            open_box(forged, ACCOUNT, PASSKEY)


@pytest.mark.parametrize("kind", sorted(SLOTS))
def test_a_slot_that_the_store_takes_away_is_missed(kind: str) -> None:
    left = _with_slots(lambda slots: [slot for slot in slots if slot["type"] != kind])
    key = DEVICE if kind == "passkey" else PASSKEY

    with pytest.raises(CannotOpen, match="keybox/4"):
        open_box(left, ACCOUNT, key)


def test_a_password_slot_whose_cost_was_lowered_is_refused() -> None:
    kdf = changed(PasswordKdf.fresh(), memory=19456, passes=3)
    password = PasswordKey(stretch("trois pommes", kdf))
    slot = json.loads(new_box(ACCOUNT, CONTENT, [password])[0])["slots"][0]
    weaker, weak = {**slot["kdf"], "passes": 2}, {**slot["kdf"], "passes": 1}

    within = _with_slots(lambda _: [{**slot, "kdf": weaker}])
    below = _with_slots(lambda _: [{**slot, "kdf": weak}])

    with pytest.raises(CannotOpen, match="keybox/2"):
        open_box(within, ACCOUNT, PasswordKey(stretch("trois pommes", changed(kdf, passes=2))))
    with pytest.raises(WeakKdf):
        open_box(below, ACCOUNT, password)


@pytest.mark.parametrize(("credential", "output"), [(b"", bytes(32)), (bytes(1024), bytes(32)), (b"a", bytes(31))])
def test_a_passkey_of_other_lengths_is_none(credential: bytes, output: bytes) -> None:
    with pytest.raises(ValueError, match="a passkey has"):
        PasskeyKey(credential, output)


def test_no_secret_prints_itself() -> None:
    letter = LetterKey(FIRST, SECOND)

    shown = f"{PASSKEY!r} {PASSKEY} {letter!r} {DEVICE} {RECOVERY!r}"

    assert "PasskeyKey(...)" in shown
    for secret in (PASSKEY.output, FIRST.raw, SECOND.raw, DEVICE.raw, RECOVERY.code.raw):
        assert repr(secret) not in shown
        assert secret.hex() not in shown


def _guesses(other: Code) -> list[LetterKey]:
    pairs = [(FIRST, None), (SECOND, None), (other, None), (FIRST, other), (other, FIRST), (SECOND, other),
             (other, SECOND), (SECOND, FIRST), (FIRST, FIRST)]  # fmt: skip
    return [LetterKey(first, second) for first, second in pairs]


def _open_with_all(box: bytes) -> None:
    for key in KEYS.values():
        open_box(box, ACCOUNT, key)


def _with_slots(edit: Callable[[list[dict[str, Any]]], list[Any]]) -> bytes:
    made = json.loads(BOX)
    made["slots"] = sorted(edit(made["slots"]), key=lambda slot: str(slot["id"]))
    return canonical(made)
