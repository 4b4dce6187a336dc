"""Two devices of one person and a relay between them that tries everything it can."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.code import code_text, format_code, parse_code
from crypto.encoding import parse_canonical
from crypto.envelope import open_sealed
from crypto.errors import BadCode, CannotOpen, OlderBox
from crypto.keybox import BoxContent, DeviceKey, new_box, open_box, replace
from crypto.keys import KeyPairs, SealingPublic, SealingSeed, SigningSeed, account_id
from crypto.pairing import (
    Hello,
    Pairing,
    digits,
    make_grant,
    make_hello,
    new_pairing,
    open_grant,
    open_granted,
    open_hello,
    pairing_code,
    pairing_link,
)
from tests.vectors.material import flipped, sealing, signing

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ACCOUNT, KEYS, DEVICE = account_id(), KeyPairs.generate(), DeviceKey.generate()
BOX, BOX_KEY = new_box(ACCOUNT, BoxContent.first(KEYS, NOW), [DEVICE], 7)
NEW = new_pairing()


@dataclass(frozen=True)
class OldDevice:
    """What the old device makes of a key that the relay gave and a code that the person brought."""

    key: SealingPublic
    pairing: Pairing = NEW
    account: str = ACCOUNT
    signer: SigningSeed = KEYS.signing

    def hello(self) -> tuple[bytes, bytes]:
        """(sealed, comparison)."""
        return make_hello(self.account, self.signer, self.key, self.pairing.code)

    def grant(self) -> bytes:
        """Of the box key of BOX."""
        return make_grant(
            self.account, self.signer, self.key, self.pairing.code, box_key=BOX_KEY, login="anne", version=7
        )


OLD = OldDevice(NEW.seed.public())
HELLO, COMPARISON = OLD.hello()
GRANT = OLD.grant()
HEARD = open_hello(HELLO, NEW)


def test_the_second_device_opens_the_box_after_the_same_six_digits() -> None:
    typed = parse_code(format_code(NEW.code))
    key = SealingPublic.load(NEW.seed.public().raw)

    sealed, comparison = make_hello(ACCOUNT, KEYS.signing, key, typed)
    heard = open_hello(sealed, NEW)
    shown = (digits(comparison, typed, KEYS.signing.public()), digits(heard.comparison, NEW.code, heard.signer))
    grant = make_grant(ACCOUNT, KEYS.signing, key, typed, box_key=BOX_KEY, login="anne", version=7)
    opened = open_granted(BOX, heard, open_grant(grant, NEW, heard))

    assert shown[0] == shown[1]
    assert re.fullmatch("[0-9]{3} [0-9]{3}", shown[0])
    assert (opened.account, opened.content.keys, opened.version) == (ACCOUNT, KEYS, 7)


def test_what_was_granted_is_what_was_given() -> None:
    granted = open_grant(GRANT, NEW, HEARD)

    assert (granted.box_key, granted.login, granted.version) == (BOX_KEY, "anne", 7)
    assert (HEARD.account, HEARD.comparison, HEARD.signer) == (ACCOUNT, COMPARISON, KEYS.signing.public())


def test_a_box_that_was_written_meanwhile_opens_as_well() -> None:
    opened = open_box(BOX, ACCOUNT, DEVICE)
    newer, _ = replace(opened, opened.content)

    assert open_granted(newer, HEARD, open_grant(GRANT, NEW, HEARD)).version == 8


def test_a_code_is_typed_scanned_and_belongs_to_one_key() -> None:
    made = [new_pairing() for _ in range(20)]

    assert all(parse_code(code_text(one.code)) == one.code == pairing_code(one.seed.public()) for one in made)
    assert all(Pairing.of(one.seed) == one for one in made)
    assert len({one.code for one in made}) == 20
    assert pairing_link("https://pli.example", NEW.code) == f"https://pli.example/#pair/{code_text(NEW.code)}"


def test_a_key_whose_code_nobody_can_type_is_no_pairing() -> None:
    seeds = [sealing(f"new device {number}") for number in range(40)]

    refused = [seed for seed in seeds if not _has_code(seed)]

    # Of 37 check symbols five are neither letter nor digit.
    assert 0 < len(refused) < 15
    for seed in refused:
        with pytest.raises(CannotOpen, match="pairing/1"):
            Pairing.of(seed)


def test_a_key_that_the_relay_put_in_gets_neither_hello_nor_grant() -> None:
    relay = OldDevice(new_pairing().seed.public())

    for make in (relay.hello, relay.grant):
        with pytest.raises(CannotOpen, match="pairing/1"):
            make()


@given(place=st.integers(0, 26), other=st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_mistyped_code_is_refused_before_anything_is_asked(place: int, other: str) -> None:
    code = code_text(NEW.code)
    typed = code[:place] + other + code[place + 1 :]

    if typed != code:
        with pytest.raises(BadCode):
            parse_code(typed)


@given(bit=st.integers(0, 8 * len(HELLO) - 1))
@settings(max_examples=150)
def test_any_flipped_bit_of_a_hello_is_refused_with_the_one_error(bit: int) -> None:
    with pytest.raises(CannotOpen, match="pairing/2"):
        open_hello(flipped(HELLO, bit), NEW)


@given(bit=st.integers(0, 8 * len(GRANT) - 1))
@settings(max_examples=150)
def test_any_flipped_bit_of_a_grant_is_refused_with_the_one_error(bit: int) -> None:
    with pytest.raises(CannotOpen, match="pairing/2"):
        open_grant(flipped(GRANT, bit), NEW, HEARD)


@given(noise=st.binary(max_size=3000))
def test_noise_is_refused_and_never_crashes(noise: bytes) -> None:
    for attempt in (lambda: open_hello(noise, NEW), lambda: open_grant(noise, NEW, HEARD)):
        with pytest.raises(CannotOpen, match="pairing/2"):
            attempt()


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: open_hello(GRANT, NEW),
        lambda: open_grant(HELLO, NEW, HEARD),
        lambda: open_hello(HELLO, new_pairing()),
        lambda: open_grant(GRANT, new_pairing(), HEARD),
    ],
    ids=["a grant as hello", "a hello as grant", "a hello for another device", "a grant for another device"],
)
def test_an_envelope_in_another_place_is_refused(attempt: Callable[[], object]) -> None:
    with pytest.raises(CannotOpen, match="pairing/2"):
        attempt()


@pytest.mark.parametrize(
    "other",
    [OldDevice(NEW.seed.public(), signer=SigningSeed.generate()), OldDevice(NEW.seed.public(), account=account_id())],
    ids=["another signer", "another account"],
)
def test_who_grants_is_who_said_hello(other: OldDevice) -> None:
    heard = open_hello(other.hello()[0], NEW)

    with pytest.raises(CannotOpen, match="pairing/3"):
        open_grant(other.grant(), NEW, HEARD)
    with pytest.raises(CannotOpen, match="pairing/3"):
        open_grant(GRANT, NEW, heard)


def test_a_stranger_who_signs_both_opens_no_box_of_somebody_else() -> None:
    eve = OldDevice(NEW.seed.public(), signer=SigningSeed.generate())
    heard = open_hello(eve.hello()[0], NEW)

    with pytest.raises(CannotOpen, match="pairing/4"):
        open_granted(BOX, heard, open_grant(eve.grant(), NEW, heard))


def test_a_box_that_the_granted_key_does_not_open_is_refused() -> None:
    other, _ = new_box(ACCOUNT, BoxContent.first(KEYS, NOW), [DEVICE], 7)

    for box in (other, flipped(BOX, 800), b"", BOX[:-1]):
        with pytest.raises(CannotOpen, match="pairing/4"):
            open_granted(box, HEARD, open_grant(GRANT, NEW, HEARD))


def test_a_box_older_than_the_granted_one_is_refused() -> None:
    later = make_grant(ACCOUNT, KEYS.signing, OLD.key, NEW.code, box_key=BOX_KEY, login="anne", version=8)

    with pytest.raises(OlderBox):
        open_granted(BOX, HEARD, open_grant(later, NEW, HEARD))


def test_digits_depend_on_comparison_code_and_signer() -> None:
    anne, eve = signing("anne").public(), signing("eve").public()
    first, second = (parse_code(code) for code in ("0" * 27, "0" * 25 + "11"))

    shown = [digits(bytes(32), first, anne), digits(bytes(31) + b"1", first, anne), digits(bytes(32), second, anne),
             digits(bytes(32), first, eve)]  # fmt: skip

    assert len(set(shown)) == 4


@given(comparison=st.binary(min_size=32, max_size=32))
def test_digits_are_six_with_leading_zeroes(comparison: bytes) -> None:
    assert re.fullmatch("[0-9]{3} [0-9]{3}", digits(comparison, NEW.code, KEYS.signing.public()))


def test_every_hello_has_a_comparison_of_its_own() -> None:
    assert len({OLD.hello()[1] for _ in range(5)}) == 5


def test_a_hello_does_not_hold_the_box_key_and_tells_by_length_nothing_of_the_name() -> None:
    said = parse_canonical(open_sealed(HELLO, [NEW.seed]).plaintext)
    long = make_grant(ACCOUNT, KEYS.signing, OLD.key, NEW.code, box_key=BOX_KEY, login="a" * 200, version=7)

    assert isinstance(said, dict)
    assert set(said) == {"account", "comparison", "pairing", "step", "v"}
    assert len(long) == len(GRANT)


def test_no_secret_prints_itself() -> None:
    granted = open_grant(GRANT, NEW, HEARD)

    shown = f"{NEW!r} {HEARD!r} {granted!r} {granted}"

    assert "Grant(...)" in shown
    for secret in (NEW.seed.raw, NEW.code.raw, COMPARISON, BOX_KEY.raw):
        assert repr(secret) not in shown
        assert secret.hex() not in shown


def test_a_hello_of_another_account_is_told_apart_before_the_grant() -> None:
    other = account_id()

    heard = open_hello(OldDevice(NEW.seed.public(), account=other).hello()[0], NEW)

    assert heard == Hello(other, heard.comparison, KEYS.signing.public())
    assert heard.account != HEARD.account


def _has_code(seed: SealingSeed) -> bool:
    try:
        pairing_code(seed.public())
    except CannotOpen:
        return False
    return True
