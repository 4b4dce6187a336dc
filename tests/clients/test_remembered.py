"""What a client remembers of the key log, and small states under names that mean nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.sdk import LogMemory
from clients.sdk.remembered import KEPT
from clients.session.states import open_state, seal_state, state_name
from crypto.errors import CannotOpen
from crypto.keybox import BoxKey, LastCheckpoint

hashes = st.binary(min_size=32, max_size=32)
sizes = st.integers(1, 2**53 - 1)
checkpoints = st.none() | st.builds(LastCheckpoint, hashes, hashes, sizes)
pairs = st.frozensets(st.tuples(sizes, hashes), max_size=4)
policies = st.frozensets(hashes, max_size=4)
memories = st.builds(
    LogMemory, st.none() | st.binary(max_size=200), checkpoints, pairs, checkpoints, policies, pairs, policies
)  # fmt: skip
KEY, OTHER = BoxKey(bytes(32)), BoxKey(bytes([1] * 32))
MEMBERS = ["checkpoint", "forgiven", "forgivenPolicies", "forks", "otherPolicies", "otherTree", "policy", "v"]
A, B, C = (bytes([number] * 32) for number in (1, 2, 3))


@given(memories)
def test_reading_undoes_writing(memory: LogMemory) -> None:
    assert LogMemory.from_bytes(memory.to_bytes()) == memory


@given(st.binary(max_size=200))
def test_noise_is_no_memory(noise: bytes) -> None:
    with pytest.raises(ValueError, match="key log"):
        LogMemory.from_bytes(noise)


@given(memories, st.sampled_from(MEMBERS))
def test_a_memory_without_a_member_is_none(memory: LogMemory, member: str) -> None:
    raw = memory.to_bytes().replace(f'"{member}"'.encode(), b'"x"')

    with pytest.raises(ValueError, match="key log"):
        LogMemory.from_bytes(raw)


@pytest.mark.parametrize("pair", ["[1]", '[1,"AA"]', '["1","x"]', "1"])
def test_a_pair_that_is_none_is_no_memory(pair: str) -> None:
    raw = LogMemory().to_bytes().replace(b'"forks":[]', f'"forks":[{pair}]'.encode())

    with pytest.raises(ValueError, match="key log"):
        LogMemory.from_bytes(raw)


@given(memories)
def test_a_fork_outweighs_another_policy_whatever_comes_first(memory: LogMemory) -> None:
    memory.saw_forks([(7, A)])
    memory.forks |= {(7, A)}
    memory.saw_policy(B)

    assert memory.distrust == "logForked"


def test_accepting_a_policy_accepts_no_fork_and_the_other_way_round() -> None:
    memory = LogMemory(b"policy", LastCheckpoint(A, A, 5))
    memory.saw_forks([(7, B)])
    memory.saw_policy(C)

    memory.take_policy(b"new", C, A)
    assert memory.forks == {(7, B)}
    assert [memory.distrust] == ["logForked"]
    memory.saw_policy(bytes(32))
    assert memory.forgive(B)

    assert memory.forgiven == {(7, B)}
    assert [memory.distrust] == ["policyChanged"]


def test_only_exactly_what_was_accepted_is_forgiven() -> None:
    memory = LogMemory()
    memory.saw_forks([(7, A), (8, B)])

    assert memory.forgive(A)
    assert not memory.forgive(C)
    memory.saw_forks([(7, A)])
    assert memory.forks == {(8, B)}
    memory.saw_forks([(9, A)])

    assert memory.forks == {(8, B), (9, A)}


@pytest.mark.parametrize(("accepted", "kept", "left"), [(B, B, A), (A, A, B)])
def test_of_two_trees_the_accepted_one_is_gone_on_from(accepted: bytes, kept: bytes, left: bytes) -> None:
    memory = LogMemory(None, LastCheckpoint(C, A, 5))
    memory.saw_other_tree(LastCheckpoint(C, B, 5))
    memory.saw_other_tree(LastCheckpoint(C, C, 6))

    assert not memory.forgive(C)
    assert memory.forgive(accepted)

    assert (memory.checkpoint, memory.distrust) == (LastCheckpoint(C, kept, 5), None)
    assert memory.forgiven == {(5, left)}


def test_a_memory_does_not_grow_for_ever() -> None:
    memory = LogMemory()

    memory.saw_forks((size, A) for size in range(1, 10 * KEPT))

    assert len(memory.forks) == KEPT


@given(st.binary(max_size=100), st.integers(1, 2**40))
def test_a_state_opens_under_its_own_name_version_and_key(content: bytes, version: int) -> None:
    sealed = seal_state(KEY, "read", version, content)

    assert open_state(KEY, "read", version, sealed) == content
    for key, label, number in ((OTHER, "read", version), (KEY, "drafts", version), (KEY, "read", version + 1)):
        with pytest.raises(CannotOpen):
            open_state(key, label, number, sealed)


def test_a_states_name_says_nothing_and_is_another_for_each_key() -> None:
    names = {state_name(key, label) for key in (KEY, OTHER) for label in ("read", "drafts")}

    assert len(names) == 4
    assert {len(name) for name in names} == {43}
