"""Who is told that something changed, and how many may wait."""

from messaging.server.wake import Changed, Wake
from messaging.wire.limits import STREAMS_PER_DEVICE

ACCOUNT = "a" + "a" * 26


class Reader:
    """A fake of our own Waiting: it leaves when it is cut, as a stream does."""

    def __init__(self, wake: Wake, device: str) -> None:
        self.device, self.expires = device, 1
        self.told: list[Changed] = []
        self._wake = wake

    def tell(self, changed: Changed) -> None:
        self.told.append(changed)

    def cut(self) -> None:
        self._wake.leave(self)


def test_a_device_that_opens_one_stream_too_many_loses_its_oldest() -> None:
    wake = Wake()
    readers = [Reader(wake, "tablet") for _ in range(STREAMS_PER_DEVICE + 1)]
    other = Reader(wake, "phone")
    for reader in (other, *readers):
        wake.join(reader, [ACCOUNT])

    wake.announce({ACCOUNT: {"SealedMessage": "1"}})

    assert [len(reader.told) for reader in (other, *readers)] == [1, 0, *[1] * STREAMS_PER_DEVICE]


HELD = "a" + "b" * 26


def test_a_parted_delegate_loses_its_streams_and_nobody_else_does() -> None:
    wake = Wake()
    delegate, owner, other = Reader(wake, "carer"), Reader(wake, "owner"), Reader(wake, "second")
    wake.join(delegate, [ACCOUNT])
    wake.adopt(ACCOUNT, [HELD])
    wake.join(owner, [HELD])
    wake.join(other, ["a" + "c" * 26, HELD])

    wake.part(ACCOUNT, HELD)
    wake.announce({HELD: {"KeyBox": "3"}})

    assert [len(reader.told) for reader in (delegate, owner, other)] == [0, 1, 1]


def test_parting_leaves_a_delegates_streams_that_never_had_the_account() -> None:
    wake = Wake()
    reader = Reader(wake, "carer")
    wake.join(reader, [ACCOUNT])

    wake.part(ACCOUNT, HELD)

    assert len(wake) == 1


def test_whoever_reads_states_can_tell_that_a_right_changed_meanwhile() -> None:
    wake = Wake()
    turns = [wake.turns]

    wake.adopt(ACCOUNT, [])
    turns.append(wake.turns)
    wake.adopt(ACCOUNT, [HELD])
    turns.append(wake.turns)
    wake.part(ACCOUNT, HELD)
    turns.append(wake.turns)

    assert turns == [0, 0, 1, 2]


def test_joining_more_accounts_makes_no_room() -> None:
    wake = Wake()
    readers = [Reader(wake, "tablet") for _ in range(STREAMS_PER_DEVICE)]
    for reader in (*readers, *readers):
        wake.join(reader, [ACCOUNT])

    assert len(wake) == STREAMS_PER_DEVICE
