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


def test_joining_more_accounts_makes_no_room() -> None:
    wake = Wake()
    readers = [Reader(wake, "tablet") for _ in range(STREAMS_PER_DEVICE)]
    for reader in (*readers, *readers):
        wake.join(reader, [ACCOUNT])

    assert len(wake) == STREAMS_PER_DEVICE
