"""Policies beyond the vectors: thresholds count as they say, noise and mutations never crash, limits hold."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import BadPolicy
from crypto.transparency.checkpoint import Checkpoint, LogSigner, WitnessSigner, with_lines
from crypto.transparency.policy import Policy, has_quorum, parse_policy, solo_policy
from crypto.transparency.quorum import is_witnessed
from tests.vectors.material import drawn

NOW = datetime(2026, 11, 23, 15, 6, 55, tzinfo=UTC)
LOG = LogSigner.from_secret(bytes(32), "pli.example/log")
LOGS = solo_policy(LOG).decode().removesuffix("quorum none\n")
WITNESSES = [WitnessSigner.from_secret(drawn(f"w{number}", 32), f"w{number}.example") for number in range(6)]
LINES = "".join(f"witness w{number} {witness.keys[0].vkey}\n" for number, witness in enumerate(WITNESSES))
NESTED = f"{LOGS}{LINES}group g 2 w0 w1 w2\ngroup h any w3 w4\ngroup all all g h\nquorum all\n".encode()
HEAD = Checkpoint("pli.example/log", 7, bytes(32))
NOTE = LOG.sign(HEAD, NOW)


def test_the_policy_of_the_log_alone_names_its_keys_and_its_address() -> None:
    policy = parse_policy(solo_policy(LOG, "https://pli.example/log"))

    assert (policy.origin, policy.log_keys, policy.log_url) == (LOG.origin, LOG.keys, "https://pli.example/log")
    assert (policy.witnesses, policy.quorum) == ((), None)


def test_another_text_is_another_policy_even_when_it_says_the_same() -> None:
    text = solo_policy(LOG)

    assert parse_policy(text).hash != parse_policy(text + b"\n").hash


@given(threshold=st.integers(1, 6), signers=st.sets(st.integers(0, 5)))
@settings(max_examples=40)
def test_a_group_is_reached_by_as_many_witnesses_as_it_says(threshold: int, signers: set[int]) -> None:
    members = " ".join(f"w{number}" for number in range(6))
    policy = parse_policy(f"{LOGS}{LINES}group g {threshold} {members}\nquorum g\n".encode())
    lines = b"".join(WITNESSES[number].cosign(HEAD, NOW) for number in signers)

    note = with_lines(NOTE, lines) if lines else NOTE

    assert has_quorum(note, policy) is (len(signers) >= threshold)


@given(signers=st.sets(st.integers(0, 5)))
def test_groups_of_groups_count_their_members(signers: set[int]) -> None:
    policy = parse_policy(NESTED)

    assert policy.quorum is not None
    reached = is_witnessed(policy.quorum, lambda witness: int(witness.name[1:]) in signers)
    assert reached is (len(signers & {0, 1, 2}) >= 2 and bool(signers & {3, 4}))


@given(text=st.binary(max_size=300))
def test_noise_is_no_policy(text: bytes) -> None:
    with pytest.raises(BadPolicy, match="transparency/12"):
        parse_policy(text)


WORDS = ["log", "witness", "group", "quorum", "none", "any", "all", "1", "#", "w0", "g", LOG.keys[0].vkey]


@given(lines=st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=6))
@settings(max_examples=300)
def test_any_order_of_words_is_read_or_refused_with_the_one_error(lines: list[str]) -> None:
    assert read((LOGS + "\n".join(lines)).encode()) in {True, False}


@given(at=st.integers(0, len(NESTED)), length=st.integers(0, 30), put=st.binary(max_size=10))
@settings(max_examples=300)
def test_a_mutated_policy_raises_nothing_but_the_one_error(at: int, length: int, put: bytes) -> None:
    assert read(NESTED[:at] + put + NESTED[at + length :]) in {True, False}


def test_as_many_witnesses_and_groups_as_the_specification_asks_for_are_read() -> None:
    witnesses = [WitnessSigner.from_secret(drawn(f"many {n}", 32), f"w{n}.example") for n in range(32)]
    lines = [f"witness w{n} {one.keys[0].vkey}\n" for n, one in enumerate(witnesses)]
    groups = ["group g0 any w0\n", *(f"group g{n} all g{n - 1} w{n}\n" for n in range(1, 32))]

    policy = parse_policy((LOGS + "".join(lines + groups) + "quorum g31\n").encode())

    assert len(policy.witnesses) == 32
    assert policy.quorum is not None
    assert not is_witnessed(policy.quorum, lambda witness: witness.name != "w31")


def test_a_policy_of_64_kib_is_read_and_a_byte_more_is_not() -> None:
    text = solo_policy(LOG) + b"#"
    longest = text + b"x" * (64 * 1024 - len(text))

    assert isinstance(parse_policy(longest), Policy)
    with pytest.raises(BadPolicy, match="transparency/12"):
        parse_policy(longest + b"x")


def read(text: bytes) -> bool:
    """Whether it is a policy. Any other error than BadPolicy leaves."""
    try:
        parse_policy(text)
    except BadPolicy:
        return False
    return True
