"""Other people's keys as this client knows them: looked up, proven by the log, kept while it runs.

Laws: who is asked for while another question is under way goes with the next one, all together; what was proven more
than an hour ago is as good as unknown.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from clients.sdk.log import Log
from clients.session.keyring import Chain, Distrusted
from messaging.wire import limits

PROVEN_SECONDS: Final = 3600.0


class Directory:
    """A cache: what is in it was proven within the hour. `fresh` asks again. `clock` counts seconds from anywhere."""

    def __init__(self, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
        self.log, self._clock = log, clock
        self._at: dict[str, float] = {}
        self._chains: dict[str, Chain] = {}
        self._distrusted: dict[str, Distrusted] = {}
        self._waiting: dict[str, None] = {}
        self._turn = asyncio.Lock()

    async def chains(self, asker: str, accounts: Sequence[str], *, fresh: bool = False) -> Mapping[str, Chain]:
        """The chain of each account that the relay knows; others are left out. Raises Refusal, Distrusted."""
        found = await self.each(asker, accounts, fresh=fresh)
        for chain in found.values():
            if isinstance(chain, Distrusted):
                raise chain
        return {account: chain for account, chain in found.items() if not isinstance(chain, Distrusted)}

    async def each(
        self, asker: str, accounts: Sequence[str], *, fresh: bool = False
    ) -> Mapping[str, Chain | Distrusted]:
        """The same, with what is not believed beside the rest. Raises Refusal, Distrusted (the whole log)."""
        wanted = sorted(account for account in set(accounts) if fresh or self.is_old(account))
        for start in range(0, len(wanted), limits.MAX_LOOKUP):
            await self._look_up(asker, wanted[start : start + limits.MAX_LOOKUP])
        known: dict[str, Chain | Distrusted] = {**self._chains, **self._distrusted}
        return {account: known[account] for account in accounts if account in known}

    def is_old(self, account: str) -> bool:
        """Whether the next use of this account's keys asks for them first."""
        return account not in self._chains or self._clock() - self._at[account] > PROVEN_SECONDS

    def held(self, account: str) -> Chain:
        """What is known now, without asking."""
        return self._chains.get(account, ())

    def forget(self, accounts: Sequence[str]) -> None:
        """Look these up again at the next use."""
        for account in accounts:
            self._chains.pop(account, None)

    async def _look_up(self, asker: str, accounts: Sequence[str]) -> None:
        self._waiting.update(dict.fromkeys(accounts))
        async with self._turn:
            mine = [account for account in accounts if account in self._waiting]
            if mine:  # else somebody else's question, which began after this one, held them
                others = [account for account in self._waiting if account not in mine]
                await self._ask(asker, [*mine, *others][: limits.MAX_LOOKUP])

    async def _ask(self, asker: str, accounts: Sequence[str]) -> None:
        at = self._clock()
        for account, found in (await self.log.look_up(asker, accounts)).items():
            self._waiting.pop(account, None)
            self._chains.pop(account, None)
            self._distrusted.pop(account, None)
            if isinstance(found, Distrusted):
                self._distrusted[account] = found
            elif found:
                self._chains[account], self._at[account] = found, at
