"""A carer opens a child's account with their own key: made by the account alone, ended for good, forged by nobody."""

import json
from dataclasses import replace as changed
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.code import new_code
from crypto.encoding import canonical
from crypto.envelope import open_sealed, seal
from crypto.errors import CannotOpen, OlderBox
from crypto.keybox import (
    BoxContent,
    BoxKey,
    DelegateFor,
    PasskeyKey,
    RecoveryKey,
    Slot,
    new_box,
    open_as_delegate,
    open_box,
    read_slots,
    renew,
    replace,
)
from crypto.keybox.box import _assemble
from crypto.keybox.delegate import _wrap_for
from crypto.keys import KeyPairs, account_id
from crypto.randomness import SYSTEM
from crypto.transparency.statement import make_statement, read_statement
from tests.vectors.material import flipped

NOW, LATER = datetime(2026, 11, 23, tzinfo=UTC), datetime(2027, 11, 24, tzinfo=UTC)
CHILD, CARER = account_id(), account_id()
KEYS, CARER_KEYS = KeyPairs.generate(), KeyPairs.generate()
SIGNERS, SEEDS = [KEYS.signing.public()], [CARER_KEYS.sealing]
CONTENT = BoxContent.first(KEYS, NOW)
DELEGATE, RECOVERY = DelegateFor(CARER, CARER_KEYS.public()), RecoveryKey(new_code())
BOX, BOX_KEY = new_box(CHILD, CONTENT, [DELEGATE, RECOVERY])
SLOT = next(slot for slot in read_slots(BOX) if slot.type == "delegate")


def test_a_delegate_opens_with_their_own_key() -> None:
    opened = open_as_delegate(BOX, CHILD, SEEDS, SIGNERS)

    assert (opened.content, opened.box_key, opened.version) == (CONTENT, BOX_KEY, 1)
    assert [slot.delegate for slot in opened.slots if slot.delegate is not None] == [CARER]


def test_a_delegate_whose_keys_changed_opens_with_the_old_seed() -> None:
    content = BoxContent.first(CARER_KEYS, NOW).rotated(KeyPairs.generate(), LATER)

    assert open_as_delegate(BOX, CHILD, content.sealing_seeds(), SIGNERS).content == CONTENT


def test_a_rotation_makes_the_slots_of_delegates_anew() -> None:
    opened, keys = open_as_delegate(BOX, CHILD, SEEDS, SIGNERS), KeyPairs.generate()

    box, _ = replace(opened, opened.content.rotated(keys, LATER), add=[DELEGATE], drop=opened.ids("delegate"))

    assert open_as_delegate(box, CHILD, SEEDS, [keys.signing.public()], 2).content.keys == keys
    with pytest.raises(CannotOpen, match="keybox/8"):
        open_as_delegate(box, CHILD, SEEDS, SIGNERS)


def test_a_rotation_that_keeps_a_slot_of_the_old_key_is_not_made() -> None:
    opened = open_as_delegate(BOX, CHILD, SEEDS, SIGNERS)

    with pytest.raises(ValueError, match="anew"):
        replace(opened, opened.content.rotated(KeyPairs.generate(), LATER))


def test_a_delegation_does_not_end_under_the_box_key_that_the_delegate_knows() -> None:
    opened = open_box(BOX, CHILD, RECOVERY)

    with pytest.raises(ValueError, match="new box key"):
        replace(opened, opened.content, drop=opened.ids("delegate"))


def test_who_was_a_delegate_opens_nothing_that_comes_later() -> None:
    opened, keys = open_box(BOX, CHILD, RECOVERY), KeyPairs.generate()
    signers = [*SIGNERS, keys.signing.public()]

    box, _ = renew(opened, opened.content.rotated(keys, LATER), [RecoveryKey(new_code())])
    brought_back = _with_slot(box, SLOT)

    with pytest.raises(CannotOpen, match="keybox/2"):
        open_as_delegate(box, CHILD, SEEDS, signers)
    with pytest.raises(CannotOpen, match="keybox/3"):
        open_as_delegate(brought_back, CHILD, SEEDS, signers)
    with pytest.raises(CannotOpen, match="keybox/3"):
        open_box(box, CHILD, BOX_KEY)


def test_another_delegate_is_added_beside_the_first() -> None:
    opened, other = open_box(BOX, CHILD, RECOVERY), KeyPairs.generate()

    box, _ = replace(opened, opened.content, add=[DelegateFor(account_id(), other.public())])

    assert [open_as_delegate(box, CHILD, seeds, SIGNERS).version for seeds in (SEEDS, [other.sealing])] == [2, 2]


