"""How many uploads of one device are under way (RFC 8620, 2: maxConcurrentUpload): one more is refused by its head.

Law: none waits, unlike API requests (atonce.py): its bytes would stand on the wire or on the disk meanwhile.
"""

from collections import Counter

from messaging.wire.errors import Refusal


class Uploads:
    """On the loop alone. Remembers a device only while it uploads."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()

    def begin(self, device: str, most: int) -> None:
        """One more; end() it. Raises Refusal `limit` (RFC 8620, 3.6.1)."""
        if self._under_way[device] >= most:
            raise Refusal("limit", members={"limit": "maxConcurrentUpload"})
        self._under_way[device] += 1

    def end(self, device: str) -> None:
        """It is kept, refused, or its sender has gone."""
        self._under_way[device] -= 1
        if not self._under_way[device]:
            del self._under_way[device]

    def __len__(self) -> int:
        return self._under_way.total()
