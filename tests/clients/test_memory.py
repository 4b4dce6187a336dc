"""What a mailbox remembers: pins that the key box has room for."""

import pytest

from clients.sdk.memory import Memory


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clients.sdk.memory.PINS_LIMIT", 2)


@pytest.mark.usefixtures("_small")
def test_when_there_is_no_room_the_oldest_seen_is_left_out_whatever_its_name() -> None:
    memory = Memory({"az": "k1", "ay": "k2"})

    memory.pin("az", "k1")
    memory.pin("aa", "k3")

    assert memory.newest_pins() == {"az": "k1", "aa": "k3"}


@pytest.mark.usefixtures("_small")
def test_what_was_left_out_is_not_new_for_ever() -> None:
    memory = Memory({})
    for account in ("a", "b", "c"):
        memory.pin(account, "k")

    memory.pins_kept(memory.newest_pins())

    assert memory.new_pins == {}
    assert set(memory.pins) == {"a", "b", "c"}
