"""More of keybox.json: delegates."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crypto.encoding import Json, b64u, canonical, unb64u
from crypto.envelope.sealing import _seal
from crypto.keybox import (
    BoxKey,
    DelegateFor,
    NewSlot,
    OpenedBox,
    PasswordKey,
    RecoveryKey,
    Slot,
    open_as_delegate,
    stretch,
)
from crypto.keybox.box import _new_box, _replace
from crypto.keybox.delegate import _wrap_for
from crypto.keybox.slot import _wrap
from crypto.keys import KeyPairs, SealingSeed, SigningPublic, SigningSeed
from tests.vectors.cases.boxes import (
    ACCOUNT,
    CODE,
    DEVICE,
    FIRST_CONTENT,
    KDF,
    NOW,
    OTHER,
    PASSKEY,
    PASSWORD,
    RECOVERY,
    Edit,
    box_of,
    by_hand,
    edited,
    flip,
    in_order,
    opens,
    passkey,
    password,
    recovery,
    refused,
    slot_of,
)
from tests.vectors.material import Case, drawn, pairs, source

_CARER = pairs("carer")
_DELEGATE = DelegateFor(OTHER, _CARER.public())
_SIGNER = FIRST_CONTENT.keys.signing
_HAND_KEY = BoxKey(drawn("box key", 32))


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _good()
    yield from _bad_slots()
    yield from _bad_texts()
    yield from _bad_boxes()


def _good() -> Iterator[Case]:
    child = box_of([RecoveryKey(RECOVERY), _DELEGATE])
    yield _opens("a delegate's slot", child)
    yield opens("the recovery code beside a delegate", child, recovery(RECOVERY))
    yield _opens("a delegate's slot alone", box_of([_DELEGATE]))
    seeds = (pairs("carer, renewed").sealing, _CARER.sealing)
    yield _opens("a delegate with newer keys, by the previous seed", child, seeds=seeds)
    other = DelegateFor("a" + "d" * 25 + "a", pairs("grandmother").public())
    two = box_of([other, _DELEGATE])
    yield _opens("one of two delegates", two)
    yield _opens("the other of two delegates", two, seeds=(pairs("grandmother").sealing,))
    signers = (pairs("anne, later").signing.public(), _SIGNER.public())
    yield _opens("a delegate's slot by the second key of a line", child, signers=signers)
    yield _opens("a delegate's slot after a rotation", _rotated(child), signers=(_second().signing.public(),), seen=2)
    passkeyed = box_of([PASSKEY, _DELEGATE])
    yield opens("a passkey beside a delegate", passkeyed, passkey())


def _bad_slots() -> Iterator[Case]:
    good = box_of([RecoveryKey(RECOVERY), _DELEGATE])
    text = good.decode()
    yield _refused("delegate: no seeds", text, "2", seeds=())
    yield _refused("delegate: the seed of somebody else", text, "2", seeds=(pairs("eve").sealing,))
    yield _refused("delegate: a box without such a slot", box_of([DEVICE]).decode(), "2")
    yield _refused("delegate: an empty wrapped", _changed(good, lambda slot: slot.update(wrapped="")), "2")
    yield _refused("delegate: 72 bytes wrapped", _changed(good, lambda slot: slot.update(wrapped=b64u(bytes(72)))), "2")
    yield _refused("delegate: one bit changed", _changed(good, lambda slot: flip(slot, "wrapped")), "2")
    cut = _changed(good, lambda slot: slot.update(wrapped=b64u(unb64u(slot["wrapped"])[:-1])))
    yield _refused("delegate: an envelope that ends early", cut, "2")
    yield _refused("delegate: signed by nobody of the line", text, "8", signers=())
    yield _refused("delegate: signed by another than the line", text, "8", signers=(pairs("eve").signing.public(),))
    yield {**_refused("delegate: the box of another account", text, "8"), "account": OTHER}
    edits: list[tuple[str, Edit]] = [
        ("under another id", lambda slot: slot.update(id="A" * 22)),
        ("since a later version", lambda slot: slot.update(since=2)),
        ("for another account", lambda slot: slot["kdf"].update(account=ACCOUNT)),
        ("for another key", lambda slot: slot["kdf"].update(key=pairs("eve").public().key_id)),
    ]
    for name, edit in edits:
        yield _refused(f"delegate: a slot {name}", in_order(_changed(good, edit)), "8")
    shapes: list[tuple[str, Edit]] = [
        ("for somebody who is no account", lambda slot: slot["kdf"].update(account="carer")),
        ("for a key that is none", lambda slot: slot["kdf"].update(key=OTHER)),
        ("for a key that is nothing", lambda slot: slot["kdf"].update(key=None)),
        ("of another kind", lambda slot: slot["kdf"].update(name="prf")),
        ("without an account", lambda slot: slot["kdf"].pop("account")),
        ("with a role", lambda slot: slot["kdf"].update(role="carer")),
        ("whose wrapped is padded", lambda slot: slot.update(wrapped=slot["wrapped"] + "==")),
    ]
    for name, edit in shapes:
        yield _refused(f"delegate: a slot {name}", _changed(good, edit), "1")
    yield {**_refused("delegate: an older box", text, "?"), "minimumVersion": 2, "refusal": "keybox/6"}


def _bad_texts() -> Iterator[Case]:
    """Well sealed, but not what the page says."""
    eve = pairs("eve")
    yield _refused("delegate: sealed by the relay, which signs as itself", _hand(signer=eve.signing), "8")
    yield _refused("delegate: sealed by the delegate", _hand(signer=_CARER.signing), "8")
    yield _refused("delegate: sealed for a second reader", _hand(readers=(_CARER, eve)), "8")
    line = (eve.signing.public(), _SIGNER.public())
    yield _refused("delegate: sealed by a replaced key of the line", _hand(signer=eve.signing), "8", signers=line)
    later = (_SIGNER.public(), eve.signing.public())
    yield _refused("delegate: sealed by a key that the box does not hold yet", _hand(signer=eve.signing), "8",
                   signers=later)  # fmt: skip
    edits: list[tuple[str, Edit]] = [
        ("another format", lambda said: said.update(v=2)),
        ("a format that is a truth", lambda said: said.update(v=True)),
        ("an unknown member", lambda said: said.update(note="")),
        ("no box key", lambda said: said.pop("boxKey")),
        ("a box key of 31 bytes", lambda said: said.update(boxKey=b64u(bytes(31)))),
        ("a box key that is nothing", lambda said: said.update(boxKey=None)),
        ("another account", lambda said: said["for"].__setitem__(0, OTHER)),
        ("another type", lambda said: said["for"].__setitem__(1, "device")),
        ("another id", lambda said: said["for"].__setitem__(2, "A" * 22)),
        ("another version", lambda said: said["for"].__setitem__(3, 2)),
        ("a version that is a truth", lambda said: said["for"].__setitem__(3, True)),
        ("another delegate", lambda said: said["for"][4].update(account=ACCOUNT)),
        ("another key of the delegate", lambda said: said["for"][4].update(key=eve.public().key_id)),
        ("one thing more", lambda said: said["for"].append(1)),
        ("one thing less", lambda said: said["for"].pop()),
        ("nothing that it is for", lambda said: said.update({"for": None})),
    ]
    for name, edit in edits:
        yield _refused(f"delegate's envelope: {name}", _hand(edit), "8")
    yield _refused("delegate's envelope: not canonical", _hand(tail=b" "), "8")
    yield _refused("delegate's envelope: another box key", _hand(_other_key), "3")


def _bad_boxes() -> Iterator[Case]:
    good = json.loads(box_of([RecoveryKey(RECOVERY), _DELEGATE]))
    without = box_of([RecoveryKey(RECOVERY)])
    added = in_order(edited(without, lambda box: box["slots"].append(slot_of(good, "delegate"))))
    yield refused("a delegate's slot of another box added", added, "keybox/4", recovery(RECOVERY))
    yield _refused("delegate: a slot of another box added, by its delegate", added, "4")
    second, opened = DelegateFor("a" + "d" * 25 + "a", pairs("grandmother").public()), _opened()
    box, _ = _replace(opened, opened.content, [second], (), source("add"))
    gone = edited(box, lambda made: made["slots"].remove(next(s for s in made["slots"] if s["since"] == 2)))
    yield _refused("delegate: another delegate's slot taken away", gone, "4")
    ended = _renewed()
    yield _refused("delegate: after the end, by what was kept", ended.decode(), "2")
    back = in_order(edited(ended, lambda made: made["slots"].append(slot_of(good, "delegate"))))
    yield _refused("delegate: after the end, with the old slot brought back", back, "3")
    yield refused("a delegate's slot brought back, by the password", back, "keybox/4", password())


def _opened() -> OpenedBox:
    return open_as_delegate(box_of([RecoveryKey(RECOVERY), _DELEGATE]), ACCOUNT, [_CARER.sealing], [_SIGNER.public()])


def _second() -> KeyPairs:
    return pairs("anne, second")


def _rotated(box: bytes) -> bytes:
    opened = open_as_delegate(box, ACCOUNT, [_CARER.sealing], [_SIGNER.public()])
    content = opened.content.rotated(_second(), NOW + timedelta(days=366))
    return _replace(opened, content, [_DELEGATE], opened.ids("delegate"), source("rotate"))[0]


def _renewed() -> bytes:
    opened = _opened()
    content = opened.content.rotated(_second(), NOW + timedelta(days=30))
    kept: list[NewSlot] = [PasswordKey(stretch(PASSWORD, KDF)), RecoveryKey(CODE)]
    return _new_box(ACCOUNT, content, kept, opened.version + 1, source("renewed"))[0]


def _hand(
    edit: Edit | None = None,
    signer: SigningSeed = _SIGNER,
    readers: Sequence[KeyPairs] = (_CARER,),
    tail: bytes = b"",
) -> str:
    """A box whose delegate's slot was made by somebody who holds the box key and keeps no rule."""
    seam = source("by hand")
    fit = _wrap_for(_HAND_KEY.raw, _DELEGATE, ACCOUNT, 1, signer, seam)
    said: Any = json.loads(canonical({"boxKey": b64u(_HAND_KEY.raw), "for": fit.bound(ACCOUNT), "v": 1}))
    if edit is not None:
        edit(said)
    sealed = _seal(canonical(said) + tail, signer, [reader.public().sealing for reader in readers], seam)
    slots: list[Slot] = [replace(fit, wrapped=sealed), _wrap(_HAND_KEY.raw, DEVICE, ACCOUNT, 1, seam)]
    return by_hand(_HAND_KEY, slots)


