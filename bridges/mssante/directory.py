"""Which account an address is of, asked of the relay, proven by the key log, and remembered for a minute.

The relay limits how often a bridge may ask; a recipient that writes back and forth must not use that up.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from bridges.mssante import rules
from bridges.mssante.ports import RelayClient
from messaging.wire.errors import Refusal
from messaging.wire.types import Resolved

KEPT_SECONDS: Final = 60.0
KEPT: Final = 10_000


class Directory:
    """`account` is a mailbox of the gateway, as whom it asks."""

    def __init__(self, client: RelayClient, account: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._account, self._clock = client, account, clock
        self._known: OrderedDict[str, tuple[float, Resolved]] = OrderedDict()

    async def find(self, address: str) -> Resolved | None:
        """Who has this address (small letters), proven to be theirs.

        Raises NotTaken when the relay cannot say now; Distrusted when what it says is not believed.
        """
        known = self._known.get(address)
        if known is not None and known[0] > self._clock():
            return known[1]
        try:
            answer = await self._client.resolve(self._account, [address])
        except Refusal as refusal:
            raise rules.unavailable(refusal.name) from None
        found = answer.get(address)
        if found is not None and found.state == "open":  # the unknown may be enrolled, the closed opened, any moment
            self._keep(address, found)
        return found

    def _keep(self, address: str, found: Resolved) -> None:
        self._known[address] = (self._clock() + KEPT_SECONDS, found)
        self._known.move_to_end(address)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
