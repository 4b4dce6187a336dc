"""keybox.json: boxes, codes and password keys. More slots: keybox_slots.py, keybox_delegates.py."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from crypto.code import Code, _new_code, format_code, parse_code
from crypto.encoding import Json, b64u
from crypto.keybox import (
    BoxContent,
    BoxKey,
    DeviceKey,
    LastCheckpoint,
    LetterKey,
    PasswordKdf,
    PasswordKey,
    RecoveryKey,
    open_box,
    stretch,
)
from crypto.keybox.box import _new_box, _replace
from crypto.keybox.slot import _wrap
from crypto.labels import CODE_ALPHABET, CODE_CHECKS
from tests.vectors.cases import keybox_delegates, keybox_slots
from tests.vectors.cases.boxes import (
    ACCOUNT,
    CODE,
    DEVICE,
    FIRST_CONTENT,
    KDF,
    NOW,
    OTHER,
    PASSWORD,
    RECOVERY,
    Edit,
    box_of,
    by_hand,
    device,
    edited,
    flip,
    in_order,
    letter,
    opens,
    password,
    recovery,
    refused,
    slot_of,
)
from tests.vectors.material import Case, drawn, pairs, source

ABOUT = "Key boxes, letter and recovery codes, password keys (docs/spec/keybox.md)"


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _good()
    yield from _bad_shapes()
    yield from _bad_slots()
    yield from _bad_contents()
    yield from _bad_versions()
    yield from _codes()
    yield from _passwords()
    yield from keybox_slots.cases()
    yield from keybox_delegates.cases()


def _good() -> Iterator[Case]:
    plain = box_of([LetterKey(CODE)])
    yield opens("a letter slot", plain, letter(CODE))
    yield opens("a code typed carelessly", plain, {"type": "letter", "code": " " + format_code(CODE).lower()})
    yield opens("a password slot", box_of([PasswordKey(stretch(PASSWORD, KDF))]), password())
    yield opens("a recovery slot", box_of([RecoveryKey(RECOVERY)]), recovery(RECOVERY))
    yield opens("a device slot", box_of([DEVICE]), device())
    full = box_of([PasswordKey(stretch(PASSWORD, KDF)), RecoveryKey(RECOVERY), DEVICE], _rich(), 7)
    for key in (password(), recovery(RECOVERY), device()):
        yield opens(f"three slots and a past, by its {key['type']}", full, key, minimumVersion=7)
    two = box_of([DeviceKey(drawn("other device", 32)), DEVICE, LetterKey(CODE)])
    yield opens("the second of two slots of a type", two, device())
    opened = open_box(box_of([LetterKey(CODE), DEVICE]), ACCOUNT, DEVICE)
    letters = [slot.id for slot in opened.slots if slot.type == "letter"]
    changed, _ = _replace(opened, opened.content, [RecoveryKey(RECOVERY)], letters, source("replace"))
    yield opens("a slot added and one dropped, the third as it was", changed, device(), minimumVersion=2)


def _bad_shapes() -> Iterator[Case]:
    good = box_of([LetterKey(CODE), DEVICE])
    edits: list[tuple[str, Edit]] = [
        ("an unknown member", lambda box: box.update(note="")),
        ("no slots member", lambda box: box.pop("slots")),
        ("no slots", lambda box: box.update(slots=[])),
        ("another format", lambda box: box.update(v=2)),
        ("a format that is a truth", lambda box: box.update(v=True)),
        ("version 0", lambda box: box.update(version=0)),
        ("a version that is a text", lambda box: box.update(version="1")),
        ("content that is nothing", lambda box: box.update(content=None)),
        ("content with padding", lambda box: box.update(content=box["content"] + "=")),
        ("slots in another order", lambda box: box["slots"].reverse()),
        ("a slot twice", lambda box: box["slots"].append(box["slots"][-1])),
        ("slots that are an object", lambda box: box.update(slots={})),
        ("a slot that is a text", lambda box: box["slots"].append("z")),
        ("a slot with an unknown member", lambda box: box["slots"][0].update(note="")),
        ("a slot without since", lambda box: box["slots"][0].pop("since")),
        ("a slot since version 0", lambda box: box["slots"][0].update(since=0)),
        ("a slot of an unknown type", lambda box: box["slots"][0].update(type="badge")),
        ("a slot whose kdf is of another type", lambda box: slot_of(box, "letter").update(kdf={"name": "key"})),
        ("a slot whose kdf has more members", lambda box: slot_of(box, "device").update(kdf={"name": "key", "a": 1})),
        ("a slot whose kdf is nothing", lambda box: slot_of(box, "device").update(kdf=None)),
        ("a slot id of 15 bytes", lambda box: box["slots"][0].update(id=b64u(bytes(15)))),
        ("wrapped of 71 bytes", lambda box: box["slots"][0].update(wrapped=b64u(bytes(71)))),
    ]
    for name, edit in edits:
        item = "keybox/2" if name == "no slots" else "keybox/1"
        yield refused(name, edited(good, edit), item)
    text = good.decode()
    for name, changed in {
        "white space": text.replace(",", ", ", 1),
        "a line end": text + "\n",
        "a member twice": text[:-1] + ',"version":1}',
        "members in another order": json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")),
        "not JSON": text[:-1],
        "an array": f"[{text}]",
        "nothing": "",
    }.items():
        yield refused(f"box: {name}", changed, "keybox/1")


def _bad_slots() -> Iterator[Case]:
    good = box_of([LetterKey(CODE), PasswordKey(stretch(PASSWORD, KDF)), DEVICE])
    text = good.decode()
    yield refused("another code", text, "keybox/2", letter(RECOVERY))
    yield refused("another password", text, "keybox/2", password("Eléonore, 3 pommes"))
    yield refused("another device key", text, "keybox/2", {"type": "device", "key": "00" * 32})
    yield refused("a recovery code where there is no such slot", text, "keybox/2", recovery(CODE))
    yield {**refused("another account", text, "keybox/2"), "account": OTHER}
    edits: list[tuple[str, Edit]] = [
        ("a letter slot called a recovery slot", lambda box: slot_of(box, "letter").update(type="recovery")),
        ("a slot since a later version", lambda box: slot_of(box, "letter").update(since=2)),
        ("a slot under another id", lambda box: slot_of(box, "letter").update(id="A" * 22)),
        ("one bit of wrapped changed", lambda box: flip(slot_of(box, "letter"), "wrapped")),
        ("wrapped that is all zero", lambda box: slot_of(box, "letter").update(wrapped=b64u(bytes(72)))),
    ]
    for name, edit in edits:
        yield refused(name, in_order(edited(good, edit)), "keybox/2")
    changed = edited(good, lambda box: slot_of(box, "password")["kdf"].update(memory=19457))
    yield refused("a password slot with another memory", changed, "keybox/2", password())
    weak: dict[str, Mapping[str, int]] = {
        "memory under the floor": {"memory": 19455},
        "memory over the ceiling": {"memory": 1048577},
        "one pass": {"passes": 1},
        "17 passes": {"passes": 17},
        "two lanes": {"lanes": 2},
        "no lanes": {"lanes": 0},
    }
    for name, members in weak.items():
        low = edited(good, lambda box, members=members: slot_of(box, "password")["kdf"].update(members))  # type: ignore[misc]  # a default binds the loop's value
        yield refused(f"a password slot with {name}", low, "keybox/5", password())
        yield {"name": f"stretch with {name}", "op": "password-keys", "password": PASSWORD, "account": ACCOUNT,
               "kdf": {**KDF.to_json(), **members}, "refusal": "keybox/5"}  # fmt: skip
    other = edited(good, lambda box: slot_of(box, "password")["kdf"].update(name="pbkdf2"))
    yield refused("a password slot with another function", other, "keybox/1", device())


def _bad_contents() -> Iterator[Case]:
    good = box_of([LetterKey(CODE), DEVICE])
    yield refused("one bit of the content changed", edited(good, lambda box: flip(box, "content")), "keybox/3")
    yield refused("content of 23 bytes", edited(good, lambda box: box.update(content=b64u(bytes(23)))), "keybox/3")
    yield refused("an empty content", edited(good, lambda box: box.update(content="")), "keybox/3")
    yield refused("the content of another version", edited(good, lambda box: box.update(version=2)), "keybox/3")
    other = json.loads(_new_box(OTHER, FIRST_CONTENT, [LetterKey(CODE)], 1, source("box"))[0])["content"]
    yield refused("the content of another account", edited(good, lambda box: box.update(content=other)), "keybox/3")
    dropped = edited(good, lambda box: box["slots"].remove(slot_of(box, "device")))
    yield refused("a slot that was taken away", dropped, "keybox/4")
    yield refused("a dropped slot that was brought back", _brought_back(), "keybox/4", device())
    edits: list[tuple[str, Edit, str]] = [
        ("slots that name one more", lambda inner: inner["slots"].append("z" * 21 + "w"), "4"),
        ("slots in another order", lambda inner: inner["slots"].reverse(), "4"),
        ("an unknown member", lambda inner: inner.update(note=""), "1"),
        ("no pins", lambda inner: inner.pop("pins"), "1"),
        ("a signing seed of 31 bytes", lambda inner: inner.update(signing=b64u(bytes(31))), "1"),
        ("a sealing seed that is nothing", lambda inner: inner.update(xwing=None), "1"),
        ("a time without a zone", lambda inner: inner.update(created="2026-11-23T15:06:55"), "1"),
        ("pins that are an array", lambda inner: inner.update(pins=[]), "1"),
        ("a pin that is a number", lambda inner: inner.update(pins={OTHER: 1}), "1"),
        ("a pin of something that is no account", lambda inner: inner.update(pins={"martin": "k"}), "1"),
        ("a pin that is a key id", lambda inner: inner.update(pins={OTHER: "k" + "a" * 26}), "1"),
        ("a pin of 31 bytes", lambda inner: inner.update(pins={OTHER: b64u(bytes(31))}), "1"),
        ("a checkpoint that is a text", lambda inner: inner.update(lastCheckpoint=""), "1"),
        ("a checkpoint that is empty", lambda inner: inner.update(lastCheckpoint={}), "1"),
        ("a checkpoint without a policy", lambda inner: inner["lastCheckpoint"].pop("policy"), "1"),
        ("a checkpoint with an origin", lambda inner: inner["lastCheckpoint"].update(origin="pli.example/log"), "1"),
        ("a checkpoint of size 0", lambda inner: inner["lastCheckpoint"].update(size=0), "1"),
        ("a checkpoint whose size is a truth", lambda inner: inner["lastCheckpoint"].update(size=True), "1"),
        ("a checkpoint whose size is a text", lambda inner: inner["lastCheckpoint"].update(size="12"), "1"),
        ("a root of 31 bytes", lambda inner: inner["lastCheckpoint"].update(root=b64u(bytes(31))), "1"),
        ("a policy of 33 bytes", lambda inner: inner["lastCheckpoint"].update(policy=b64u(bytes(33))), "1"),
        ("a previous key under another id", lambda inner: inner["previous"][0].update(id="k" + "a" * 26), "1"),
        ("a previous key with an unknown member", lambda inner: inner["previous"][0].update(note=""), "1"),
    ]
    for name, edit, item in edits:
        yield refused(f"content: {name}", _resealed(edit), f"keybox/{item}", device())
    yield refused("content: not canonical", _resealed(None), "keybox/1", device())


def _bad_versions() -> Iterator[Case]:
    for version, seen in ((1, 2), (7, 8), (9, 10)):
        text = box_of([LetterKey(CODE)], version=version).decode()
        yield {**refused(f"version {version} after {seen}", text, "keybox/6"), "minimumVersion": seen}


def _codes() -> Iterator[Case]:
    printed = format_code(CODE)
    good = {
        "as printed": printed,
        "in small letters": printed.lower(),
        "without hyphens": printed.replace("-", ""),
        "with spaces": f"  {printed.replace('-', ' ')} ",
        "O, I and L for digits": format_code(_with_digits()).replace("0", "o").replace("1", "l", 1).replace("1", "I"),
        "all zero": format_code(Code(bytes(17))),
    }
    for name, typed in good.items():
        code = parse_code(typed)
        expect: Json = {"raw": code.raw.hex(), "printed": format_code(code)}
        yield {"name": f"code: {name}", "op": "code", "typed": typed, "expect": expect}
    plain = printed.replace("-", "")
    bad = {
        "nothing": "",
        "one character too few": plain[:-1],
        "one character too many": plain + "0",
        "another check symbol": plain[:-1] + ("0" if plain[-1] != "0" else "1"),
        "one character changed": ("0" if plain[0] != "0" else "1") + plain[1:],
        "two characters swapped": plain[0] + _swapped(plain[1:]),
        "the letter U": "U" + plain[1:],
        "a check symbol that is never printed": _with_odd_check(),
        "an asterisk": plain[:5] + "*" + plain[6:],
        "another hyphen": printed.replace("-", "\u2011"),
        "a letter beyond ASCII": plain[:5] + "é" + plain[6:],
        "a digit beyond ASCII": plain[:5] + "\u0661" + plain[6:],
        "a letter that only looks small": "\u017f" + plain[1:],
        "a tab": plain[:5] + "\t" + plain[5:],
        "a line end": printed + "\n",
    }
    for name, typed in bad.items():
        yield {"name": f"code: {name}", "op": "code", "typed": typed, "refusal": "keybox/7"}
    keys: Json = {
        "letterWrap": CODE.letter_wrap(ACCOUNT).hex(),
        "recoveryWrap": CODE.recovery_wrap(ACCOUNT).hex(),
        "letterLogin": CODE.letter_login().raw.hex(),
        "recoveryLogin": CODE.recovery_login().raw.hex(),
    }
    yield {"name": "the keys of a code", "op": "code-keys", "typed": printed, "account": ACCOUNT, "expect": keys}


def _passwords() -> Iterator[Case]:
    written = PasswordKdf(drawn("salt", 16))
    spelled = [
        ("composed", PASSWORD, KDF),
        ("decomposed gives the same", "E\u0301le\u0301onore, 3 pommes", KDF),
        ("empty", "", KDF),
        ("long, beyond the first plane", "🩺" * 100, KDF),
        ("compatibility forms stay (NFC, not NFKC)", "ﬁ①", KDF),
        ("the parameters that are written", PASSWORD, written),
    ]
    for name, typed, kdf in spelled:
        master = stretch(typed, kdf)
        expect: Json = {
            "master": master.raw.hex(),
            "wrap": master.wrap_key(ACCOUNT).hex(),
            "loginSeed": master.login_seed().raw.hex(),
        }
        yield {"name": f"password: {name}", "op": "password-keys", "password": typed, "kdf": kdf.to_json(),
               "account": ACCOUNT, "expect": expect}  # fmt: skip


def _rich() -> BoxContent:
    later = datetime(2027, 11, 23, tzinfo=UTC)
    content = FIRST_CONTENT.rotated(pairs("anne, second"), NOW).rotated(pairs("anne, third"), later)
    pins = {account: b64u(drawn(f"statement of {account}", 32)) for account in (OTHER, ACCOUNT)}
    checkpoint = LastCheckpoint(policy=drawn("policy", 32), root=drawn("root", 32), size=12)
    return replace(content, pins=pins, last_checkpoint=checkpoint)


def _brought_back() -> str:
    opened = open_box(box_of([LetterKey(CODE), DEVICE]), ACCOUNT, DEVICE)
    old = next(slot for slot in opened.slots if slot.type == "letter")
    box, _ = _replace(opened, opened.content, (), [old.id], source("drop"))
    return in_order(edited(box, lambda made: made["slots"].append(old.to_json())))


def _resealed(edit: Edit | None) -> str:
    """A box whose content was changed by somebody who holds the box key; None: white space behind it."""
    box_key, seam = BoxKey(drawn("box key", 32)), source("resealed")
    slots = [_wrap(box_key.raw, key, ACCOUNT, 1, seam) for key in (DEVICE, LetterKey(CODE))]
    return by_hand(box_key, slots, _rich(), edit, b"" if edit else b" ")


def _with_digits() -> Code:
    """A code that has both a 0 and a 1."""
    return next(
        code for code in (_new_code(source(f"digits {n}")) for n in range(1000))
        if format_code(code).count("0") and format_code(code).count("1") > 1
    )  # fmt: skip


def _with_odd_check() -> str:
    number = next(n for n in range(1, 1000) if CODE_CHECKS[n % 37] not in CODE_ALPHABET)
    typed = "".join(CODE_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
    return typed + CODE_CHECKS[number % 37]


def _swapped(text: str) -> str:
    at = next(n for n in range(len(text) - 1) if text[n] != text[n + 1])
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
