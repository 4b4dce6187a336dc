"""What a client remembers of the key log, and small states under names that mean nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.sdk import LogMemory
from clients.session.states import open_state, seal_state, state_name
from crypto.errors import CannotOpen
from crypto.keybox import BoxKey, LastCheckpoint

hashes = st.binary(min_size=32, max_size=32)
checkpoints = st.none() | st.builds(LastCheckpoint, hashes, hashes, st.integers(1, 2**53 - 1))
reasons = st.sampled_from([None, "logForked", "policyChanged"])
memories = st.builds(LogMemory, st.none() | st.binary(max_size=200), checkpoints, reasons, checkpoints)
KEY, OTHER = BoxKey(bytes(32)), BoxKey(bytes([1] * 32))


@given(memories)
def test_reading_undoes_writing(memory: LogMemory) -> None:
    assert LogMemory.from_bytes(memory.to_bytes()) == memory


@given(st.binary(max_size=200))
def test_noise_is_no_memory(noise: bytes) -> None:
    with pytest.raises(ValueError, match="key log"):
        LogMemory.from_bytes(noise)


@given(memories, st.sampled_from(["accepted", "checkpoint", "distrust", "policy", "v"]))
def test_a_memory_without_a_member_is_none(memory: LogMemory, member: str) -> None:
    raw = memory.to_bytes().replace(f'"{member}"'.encode(), b'"x"')

    with pytest.raises(ValueError, match="key log"):
        LogMemory.from_bytes(raw)


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
