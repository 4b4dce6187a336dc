"""Statements and entries beyond the vectors: what is made verifies, any changed bit is refused, noise never crashes."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.encoding import b64u
from crypto.errors import BadStatement
from crypto.keys import PublicKeys, SigningPublic
from crypto.transparency.entry import encode_entry, parse_entry
from crypto.transparency.statement import (
    Announcement,
    Statement,
    check_holder,
    holder,
    make_statement,
    read_statement,
    sealing_hash,
    verify_statement,
)
from tests.vectors.material import flipped, pairs, signing

ACCOUNT = "a" + "b" * 25 + "a"
NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
ANNE, NEXT, STATION = pairs("anne"), pairs("anne next"), signing("station")
SALT, ADDRESS = bytes(range(32)), "anne@example.org"
FIRST = make_statement(
    ACCOUNT, ANNE.public(), ANNE.signing, NOW, box=1, by=STATION, holders=[holder(SALT, ADDRESS), bytes(32)]
)
READ = read_statement(FIRST.statement)
SECOND = make_statement(ACCOUNT, NEXT.public(), ANNE.signing, NOW, box=2, previous=READ, suspected=True)
ENTRY = encode_entry(FIRST)


def test_a_statement_says_what_it_was_made_of() -> None:
    said = verify_statement(FIRST, None, account=ACCOUNT, keys=ANNE.public())

    assert (said.account, said.seq, said.previous, said.time) == (ACCOUNT, 0, None, "2026-11-23T15:06:55Z")
    assert (said.box, said.by, said.flags) == (1, STATION.public(), ())
    assert (said.signing, said.sealing) == (ANNE.public().signing, sealing_hash(ANNE.public().sealing))
    assert set(said.holders) == {holder(SALT, ADDRESS), bytes(32)}


def test_the_next_one_follows_and_says_the_suspicion() -> None:
    said = verify_statement(SECOND, READ, keys=NEXT.public())

    assert (said.seq, said.previous, said.box, said.by, said.holders) == (1, READ.hash, 2, None, ())
    assert said.suspected
    assert not READ.suspected


def test_the_same_holder_twice_is_said_once() -> None:
    made = make_statement(ACCOUNT, ANNE.public(), ANNE.signing, NOW, box=1, holders=[SALT, SALT])

    assert verify_statement(made, None).holders == (SALT,)


def test_a_clock_that_is_behind_makes_no_statement_that_is_refused() -> None:
    made = make_statement(ACCOUNT, NEXT.public(), ANNE.signing, NOW - timedelta(days=1), box=2, previous=READ)

    assert verify_statement(made, READ).time == READ.time


def test_a_statement_announces_only_both_its_keys() -> None:
    mixed = [
        PublicKeys(ANNE.public().signing, NEXT.public().sealing),
        PublicKeys(NEXT.public().signing, ANNE.public().sealing),
    ]

    assert READ.announces(ANNE.public())
    assert not any(READ.announces(keys) for keys in mixed)


def test_who_has_address_and_salt_finds_them_among_the_holders() -> None:
    check_holder(READ, "Anne@Example.org", SALT)

    assert READ.holds(ADDRESS, SALT)
    assert not READ.holds(ADDRESS, bytes(32))
    assert not READ.holds(ADDRESS, SALT + b"\x00")


def test_a_holder_counts_only_where_somebody_answers_for_it() -> None:
    made = make_statement(ACCOUNT, ANNE.public(), ANNE.signing, NOW, box=1, holders=[holder(SALT, ADDRESS)])

    with pytest.raises(BadStatement, match="transparency/14"):
        check_holder(read_statement(made.statement), ADDRESS, SALT)


def test_a_statement_made_of_a_moment_without_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        make_statement(ACCOUNT, ANNE.public(), ANNE.signing, NOW.replace(tzinfo=None), box=1)


@given(bit=st.integers(0, 8 * len(FIRST.statement) - 1))
@settings(max_examples=400)
def test_any_flipped_bit_of_a_first_statement_is_refused(bit: int) -> None:
    changed = Announcement(flipped(FIRST.statement, bit), FIRST.signature, FIRST.voucher)

    with pytest.raises(BadStatement):
        verify_statement(changed, None)


@given(bit=st.integers(0, 8 * len(SECOND.statement) - 1))
@settings(max_examples=200)
def test_any_flipped_bit_of_a_later_statement_is_refused(bit: int) -> None:
    changed = Announcement(flipped(SECOND.statement, bit), SECOND.signature, None)

    with pytest.raises(BadStatement):
        verify_statement(changed, READ)


@given(bit=st.integers(0, 511), which=st.sampled_from(["signature", "voucher"]))
def test_any_flipped_bit_of_signature_and_voucher_is_refused(bit: int, which: str) -> None:
    assert FIRST.voucher is not None
    signature = flipped(FIRST.signature, bit) if which == "signature" else FIRST.signature
    voucher = flipped(FIRST.voucher, bit) if which == "voucher" else FIRST.voucher

    with pytest.raises(BadStatement, match="transparency/2"):
        verify_statement(Announcement(FIRST.statement, signature, voucher), None)


@given(bit=st.integers(0, 8 * len(ENTRY) - 1))
@settings(max_examples=400)
def test_any_flipped_bit_of_an_entry_is_refused(bit: int) -> None:
    with pytest.raises(BadStatement):
        verify_statement(parse_entry(flipped(ENTRY, bit)), None)


def test_parsing_an_entry_undoes_encoding_it() -> None:
    assert parse_entry(ENTRY) == FIRST
    assert parse_entry(encode_entry(SECOND)) == SECOND


def test_the_largest_statement_fits_in_an_entry() -> None:
    holders = [bytes([number]) * 32 for number in range(16)]
    made = make_statement(ACCOUNT, ANNE.public(), ANNE.signing, NOW, box=2**53 - 1, by=STATION, holders=holders)

    assert verify_statement(parse_entry(encode_entry(made)), None).box == 2**53 - 1


@pytest.mark.parametrize("raw", [b"", b"{}", FIRST.statement + b" ", b"\xff"])
def test_only_a_statement_becomes_an_entry(raw: bytes) -> None:
    with pytest.raises(BadStatement, match="transparency/1"):
        encode_entry(Announcement(raw, bytes(64), None))


@given(raw=st.binary(max_size=200) | st.binary(min_size=4097, max_size=4200))
def test_noise_is_no_statement_and_no_entry(raw: bytes) -> None:
    for parse in (read_statement, parse_entry):
        with pytest.raises(BadStatement):
            parse(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=40).map(b64u),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(member=st.sampled_from(sorted(json.loads(FIRST.statement))), value=JSON)
@settings(max_examples=300)
def test_any_value_in_any_member_is_read_or_refused_with_the_one_error(member: str, value: object) -> None:
    said = {**json.loads(FIRST.statement), member: value}
    raw = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    read = _read(raw)

    assert read is None or read.raw == raw


@given(raw=st.binary(min_size=32, max_size=32))
def test_any_point_in_a_statement_is_read_or_refused_with_the_one_error(raw: bytes) -> None:
    said = {**json.loads(FIRST.statement), "signing": b64u(raw)}

    read = _read(json.dumps(said, separators=(",", ":"), sort_keys=True).encode())

    assert read is None or read.signing == SigningPublic(raw)


def _read(raw: bytes) -> Statement | None:
    try:
        return read_statement(raw)
    except BadStatement:
        return None
