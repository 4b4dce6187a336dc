"""MessagePack, only the five types that an envelope holds. No value is made before its length is known to be there.

Any width of the right type is read, because the header is hashed as received; other types raise CannotOpen.
"""

from crypto.errors import CannotOpen

_ITEM = "envelope/17"


class Reader:
    """A cursor over received bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._data)

    def array(self) -> int:
        """How many elements follow."""
        first = self._byte()
        if first & 0xF0 == 0x90:
            return first & 0x0F
        return self._sized(first, {0xDC: 2, 0xDD: 4})

    def binary(self) -> bytes:
        """The bytes of a `bin`."""
        return self._take(self._sized(self._byte(), {0xC4: 1, 0xC5: 2, 0xC6: 4}))

    def text(self) -> bytes:
        """The bytes of a `str`, whatever they spell."""
        first = self._byte()
        if first & 0xE0 == 0xA0:
            return self._take(first & 0x1F)
        return self._take(self._sized(first, {0xD9: 1, 0xDA: 2, 0xDB: 4}))

    def unsigned(self) -> int:
        """An integer from 0."""
        first = self._byte()
        return first if first < 0x80 else self._sized(first, {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8})

    def boolean(self) -> bool:
        """true or false."""
        first = self._byte()
        if first not in (0xC2, 0xC3):
            raise CannotOpen(_ITEM)
        return first == 0xC3

    def _sized(self, first: int, widths: dict[int, int]) -> int:
        width = widths.get(first)
        if width is None:
            raise CannotOpen(_ITEM)
        return int.from_bytes(self._take(width), "big")

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise CannotOpen(_ITEM)
        taken = self._data[self._at : end]
        self._at = end
        return taken