def _other_key(said: dict[str, Any]) -> None:
    said.update(boxKey=b64u(bytes(32)))


def _changed(box: bytes, edit: Edit) -> str:
    return edited(box, lambda made: edit(slot_of(made, "delegate")))


def _opens(
    name: str,
    box: bytes,
    *,
    seeds: Sequence[SealingSeed] = (_CARER.sealing,),
    signers: Sequence[SigningPublic] = (_SIGNER.public(),),
    seen: int = 1,
) -> Case:
    found = open_as_delegate(box, ACCOUNT, seeds, signers, seen)
    content = found.content.to_json([slot.id for slot in found.slots])
    expect: Json = {"version": found.version, "content": content}
    return {**_case(name, box.decode(), seeds, signers), "minimumVersion": seen, "expect": expect}


def _refused(
    name: str,
    box: str,
    item: str,
    *,
    seeds: Sequence[SealingSeed] = (_CARER.sealing,),
    signers: Sequence[SigningPublic] = (_SIGNER.public(),),
) -> Case:
    return {**_case(name, box, seeds, signers), "refusal": f"keybox/{item}"}


def _case(name: str, box: str, seeds: Sequence[SealingSeed], signers: Sequence[SigningPublic]) -> Case:
    return {
        "name": name,
        "op": "open-delegate",
        "box": box,
        "account": ACCOUNT,
        "seeds": [seed.raw.hex() for seed in seeds],
        "signers": [signer.raw.hex() for signer in signers],
    }
