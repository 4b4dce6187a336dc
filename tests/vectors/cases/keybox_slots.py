"""More of keybox.json: passkeys, letters with two codes."""

from collections.abc import Iterator, Mapping

from crypto.code import Code, format_code
from crypto.encoding import Json, b64u
from crypto.keybox import (
    BoxKey,
    LetterKey,
    PasskeyKey,
    PasswordKey,
    RecoveryKey,
    stretch,
)
from crypto.keybox.slot import _wrap
from crypto.keybox.slotkey import slot_key
from crypto.login import passkey_login
from tests.vectors.cases.boxes import (
    ACCOUNT,
    CODE,
    DEVICE,
    KDF,
    OTHER,
    PASSKEY,
    PASSWORD,
    RECOVERY,
    SECOND,
    box_of,
    by_hand,
    device,
    edited,
    flip,
    letter,
    opens,
    passkey,
    recovery,
    refused,
    slot_of,
)
from tests.vectors.material import Case, drawn, source

_HAND_KEY = BoxKey(drawn("box key", 32))


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _good_passkeys()
    yield from _bad_passkeys()
    yield from _good_two_codes()
    yield from _bad_two_codes()


def _good_passkeys() -> Iterator[Case]:
    both = box_of([RecoveryKey(RECOVERY), PASSKEY])
    yield opens("a passkey beside a recovery code", both, passkey())
    yield opens("a recovery code beside a passkey", both, recovery(RECOVERY))
    for length in (1, 1023):
        key = PasskeyKey(drawn("long credential", length), PASSKEY.output)
        yield opens(f"a passkey whose id has {length} bytes", box_of([key, DEVICE]), passkey(key))
    other = PasskeyKey(drawn("other credential", 64), drawn("other output", 32))
    two = box_of([PASSKEY, other, PasswordKey(stretch(PASSWORD, KDF))])
    yield opens("one of two passkeys", two, passkey(PASSKEY))
    yield opens("the other of two passkeys", two, passkey(other))
    for account in (ACCOUNT, OTHER):
        expect: Json = {
            "wrap": slot_key(PASSKEY, account).hex(),
            "loginSeed": passkey_login(PASSKEY.output).raw.hex(),
        }
        yield {"name": f"the keys of a passkey of {account}", "op": "passkey-keys", "output": PASSKEY.output.hex(),
               "account": account, "expect": expect}  # fmt: skip


def _bad_passkeys() -> Iterator[Case]:
    good = box_of([PASSKEY, DEVICE])
    other = PasskeyKey(PASSKEY.credential, drawn("other output", 32))
    yield refused("a passkey that gives another output", good.decode(), "keybox/2", passkey(other))
    yield {**refused("a passkey at another account", good.decode(), "keybox/2", passkey()), "account": OTHER}
    renamed = edited(good, lambda box: slot_of(box, "passkey")["kdf"].update(credential=b64u(b"another")))
    yield refused("a passkey's slot under another id of the passkey", renamed, "keybox/2", passkey())
    bent = edited(good, lambda box: flip(slot_of(box, "passkey"), "wrapped"))
    yield refused("one bit of a passkey's wrapped changed", bent, "keybox/2", passkey())
    shapes: list[tuple[str, dict[str, Json]]] = [
        ("an empty id", {"credential": ""}),
        ("an id of 1024 bytes", {"credential": b64u(bytes(1024))}),
        ("an id with padding", {"credential": "AA=="}),
        ("an id that is nothing", {"credential": None}),
        ("another function", {"name": "hmac-secret"}),
        ("a salt", {"salt": b64u(bytes(32))}),
    ]
    for name, change in shapes:
        changed = _with_kdf(good, change)
        yield refused(f"a passkey's slot with {name}", changed, "keybox/1", device())
    bare = edited(good, lambda box: slot_of(box, "passkey")["kdf"].pop("credential"))
    yield refused("a passkey's slot without an id", bare, "keybox/1", device())
    short = edited(good, lambda box: slot_of(box, "passkey").update(wrapped=b64u(bytes(73))))
    yield refused("a passkey's slot with 73 bytes wrapped", short, "keybox/1", device())
    yield from _passkeys_alone(good)