def test_a_passkey_beside_a_delegate_is_enough() -> None:
    passkey = PasskeyKey(b"key", bytes(32))

    box, _ = new_box(CHILD, CONTENT, [passkey, DELEGATE])

    assert open_box(box, CHILD, passkey).content == CONTENT


def test_an_envelope_that_the_relay_makes_is_refused_although_it_opens() -> None:
    relay, said = KeyPairs.generate(), open_sealed(SLOT.wrapped, SEEDS).plaintext

    forged = _in_place(changed(SLOT, wrapped=seal(said, relay.signing, [CARER_KEYS.public().sealing])))

    with pytest.raises(CannotOpen, match="keybox/8"):
        open_as_delegate(forged, CHILD, SEEDS, SIGNERS)


def test_who_has_a_replaced_key_makes_no_box_for_the_carer() -> None:
    line = [*SIGNERS, KeyPairs.generate().signing.public()]

    made = _signed_by(KEYS, BoxContent.first(KeyPairs.generate(), NOW))

    with pytest.raises(CannotOpen, match="keybox/8"):
        open_as_delegate(made, CHILD, SEEDS, line)


def test_the_envelope_of_another_child_of_the_same_carer_is_refused() -> None:
    sister, keys = account_id(), KeyPairs.generate()
    box, _ = new_box(sister, BoxContent.first(keys, NOW), [DELEGATE, RECOVERY])
    other = next(slot for slot in read_slots(box) if slot.type == "delegate")

    moved = _in_place(changed(SLOT, wrapped=other.wrapped))

    with pytest.raises(CannotOpen, match="keybox/8"):
        open_as_delegate(moved, CHILD, SEEDS, [*SIGNERS, keys.signing.public()])


def test_a_slot_that_the_owner_did_not_name_is_refused() -> None:
    second = read_slots(new_box(CHILD, CONTENT, [DelegateFor(account_id(), KeyPairs.generate().public())])[0])[0]

    with pytest.raises(CannotOpen, match="keybox/4"):
        open_as_delegate(_with_slot(BOX, second), CHILD, SEEDS, SIGNERS)


@given(bit=st.integers(0, 8 * len(SLOT.wrapped) - 1))
@settings(max_examples=150)
def test_any_flipped_bit_of_the_envelope_is_refused_with_the_one_error(bit: int) -> None:
    box = _in_place(changed(SLOT, wrapped=flipped(SLOT.wrapped, bit)))

    with pytest.raises(CannotOpen):
        open_as_delegate(box, CHILD, SEEDS, SIGNERS)


@given(wrapped=st.binary(max_size=4000))
def test_noise_instead_of_the_envelope_is_refused(wrapped: bytes) -> None:
    with pytest.raises(CannotOpen, match="keybox/2"):
        open_as_delegate(_in_place(changed(SLOT, wrapped=wrapped)), CHILD, SEEDS, SIGNERS)


def test_an_older_box_than_the_newest_statement_names_is_refused_at_the_first_sight_of_the_account() -> None:
    opened, keys = open_box(BOX, CHILD, RECOVERY), KeyPairs.generate()
    first = read_statement(make_statement(CHILD, KEYS.public(), KEYS.signing, NOW, box=1).statement)
    content = opened.content.rotated(keys, LATER)

    box, _ = replace(opened, content, add=[DELEGATE], drop=opened.ids("delegate"))
    said = make_statement(CHILD, keys.public(), KEYS.signing, LATER, box=opened.version + 1, previous=first)
    newest = read_statement(said.statement)

    assert open_box(box, CHILD, RECOVERY, newest.box).version == newest.box == 2
    with pytest.raises(OlderBox):
        open_box(BOX, CHILD, RECOVERY, newest.box)
    with pytest.raises(OlderBox):
        open_as_delegate(BOX, CHILD, SEEDS, SIGNERS, newest.box)


def test_a_delegate_is_an_account() -> None:
    with pytest.raises(ValueError, match="an account"):
        DelegateFor("mother", CARER_KEYS.public())


def _signed_by(keys: KeyPairs, content: BoxContent) -> bytes:
    """A box whose content holds other keys than the one that signed its delegate's slot."""
    version, box_key = 2, bytes(range(32))
    slot = _wrap_for(box_key, DELEGATE, CHILD, version, keys.signing, SYSTEM)
    return _assemble(CHILD, content, BoxKey(box_key), [slot], version, SYSTEM)


def _in_place(slot: Slot) -> bytes:
    made = json.loads(BOX)
    made["slots"] = [slot.to_json() if one["id"] == slot.id else one for one in made["slots"]]
    return canonical(made)


def _with_slot(box: bytes, slot: Slot) -> bytes:
    made: dict[str, Any] = json.loads(box)
    made["slots"] = sorted([*made["slots"], slot.to_json()], key=lambda one: str(one["id"]))
    return canonical(made)
