"""Audits, tiles and bundles beyond the vectors."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import BadStatement
from crypto.transparency.audit import check_entry
from crypto.transparency.entry import encode_entry
from crypto.transparency.statement import Statement, make_statement, read_statement
from crypto.transparency.tiles import (
    Tile,
    decode_bundle,
    encode_bundle,
    encode_tile,
    is_there,
    parse_tile_path,
    tile_path,
)
from crypto.transparency.tree import leaf_hash, node_hash
from tests.vectors.material import flipped, pairs, signing
from tests.vectors.transparency_ops import Notebook

NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
ACCOUNTS = ["a" + letter * 25 + "a" for letter in "bcd"]
STATION = signing("station")


@given(order=st.lists(st.sampled_from(ACCOUNTS), max_size=12))
@settings(max_examples=40)
def test_a_log_that_keeps_the_rules_passes_in_any_order_of_accounts(order: list[str]) -> None:
    ledger, lines = Notebook(), dict[str, Statement]()

    for account in order:
        lines[account] = check_entry(entry(account, lines.get(account)), ledger, NOW)

    assert {account: said.seq + 1 for account, said in lines.items()} == {one: order.count(one) for one in order}


@given(order=st.lists(st.sampled_from(ACCOUNTS), min_size=1, max_size=8), data=st.data())
@settings(max_examples=40)
def test_no_entry_is_taken_a_second_time(order: list[str], data: st.DataObject) -> None:
    ledger, lines, entries = Notebook(), dict[str, Statement](), list[bytes]()
    for account in order:
        entries.append(entry(account, lines.get(account)))
        lines[account] = check_entry(entries[-1], ledger, NOW)

    with pytest.raises(BadStatement, match="transparency/13"):
        check_entry(data.draw(st.sampled_from(entries)), ledger, NOW)


@given(bit=st.integers(0, 8 * 500 - 1))
def test_an_entry_with_a_flipped_bit_is_refused_and_leaves_the_ledger_as_it_was(bit: int) -> None:
    ledger, good = Notebook(), entry(ACCOUNTS[0], None)

    with pytest.raises(BadStatement):
        check_entry(flipped(good, bit), ledger, NOW)

    assert check_entry(good, ledger, NOW).seq == 0


@given(raw=st.binary(max_size=200))
def test_noise_is_no_entry(raw: bytes) -> None:
    with pytest.raises(BadStatement):
        check_entry(raw, Notebook(), NOW)


def test_a_statement_may_be_an_hour_ahead_and_no_more() -> None:
    ledger, ahead = Notebook(), entry(ACCOUNTS[0], None)

    with pytest.raises(BadStatement, match="transparency/2"):
        check_entry(ahead, ledger, NOW - timedelta(hours=1, seconds=1))
    assert check_entry(ahead, ledger, NOW - timedelta(hours=1)).account == ACCOUNTS[0]


def test_a_list_of_enrollers_binds_first_statements_alone() -> None:
    ledger, listed = Notebook(), frozenset({STATION.public().raw})
    first = check_entry(entry(ACCOUNTS[0], None), ledger, NOW, listed)

    assert check_entry(entry(ACCOUNTS[0], first), ledger, NOW, listed).seq == 1
    with pytest.raises(BadStatement, match="transparency/2"):
        check_entry(entry(ACCOUNTS[1], None), ledger, NOW, frozenset())


def test_a_signing_key_stays_its_first_accounts_for_ever() -> None:
    ledger = Notebook()
    first = check_entry(entry(ACCOUNTS[0], None), ledger, NOW)
    check_entry(entry(ACCOUNTS[0], first), ledger, NOW)
    keys = pairs(f"{ACCOUNTS[0]} 0")
    copied = make_statement(ACCOUNTS[1], keys.public(), keys.signing, NOW, box=1)

    with pytest.raises(BadStatement, match="transparency/13"):
        check_entry(encode_entry(copied), ledger, NOW)


@given(level=st.integers(0, 63) | st.just("entries"), number=st.integers(0, 2**53 - 1), width=st.integers(1, 256))
def test_reading_a_tile_path_undoes_writing_it(level: int, number: int, width: int) -> None:
    path = tile_path(level, number, width)

    assert parse_tile_path(path) == Tile(level, number, width)


@given(path=st.text(max_size=40) | st.text("tile/0123x.pntris", max_size=40))
def test_any_path_is_a_tile_in_its_one_spelling_or_none(path: str) -> None:
    tile = parse_tile_path(path)

    assert tile is None or tile_path(tile.level, tile.number, tile.width) == path


@pytest.mark.parametrize(("level", "number", "width"), [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_what_is_no_tile_has_no_path(level: int, number: int, width: int) -> None:
    with pytest.raises(ValueError, match="no such tile"):
        tile_path(level, number, width)


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    there = [Tile(0, 272), Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1), Tile("entries", 273, 112)]
    missing = [Tile(0, 273, 113), Tile(0, 274, 1), Tile(1, 1, 18), Tile(2, 0, 2), Tile(3, 0, 1), Tile("entries", 273)]

    assert [is_there(tile, 70000) for tile in there + missing] == [True] * 6 + [False] * 6


def test_a_tile_above_holds_the_roots_of_whole_tiles_below() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(256)]
    stored = {(0, number): leaf for number, leaf in enumerate(leaves)}
    for level in range(8):
        for number in range(128 >> level):
            pair = stored[level, 2 * number], stored[level, 2 * number + 1]
            stored[level + 1, number] = node_hash(*pair)

    assert encode_tile(0, 0, 256, lambda *at: stored[at]) == b"".join(leaves)
    assert encode_tile(1, 0, 1, lambda *at: stored[at]) == stored[8, 0]


@given(entries=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=256))
def test_reading_a_bundle_undoes_writing_it(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


@given(raw=st.binary(max_size=600))
def test_noise_is_a_bundle_in_its_one_spelling_or_refused(raw: bytes) -> None:
    try:
        entries = decode_bundle(raw)
    except BadStatement:
        return

    assert encode_bundle(entries) == raw


def entry(account: str, before: Statement | None) -> bytes:
    """The account's next one."""
    seq = 0 if before is None else before.seq + 1
    keys = pairs(f"{account} {seq}")
    signer = keys.signing if before is None else pairs(f"{account} {before.seq}").signing
    by = STATION if before is None else None
    made = make_statement(account, keys.public(), signer, NOW, box=seq + 1, previous=before, by=by)
    assert read_statement(made.statement).seq == seq
    return encode_entry(made)