def _passkeys_alone(good: bytes) -> Iterator[Case]:
    second = PasskeyKey(drawn("other credential", 16), drawn("other output", 32))
    made = [_wrap(_HAND_KEY.raw, key, ACCOUNT, 1, source(f"alone {n}")) for n, key in enumerate((PASSKEY, second))]
    yield refused("a passkey alone", by_hand(_HAND_KEY, made[:1]), "keybox/9", passkey())
    yield refused("two passkeys alone", by_hand(_HAND_KEY, made), "keybox/9", passkey(second))
    left = edited(good, lambda box: box["slots"].remove(slot_of(box, "device")))
    yield refused("a passkey alone since the other slot was taken away", left, "keybox/9", passkey())


def _good_two_codes() -> Iterator[Case]:
    yield opens("a letter with two codes", box_of([LetterKey(CODE, SECOND)]), letter(CODE, SECOND))
    yield opens("two codes that are the same one", box_of([LetterKey(CODE, CODE)]), letter(CODE, CODE))
    both = box_of([LetterKey(CODE), LetterKey(CODE, SECOND)])
    yield opens("a letter with two codes beside one with one", both, letter(CODE, SECOND))
    for name, first, second in (("two codes", CODE, SECOND), ("two codes the other way round", SECOND, CODE)):
        yield _code_keys(name, first, second)


def _code_keys(name: str, first: Code, second: Code) -> Case:
    expect: Json = {
        "letterWrap": first.letter_wrap(ACCOUNT, second).hex(),
        "recoveryWrap": first.recovery_wrap(ACCOUNT).hex(),
        "letterLogin": first.letter_login(second).raw.hex(),
        "recoveryLogin": first.recovery_login().raw.hex(),
    }
    typed: Case = {"typed": format_code(first), "second": format_code(second)}
    return {"name": f"the keys of {name}", "op": "code-keys", **typed, "account": ACCOUNT, "expect": expect}


def _bad_two_codes() -> Iterator[Case]:
    good, one = box_of([LetterKey(CODE, SECOND), DEVICE]), box_of([LetterKey(CODE), DEVICE])
    tried = {
        "the first of two codes alone": letter(CODE),
        "the second of two codes alone": letter(SECOND),
        "two codes the wrong way round": letter(SECOND, CODE),
        "the first code twice": letter(CODE, CODE),
        "the second code twice": letter(SECOND, SECOND),
        "the first code and a strange one": letter(CODE, RECOVERY),
        "a strange code and the second one": letter(RECOVERY, SECOND),
        "two codes as a recovery code": recovery(CODE),
    }
    for name, key in tried.items():
        yield refused(name, good.decode(), "keybox/2", key)
    yield refused("two codes where one is enough", one.decode(), "keybox/2", letter(CODE, SECOND))
    renamed = edited(good, lambda box: slot_of(box, "letter").update(kdf={"name": "code"}))
    yield refused("a slot of two codes called one of one, by both", renamed, "keybox/2", letter(CODE, SECOND))
    yield refused("a slot of two codes called one of one, by the first", renamed, "keybox/2", letter(CODE))
    lowered = edited(one, lambda box: slot_of(box, "letter").update(kdf={"name": "codes"}))
    yield refused("a slot of one code called one of two", lowered, "keybox/2", letter(CODE))
    yield {**refused("two codes at another account", good.decode(), "keybox/2", letter(CODE, SECOND)), "account": OTHER}
    wrong = edited(box_of([RecoveryKey(RECOVERY), DEVICE]),
                   lambda box: slot_of(box, "recovery").update(kdf={"name": "codes"}))  # fmt: skip
    yield refused("a recovery slot of two codes", wrong, "keybox/1", device())


def _with_kdf(box: bytes, change: Mapping[str, Json]) -> str:
    return edited(box, lambda made: slot_of(made, "passkey")["kdf"].update(change))
